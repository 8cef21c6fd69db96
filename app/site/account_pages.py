"""« Mon espace »: everything a person wrote, began, supports and follows, and what is held about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from app.db import clock
from app.db.errors import NotFound
from app.db.session import db
from app.participation import access, acts, drafts, follows, moderate, official, votes
from app.participation.models import Follow, Vote
from app.participation.steps import get_step_by_id, phase
from app.people import persons, sessions
from app.people.account_views import me, signed_in
from app.people.sign_in_flow import Answer
from app.site import account_queries as queries
from app.site.context import modules_of
from app.tenancy.web import base_path, tenant
from app.ui import filters

blueprint = Blueprint("account", __name__, url_prefix="/mon-espace")

OWN = "one's own drafts, follows and supports, found by their owner"

PENDING = {
    "identity": "En attente : votre adresse n’est pas confirmée.",
    "requirements": "En attente : votre inscription n’est pas complète.",
    "moderation": "En attente : un agent la relit sous 48 heures.",
    "too_late": "Arrivée après la clôture : vous êtes la seule personne à la voir.",
}
STATES = {
    "draft": ("mute", "Brouillon."),
    "published": ("open", "En ligne."),
    "archived": ("closed", "Archivée : elle reste lisible."),
    "merged": ("closed", "Réunie à une autre contribution."),
    "withdrawn": ("closed", "Retirée par vous."),
}
COMMENT_STATES = {
    "published": "En ligne.",
    "withdrawn": "Retiré par vous.",
    "hidden": "Masqué.",
}


def step_path(row: Any) -> str:
    return f"{base_path()}/{row.segment}/{row.step_slug}/"


def item_path(row: Any) -> str:
    return f"{step_path(row)}{row.number}-{row.slug}/"


def _tint(module_id: str) -> str:
    manifest = current_app.extensions["modules"].get(module_id)
    return f"a-{manifest.tint}" if manifest else ""


def _on(module_id: str) -> bool:
    """An application switched off leaves no trace, here neither."""
    return tenant().module_enabled(module_id)


def _progress(row: Any) -> str:
    """The label of the contribution's progress, as its application declares it."""
    manifest = current_app.extensions["modules"].get(row.module)
    if manifest is None or not row.status:
        return ""
    found = official.find_status(row.status, manifest.objects("statuses"))
    return found.label if found else ""


def state_of(row: Any) -> tuple[str, str]:
    """Dot and sentence of one's own contribution: where it stands, and why."""
    if row.state == "pending":
        return "soon", PENDING.get(row.pending_for or "", "En attente.")
    if row.state in ("hidden", "rejected"):
        day = filters.date_long(row.decided_at, tenant().timezone) if row.decided_at else ""
        what = "Masquée" if row.state == "hidden" else "Non publiée"
        sentence = f"{what} le {day}." if day else f"{what}."
        reason = moderate.REASONS.get(row.reason or "", "")
        return "warn", " ".join(part for part in (sentence, reason, row.note or "") if part)
    return STATES.get(row.state, ("closed", ""))


def _own_item(row: Any) -> dict[str, Any]:
    kind, sentence = state_of(row)
    return {
        "title": row.title,
        "number": row.number,
        "url": item_path(row),
        "step": row.step_title,
        "tint": _tint(row.module),
        "kind": kind,
        "sentence": sentence,
        "progress": _progress(row),
        "supports": row.supports,
        "comments": row.comments,
        "answered": row.answered,
        "date": filters.date_long(row.created_at, tenant().timezone),
        "finish": row.state == "pending" and row.pending_for == "requirements",
    }


def _begun_title(row: Any) -> str:
    title = row.payload.get("title")
    if title:
        return str(title)
    try:
        return acts.get_act(row.act).title
    except NotFound:
        return str(row.step_title)


