"""Who wants the news of a contribution, of a step or of a whole démarche, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.participation.models import Follow
from app.people.models import Person

#: `none` is kept: who stopped following is not made to follow again by their next act.
LEVELS = ("none", "essential", "all")

_UNIQUE = {
    "contribution_id": "uq_follow_contribution",
    "step_id": "uq_follow_step",
    "project_id": "uq_follow_project",
}


def follow(
    person_id: UUID,
    *,
    contribution_id: UUID | None = None,
    step_id: UUID | None = None,
    project_id: UUID | None = None,
    level: str = "essential",
    now: datetime,
) -> None:
    """Follow exactly one thing at this level, or change the level. Raises ValueError for another level or target."""
    if level not in LEVELS:
        raise ValueError(f"level is {level!r}, expected one of {', '.join(LEVELS)}")
    name, target = _target(contribution_id, step_id, project_id)
    row = insert(Follow).values(person_id=person_id, level=level, created_at=now, **{name: target})
    db.session.execute(row.on_conflict_do_update(constraint=_UNIQUE[name], set_={"level": level}))


def follow_by_default(
    person_id: UUID,
    *,
    contribution_id: UUID | None = None,
    step_id: UUID | None = None,
    project_id: UUID | None = None,
    now: datetime,
) -> None:
    """Follow because of an act (depositing, commenting), unless the person already chose a level, even `none`."""
    name, target = _target(contribution_id, step_id, project_id)
    row = insert(Follow).values(person_id=person_id, level="essential", created_at=now, **{name: target})
    db.session.execute(row.on_conflict_do_nothing(constraint=_UNIQUE[name]))


def unfollow(
    person_id: UUID,
    *,
    contribution_id: UUID | None = None,
    step_id: UUID | None = None,
    project_id: UUID | None = None,
    now: datetime,
) -> None:
    follow(
        person_id,
        contribution_id=contribution_id,
        step_id=step_id,
        project_id=project_id,
        level="none",
        now=now,
    )


def level_of(
    person_id: UUID,
    *,
    contribution_id: UUID | None = None,
    step_id: UUID | None = None,
    project_id: UUID | None = None,
) -> str | None:
    """One of LEVELS, or None when the person never chose."""
    name, target = _target(contribution_id, step_id, project_id)
    return db.session.scalar(select(Follow.level).where(Follow.person_id == person_id, _is(name, target)))


def is_following(
    person_id: UUID,
    *,
    contribution_id: UUID | None = None,
    step_id: UUID | None = None,
    project_id: UUID | None = None,
) -> bool:
    level = level_of(person_id, contribution_id=contribution_id, step_id=step_id, project_id=project_id)
    return level in ("essential", "all")


def followers(contribution_id: UUID, level: str = "essential") -> Sequence[UUID]:
    """Persons to tell: `essential` gives everybody who follows, `all` only those who want everything."""
    return _followers("contribution_id", contribution_id, level)


def followers_of_step(step_id: UUID, level: str = "essential") -> Sequence[UUID]:
    return _followers("step_id", step_id, level)


def _followers(name: str, target: UUID, level: str) -> Sequence[UUID]:
    wanted = LEVELS[LEVELS.index(level) :]
    return db.session.scalars(
        select(Follow.person_id)
        .join(Person, (Person.tenant_id == Follow.tenant_id) & (Person.id == Follow.person_id))
        .where(_is(name, target), Follow.level.in_(wanted), Person.state == "active")
        .order_by(Follow.person_id)
    ).all()


def _target(contribution_id: UUID | None, step_id: UUID | None, project_id: UUID | None) -> tuple[str, UUID]:
    named = {"contribution_id": contribution_id, "step_id": step_id, "project_id": project_id}
    given = [(name, target) for name, target in named.items() if target is not None]
    if len(given) != 1:
        raise ValueError(f"a follow names one target, got {[name for name, _ in given]}")
    return given[0]


def _is(name: str, target: UUID) -> ColumnElement[bool]:
    column: Any = getattr(Follow, name)
    criterion: ColumnElement[bool] = column == target
    return criterion
