"""What the page of one idea says: the idea and what the visitor did with it, its history, its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import (
    Contribution,
    Decision,
    Follow,
    OfficialAnswer,
    Photo,
    StatusChange,
    StepParticipation,
    Vote,
)
from app.participation.steps import StepInfo
from app.people.models import Person
from app.people.visitor import Visitor
from modules.boite_a_idees.models import Idea

NEARBY = 3


# Built once: what everybody reads spends nothing on making its statement.
_IDEA = (
    select(
        Idea.id,
        Idea.number,
        Idea.slug,
        Idea.title,
        Idea.body,
        Idea.author_id,
        Idea.author_label,
        Idea.theme,
        Idea.zone_id,
        Idea.place,
        Idea.longitude,
        Idea.latitude,
        Idea.photo_id,
        Idea.state,
        Idea.pending_for,
        Idea.status,
        Idea.status_at,
        Idea.supports,
        Idea.comments,
        Idea.answered,
        Idea.versions,
        Idea.created_at,
        Idea.published_at,
        Idea.edited_at,
        Idea.threshold_reached_at,
        Person.display_name.label("author"),
        Photo.alt,
        Photo.widths,
        Photo.width,
        Photo.height,
    )
    .outerjoin(Person, (Person.tenant_id == Idea.tenant_id) & (Person.id == Idea.author_id))
    .outerjoin(Photo, (Photo.tenant_id == Idea.tenant_id) & (Photo.id == Idea.photo_id))
    .where(Idea.step_id == bindparam("step_id"), Idea.number == bindparam("number"))
)


def _of_person(column: Any, model: Any) -> Any:
    """That column of the person's row about this idea, None when there is none."""
    return (
        select(column)
        .where(
            model.tenant_id == Idea.tenant_id,
            model.contribution_id == Idea.id,
            model.person_id == bindparam("person_id"),
        )
        .correlate(Idea, Contribution)
        .scalar_subquery()
    )


_TAKEN = select(StepParticipation.supports).where(
    StepParticipation.step_id == bindparam("step_id"), StepParticipation.person_id == bindparam("person_id")
)
_FOR_NOBODY = _IDEA.add_columns(
    null().label("supported"), null().label("follow_level"), literal(0).label("taken")
)
_FOR_SOMEBODY = _IDEA.add_columns(
    _of_person(Vote.counted, Vote).label("supported"),
    _of_person(Follow.level, Follow).label("follow_level"),
    func.coalesce(_TAKEN.scalar_subquery(), 0).label("taken"),
)


def get_detail(step: StepInfo, number: int, visitor: Visitor | None) -> Any:
    """Everything the page says of one idea and of what this visitor did with it, in one statement. Raises NotFound.

    supported: None without a vote, else whether it counts. follow_level: None when never chosen. taken: supports the
    visitor gives in the step.
    """
    values: dict[str, Any] = {"step_id": step.id, "number": number}
    if visitor is None:
        row = db.session.execute(_FOR_NOBODY, values).one_or_none()
    else:
        row = db.session.execute(_FOR_SOMEBODY, values | {"person_id": visitor.person_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class History:
    """changes, decisions: oldest first. answers: newest first. Rows of plain values."""

    changes: Sequence[Row[Any]] = ()
    answers: Sequence[Row[Any]] = ()
    decisions: Sequence[Row[Any]] = ()


def get_history(contribution_id: UUID) -> History:
    """Statuses, official answers and moderators' decisions about an idea, in one statement."""
    empty = cast(literal(""), String)
    change = select(
        literal("change").label("kind"),
        StatusChange.id,
        StatusChange.at.label("at"),
        StatusChange.status.label("code"),
        StatusChange.note.label("text"),
        empty.label("who"),
        empty.label("title"),
    ).where(StatusChange.contribution_id == contribution_id)
    answer = select(
        literal("answer"),
        OfficialAnswer.id,
        OfficialAnswer.published_at,
        empty,
        OfficialAnswer.body,
        OfficialAnswer.signatory,
        OfficialAnswer.signatory_title,
    ).where(OfficialAnswer.contribution_id == contribution_id)
    decision = select(
        literal("decision"), Decision.id, Decision.at, Decision.reason, Decision.note, Decision.action, empty
    ).where(Decision.contribution_id == contribution_id)
    told = union_all(change, answer, decision).subquery()
    rows = db.session.execute(select(told).order_by(told.c.at, told.c.id)).all()
    return History(
        changes=[row for row in rows if row.kind == "change"],
        answers=[row for row in reversed(rows) if row.kind == "answer"],
        decisions=[row for row in rows if row.kind == "decision"],
    )


_NEARBY = (
    select(Contribution.number, Contribution.slug, Contribution.title, Contribution.supports)
    .where(
        Contribution.step_id == bindparam("step_id"),
        Contribution.state == "published",
        Contribution.number != bindparam("number"),
    )
    .order_by(Contribution.supports.desc(), Contribution.number.desc())
    .limit(NEARBY)
)
_NEARBY_THEMED = _NEARBY.where(Contribution.theme == bindparam("theme"))


def list_nearby(step: StepInfo, number: int, theme: str | None) -> Sequence[Any]:
    """The most supported ideas of the same theme; of the whole step for one without theme. Walks one index."""
    values: dict[str, Any] = {"step_id": step.id, "number": number}
    if theme:
        return db.session.execute(_NEARBY_THEMED, values | {"theme": theme}).all()
    return db.session.execute(_NEARBY, values).all()
