"""Démarches as cards show them: plain values, from what `queries` read and the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from app.participation.steps import StepInfo
from app.site.queries import ProjectCard
from app.tenancy.manifest import ModuleManifest
from app.tenancy.registry import TenantConfig
from app.tenancy.web import base_path
from app.ui import filters, markdown, scenes


def manifest_of(module_id: str) -> ModuleManifest:
    found: ModuleManifest = current_app.extensions["modules"][module_id]
    return found


def until(step: StepInfo, now: datetime, config: TenantConfig) -> tuple[str, str]:
    """Status dot and words of a step: what is possible and until when."""
    phase = step.phase(now)
    if phase == "upcoming" and step.opens_at is not None:
        return "soon", f"Ouverture le {filters.day_month(step.opens_at, config.timezone)}"
    if phase == "open" and step.closes_at is None:
        return "open", "Ouvert toute l’année"
    if phase == "open" and step.closes_at is not None:
        return "open", f"Jusqu’au {filters.day_month(step.closes_at, config.timezone)}"
    return "closed", "Résultats" if phase == "results" else "Terminé"


def due(step: StepInfo | None, now: datetime, config: TenantConfig) -> str:
    """The pill of the last week ("Encore 6 jours"), else ''."""
    if step is None or step.closes_at is None or step.phase(now) != "open":
        return ""
    if (step.closes_at - now).days >= 7:
        return ""
    return filters.left(step.closes_at, now, config.timezone)


def stops_of(project: ProjectCard, now: datetime, config: TenantConfig) -> list[dict[str, Any]]:
    """The line of a démarche's steps, as the fil draws it."""
    states = {"open": "now", "upcoming": "next"}
    return [
        {
            "title": step.title,
            "state": states.get(step.phase(now), "done"),
            "note": until(step, now, config)[1],
            "url": step.path,
        }
        for step in project.steps
    ]


def card_of(project: ProjectCard, now: datetime, config: TenantConfig) -> dict[str, Any]:
    """url: the step itself when there is only one; project_url: the démarche's page."""
    step = project.current(now)
    manifest = manifest_of(step.module) if step else None
    own = f"{base_path()}/demarches/{project.slug}/"
    contributions = sum(item.contributions for item in project.steps)
    return {
        "url": step.path if step is not None and len(project.steps) == 1 else own,
        "project_url": own,
        "title": project.title,
        "text": project.question or markdown.plain(project.summary, 160),
        "tint": f"a-{manifest.tint}" if manifest else "",
        "tab": manifest.title if manifest else "",
        "icon": manifest.icon if manifest else "map",
        "cover": scenes.scene(project.cover),
        "due": due(step, now, config),
        "left": filters.count(contributions, "contribution", "contributions"),
        "right": until(step, now, config) if step else ("closed", "Terminé"),
        "stops": stops_of(project, now, config),
        "phase": project.phase(now),
        "themes": project.themes,
    }


def step_card(step: StepInfo, now: datetime, config: TenantConfig) -> dict[str, Any]:
    manifest = manifest_of(step.module)
    return {
        "title": step.title,
        "summary": step.summary,
        "url": step.path,
        "tab": manifest.title,
        "tint": f"a-{manifest.tint}",
        "icon": manifest.icon,
        "left": filters.count(step.contributions, "contribution", "contributions"),
        "right": until(step, now, config),
        "due": due(step, now, config),
    }