@blueprint.get("/")
@signed_in
def home() -> Answer:
    found, now, config = me(), clock.now(), tenant()
    enabled = [manifest.id for manifest in modules_of(config)]
    return render_template(
        "site/account/home.html",
        section="accueil",
        has_account=found.has_account,
        begun=[
            {"title": _begun_title(row), "url": f"{base_path()}/participer/{row.id}/", "step": row.step_title}
            for row in queries.begun(found.person_id, now)
            if _on(row.module)
        ],
        drafts=[_draft(row) for row in queries.drafts(found.person_id)[:5] if _on(row.module)],
        answers=[
            {
                "title": row.title,
                "url": f"{item_path(row)}#reponse",
                "who": row.signatory,
                "date": filters.date_long(row.answered_at, config.timezone),
            }
            for row in queries.answers(found.person_id)
            if _on(row.module)
        ],
        deadlines=[
            {
                "title": row.step_title,
                "project": row.project_title,
                "url": step_path(row),
                "date": filters.date_full(row.closes_at, config.timezone),
                "left": filters.left(row.closes_at, now, config.timezone),
                "box": filters.date_box(row.closes_at, config.timezone),
            }
            for row in queries.deadlines(now, enabled)
        ],
    )


@blueprint.get("/contributions/")
@signed_in
def contributions() -> Answer:
    found = me()
    page = queries.contributions(found.person_id, request.args.get("page", 1, type=int))
    return render_template(
        "site/account/contributions.html",
        section="contributions",
        items=[_own_item(row) for row in page.rows if _on(row.module)],
        comments=[
            {
                "body": row.body,
                "url": f"{base_path()}/discussion/commentaires/{row.id}/",
                "about": row.title,
                "date": filters.date_long(row.created_at, tenant().timezone),
                "sentence": _comment_sentence(row),
            }
            for row in queries.comments(found.person_id)
            if _on(row.module)
        ],
        page=page.page,
        pages=page.pages,
    )


def _comment_sentence(row: Any) -> str:
    if row.comment_state == "pending":
        return PENDING.get(row.comment_pending_for or "", "En attente.")
    sentence = COMMENT_STATES.get(row.comment_state, "")
    if row.comment_state == "hidden":
        return f"{sentence} {moderate.REASONS.get(row.reason or '', '')}".strip()
    return sentence


# --- drafts ---------------------------------------------------------------------------------------------------


def _draft(row: Any) -> dict[str, Any]:
    now, zone = clock.now(), tenant().timezone
    open_still = row.closes_at is None or now < row.closes_at
    return {
        "id": row.id,
        "title": str(row.fields.get("title") or row.fields.get("body") or "Sans titre")[:120],
        "step": row.step_title,
        "tint": _tint(row.module),
        "saved": f"{filters.date_long(row.updated_at, zone)}, {filters.hour(row.updated_at, zone)}",
        "url": f"{step_path(row)}proposer/?brouillon={row.id}" if open_still else "",
        "text": str(row.fields.get("body") or ""),
    }


@blueprint.get("/brouillons/")
@signed_in
def list_drafts() -> Answer:
    rows = queries.drafts(me().person_id)
    return render_template(
        "site/account/drafts.html",
        section="brouillons",
        drafts=[_draft(row) for row in rows if _on(row.module)],
    )


@blueprint.post("/brouillons/<uuid:draft_id>/supprimer/")
@signed_in
@access.open_to_all(OWN)
def discard_draft(draft_id: UUID) -> Answer:
    found = me()
    drafts.get(draft_id, found.person_id)
    drafts.discard(draft_id, found.person_id)
    flash("Le brouillon est supprimé.", "ok")
    return redirect(url_for("account.list_drafts"), 303)


# --- supports -------------------------------------------------------------------------------------------------


@blueprint.get("/votes/")
@signed_in
def list_votes() -> Answer:
    now = clock.now()
    steps: dict[UUID, bool] = {}

    def is_open(step_id: UUID) -> bool:
        if step_id not in steps:
            steps[step_id] = get_step_by_id(step_id).phase(now) == "open"
        return steps[step_id]

    rows = [row for row in queries.votes(me().person_id) if _on(row.module)]
    return render_template(
        "site/account/votes.html",
        section="votes",
        votes=[
            {
                "title": row.title,
                "url": item_path(row),
                "step": row.step_title,
                "supports": row.supports,
                "progress": _progress(row),
                "date": filters.date_long(row.created_at, tenant().timezone),
                "sentence": "" if row.counted else _uncounted(row.vote_pending_for),
                "undo": url_for("account.withdraw_vote", contribution_id=row.id)
                if is_open(row.step_id)
                else "",
            }
            for row in rows
        ],
    )


