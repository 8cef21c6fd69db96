"""Signing in and out: one field a page, the same answer whoever the address belongs to."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import TooManyRequests
from app.people import forms, hooks, passwords, sign_in, throttle
from app.people import visitor as visitors
from app.people.addresses import email_key
from app.people.paths import local_path, with_suite
from app.people.sign_in_flow import (
    Answer,
    after_sign_in,
    blueprint,
    go_on,
    password_allowed,
    profile_step,
    refused,
    remember_request,
    remembered,
    resend,
    suite_asked,
    try_code,
)
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant
from app.ui.forms import WHOLE_FORM, Form

BAD_PASSWORD = "E-mail ou mot de passe incorrect. Vous pouvez aussi recevoir un lien de connexion."  # noqa: S105
WELCOME = "Bienvenue {name}."
SIGNED_OUT = "Votre session est fermée. À bientôt."

# --- asking ---------------------------------------------------------------------------------------------------


@blueprint.get("/connexion/")
def sign_in_page() -> Answer:
    found, suite = visitors.current(), suite_asked()
    if found is not None and not found.is_guest:
        if not found.has_account:
            return redirect(base_path() + with_suite("/inscription/", suite), 303)
        return redirect(base_path() + (suite or "/mon-espace/"), 303)
    return render_template("people/sign_in.html", form=forms.email_form(tenant(), None), **_page(suite))


def _page(suite: str | None) -> dict[str, Any]:
    return {
        "suite": suite or "",
        "password_allowed": password_allowed(),
        "domains": tenant().closed_to_domains,
        "password_url": base_path() + with_suite("/connexion/mot-de-passe/", suite),
        "link_url": base_path() + with_suite("/connexion/", suite),
    }


@blueprint.post("/connexion/")
def ask_link() -> Answer:
    suite, now = suite_asked(), clock.now()
    form = forms.email_form(tenant(), request.form)
    values = form.validate()
    if values is None:
        return render_template("people/sign_in.html", form=form, **_page(suite)), 422
    try:
        throttle.check_client()
        throttle.check_mail(email_key(values["email"]))
    except TooManyRequests as error:
        return refused("people/sign_in.html", error, form, **_page(suite))
    asked = sign_in.ask(
        values["email"],
        now=now,
        guest=_guest_to_follow(values["email"]),
        next_path=suite,
        remember=values["rester"],
    )
    remember_request(asked)
    return redirect(url_for("people.code_page"), 303)


def _guest_to_follow(address: str) -> Visitor | None:
    """This browser's guest, unless what they did was promised to another mailbox."""
    here = visitors.current()
    if here is None or not here.is_guest or sign_in.promised_elsewhere(here.person_id, email_key(address)):
        return None
    return here


# --- the code -------------------------------------------------------------------------------------------------


@blueprint.get("/connexion/code/")
def code_page() -> Answer:
    kept = remembered()
    if kept is None:
        return redirect(url_for("people.sign_in_page"), 303)
    return _code_page(forms.code_form(None), kept[1])


def _code_page(form: Form, to: str, status: int = 200, **more: Any) -> Answer:
    return render_template("people/code.html", form=form, to=to, **more), status


@blueprint.post("/connexion/code/")
def enter_code() -> Answer:
    kept, now = remembered(), clock.now()
    if kept is None:
        return redirect(url_for("people.sign_in_page"), 303)
    form = forms.code_form(request.form)
    values = form.validate()
    if values is None:
        return _code_page(form, kept[1], 422)
    asked = sign_in.find(kept[0], lock=True)
    if asked is None:
        return _start_again()
    return try_code(
        asked,
        values["code"],
        form,
        now=now,
        again=lambda status: _code_page(form, kept[1], status),
        done=go_on,
        renewed=lambda new: remember_request(new, shown=kept[1]),
    )


def _start_again() -> Response:
    session.pop("sign_in", None)
    flash("Ce code ne peut plus servir. Demandez un nouveau lien.", "warn")
    return redirect(url_for("people.sign_in_page"), 303)


