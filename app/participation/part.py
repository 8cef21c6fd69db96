"""The démarches a tenant's document brings: created once, then only what the file changes is changed.

Dates and texts may have been edited on the platform since; a key the file did not touch between two revisions keeps
what the platform has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.participation.models import Project, Step
from app.tenancy import modules, parts
from app.tenancy.document import moments
from app.tenancy.errors import TenancyError
from app.tenancy.models import TenantDocument

#: What a step asks when its document says nothing: a proven address, then a public name and the charter.
DEFAULT_REQUIREMENTS = ["email", "account"]

#: Keys of a démarche, with what it means when a document does not say one, or says it no longer.
PROJECT_KEYS: Mapping[str, Any] = {
    "title": "",
    "question": "",
    "summary": "",
    "cover": "place",
    "themes": [],
    "state": "published",
}


def write_projects(session: Session, document: Mapping[str, Any], folder: Path | None, now: datetime) -> None:
    before = _previous(session)
    # By application and slug, as addresses are: a step may move to another démarche.
    before_steps = {
        (step["module"], step["slug"]): step for project in before.values() for step in project["steps"]
    }
    today = now.astimezone(ZoneInfo(document["timezone"])).date()
    for position, written in enumerate(document["projects"]):
        project = session.scalar(select(Project).where(Project.slug == written["slug"]))
        earlier = before.get(written["slug"], {})
        if project is None:
            project = Project(slug=written["slug"], title=written["title"], themes=[], created_at=now)
            session.add(project)
            earlier = {}
        for key, default in PROJECT_KEYS.items():
            if not earlier or written.get(key, default) != earlier.get(key, default):
                setattr(project, key, written.get(key, default))
        project.position = position
        session.flush()
        for order, step in enumerate(written["steps"]):
            known = before_steps.get((step["module"], step["slug"]), {})
            _write_step(session, project, step, known, order, document, today)
    session.flush()


def _write_step(
    session: Session,
    project: Project,
    written: Mapping[str, Any],
    earlier: Mapping[str, Any],
    order: int,
    document: Mapping[str, Any],
    today: date,
) -> None:
    segment = modules.registry()[written["module"]].segment
    step = session.scalar(select(Step).where(Step.segment == segment, Step.slug == written["slug"]))
    if step is None:
        earlier = {}
        step = Step(
            project_id=project.id,
            module=written["module"],
            kind=written["kind"],
            segment=segment,
            slug=written["slug"],
            title=written["title"],
            position=order,
            settings={},
            requirements=[],
        )
        session.add(step)
    step.project_id, step.position = project.id, order
    if written["kind"] != earlier.get("kind"):
        step.kind = written["kind"]
    if written["title"] != earlier.get("title"):
        step.title = written["title"]
    if not earlier or written.get("summary", "") != earlier.get("summary", ""):
        step.summary = written.get("summary", "")
    if written["settings"] != earlier.get("settings"):
        step.settings = written["settings"]
    if not earlier or written.get("requirements") != earlier.get("requirements"):
        step.requirements = list(written.get("requirements") or DEFAULT_REQUIREMENTS)
    dates = ("opens_at", "closes_at", "timeless")
    if not earlier or [written.get(key) for key in dates] != [earlier.get(key) for key in dates]:
        opens_at, closes_at = moments.window(written, timezone=document["timezone"], day=today)
        if opens_at is not None and closes_at is not None and closes_at <= opens_at:
            # One counted from today, the other not: only applying tells which comes first.
            raise TenancyError(
                f"step {written['slug']} of {project.slug} would close on {closes_at:%Y-%m-%d %H:%M} UTC and open on"
                f" {opens_at:%Y-%m-%d %H:%M} UTC, expected a closing after the opening"
            )
        step.opens_at, step.closes_at = opens_at, closes_at


def _previous(session: Session) -> dict[str, Mapping[str, Any]]:
    """The projects of the current revision, by slug."""
    document = session.scalar(
        select(TenantDocument.document).order_by(TenantDocument.revision.desc()).limit(1)
    )
    return {project["slug"]: project for project in (document or {}).get("projects", ())}


def register() -> None:
    parts.register(parts.Part("projects", write=write_projects))
