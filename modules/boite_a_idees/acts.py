"""What participants can do with ideas, whether they are known or not: propose, support, follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.participation import contributions, follows
from app.participation.acts import ActResult, ActType, Payload
from app.participation.steps import StepInfo
from app.tenancy.web import tenant
from app.ui.filters import count, date_full
from modules.boite_a_idees import forms, queries, rules, services
from modules.boite_a_idees.models import Idea
from modules.boite_a_idees.rules import check_deposit, check_vote_open
from modules.boite_a_idees.wording import authority_of, wording_of

# --- propose --------------------------------------------------------------------------------------------------

DEPOSITED = {
    None: "Merci ! Votre idée n° {number} est en ligne.",
    "moderation": "Merci ! Votre idée n° {number} est enregistrée.",
    "identity": "Votre idée n° {number} est enregistrée. Confirmez votre adresse e-mail pour la publier.",
    "requirements": "Votre idée n° {number} est enregistrée. Encore une étape et elle est publiée.",
    "too_late": "La collecte a fermé avant votre confirmation. Vous seul voyez votre idée n° {number}.",
}


def _deposited(step: StepInfo, idea: Idea) -> ActResult:
    waits = idea.pending_for if idea.state == "pending" else None
    return ActResult(
        target=str(idea.id),
        path=contributions.path_of(step, idea.number, idea.slug),
        message=DEPOSITED[waits].format(number=idea.number),
        # Once the author has proven everything, what is left is the agent's: the act itself is done.
        pending_for=waits,
    )


def _propose(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    return _deposited(
        step, services.propose(step, person_id=person_id, payload=payload, now=now, pending_for=pending_for)
    )


def _complete_proposal(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    return _deposited(
        step,
        services.complete(step, UUID(result.target), person_id=person_id, now=now, pending_for=pending_for),
    )


def summarise(step: StepInfo, payload: Payload) -> list[tuple[str, str, str]]:
    """(label, value, field) rows of the check page: what was filled in, and what was left empty on purpose."""
    settings = step.settings
    rows = [("Titre", payload["title"], "title"), ("Description", payload["body"] or "Aucune", "body")]
    if payload.get("theme") or settings["theme_required"]:
        rows.append(("Thème", payload.get("theme") or "Aucun", "theme"))
    if settings["place"] != "off":
        zone = tenant().zone_by_slug(payload.get("zone") or "")
        where = [payload.get("place") or "", zone.name if zone else ""]
        rows.append(("Lieu", ", ".join(part for part in where if part) or "Tout le territoire", "zone"))
    if settings["photo"] != "off":
        described = payload.get("alt") or "Une photo, sans description"
        rows.append(("Photo", described if payload.get("photo") else "Aucune", "photo"))
    return rows


def _edit_path(step: StepInfo, intention_id: UUID) -> str:
    return f"/{step.segment}/{step.slug}/proposer/?intention={intention_id}"


def _what_next(step: StepInfo) -> str:
    hours = int(step.settings["promise_hours"])
    if step.settings["moderation"] == "before":
        return f"Un agent relit votre idée sous {count(hours, 'heure')}, puis elle paraît."
    threshold = step.settings["threshold"]
    told = f"Un agent relit votre idée sous {count(hours, 'heure')}."
    if threshold:
        words, who = wording_of(step.settings), authority_of(tenant().document["kind"])
        told += f" À partir de {count(threshold, words.noun)}, {who.the} l’étudie."
    return told


PROPOSE = ActType(
    id="boite_a_idees.propose",
    title="Proposer une idée",
    parse=forms.parse_deposit,
    check=check_deposit,
    commit=_propose,
    complete=_complete_proposal,
    summary=summarise,
    check_page=True,
    edit_path=_edit_path,
    next_sentence=_what_next,
)

# --- support --------------------------------------------------------------------------------------------------


def support_sentence(step: StepInfo, supports: int) -> str:
    """What somebody reads after supporting: that it counts, and what is still missing."""
    words, who = wording_of(step.settings), authority_of(tenant().document["kind"])
    left = rules.missing_supports(supports, step.settings["threshold"])
    if not left:
        return words.counted
    return f"{words.counted} Encore {count(left, words.noun)} et {who.the} étudie l’idée."


def _parse_support(step: StepInfo, form: Mapping[str, Any]) -> Payload:
    return {"idea": str(form["idea"]), "number": form["number"], "slug": form["slug"], "title": form["title"]}


def _support_result(
    step: StepInfo, payload: Mapping[str, Any], message: str, pending_for: str | None
) -> ActResult:
    path = contributions.path_of(step, payload["number"], payload["slug"])
    extra = {name: payload[name] for name in ("number", "slug")}
    return ActResult(payload["idea"], f"{path}#soutien", message, pending_for, extra)


def _support(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    result = services.support(
        step, UUID(payload["idea"]), person_id=person_id, now=now, pending_for=pending_for
    )
    counted = result.counted or pending_for is None
    message = support_sentence(step, result.supports) if counted else wording_of(step.settings).pending
    found = _support_result(step, payload, message, None if counted else pending_for)
    found.extra["supports"] = result.supports
    return found


def _complete_support(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    waiting = services.complete_support(
        step, UUID(result.target), person_id=person_id, now=now, pending_for=pending_for
    )
    words = wording_of(step.settings)
    sentences = {
        None: words.counted,
        "too_late": f"Votre {words.noun} n’a pas été compté : la participation est close ou la limite est atteinte.",
        "withdrawn": f"Vous aviez retiré ce {words.noun} entre-temps : rien n’est compté.",
    }
    message = sentences.get(waiting, words.pending)
    return ActResult(result.target, result.path, message, waiting, result.extra)


SUPPORT = ActType(
    id="boite_a_idees.support",
    title="Soutenir une idée",
    parse=_parse_support,
    check=check_vote_open,
    commit=_support,
    complete=_complete_support,
)

# --- follow ---------------------------------------------------------------------------------------------------

FOLLOWED = {
    "essential": "Vous suivez cette idée : vous recevrez les réponses officielles et les étapes.",
    "all": "Vous suivez cette idée : vous recevrez aussi les commentaires.",
    "none": "Vous ne suivez plus cette idée.",
}


def _parse_follow(step: StepInfo, form: Mapping[str, Any]) -> Payload:
    level = form.get("level")
    return {
        "idea": str(form["idea"]) if form.get("idea") else None,
        "path": form["path"],
        "level": level if level in follows.LEVELS else "essential",
    }


def _no_check(step: StepInfo, payload: Payload, now: datetime) -> None:
    """Following is possible in every phase."""


def _follow_message(step: StepInfo, payload: Mapping[str, Any]) -> str:
    if payload["idea"]:
        return FOLLOWED[payload["level"]]
    if step.opens_at is None:
        return "Vous suivez cette étape."
    return f"Nous vous préviendrons de l’ouverture, le {date_full(step.opens_at, tenant().timezone)}."


def _follow(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    idea_id = UUID(payload["idea"]) if payload["idea"] else None
    if idea_id is not None:
        queries.get_idea_by_id(step, idea_id)
    follows.follow(
        person_id,
        contribution_id=idea_id,
        step_id=None if idea_id else step.id,
        level=payload["level"],
        now=now,
    )
    # News only ever goes to a proven address, so that nothing has to be undone or repeated once it is.
    message = _follow_message(step, payload)
    extra = {"idea": payload["idea"], "level": payload["level"]}
    return ActResult(payload["idea"] or str(step.id), payload["path"], message, pending_for, extra)


def _complete_follow(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    return ActResult(
        result.target, result.path, _follow_message(step, result.extra), pending_for, result.extra
    )


FOLLOW = ActType(
    id="boite_a_idees.follow",
    title="Suivre",
    parse=_parse_follow,
    check=_no_check,
    commit=_follow,
    complete=_complete_follow,
    requirements=("email",),
)

ACTS = (PROPOSE, SUPPORT, FOLLOW)
