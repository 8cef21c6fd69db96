"""What the public pages of no application read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, String, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from app.db.errors import NotFound
from app.db.session import db
from app.participation import access, search
from app.participation.models import Contribution, OfficialAnswer, Project, Step
from app.participation.steps import StepInfo, list_steps
from app.people.models import Person
from app.people.visitor import Visitor
from app.tenancy.registry import TenantConfig


@dataclass(frozen=True)
class ProjectCard:
    """A démarche with its steps, in order."""

    id: UUID
    slug: str
    title: str
    question: str
    summary: str
    body: str
    cover: str
    themes: list[str]
    state: str
    steps: list[StepInfo]

    def phase(self, now: datetime) -> str:
        """open when one step is, else upcoming when one will be, else the last step's."""
        phases = [step.phase(now) for step in self.steps]
        for wanted in ("open", "upcoming"):
            if wanted in phases:
                return wanted
        return phases[-1] if phases else "closed"

    def current(self, now: datetime) -> StepInfo | None:
        """The step to show first: open, else the next one, else the last."""
        for wanted in ("open", "upcoming"):
            for step in self.steps:
                if step.phase(now) == wanted:
                    return step
        return self.steps[-1] if self.steps else None


#: Built once, like the two statements of the home page below: building them costs as much as running them.
_PROJECTS = (
    select(
        Project.id,
        Project.slug,
        Project.title,
        Project.question,
        Project.summary,
        Project.body,
        Project.cover,
        Project.themes,
        Project.state,
    )
    .where(Project.state != "draft")
    .order_by(Project.position, Project.slug)
)


def list_projects(config: TenantConfig) -> list[ProjectCard]:
    """Public démarches in their order, with the steps of applications that are on. Two statements."""
    rows = db.session.execute(_PROJECTS).all()
    by_project: dict[UUID, list[StepInfo]] = {}
    for step in list_steps():
        if config.module_enabled(step.module):
            by_project.setdefault(step.project_id, []).append(step)
    return [
        ProjectCard(**row._mapping, steps=by_project.get(row.id, []))
        for row in rows
        if by_project.get(row.id)
    ]


def get_project(config: TenantConfig, slug: str) -> ProjectCard:
    """Raises NotFound: unknown, draft, or without any application that is on."""
    found = next((project for project in list_projects(config) if project.slug == slug), None)
    if found is None:
        raise NotFound
    return found


def _modules_on(config: TenantConfig) -> dict[str, list[str]]:
    return {"modules": [name for name in config.document["modules"] if config.module_enabled(name)]}


def latest(config: TenantConfig) -> list[Row[Any]]:
    """The newest contributions that everybody may read: title, number, slug, segment, step, author, when."""
    return list(db.session.execute(_latest(), _modules_on(config)))


@lru_cache
def _latest() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Contribution.title,
            Contribution.number,
            Contribution.slug,
            Contribution.published_at,
            Contribution.author_label,
            Person.display_name,
            Step.segment,
            Step.slug.label("step_slug"),
        )
        .join(Step, (Step.tenant_id == Contribution.tenant_id) & (Step.id == Contribution.step_id))
        .outerjoin(
            Person, (Person.tenant_id == Contribution.tenant_id) & (Person.id == Contribution.author_id)
        )
        .where(
            Contribution.state == "published",
            access.visible_to(None),
            Step.module.in_(bindparam("modules", expanding=True, type_=String)),
        )
        .order_by(Contribution.published_at.desc())
        .limit(4)
    )


def answered(config: TenantConfig) -> list[Row[Any]]:
    """The newest official answers, one a contribution: what was asked, what was answered, where it stands."""
    return list(db.session.execute(_answered(), _modules_on(config)))


@lru_cache
def _answered() -> Select[*tuple[Any, ...]]:
    newer = aliased(OfficialAnswer)
    return (
        select(
            Contribution.title,
            Contribution.number,
            Contribution.slug,
            Contribution.status,
            Contribution.supports,
            func.left(OfficialAnswer.body, 600).label("body"),
            OfficialAnswer.signatory,
            OfficialAnswer.published_at,
            Step.segment,
            Step.module,
            Step.slug.label("step_slug"),
        )
        .join(
            Contribution,
            (Contribution.tenant_id == OfficialAnswer.tenant_id)
            & (Contribution.id == OfficialAnswer.contribution_id),
        )
        .join(Step, (Step.tenant_id == Contribution.tenant_id) & (Step.id == Contribution.step_id))
        .where(
            Contribution.state == "published",
            access.visible_to(None),
            Step.module.in_(bindparam("modules", expanding=True, type_=String)),
            # A correction is a second answer: it is the one shown.
            ~exists().where(
                newer.tenant_id == OfficialAnswer.tenant_id,
                newer.contribution_id == OfficialAnswer.contribution_id,
                newer.published_at > OfficialAnswer.published_at,
            ),
        )
        .order_by(OfficialAnswer.published_at.desc())
        .limit(3)
    )


SEARCH_PAGE = 20
#: Matches ranked and counted; a word that more contributions say finds no one's idea anyway.
SEARCH_MAX = 1000
SEARCH_PAGES = SEARCH_MAX // SEARCH_PAGE


def find(
    config: TenantConfig, visitor: Visitor | None, words: str, *, page: int
) -> tuple[list[Row[Any]], int]:
    """Contributions of every application that match, best first, and how many (at most SEARCH_MAX, the newest).

    Archived ones stay findable. Nothing that the visitor could not read in its own list is found.
    """
    if not search.ts_query(words):
        return [], 0
    modules = [module_id for module_id in config.document["modules"] if config.module_enabled(module_id)]
    matching = (
        select(
            Contribution.title,
            func.left(Contribution.body, 240).label("excerpt"),
            Contribution.number,
            Contribution.slug,
            Contribution.supports,
            Contribution.state,
            Contribution.published_at,
            Step.segment,
            Step.module,
            Step.slug.label("step_slug"),
            Step.title.label("step_title"),
            search.rank(words).label("rank"),
        )
        .join(Step, (Step.tenant_id == Contribution.tenant_id) & (Step.id == Contribution.step_id))
        .where(
            Contribution.state.in_(("published", "archived")),
            access.visible_to(visitor),
            Step.module.in_(modules),
            search.matches(words),
        )
        .order_by(Contribution.published_at.desc())
        .limit(SEARCH_MAX)
        .subquery()
    )
    total = func.count().over().label("total")
    rows = list(
        db.session.execute(
            select(matching, total)
            .order_by(matching.c.rank.desc(), matching.c.published_at.desc(), matching.c.number)
            .limit(SEARCH_PAGE)
            .offset((page - 1) * SEARCH_PAGE)
        )
    )
    return rows, rows[0].total if rows else 0
