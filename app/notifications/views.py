"""The page that a mail's last link opens: choosing which mails come, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.db import signing
from app.notifications.readers import Reader, find_reader, read_token
from app.participation import access
from app.people import addresses, persons
from app.people.forms import notify_form
from app.tenancy.web import base_path
from app.ui.forms import Form

blueprint = Blueprint("notifications", __name__)


def _reader(token: str) -> Reader | None:
    # The token opens somebody's choice: it stays out of the logs, of caches and of other sites.
    g.no_log = True
    try:
        return find_reader(read_token(token))
    except signing.BadToken:
        return None


def _kept_private(body: str, status: int = 200) -> Response:
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _unknown() -> Response:
    return _kept_private(render_template("notifications/unknown.html"), 404)


@blueprint.get("/mon-espace/notifications/<token>/")
def page(token: str) -> Response:
    """Changes nothing: mail scanners follow links too."""
    reader = _reader(token)
    if reader is None:
        return _unknown()
    return _page(reader, token, notify_form(None, initial={"choix": reader.notify}))


def _page(reader: Reader, token: str, form: Form, status: int = 200) -> Response:
    return _kept_private(
        render_template(
            "notifications/choose.html",
            form=form,
            token=token,
            current=reader.notify,
            masked=addresses.mask(reader.email),
        ),
        status,
    )


@blueprint.post("/mon-espace/notifications/<token>/")
@access.open_to_all("choosing one's own mails with a signed link that only the mail holds")
def choose(token: str) -> AnyResponse:
    """From the page, or from a mail reader's own button (RFC 8058), which sends no cookie and wants no redirect.

    Exempt from the anti-forgery token: who knows the address holds the mail.
    """
    reader = _reader(token)
    if reader is None:
        return _unknown()
    if "choix" not in request.form:
        persons.set_notify(reader.person_id, "none")
        if "csrf_token" not in request.form:
            return _kept_private("Vous ne recevrez plus de nouvelles par e-mail.\n")
        flash("C’est noté : vous ne recevrez plus de nouvelles par e-mail.", "ok")
    else:
        form = notify_form(request.form)
        given = form.validate()
        if given is None:
            return _page(reader, token, form, 422)
        persons.set_notify(reader.person_id, given["choix"])
        flash("Votre choix est enregistré.", "ok")
    return redirect(f"{base_path()}{request.path}", 303)
