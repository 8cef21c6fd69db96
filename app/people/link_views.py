"""The page a mail's link opens, for a sign-in or an invitation: it shows one button, and only the button acts."""

from __future__ import annotations

from datetime import datetime

from flask import flash, g, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from app.db import clock, signing
from app.db.errors import TooManyRequests
from app.people import addresses, hooks, roles, sign_in, throttle
from app.people import visitor as visitors
from app.people.models import Invitation, SignInRequest
from app.people.sign_in_flow import Answer, after_sign_in, blueprint, go_on, invited_only, remember_request
from app.tenancy.web import base_path

EXPIRED = "Ce lien a expiré. Nous venons d’en envoyer un nouveau à {email}."
NEW_LINK = "Nous venons d’envoyer un nouveau lien à {email}."


@blueprint.get("/lien/<token>/")
def link_page(token: str) -> Answer:
    """What the mail's link opens. Nothing changes here: mail scanners follow links too."""
    g.no_log = True
    now = clock.now()
    asked, invitation = _read(token)
    if invitation is not None:
        if not roles.is_open(invitation, now):
            return _invitation_over()
        return render_template("people/invitation.html", invitation=invitation, token=token)
    if asked is None:
        return render_template("people/link_unknown.html"), 404
    state = sign_in.state_of(asked, now)
    if state == sign_in.USED:
        here = visitors.current()
        if here is not None and here.session_id == asked.session_id:
            return redirect(base_path() + _next_of(asked), 303)
    return render_template(
        "people/link.html", asked=asked, state=state, masked=addresses.mask(asked.email), token=token,
        begun=hooks.describe(asked.intention_id) if state == sign_in.FRESH else None,
    )  # fmt: skip


def _next_of(asked: SignInRequest) -> str:
    if asked.intention_id is not None:
        return f"/participer/{asked.intention_id}/"
    return asked.next_path or "/mon-espace/"


def _read(token: str, *, lock: bool = False) -> tuple[SignInRequest | None, Invitation | None]:
    """The request or the invitation of this token; neither when it is forged, of another tenant, or forgotten."""
    try:
        return sign_in.find(sign_in.read_token(token), lock=lock), None
    except signing.BadToken:
        pass
    try:
        return None, roles.find_invitation(roles.read_token(token), lock=lock)
    except signing.BadToken:
        return None, None


@blueprint.post("/lien/<token>/")
def open_link(token: str) -> Answer:
    """Consume the link. Of two clicks, on any number of servers, one signs in."""
    g.no_log = True
    now = clock.now()
    asked, invitation = _read(token, lock=True)
    if invitation is not None:
        if not roles.is_open(invitation, now):
            return _invitation_over()
        visitor = roles.accept(invitation, now=now)
        return after_sign_in(visitor, suite=None, intention_id=None, now=now)
    if asked is None:
        return render_template("people/link_unknown.html"), 404
    state = sign_in.state_of(asked, now)
    if state == sign_in.FRESH:
        visitor = sign_in.consume(asked, now=now, invited_only=invited_only())
        session.pop("sign_in", None)
        return go_on(asked, visitor, now)
    if state == sign_in.USED and sign_in.resume_same_browser(asked, now=now):
        return redirect(base_path() + _next_of(asked), 303)
    return _another_link(asked, state, now)


def _another_link(asked: SignInRequest, state: str, now: datetime) -> Answer:
    try:
        throttle.check_client()
        throttle.check_mail(asked.email_key)
    except TooManyRequests as error:
        flash(error.sentence(), "warn")
        return redirect(url_for("people.sign_in_page"), 303)
    again = sign_in.send_again(asked, now=now)
    masked = addresses.mask(asked.email)
    remember_request(again, shown=masked)
    flash((EXPIRED if state == sign_in.EXPIRED else NEW_LINK).format(email=masked), "info")
    return redirect(url_for("people.code_page"), 303)


def _invitation_over() -> Response:
    flash(
        "Cette invitation n’est plus valable. Demandez-en une nouvelle à l’équipe qui anime la plateforme.",
        "warn",
    )
    return redirect(f"{base_path()}/", 303)