@blueprint.post("/connexion/renvoyer/")
def send_again() -> Answer:
    kept, now = remembered(), clock.now()
    asked = sign_in.find(kept[0], lock=True) if kept else None
    if kept is None or asked is None:
        return _start_again()
    return resend(
        asked,
        now=now,
        back=url_for("people.code_page"),
        remember=lambda again: remember_request(again, shown=kept[1]),
    )


# --- the password ---------------------------------------------------------------------------------------------


@blueprint.get("/connexion/mot-de-passe/")
def password_page() -> Answer:
    if not password_allowed():
        return redirect(url_for("people.sign_in_page"), 303)
    return render_template("people/password.html", form=forms.password_form(None), **_page(suite_asked()))


@blueprint.post("/connexion/mot-de-passe/")
def sign_in_password() -> Answer:
    suite, now = suite_asked(), clock.now()
    if not password_allowed():
        return redirect(url_for("people.sign_in_page"), 303)
    form = forms.password_form(request.form)
    values = form.validate()
    if values is None:
        return render_template("people/password.html", form=form, **_page(suite)), 422
    try:
        key = email_key(values["email"])
        throttle.check_password(key)
    except TooManyRequests as error:
        return refused("people/password.html", error, form, blocked=True, **_page(suite))
    except ValueError:
        key = ""
    person = passwords.find_signed(key, values["mot_de_passe"])
    if person is None:
        form.add_error(WHOLE_FORM, BAD_PASSWORD)
        return render_template("people/password.html", form=form, **_page(suite)), 422
    visitor = sign_in.enter(person, key=key, here=visitors.current(), now=now, remember=values["rester"])
    return after_sign_in(visitor, suite=suite, intention_id=None, now=now)


# --- the first visit ------------------------------------------------------------------------------------------


@blueprint.route("/inscription/", methods=["GET", "POST"])
def first_visit() -> Answer:
    """Public name, quartier, charter: asked once, alone or on the way of a participation."""
    suite, now, found = suite_asked(), clock.now(), visitors.current()
    if found is None or found.is_guest:
        return redirect(base_path() + with_suite("/connexion/", suite), 303)
    if found.has_account:
        return redirect(base_path() + (suite or "/mon-espace/"), 303)
    answer = profile_step(found, now=now, action=base_path() + with_suite("/inscription/", suite))
    if isinstance(answer, Visitor):
        flash(WELCOME.format(name=answer.name), "ok")
        path = hooks.signed_in(answer, None, now=now)
        return redirect(path or base_path() + (suite or "/mon-espace/"), 303)
    return answer


# --- the browser ----------------------------------------------------------------------------------------------


@blueprint.get("/deconnexion/")
def sign_out_page() -> Answer:
    if visitors.current() is None:
        return redirect(f"{base_path()}/", 303)
    return render_template("people/sign_out.html")


@blueprint.post("/deconnexion/")
def sign_out() -> Response:
    found = visitors.current()
    if found is not None:
        visitors.end_session(found, now=clock.now())
    session.clear()
    flash(SIGNED_OUT, "ok")
    return redirect(f"{base_path()}/", 303)


@blueprint.post("/mon-espace/apparence/")
def scheme() -> Response:
    """Light, dark or the system's choice, kept on this browser; works without a session."""
    chosen = request.form.get("scheme", "")
    back = local_path(request.form.get("suite"), base_path(), any_page=True) or "/"
    response = redirect(base_path() + back, 303)
    common: dict[str, Any] = {
        "path": visitors.cookie_path(), "samesite": "Lax", "secure": request.is_secure, "httponly": True
    }  # fmt: skip
    if chosen in ("light", "dark"):
        response.set_cookie("parvis_apparence", chosen, max_age=365 * 86_400, **common)
    else:
        response.delete_cookie("parvis_apparence", **common)
    return response
