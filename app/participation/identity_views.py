"""The address of somebody nobody knows yet, and the code sent to it, on the way of an act."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from app.db.errors import TooManyRequests
from app.participation import access, acts
from app.participation.errors import StepClosed
from app.participation.way import OWN, Way, blueprint, closed, on_the_way
from app.people import forms, hooks, sign_in, sign_in_flow, throttle
from app.people.addresses import email_key
from app.people.models import SignInRequest
from app.people.paths import with_suite
from app.people.sign_in_flow import Answer
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant


@blueprint.get("/identite/")
def identity(intention_id: UUID) -> Answer:
    return on_the_way(lambda way: _identity_page(way, None))(intention_id)


def _identity_page(way: Way, form: Any, status: int = 200) -> Answer:
    lacking = acts.next_requirement(way.intention, way.visitor)
    if form is None and (lacking is None or lacking.page != "identite" or way.next_page() == "verifier/"):
        return redirect(way.url(way.next_page()), 303)
    config = tenant()
    if form is None:
        asked = sign_in.find_for_intention(way.intention.id, way.visitor.person_id)
        form = forms.email_form(config, None, initial={"email": asked.email if asked else ""})
    page = render_template(
        "participation/identity.html",
        form=form,
        action=way.url("identite/"),
        password_url=base_path() + with_suite("/connexion/mot-de-passe/", f"/participer/{way.intention.id}/"),
        password_allowed="password" in config.document["access"]["sign_in"],
        domains=config.closed_to_domains,
        **way.context("identite"),
    )
    return page, status


@blueprint.post("/identite/")
@access.open_to_all(OWN)
def give_address(intention_id: UUID) -> Answer:
    return on_the_way(_give_address, lock=True)(intention_id)


def _give_address(way: Way) -> Answer:
    """Keep the act for this address, pending, and send the link and the code."""
    lacking = acts.next_requirement(way.intention, way.visitor)
    if lacking is None or lacking.page != "identite" or way.next_page() == "verifier/":
        return redirect(way.url(way.next_page()), 303)
    form = forms.email_form(tenant(), request.form)
    values = form.validate()
    if values is None:
        return _identity_page(way, form, 422)
    try:
        throttle.check_client()
        throttle.check_mail(email_key(values["email"]))
    except TooManyRequests as error:
        form.add_error("email", error.sentence())
        return _identity_page(way, form, 429)
    try:
        acts.commit_for_address(way.intention, now=way.now)
    except StepClosed as refusal:
        return closed(way, refusal)
    sign_in.ask(
        values["email"],
        now=way.now,
        purpose="act",
        guest=way.visitor,
        intention_id=way.intention.id,
        remember=values["rester"],
    )
    return redirect(way.url("code/"), 303)


@blueprint.get("/code/")
def code(intention_id: UUID) -> Answer:
    return on_the_way(lambda way: _code_page(way, None, forms.code_form(None)))(intention_id)


def _asked(way: Way, *, lock: bool = False) -> SignInRequest | None:
    return sign_in.find_for_intention(way.intention.id, way.visitor.person_id, lock=lock)


def _code_page(way: Way, asked: SignInRequest | None, form: Any, status: int = 200) -> Answer:
    asked = asked or _asked(way)
    if not way.visitor.is_guest or asked is None:
        return redirect(way.url(way.next_page() if way.next_page() != "code/" else "identite/"), 303)
    page = render_template(
        "participation/code.html",
        form=form,
        to=asked.email,
        action=way.url("code/"),
        again_url=way.url("code/renvoyer/"),
        other_url=way.url("identite/"),
        **way.context("identite"),
    )
    return page, status


@blueprint.post("/code/")
@access.open_to_all(OWN)
def enter_code(intention_id: UUID) -> Answer:
    return on_the_way(_enter_code)(intention_id)


def _enter_code(way: Way) -> Answer:
    form = forms.code_form(request.form)
    values = form.validate()
    if values is None:
        return _code_page(way, None, form, 422)
    asked = _asked(way, lock=True)
    if asked is None:
        return redirect(way.url(way.next_page()), 303)
    return sign_in_flow.try_code(
        asked,
        values["code"],
        form,
        now=way.now,
        again=lambda status: _code_page(way, asked, form, status),
        done=_proven,
        renewed=lambda _: None,
    )


def _proven(asked: SignInRequest, visitor: Visitor, now: datetime) -> Response:
    path = hooks.signed_in(visitor, asked.intention_id, now=now)
    return redirect(path or f"{base_path()}/mon-espace/", 303)


@blueprint.post("/code/renvoyer/")
@access.open_to_all(OWN)
def send_again(intention_id: UUID) -> Answer:
    return on_the_way(_send_again)(intention_id)


def _send_again(way: Way) -> Answer:
    asked = _asked(way, lock=True)
    if asked is None:
        return redirect(way.url("identite/"), 303)
    return sign_in_flow.resend(asked, now=way.now, back=way.url("code/"), remember=lambda _: None)
