"""An idea as its page says it: plain values for the template, no statement but the districts' outlines."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from flask import request
from markupsafe import Markup

from app.participation import access, moderate, photos
from app.participation.steps import StepInfo
from app.people.visitor import Visitor
from app.tenancy.registry import TenantConfig
from app.tenancy.web import tenant
from app.ui import filters, scenes, townplan
from modules.boite_a_idees import queries, rules
from modules.boite_a_idees.queries import History
from modules.boite_a_idees.views.page import STATUS_LABELS, TINT, PhaseView, address, crumbs, phase_view
from modules.boite_a_idees.wording import authority_of, wording_of

#: More corners than this and the districts are not drawn: the small map must stay small.
MAX_CORNERS = 500

PENDING_SENTENCES = {
    "identity": "Confirmez votre adresse e-mail pour publier votre idée. Vous seul la voyez.",
    "requirements": "Complétez votre profil pour publier votre idée. Vous seul la voyez.",
    "moderation": "Un agent relit votre idée. Vous seul la voyez pour l’instant.",
    "too_late": "La collecte a fermé avant votre confirmation. Vous seul voyez cette idée.",
}


def hidden_sentence(at: datetime, reason: str) -> str:
    """« Contribution masquée le 4 mai : attaque personnelle. »"""
    day, label = filters.day_month(at, tenant().timezone), moderate.LABELS.get(reason, "")
    return f"Contribution masquée le {day} : {label}." if label else f"Contribution masquée le {day}."


def support_context(here: StepInfo, row: Any, now: datetime) -> dict[str, Any]:
    """What the blocks `support` and `dock` need: swapped alone after a support or a follow."""
    settings, phase = here.settings, phase_view(now)
    words, who = wording_of(settings), authority_of(tenant().document["kind"])
    threshold, limit = settings["threshold"], settings["support_limit"]
    left = rules.missing_supports(row.supports, threshold)
    out_of = f" sur {filters.number(threshold)}" if threshold else ""
    left_sentence = f"Encore {filters.count(left, words.noun)} et {who.the} étudie l’idée."
    if not left:
        left_sentence = f"Le seuil est atteint : {who.the} étudie l’idée."
    return {
        "step": here,
        "idea": row,
        "here": address(here, row),
        "share_url": request.host_url.rstrip("/") + address(here, row),
        "phase": phase,
        "words": words,
        "who": who,
        "threshold": threshold,
        "supports_text": filters.plural(row.supports, words.noun) + out_of,
        "gauge_sentence": filters.count(row.supports, words.noun) + out_of,
        "left_sentence": left_sentence if threshold else "",
        "votable": row.state == "published" and phase.name == "open",
        "supported": row.supported,
        "full": limit is not None and row.taken >= limit and row.supported is None,
        "limit_sentence": f"Vous avez donné {filters.count(limit or 0, words.noun)}, le maximum. Retirez-en un.",
        "follow_level": row.follow_level,
        "following": row.follow_level in ("essential", "all"),
        "refusal": "",
        "told": "",
    }


def page_context(
    here: StepInfo, row: Any, told: History, visitor: Visitor | None, phase: PhaseView
) -> dict[str, Any]:
    """Everything else of the page but the discussion and the ideas nearby."""
    config = tenant()
    tz, zone = config.timezone, config.zone(row.zone_id)
    author = row.author or row.author_label or "Compte supprimé"
    reached = {change.code: change.at for change in told.changes}
    line = rules.journey(row.status, row.published_at or row.created_at, reached)
    return {
        "tint": TINT,
        "tz": tz,
        "crumbs": crumbs((row.title, "")),
        "zone": zone.name if zone else "",
        "author": author,
        "initials": filters.initials(author),
        "picture": _picture(row),
        "scene": scenes.scene(scenes.scene_for(str(row.id), row.theme)) if row.photo_id is None else "",
        "stops": [_stop(stop, tz) for stop in line],
        "notes": [
            (_day(change.at, tz), STATUS_LABELS.get(change.code, ""), change.text)
            for change in told.changes
            if change.text
        ],
        "answers": [
            {
                "author": ", ".join(part for part in (answer.who, answer.title) if part),
                "when": _day(answer.at, tz),
                "body": answer.text,
            }
            for answer in told.answers
        ],
        "authority_initials": filters.initials(config.name),
        "map": _map(row, zone.name if zone else "", config),
        "archive_on": _archive_on(here, row, tz),
        **_of_the_author(here, row, told, visitor, phase),
        **_of_the_team(here, row, visitor),
    }


def _of_the_author(
    here: StepInfo, row: Any, told: History, visitor: Visitor | None, phase: PhaseView
) -> dict[str, Any]:
    """What its author may do with it, and what they are told of its state."""
    mine = visitor is not None and visitor.person_id == row.author_id
    refusals = [decision for decision in told.decisions if decision.who in ("hide", "reject")]
    last = refusals[-1] if refusals else None
    refused = None
    if last is not None and row.state == "rejected":
        refused = {"reason": moderate.REASONS.get(last.code, ""), "note": last.text}
    return {
        "mine": mine,
        "can_edit": mine
        and rules.can_edit(here.settings, state=row.state, supports=row.supports, phase=phase.name),
        "can_withdraw": mine and row.state in ("pending", "published"),
        "pending_sentence": PENDING_SENTENCES.get(row.pending_for or "", "") if mine else "",
        "waiting": row.state == "pending" and row.pending_for == "moderation",
        "hidden_sentence": hidden_sentence(last.at, last.code)
        if last is not None and row.state == "hidden"
        else "",
        "refused": refused,
    }


def _of_the_team(here: StepInfo, row: Any, visitor: Visitor | None) -> dict[str, Any]:
    """The inline toolbar of « Mode gestion »: which of its actions exist for this visitor in this state."""
    if visitor is None or not visitor.managing:
        return {"managing": False, "may": {}}
    names = ("hide", "restore", "accept", "reject", "answer", "set_status")
    may = {
        name: access.can(visitor, f"contribution.{name}", state=row.state, project_id=here.project_id)
        for name in names
    }
    return {"managing": True, "may": may}


def _day(moment: datetime, tz: tzinfo) -> Markup:
    return filters.time_tag(moment, filters.date_long(moment, tz))


def _stop(stop: rules.Stop, tz: tzinfo) -> dict[str, str]:
    if stop.on is None:
        return {"title": stop.title, "state": stop.state}
    day = filters.day_month(stop.on, tz)
    since = stop.state == "now" and stop.title not in ("Déposée", "Non retenue")
    return {"title": stop.title, "state": stop.state, "note": f"depuis le {day}" if since else day}


def _archive_on(here: StepInfo, row: Any, tz: tzinfo) -> str:
    """The day the nightly job would archive it, as it stands; '' when it will not."""
    reached = row.threshold_reached_at or not rules.missing_supports(row.supports, here.settings["threshold"])
    if row.state != "published" or reached or row.status in rules.TAKEN_UP:
        return ""
    day = rules.archive_day(row.published_at, here.settings, tz)
    return filters.date_long(day) if day else ""


def _picture(row: Any) -> dict[str, Any] | None:
    if row.photo_id is None:
        return None
    return photos.sources(row.photo_id, row.widths, width=row.width, height=row.height) | {"alt": row.alt}


def _map(row: Any, zone: str, config: TenantConfig) -> dict[str, str] | None:
    """The small map, when the idea says where: the districts and its point, or an evocation of a place without one."""
    label = ", ".join(part for part in (row.place, zone if row.place != zone else "") if part)
    if not label and row.longitude is None:
        return None
    point = (row.longitude, row.latitude) if row.longitude is not None and row.latitude is not None else None
    drawn = townplan.mini(
        f"{config.slug}:{label}", point or (0.0, 0.0), rings=(_outlines(config) or None) if point else None
    )
    return {"drawing": drawn, "label": label or "Lieu indiqué par son auteur ou autrice"}


def _outlines(config: TenantConfig) -> list[list[tuple[float, float]]]:
    """The districts, asked once per revision of the tenant."""
    found: list[list[tuple[float, float]]] | None = config.cache.get("outlines")
    if found is None:
        found = queries.list_outlines()
        if sum(len(ring) for ring in found) > MAX_CORNERS:
            found = []
        config.cache["outlines"] = found
    return found
