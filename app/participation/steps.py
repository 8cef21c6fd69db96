"""A step as requests use it: one row, read once, with its phase computed from the clock given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, Uuid, bindparam, select

from app.db.errors import NotFound
from app.db.session import db
from app.participation.errors import StepClosed, StepNotOpen, VotingClosed
from app.participation.models import Project, Step
from app.tenancy.web import base_path, tenant
from app.ui.filters import date_full

#: A text whose form was issued before closing may still be sent for this long (ux §1.5); votes have none.
GRACE = timedelta(minutes=15)


@dataclass(frozen=True)
class StepInfo:
    """settings: complete, as the module's schema left them. Counters are those of the last committed acts."""

    id: UUID
    project_id: UUID
    project_slug: str
    project_title: str
    project_state: str
    module: str
    kind: str
    segment: str
    slug: str
    title: str
    summary: str
    opens_at: datetime | None
    closes_at: datetime | None
    results_at: datetime | None
    settings: dict[str, Any]
    requirements: list[str]
    contributions: int
    answers: int
    shuffled: int

    @property
    def path(self) -> str:
        """Address of the step on this host, with a final slash."""
        return f"{base_path()}/{self.segment}/{self.slug}/"

    def phase(self, now: datetime) -> str:
        return phase(self.opens_at, self.closes_at, self.results_at, now)

    def check_open(self, now: datetime, *, form_issued_at: datetime | None = None, text: bool = True) -> None:
        """Raise unless an act may be done now.

        text: a text act has the grace of a form opened before closing; a vote has none.
        form_issued_at: signed instant at which the form was served. Raises StepNotOpen, StepClosed, VotingClosed.
        """
        if self.opens_at is not None and now < self.opens_at:
            raise StepNotOpen(date=date_full(self.opens_at, tenant().timezone))
        if self.closes_at is None or now < self.closes_at:
            return
        in_time = form_issued_at is not None and form_issued_at < self.closes_at
        if text and in_time and now < self.closes_at + GRACE:
            return
        closed = date_full(self.closes_at, tenant().timezone)
        raise StepClosed(date=closed) if text else VotingClosed(date=closed)


def phase(
    opens_at: datetime | None, closes_at: datetime | None, results_at: datetime | None, now: datetime
) -> str:
    """upcoming, open, closed or results. Opening is inclusive, closing exclusive: at `closes_at` it is closed."""
    if opens_at is not None and now < opens_at:
        return "upcoming"
    if closes_at is None or now < closes_at:
        return "open"
    return "results" if results_at is not None and now >= results_at else "closed"


_COLUMNS = (
    Step.id,
    Step.project_id,
    Project.slug.label("project_slug"),
    Project.title.label("project_title"),
    Project.state.label("project_state"),
    Step.module,
    Step.kind,
    Step.segment,
    Step.slug,
    Step.title,
    Step.summary,
    Step.opens_at,
    Step.closes_at,
    Step.results_at,
    Step.settings,
    Step.requirements,
    Step.contributions,
    Step.answers,
    Step.shuffled,
)


def _select() -> Select[Any]:
    return select(*_COLUMNS).join(
        Project, (Project.tenant_id == Step.tenant_id) & (Project.id == Step.project_id)
    )


#: Built once: every page of an application runs the first, and building it costs as much as running it.
_BY_SLUG = _select().where(
    Step.segment == bindparam("segment", type_=String),
    Step.slug == bindparam("slug", type_=String),
    Project.state != "draft",
)
_BY_ID = _select().where(Step.id == bindparam("step", type_=Uuid))
_ALL = _select().where(Project.state != "draft").order_by(Project.position, Project.slug, Step.position)


def get_step(segment: str, slug: str) -> StepInfo:
    """Raises NotFound: unknown, or in a démarche that is not public."""
    row = db.session.execute(_BY_SLUG, {"segment": segment, "slug": slug}).one_or_none()
    if row is None:
        raise NotFound
    return StepInfo(**row._mapping)


def get_step_by_id(step_id: UUID) -> StepInfo:
    """Raises NotFound."""
    row = db.session.execute(_BY_ID, {"step": step_id}).one_or_none()
    if row is None:
        raise NotFound
    return StepInfo(**row._mapping)


def list_steps(*, segment: str | None = None, project_id: UUID | None = None) -> list[StepInfo]:
    """Steps of public démarches, by démarche and position."""
    query = _ALL
    if segment is not None:
        query = query.where(Step.segment == segment)
    if project_id is not None:
        query = query.where(Step.project_id == project_id)
    return [StepInfo(**row._mapping) for row in db.session.execute(query)]
