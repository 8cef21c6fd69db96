"""What a person sets for themselves: name and quartier, mails, password, browsers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import Forbidden, TooManyRequests
from app.people import forms, passwords, persons, sessions, sign_in, throttle
from app.people import visitor as visitors
from app.people.addresses import email_key
from app.people.paths import local_path, with_suite
from app.people.sign_in_flow import Answer, remember_request
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant
from app.ui import filters
from app.ui.fields import clean
from app.ui.forms import Form

blueprint = Blueprint("people_account", __name__)

P = ParamSpec("P")

WRONG_CURRENT = "Ce n’est pas votre mot de passe actuel"
NEEDS_PROOF = "Pour votre sécurité, ouvrez d’abord un lien envoyé à votre adresse."


def signed_in(view: Callable[P, Answer]) -> Callable[P, Answer]:
    """For pages of a person's own space: who is unknown or still a guest goes to sign in, and comes back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        found = visitors.current()
        if found is None or found.is_guest:
            path = request.full_path.rstrip("?") if request.method == "GET" else "/mon-espace/"
            return redirect(base_path() + with_suite("/connexion/", path), 303)
        return view(*args, **kwargs)

    return guarded


def me() -> Visitor:
    """The visitor of a page behind `signed_in`."""
    found = visitors.current()
    if found is None or found.is_guest:
        raise Forbidden
    return found


@blueprint.route("/mon-espace/profil/", methods=["GET", "POST"])
@signed_in
def profile() -> Answer:
    found, config, now = me(), tenant(), clock.now()
    if not found.has_account:
        return redirect(base_path() + with_suite("/inscription/", "/mon-espace/profil/"), 303)
    person = persons.get_person(found.person_id)
    zone = config.zone(person.zone_id)
    initial = {
        "nom": person.display_name,
        "zone": zone.slug if zone else "",
        "lettre": person.newsletter_at is not None,
    }
    form = forms.profile_form(config, request.form if request.method == "POST" else None, initial=initial)
    given = form.validate()
    if given is not None:
        chosen = config.zone_by_slug(given["zone"]) if given["zone"] else None
        persons.update_profile(
            found,
            name=given["nom"],
            zone_id=chosen.id if chosen else None,
            newsletter=given["lettre"],
            now=now,
        )
        flash("Votre profil est enregistré.", "ok")
        return redirect(url_for("people_account.profile"), 303)
    page = render_template(
        "people/profile.html",
        form=form,
        zones=forms.zone_options(config),
        email=persons.verified_email(found.person_id),
        section="profil",
    )
    return (page, 422) if request.method == "POST" else page


@blueprint.route("/mon-espace/notifications/", methods=["GET", "POST"])
@signed_in
def notifications() -> Answer:
    person = persons.get_person(me().person_id)
    posted = request.form if request.method == "POST" else None
    form = forms.notify_form(posted, initial={"choix": person.notify})
    given = form.validate()
    if given is not None:
        persons.set_notify(person.id, given["choix"])
        flash("Votre choix est enregistré.", "ok")
        return redirect(url_for("people_account.notifications"), 303)
    page = render_template("people/notifications.html", form=form, section="notifications")
    return (page, 422) if posted is not None else page


# --- security -------------------------------------------------------------------------------------------------


@blueprint.get("/mon-espace/securite/")
@signed_in
def security() -> Answer:
    return _security()


def _security(*, set_form: Form | None = None, remove_form: Form | None = None, status: int = 200) -> Answer:
    found, now = me(), clock.now()
    has_password = passwords.find_secret(found.person_id) is not None
    fresh = sessions.is_fresh(found, now=now)
    listed = [
        {
            "id": row.id,
            "device": row.device,
            "since": filters.date_short(row.created_at, tenant().timezone),
            "seen": filters.date_short(row.seen_on),
            "here": row.id == found.session_id,
        }
        for row in sessions.list_sessions(found.person_id, now=now)
    ]
    page = render_template(
        "people/security.html",
        form=set_form or forms.new_password_form(None, ask_current=has_password and not fresh),
        remove_form=remove_form or forms.current_password_form(None),
        has_password=has_password,
        fresh=fresh,
        password_allowed="password" in tenant().document["access"]["sign_in"],
        rule=passwords.RULE,
        email=persons.verified_email(found.person_id) or "",
        sessions=listed,
        section="securite",
    )
    return page, status