def _uncounted(pending_for: str | None) -> str:
    if pending_for == "too_late":
        return "Arrivé trop tard : il n’est pas compté."
    if pending_for == "identity":
        return "Pas encore compté : votre adresse n’est pas confirmée."
    return "Pas encore compté : votre inscription n’est pas complète."


@blueprint.post("/votes/<uuid:contribution_id>/retirer/")
@signed_in
@access.open_to_all(OWN)
def withdraw_vote(contribution_id: UUID) -> Answer:
    """Take a support back; refused once the step is closed."""
    found, now = me(), clock.now()
    step_id = db.session.scalar(
        select(Vote.step_id).where(Vote.contribution_id == contribution_id, Vote.person_id == found.person_id)
    )
    if step_id is None:
        raise NotFound
    step = get_step_by_id(step_id)
    votes.withdraw(step, contribution_id, person_id=found.person_id, now=now)
    flash("Soutien retiré.", "ok")
    return redirect(url_for("account.list_votes"), 303)


# --- follows --------------------------------------------------------------------------------------------------


@blueprint.get("/abonnements/")
@signed_in
def list_follows() -> Answer:
    found, now = me(), clock.now()
    return render_template(
        "site/account/follows.html",
        section="abonnements",
        contributions=[
            {
                "id": row.id,
                "title": row.title,
                "url": item_path(row),
                "step": row.step_title,
                "progress": _progress(row) or ("Réponse publiée" if row.answered else ""),
                "level": row.level,
            }
            for row in queries.followed_contributions(found.person_id)
            if _on(row.module)
        ],
        steps=[
            {
                "id": row.id,
                "title": row.step_title,
                "url": step_path(row),
                "open": phase(row.opens_at, row.closes_at, None, now) == "open",
            }
            for row in queries.followed_steps(found.person_id)
            if _on(row.module)
        ],
        projects=[
            {"id": row.id, "title": row.title, "url": f"{base_path()}/demarches/{row.slug}/"}
            for row in queries.followed_projects(found.person_id)
        ],
    )


@blueprint.post("/abonnements/<any(contribution, step, project):kind>/<uuid:target_id>/retirer/")
@signed_in
@access.open_to_all(OWN)
def unfollow(kind: str, target_id: UUID) -> Answer:
    """Stop following; kept, so that a later act does not make the person follow again."""
    found, now = me(), clock.now()
    column = {"contribution": Follow.contribution_id, "step": Follow.step_id, "project": Follow.project_id}[
        kind
    ]
    known = db.session.scalar(
        select(Follow.id).where(Follow.person_id == found.person_id, column == target_id)
    )
    if known is None:
        raise NotFound
    follows.unfollow(
        found.person_id,
        contribution_id=target_id if kind == "contribution" else None,
        step_id=target_id if kind == "step" else None,
        project_id=target_id if kind == "project" else None,
        now=now,
    )
    flash("Vous ne suivez plus cette page.", "ok")
    return redirect(url_for("account.list_follows"), 303)


# --- data -----------------------------------------------------------------------------------------------------


@blueprint.get("/donnees/")
@signed_in
def data() -> Answer:
    """What is held about the person, in plain words, and whom to ask."""
    found, config = me(), tenant()
    legal, retention = config.document["legal"], config.document["retention"]
    person = persons.get_person(found.person_id)
    zone = config.zone(person.zone_id)
    return render_template(
        "site/account/data.html",
        section="donnees",
        name=person.display_name,
        email=persons.verified_email(found.person_id),
        zone=zone.name if zone else "",
        newsletter=person.newsletter_at is not None,
        since=filters.date_long(person.created_at, config.timezone),
        sessions=len(sessions.list_sessions(found.person_id, now=clock.now())),
        publisher=legal.get("publisher") or config.name,
        dpo=legal.get("dpo") or "",
        inactive_days=retention["inactive_account_days"],
        draft_days=retention["draft_days"],
    )
