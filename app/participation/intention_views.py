"""The pages an act passes through: check, account, thanks, giving up. Nothing typed is ever asked twice."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request
from sqlalchemy import select

from app.db.session import db
from app.participation import (
    access,
    acts,
    identity_views,  # noqa: F401  (for its routes)
    progress,
)
from app.participation.acts import ActResult
from app.participation.errors import StepClosed
from app.participation.models import Contribution
from app.participation.way import OWN, Way, blueprint, closed, on_the_way
from app.people import hooks, sign_in_flow
from app.people.sign_in_flow import Answer
from app.people.visitor import Visitor
from app.tenancy.web import base_path

__all__ = ["blueprint"]

#: What a contribution that is not public yet waits for, as its author reads it.
WAITS = {
    "identity": "Il reste à confirmer votre adresse e-mail.",
    "requirements": "Il reste à compléter votre inscription.",
    "moderation": "Un agent relit votre texte sous 48 heures. Vous recevrez un e-mail.",
    "too_late": "La participation a été close avant votre confirmation. Personne d’autre ne voit ce texte.",
}
PUBLISHED = "Votre contribution est en ligne. Vous recevrez un e-mail quand la collectivité répondra."


@blueprint.get("/")
def start(intention_id: UUID) -> Answer:
    """Wherever the person stands, the page they must see now."""
    return on_the_way(lambda way: redirect(way.url(way.next_page()), 303))(intention_id)


# --- check ----------------------------------------------------------------------------------------------------


@blueprint.get("/verifier/")
def check(intention_id: UUID) -> Answer:
    return on_the_way(_check_page)(intention_id)


def _check_page(way: Way) -> Answer:
    if way.intention.state != "open":
        return redirect(way.url(way.next_page()), 303)
    edit = way.act.edit_path(way.step, way.intention.id) if way.act.edit_path else ""
    if edit and not edit.startswith(f"{base_path()}/"):
        edit = base_path() + edit
    summary = way.act.summary(way.step, way.intention.payload) if way.act.summary else []
    rows = [(label, value, f"{edit}#{field}" if edit and field else "") for label, value, field in summary]
    return render_template(
        "participation/check.html", rows=rows, action=way.url("verifier/"), **way.context(progress.CHECK)
    )


@blueprint.post("/verifier/")
@access.open_to_all(OWN)
def confirm_check(intention_id: UUID) -> Answer:
    return on_the_way(_confirm_check, lock=True)(intention_id)


def _confirm_check(way: Way) -> Answer:
    if way.intention.state == "open":
        way.intention.checked = True
        db.session.flush()
        try:
            acts.advance(way.intention, way.visitor, now=way.now)
        except StepClosed as refusal:
            return closed(way, refusal)
    return redirect(way.url(way.next_page()), 303)


# --- account --------------------------------------------------------------------------------------------------


@blueprint.route("/profil/", methods=["GET", "POST"])
@access.open_to_all(OWN)
def profile(intention_id: UUID) -> Answer:
    return on_the_way(_profile)(intention_id)


def _profile(way: Way) -> Answer:
    lacking = acts.next_requirement(way.intention, way.visitor)
    if lacking is None or lacking.page != "profil":
        return redirect(way.url(way.next_page()), 303)
    context = way.context("profil")
    answer = sign_in_flow.profile_step(way.visitor, now=way.now, action=way.url("profil/"), **context)
    if not isinstance(answer, Visitor):
        return answer
    path = hooks.signed_in(answer, way.intention.id, now=way.now)
    return redirect(path or way.url(""), 303)


# --- thanks ---------------------------------------------------------------------------------------------------


@blueprint.get("/merci/")
def thanks(intention_id: UUID) -> Answer:
    return on_the_way(_thanks)(intention_id)


def _thanks(way: Way) -> Answer:
    result = way.result()
    if result is None or way.next_page() != "merci/":
        return redirect(way.url(way.next_page()), 303)
    contribution = _contribution(result)
    path = base_path() + result.path
    if not way.act.check_page or contribution is None:
        # A support, a comment: the page where it was given is the place to see it.
        if result.message:
            flash(result.message, "ok" if result.pending_for is None else "info")
        return redirect(path, 303)
    pending_for = contribution.pending_for
    sentence = WAITS.get(pending_for or "", PUBLISHED)
    if pending_for in (None, "moderation") and way.act.next_sentence is not None:
        sentence = way.act.next_sentence(way.step)
    context = way.context("merci")
    return render_template(
        "participation/thanks.html",
        contribution=contribution,
        heading=result.message or "Merci !",
        number=contribution.number,
        public_url=path,
        share_url=request.host_url.rstrip("/") + path if contribution.state == "published" else "",
        share_title=contribution.title,
        next_step=sentence,
        follows_url=f"{base_path()}/mon-espace/abonnements/",
        **context,
    )


def _contribution(result: ActResult) -> Contribution | None:
    try:
        target = UUID(result.target)
    except ValueError:
        return None
    return db.session.scalar(select(Contribution).where(Contribution.id == target))


# --- leaving --------------------------------------------------------------------------------------------------


@blueprint.get("/abandonner/")
def drop_page(intention_id: UUID) -> Answer:
    return on_the_way(_drop_page)(intention_id)


def _drop_page(way: Way) -> Answer:
    if way.intention.state != "open":
        return redirect(way.url(way.next_page()), 303)
    context = way.context("") | {"drop_url": ""}
    return render_template(
        "participation/check_drop.html", action=way.url("abandonner/"), back=way.url(""), **context
    )


@blueprint.post("/abandonner/")
@access.open_to_all(OWN)
def drop(intention_id: UUID) -> Answer:
    return on_the_way(_drop, lock=True)(intention_id)


def _drop(way: Way) -> Answer:
    if way.intention.state == "open":
        way.intention.state, way.intention.payload = "dropped", {}
        db.session.flush()
        flash("Votre participation est abandonnée. Rien n’a été envoyé.", "info")
    return redirect(way.step.path, 303)