@blueprint.post("/mon-espace/securite/mot-de-passe/")
@signed_in
def set_password() -> Answer:
    """Set or change the password, with the current one or from a browser that just opened a link."""
    found, now = me(), clock.now()
    secret, fresh = passwords.find_secret(found.person_id), sessions.is_fresh(found, now=now)
    if secret is None and not fresh:
        flash(NEEDS_PROOF, "warn")
        return redirect(url_for("people_account.security"), 303)
    email = persons.verified_email(found.person_id) or ""
    ask_current = secret is not None and not fresh
    form = forms.new_password_form(
        request.form, email=email, name=found.display_name or "", ask_current=ask_current
    )
    given = form.validate()
    refused = None
    if ask_current:
        refused = _check_current(form, secret, email)
    if given is None or form.errors:
        return _security(set_form=form, status=refused or 422)
    passwords.set_password(found.person_id, given["nouveau"], now=now)
    sessions.revoke_others(found, now=now)
    flash("Votre mot de passe est enregistré. Vos autres sessions sont fermées.", "ok")
    return redirect(url_for("people_account.security"), 303)


def _check_current(form: Form, secret: str | None, email: str) -> int | None:
    """Say at the field that the current password is wrong; 429 when it was tried too often."""
    typed = form.raw("actuel")
    if not typed:
        return None
    try:
        throttle.check_password(email_key(email))
    except TooManyRequests as error:
        form.add_error("actuel", error.sentence())
        return 429
    if not passwords.matches(secret, clean(typed)):
        form.add_error("actuel", WRONG_CURRENT)
    return None


@blueprint.post("/mon-espace/securite/mot-de-passe/retirer/")
@signed_in
def remove_password() -> Answer:
    found, now = me(), clock.now()
    secret = passwords.find_secret(found.person_id)
    if secret is not None and not sessions.is_fresh(found, now=now):
        form = forms.current_password_form(request.form)
        given = form.validate()
        refused = _check_current(form, secret, persons.verified_email(found.person_id) or "")
        if given is None or form.errors:
            return _security(remove_form=form, status=refused or 422)
    passwords.remove_password(found.person_id, now=now)
    flash("Vous n’avez plus de mot de passe. Vous vous connectez avec un lien reçu par e-mail.", "ok")
    return redirect(url_for("people_account.security"), 303)


@blueprint.post("/mon-espace/securite/lien/")
@signed_in
def fresh_link() -> Answer:
    """A link to the person's own address, which then stands for the password."""
    found, now = me(), clock.now()
    address = persons.verified_email(found.person_id)
    if address is None:
        raise Forbidden
    try:
        throttle.check_mail(email_key(address))
    except TooManyRequests as error:
        flash(error.sentence(), "warn")
        return redirect(url_for("people_account.security"), 303)
    remember_request(sign_in.ask(address, now=now, next_path="/mon-espace/securite/"))
    return redirect(url_for("people.code_page"), 303)


@blueprint.post("/mon-espace/securite/sessions/<uuid:session_id>/fermer/")
@signed_in
def revoke_session(session_id: UUID) -> Answer:
    found = me()
    if session_id == found.session_id:
        visitors.end_session(found, now=clock.now())
        flash("Votre session est fermée. À bientôt.", "ok")
        return redirect(f"{base_path()}/", 303)
    sessions.revoke(found.person_id, session_id, now=clock.now())
    flash("La session est fermée.", "ok")
    return redirect(url_for("people_account.security"), 303)


@blueprint.post("/mon-espace/securite/sessions/fermer-les-autres/")
@signed_in
def revoke_others() -> Answer:
    closed = sessions.revoke_others(me(), now=clock.now())
    sentence = (
        filters.count(closed, "session fermée", "sessions fermées")
        if closed
        else "Aucune autre session n’était ouverte"
    )
    flash(f"{sentence}.", "ok")
    return redirect(url_for("people_account.security"), 303)


@blueprint.post("/mon-espace/mode-gestion/")
@signed_in
def manage_mode() -> Response:
    """Show or hide the team's tools on this browser; only somebody with a role has them."""
    found = me()
    if not found.is_staff:
        raise Forbidden(
            reason="Le mode gestion est réservé à l’équipe de la plateforme.",
            helper="l’équipe d’administration de la plateforme",
        )
    back = local_path(request.form.get("suite"), base_path()) or "/"
    response = redirect(base_path() + back, 303)
    name = f"{visitors.cookie_name()}_gestion"
    common: dict[str, Any] = {
        "path": visitors.cookie_path(), "samesite": "Lax", "secure": request.is_secure, "httponly": True
    }  # fmt: skip
    if request.form.get("actif", "0" if found.managing else "1") == "1":
        response.set_cookie(name, "1", **common)
    else:
        response.delete_cookie(name, **common)
    return response
