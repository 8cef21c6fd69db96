"""One human, two rows: what a guest did becomes the account's once the same address is proven."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from app.db import audit
from app.db.session import db
from app.people import holders
from app.people.holders import Holder
from app.people.models import (
    Credential,
    Invitation,
    Person,
    PersonAttribute,
    PersonRole,
    PersonSession,
    SignInRequest,
)


def merge(source: UUID, target: UUID, *, now: datetime) -> bool:
    """Move everything of `source` to `target`, then remove `source`. False when there was nothing to do.

    A browser of the source stays nobody's: it proved nothing, and may be somebody else's than the mailbox.
    """
    if source == target:
        return False
    db.session.flush()
    held = db.session.scalars(
        select(Person.id)
        .where(Person.id.in_([source, target]), Person.state == "active")
        .order_by(Person.id)
        .with_for_update()
    ).all()
    if len(held) != 2:
        return False
    for holder in holders.every():
        holder.merge(source, target, now)
    db.session.execute(delete(Person).where(Person.id == source).execution_options(synchronize_session=False))
    db.session.expire_all()
    audit.record(
        "person.merged", now=now, actor_id=target, target_kind="person", target_id=target, source=str(source)
    )
    return True


def _merge(source: UUID, target: UUID, now: datetime) -> None:
    holders.move(PersonAttribute, "person_id", source, target)
    holders.move(Credential, "person_id", source, target, unique=[("kind",)])
    holders.move(PersonRole, "person_id", source, target, unique=[("role", "project_id")], nulls_equal=True)
    holders.move(SignInRequest, "person_id", source, target)
    holders.wipe(PersonSession, PersonSession.person_id == source)
    acted = select(Person.acted_on).where(Person.id == source).scalar_subquery()
    db.session.execute(
        update(Person)
        .where(Person.id == target)
        .values(acted_on=func.greatest(Person.acted_on, acted))
        .execution_options(synchronize_session=False)
    )


def _erase(person_id: UUID, now: datetime) -> None:
    keys = db.session.scalars(
        select(PersonAttribute.verified_key).where(
            PersonAttribute.person_id == person_id, PersonAttribute.verified_key.is_not(None)
        )
    ).all()
    holders.wipe(Invitation, Invitation.email_key.in_(keys))
    holders.wipe(SignInRequest, SignInRequest.email_key.in_(keys) | (SignInRequest.person_id == person_id))
    for model in (PersonAttribute, Credential, PersonRole, PersonSession):
        holders.wipe(model, model.person_id == person_id)
    db.session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(
            display_name=None,
            zone_id=None,
            charter_at=None,
            newsletter_at=None,
            notify="none",
            digest_sent_on=None,
            state="erased",
        )
        .execution_options(synchronize_session=False)
    )


def _export(person_id: UUID) -> dict[str, list[dict[str, Any]]]:
    return {
        "person": holders.rows(Person, Person.id == person_id),
        "person_attribute": holders.rows(PersonAttribute, PersonAttribute.person_id == person_id),
        "credential": holders.rows(Credential, Credential.person_id == person_id, without=("secret",)),
        "person_role": holders.rows(PersonRole, PersonRole.person_id == person_id, without=("granted_by",)),
        "person_session": holders.rows(
            PersonSession, PersonSession.person_id == person_id, without=("token_hash",)
        ),
        "sign_in_request": holders.rows(SignInRequest, SignInRequest.person_id == person_id),
    }


HOLDER = Holder(
    name="people",
    tables=(
        "credential",
        "invitation",
        "person",
        "person_attribute",
        "person_role",
        "person_session",
        "sign_in_request",
    ),
    merge=_merge,
    erase=_erase,
    export=_export,
)
holders.register(HOLDER)
