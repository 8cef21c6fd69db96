"""Single things looked up by forms, acts and jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    or_,
    select,
)

from app.db.context import require_tenant_id
from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import (
    Draft,
    Photo,
    Step,
)
from app.participation.steps import StepInfo
from app.people.models import Person
from app.territory.models import Zone
from modules.boite_a_idees.models import Idea
from modules.boite_a_idees.rules import TAKEN_UP


def get_idea(step: StepInfo, number: int) -> Idea:
    """Raises NotFound."""
    idea = db.session.scalar(select(Idea).where(Idea.step_id == step.id, Idea.number == number))
    if idea is None:
        raise NotFound
    return idea


def get_idea_by_id(step: StepInfo, idea_id: UUID) -> Idea:
    """Raises NotFound, also for an idea of another step."""
    idea = db.session.scalar(select(Idea).where(Idea.step_id == step.id, Idea.id == idea_id))
    if idea is None:
        raise NotFound
    return idea


def find_own_photo(photo_id: UUID | None, person_id: UUID, *, kept: UUID | None = None) -> Photo | None:
    """The picture this person sent, or the one their idea already shows (`kept`)."""
    if photo_id is None:
        return None
    mine: ColumnElement[bool] = Photo.uploader_id == person_id
    return db.session.scalar(
        select(Photo).where(Photo.id == photo_id, or_(mine, Photo.id == kept) if kept else mine)
    )


def find_draft(act_id: str, step: StepInfo, person_id: UUID, form_token: str) -> UUID | None:
    """The draft that this very form already made: saving again must not make a second one."""
    if not form_token:
        return None
    return db.session.scalar(
        select(Draft.id).where(
            Draft.person_id == person_id,
            Draft.step_id == step.id,
            Draft.act == act_id,
            Draft.fields["_form"].astext == form_token,
        )
    )


def find_last_draft(act_id: str, step: StepInfo, person_id: UUID) -> Row[Any] | None:
    """id and title of what the person began last in this step."""
    return db.session.execute(
        select(Draft.id, Draft.fields["title"].astext.label("title"))
        .where(Draft.person_id == person_id, Draft.step_id == step.id, Draft.act == act_id)
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(1)
    ).one_or_none()


def lives_here(person_id: UUID) -> bool:
    """Whether the person said they live in one of the zones."""
    return db.session.scalar(select(Person.zone_id).where(Person.id == person_id)) is not None


def list_to_archive(step_id: UUID, *, before: datetime, threshold: int, limit: int) -> Sequence[UUID]:
    """Published ideas that never met the threshold and that the collectivité has not taken up, oldest first."""
    return db.session.scalars(
        select(Idea.id)
        .where(
            Idea.step_id == step_id,
            Idea.state == "published",
            Idea.published_at < before,
            Idea.supports < threshold,
            Idea.threshold_reached_at.is_(None),
            Idea.status.not_in(TAKEN_UP),
        )
        .order_by(Idea.published_at, Idea.number)
        .limit(limit)
    ).all()


def list_steps_with(kind: str) -> Sequence[Row[Any]]:
    """id and settings of every step of this kind."""
    return db.session.execute(
        select(Step.id, Step.settings).where(and_(Step.module == "boite_a_idees", Step.kind == kind))
    ).all()


def list_outlines() -> list[list[tuple[float, float]]]:
    """The outer ring of each active zone's largest polygon, as (longitude, latitude) pairs."""
    shapes = db.session.scalars(select(Zone.shape).where(Zone.active).order_by(Zone.position)).all()
    largest = [
        max((polygon[0] for polygon in shape["polygons"]), key=len) for shape in shapes if shape["polygons"]
    ]
    return [[(x, y) for x, y, *_ in ring] for ring in largest]


def get_step_dates(step_id: UUID) -> Step:
    """The step itself, to be changed. Raises NotFound."""
    found = db.session.get(Step, (require_tenant_id(), step_id), with_for_update={"key_share": True})
    if found is None:
        raise NotFound
    return found
