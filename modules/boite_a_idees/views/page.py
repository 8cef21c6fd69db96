"""What every page of the boîte à idées starts from: the blueprint, the step, the frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, g, request

from app.db.errors import NotFound
from app.db.limits import hit
from app.participation.steps import StepInfo
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant
from app.ui import filters
from modules.boite_a_idees.rules import STATUSES

blueprint = Blueprint("boite_a_idees", __name__)

TINT = "a-idees"

STATUS_LABELS = {status.id: status.label for status in STATUSES}
#: Dot of a status: full when something is under way or done, a ring otherwise.
_DOTS = {"ok": "open", "info": "soon", "warn": "warn", "bad": "closed", "mute": "closed"}
STATUS_DOTS = {status.id: _DOTS[status.colour] for status in STATUSES}


def step() -> StepInfo:
    """The step named in the address."""
    found: StepInfo = g.step
    return found


def wants_fragment() -> bool:
    """The request comes from htmx: one block of the page is enough."""
    return request.headers.get("HX-Request") == "true"


def known() -> Visitor:
    """Whoever the policy just let through. Raises NotFound: it lets nobody unknown do what only somebody can."""
    visitor = visitors.current()
    if visitor is None:
        raise NotFound
    return visitor


def address(here: StepInfo, row: Any) -> str:
    """Of an idea on this host, with its final slash. row: anything with a number and a slug."""
    return f"{here.path}{row.number}-{row.slug}/"


def hit_rate(rule: str, kind: str) -> None:
    """Count this request against whoever is known, else against the address it comes from. Raises TooManyRequests.

    An address may be a whole school or town hall: it is allowed ten times as much as a person.
    """
    visitor = visitors.current()
    if visitor is not None and visitor.at_least("confirmed"):
        hit(rule, kind, str(visitor.person_id))
    else:
        number, _, per = rule.partition("/")
        hit(f"{int(number) * 10}/{per}", kind, request.remote_addr or "")


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """From the home page to the step, then `more`; the last one is the page itself and has no address."""
    here, base = step(), base_path()
    trail = [
        ("Accueil", f"{base}/"),
        (here.project_title, f"{base}/demarches/{here.project_slug}/"),
        (here.title, here.path if more else ""),
    ]
    return [*trail, *more]


def whole_context(values: dict[str, Any]) -> dict[str, Any]:
    """`values` with what every page receives, for a block rendered alone."""
    current_app.update_template_context(values)
    return values


@dataclass(frozen=True)
class PhaseView:
    """Where the step is in time. kind, text: of the status dot. due: the pill of the last week, or ''.

    sentence: what replaces the action when there is none.
    """

    name: str
    kind: str
    text: str
    due: str = ""
    sentence: str = ""


def phase_view(now: datetime) -> PhaseView:
    here, tz = step(), tenant().timezone
    name = here.phase(now)
    if name == "upcoming" and here.opens_at is not None:
        opens = f"Ouverture le {filters.date_full(here.opens_at, tz)}"
        return PhaseView(name, "soon", opens, sentence=f"{opens}. Nous pouvons vous prévenir.")
    if here.closes_at is None:
        return PhaseView(name, "open", "Ouvert toute l’année")
    if name == "open":
        soon = (here.closes_at - now).days < 7
        text = f"Ouvert jusqu’au {filters.date_long(here.closes_at, tz)}"
        return PhaseView(name, "open", text, due=filters.left(here.closes_at, now, tz) if soon else "")
    closed = f"La participation est close depuis le {filters.date_long(here.closes_at, tz)}."
    if name == "results":
        return PhaseView(
            name, "closed", "Résultats publiés", sentence=f"{closed} Les résultats sont publiés."
        )
    if here.results_at is not None:
        closed += f" Les résultats paraîtront le {filters.date_long(here.results_at, tz)}."
    return PhaseView(name, "closed", "Clos", sentence=closed)
