"""Texts typed and not sent; nobody but their author reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import Draft
from app.participation.steps import StepInfo

#: Names of a form that are not what the person wrote.
NOT_KEPT = frozenset({"csrf_token", "jeton", "emis", "brouillon"})


def save(
    act_id: str,
    step: StepInfo,
    person_id: UUID,
    fields: Mapping[str, Any],
    *,
    draft_id: UUID | None,
    now: datetime,
) -> Draft:
    """Write a draft, or replace the text of an earlier one of the same person, act and step.

    fields: plain JSON values by name. draft_id: unknown, sent meanwhile or of somebody else, it makes a new draft:
    a text is never refused, and nothing is learnt of another's.
    """
    kept = {name: value for name, value in fields.items() if name not in NOT_KEPT}
    draft = _find(draft_id, person_id) if draft_id else None
    if draft is None or (draft.act, draft.step_id) != (act_id, step.id):
        draft = Draft(
            act=act_id, step_id=step.id, person_id=person_id, fields=kept, created_at=now, updated_at=now
        )
        db.session.add(draft)
    else:
        draft.fields, draft.updated_at = kept, now
    db.session.flush()
    return draft


def get(draft_id: UUID, person_id: UUID) -> Draft:
    """Raises NotFound, also for somebody else's."""
    draft = _find(draft_id, person_id)
    if draft is None:
        raise NotFound
    return draft


def list_of(person_id: UUID) -> list[Draft]:
    """The person's drafts, the last one touched first."""
    return list(
        db.session.scalars(
            select(Draft)
            .where(Draft.person_id == person_id)
            .order_by(Draft.updated_at.desc(), Draft.id.desc())
        )
    )


def discard(draft_id: UUID, person_id: UUID) -> None:
    """Delete it; a draft that is not the person's stays, silently."""
    db.session.execute(delete(Draft).where(Draft.id == draft_id, Draft.person_id == person_id))


def _find(draft_id: UUID, person_id: UUID) -> Draft | None:
    return db.session.scalar(select(Draft).where(Draft.id == draft_id, Draft.person_id == person_id))
