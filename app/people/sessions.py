"""The browsers a person is signed in on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, update

from app.db.errors import NotFound
from app.db.session import db
from app.people.models import PersonSession, SignInRequest
from app.people.visitor import Visitor

#: How long a link opened on this browser stands for a password.
FRESH = timedelta(minutes=15)


def list_sessions(person_id: UUID, *, now: datetime) -> Sequence[PersonSession]:
    """Those still valid, the newest first."""
    return db.session.scalars(
        select(PersonSession)
        .where(
            PersonSession.person_id == person_id,
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now,
        )
        .order_by(PersonSession.created_at.desc(), PersonSession.id.desc())
    ).all()


def revoke(person_id: UUID, session_id: UUID, *, now: datetime) -> None:
    """End one session of this person. Raises NotFound for anybody else's."""
    ended = db.session.execute(
        update(PersonSession)
        .where(PersonSession.id == session_id, PersonSession.person_id == person_id)
        .values(revoked_at=now)
        .returning(PersonSession.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if ended is None:
        raise NotFound


def revoke_others(visitor: Visitor, *, now: datetime) -> int:
    """End every session of the person but this one; returns how many."""
    ended = db.session.execute(
        update(PersonSession)
        .where(
            PersonSession.person_id == visitor.person_id,
            PersonSession.id != visitor.session_id,
            PersonSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(PersonSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def is_fresh(visitor: Visitor, *, now: datetime) -> bool:
    """This browser opened a link or typed a code sent to the person's own address less than FRESH ago."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    SignInRequest.session_id == visitor.session_id,
                    SignInRequest.used_at > now - FRESH,
                )
            )
        )
    )
