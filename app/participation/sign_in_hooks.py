"""What happens to acts when somebody signs in: what waited for their address counts, what was begun is resumed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import flash
from sqlalchemy import select

from app.db.errors import DomainError
from app.db.session import db
from app.participation import acts
from app.participation.acts import ActResult
from app.participation.holders import HOLDER
from app.participation.models import Intention
from app.participation.requirements import register_requirements
from app.participation.steps import get_step_by_id
from app.people import holders, hooks
from app.people.visitor import Visitor
from app.tenancy.web import base_path

WAITED = "Bienvenue. Votre participation vous attendait : elle est prise en compte."
WAITED_SEVERAL = "Bienvenue. Vos {count} participations vous attendaient : elles sont prises en compte."


def register_hooks() -> None:
    register_requirements()
    holders.register(HOLDER)
    hooks.after_sign_in(resume)
    hooks.describe_with(title_of)


def resume(visitor: Visitor, intention_id: UUID | None, now: datetime) -> str | None:
    """Complete what waited, then the way back to the intention the link names."""
    done = acts.complete_pending(visitor.person_id, visitor, now=now)
    if intention_id is None:
        _tell(done)
        return None
    named = db.session.scalar(
        select(Intention.id).where(
            Intention.id == intention_id,
            Intention.person_id == visitor.person_id,
            Intention.state != "dropped",
        )
    )
    return f"{base_path()}/participer/{named}/" if named else None


def _tell(done: list[ActResult]) -> None:
    counted = sum(1 for result in done if result.pending_for is None)
    if counted:
        flash(WAITED if counted == 1 else WAITED_SEVERAL.format(count=counted), "ok")


def title_of(intention_id: UUID) -> str | None:
    """What the intention is about, for the page of the link; None when it is gone."""
    row = db.session.execute(
        select(Intention.act, Intention.step_id, Intention.payload).where(
            Intention.id == intention_id, Intention.state != "dropped"
        )
    ).one_or_none()
    if row is None:
        return None
    try:
        act = acts.get_act(row.act)
        title = row.payload.get("title")
        return str(title) if title else f"{act.title}, {get_step_by_id(row.step_id).title}"
    except DomainError:
        return None
