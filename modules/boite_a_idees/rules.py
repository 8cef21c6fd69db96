"""Decisions of the boîte à idées: values in, an answer or a named refusal out; no query, no request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from app.participation.official import Status
from app.participation.steps import StepInfo
from app.policy.table import Rule

#: What the core's table does not have: the rest of what people and agents do with an idea is there already.
POLICY = (
    Rule(
        "boite_a_idees.start_again",
        "Reprendre une idée refusée dans un brouillon",
        frozenset({"author"}),
        frozenset({"rejected"}),
    ),
)

RECEIVED, ADMISSIBLE, STUDIED, DECIDED, DONE, REFUSED = (
    "recue",
    "recevable",
    "etude",
    "decidee",
    "realisee",
    "refusee",
)

STATUSES = (
    Status(RECEIVED, "Reçue", "L’idée est enregistrée. Elle peut recevoir des soutiens.", "mute"),
    Status(
        ADMISSIBLE, "Recevable", "L’idée respecte les règles de la démarche. Elle peut être étudiée.", "info"
    ),
    Status(STUDIED, "À l’étude", "Les services étudient l’idée : coût, délai, faisabilité.", "info"),
    Status(DECIDED, "Retenue", "La décision est prise : l’idée sera réalisée.", "ok"),
    Status(DONE, "Réalisée", "L’idée est devenue réalité.", "ok", done=True),
    Status(REFUSED, "Non retenue", "L’idée n’a pas été retenue. La réponse dit pourquoi.", "bad", done=True),
)

#: From these on, the collectivité has taken the idea up: it is no longer a matter of supports.
TAKEN_UP = frozenset({STUDIED, DECIDED, DONE, REFUSED})

#: Order of the stops after the deposit, with what each is called on the line.
_LINE = ((ADMISSIBLE, "Recevable"), (STUDIED, "À l’étude"), (DECIDED, "Décision"), (DONE, "Réalisation"))


@dataclass(frozen=True)
class Stop:
    """One stop of « Où en est l’idée ? ». state: done, now or next. on: when it was reached, None if not said."""

    title: str
    state: str
    on: datetime | None = None


def journey(status: str, deposited_at: datetime, reached: Mapping[str, datetime]) -> list[Stop]:
    """The line of an idea. reached: the last time each status was given to it.

    An idea that is not retained keeps the stops it made and ends there: no empty stop promises more.
    """
    if status == REFUSED:
        made = [Stop(title, "done", reached[one]) for one, title in _LINE if one in reached]
        return [
            Stop("Déposée", "done", deposited_at),
            *made,
            Stop("Non retenue", "now", reached.get(REFUSED)),
        ]
    ids = [one for one, _ in _LINE]
    at = ids.index(status) if status in ids else -1
    stops = [Stop("Déposée", "now" if at < 0 else "done", deposited_at)]
    for position, (one, title) in enumerate(_LINE):
        if position < at or (position == at and one == DONE):
            stops.append(Stop(title, "done", reached.get(one)))
        elif position == at:
            stops.append(Stop(title, "now", reached.get(one)))
        else:
            stops.append(Stop(title, "next"))
    return stops


def check_deposit(step: StepInfo, payload: Mapping[str, Any], now: datetime) -> None:
    """Raises StepNotOpen, StepClosed. A text whose form was served before closing has the core's grace."""
    issued = payload.get("_issued_at")
    step.check_open(now, form_issued_at=datetime.fromisoformat(issued) if issued else None)


def check_vote_open(step: StepInfo, payload: Mapping[str, Any], now: datetime) -> None:
    """Raises StepNotOpen, VotingClosed: a support has no grace."""
    step.check_open(now, text=False)


def can_edit(settings: Mapping[str, Any], *, state: str, supports: int, phase: str) -> bool:
    """Whether the author is offered to change the text (the service checks again under its lock)."""
    if phase != "open" or state not in ("pending", "published"):
        return False
    rule = settings.get("edits_allowed", "with_versions")
    return bool(rule == "with_versions" or (rule == "until_support" and supports == 0))


def may_deposit(settings: Mapping[str, Any], *, has_account: bool, zone_known: bool) -> bool:
    """False only for somebody whose account says they live outside the territory, where that counts."""
    return settings.get("who_may_deposit") != "residents" or not has_account or zone_known


def missing_supports(supports: int, threshold: int | None) -> int:
    """Supports still needed; 0 when reached or when there is no threshold."""
    return max(0, threshold - supports) if threshold else 0


def archive_day(published_at: datetime, settings: Mapping[str, Any], tz: tzinfo) -> date | None:
    """Day on which an idea still under the threshold is archived; None when this step archives nothing."""
    days, threshold = settings.get("archive_after_days"), settings.get("threshold")
    if not days or not threshold:
        return None
    return published_at.astimezone(tz).date() + timedelta(days=days)


def archive_before(now: datetime, settings: Mapping[str, Any], tz: tzinfo) -> datetime | None:
    """Ideas published before this instant have reached their `archive_day`; None when this step archives nothing."""
    days, threshold = settings.get("archive_after_days"), settings.get("threshold")
    if not days or not threshold:
        return None
    first_kept = now.astimezone(tz).date() - timedelta(days=days - 1)
    return datetime.combine(first_kept, time.min, tz)
