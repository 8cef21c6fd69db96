"""What the pages of the sign-in share, with those of a participation that asks who one is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session
from werkzeug.wrappers import Response

from app.db.errors import TooManyRequests
from app.people import addresses, forms, hooks, persons, sign_in, throttle
from app.people import visitor as visitors
from app.people.models import SignInRequest
from app.people.paths import local_path, with_suite
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant
from app.ui.forms import WHOLE_FORM, Form

blueprint = Blueprint("people", __name__)

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]

#: Before the same mail may be asked again.
AGAIN_AFTER = timedelta(seconds=60)

CODE_EXPIRED = "Ce code a expiré. Nous venons d’en envoyer un nouveau à {email}."
CODE_DEAD = "Ce code ne fonctionne plus, après 5 essais. Demandez-en un nouveau."


def wrong_code(left: int) -> str:
    tries = "1 essai" if left == 1 else f"{left} essais"
    return f"Ce n’est pas le code que nous avons envoyé. Relisez l’e-mail : il vous reste {tries}"


def wait_sentence(asked: SignInRequest, now: datetime) -> str | None:
    """Why the mail cannot be asked again yet, None when it can."""
    rest = asked.created_at + AGAIN_AFTER - now
    if rest <= timedelta(0):
        return None
    seconds = int(rest.total_seconds()) + (1 if rest.microseconds else 0)
    unit = "seconde" if seconds == 1 else "secondes"
    return f"L’e-mail vient de partir. Vous pourrez le redemander dans {seconds} {unit}."


def refused(template: str, error: TooManyRequests, form: Form, **values: Any) -> Answer:
    """The same page with the wait, what was typed kept."""
    form.add_error(WHOLE_FORM, error.sentence())
    wait = str(error.details["wait"])
    return render_template(template, form=form, **values), 429, {"Retry-After": wait}


def suite_asked() -> str | None:
    return local_path(request.values.get("suite"), base_path())


def password_allowed() -> bool:
    return "password" in tenant().document["access"]["sign_in"]


def invited_only() -> bool:
    """A closed platform that names no domain takes in the people it invited, nobody else."""
    access = tenant().document["access"]
    return access["visibility"] == "closed" and not access["email_domains"]


def after_sign_in(
    visitor: Visitor, *, suite: str | None, intention_id: UUID | None, now: datetime
) -> Response:
    """What waited for the person happens, then: the intention, the first visit, the page asked for, or their space."""
    path = hooks.signed_in(visitor, intention_id, now=now)
    current = visitors.current() or visitor
    if path is not None:
        return redirect(path, 303)
    if not current.has_account:
        return redirect(base_path() + with_suite("/inscription/", suite), 303)
    return redirect(base_path() + (suite or "/mon-espace/"), 303)


def remember_request(asked: SignInRequest, *, shown: str | None = None) -> None:
    """Keep on this browser which request its code belongs to. shown: the address as the page says it."""
    session["sign_in"] = {"id": str(asked.id), "to": shown or asked.email}


def remembered() -> tuple[UUID, str] | None:
    kept = session.get("sign_in") or {}
    try:
        return UUID(kept["id"]), str(kept["to"])
    except (TypeError, KeyError, ValueError):
        return None


def try_code(
    asked: SignInRequest,
    typed: str,
    form: Form,
    *,
    now: datetime,
    again: Callable[[int], Answer],
    done: Callable[[SignInRequest, Visitor, datetime], Answer],
    renewed: Callable[[SignInRequest], object],
) -> Answer:
    """One try of a code, for every page that asks it.

    asked: held locked. again(status): the page once more with the form's errors. done: where the person goes.
    renewed: told the request that replaces an expired one.
    """
    state = sign_in.state_of(asked, now)
    if state == sign_in.USED:
        if sign_in.resume_same_browser(asked, now=now):
            return redirect(base_path() + (asked.next_path or "/mon-espace/"), 303)
        form.add_error("code", CODE_DEAD)
        return again(422)
    try:
        throttle.check_code(asked.email_key)
        if state == sign_in.EXPIRED:
            throttle.check_mail(asked.email_key)
    except TooManyRequests as error:
        form.add_error(WHOLE_FORM, error.sentence())
        return again(429)
    if state == sign_in.EXPIRED:
        renewed(sign_in.send_again(asked, now=now))
        form.add_error("code", CODE_EXPIRED.format(email=addresses.mask(asked.email)))
        return again(422)
    check = sign_in.check_code(asked, typed, now=now)
    if not check.right:
        throttle.count_wrong_code(asked.email_key)
        form.add_error("code", wrong_code(check.left) if check.left else CODE_DEAD)
        return again(422)
    visitor = sign_in.consume(asked, now=now, invited_only=invited_only())
    session.pop("sign_in", None)
    return done(asked, visitor, now)


def go_on(asked: SignInRequest, visitor: Visitor, now: datetime) -> Response:
    return after_sign_in(visitor, suite=asked.next_path, intention_id=asked.intention_id, now=now)


def resend(
    asked: SignInRequest, *, now: datetime, back: str, remember: Callable[[SignInRequest], object]
) -> Response:
    """Send the mail again, at most once a minute, and go back to the page of the code."""
    sentence = wait_sentence(asked, now) if asked.used_at is None else None
    if sentence is None:
        try:
            throttle.check_mail(asked.email_key)
        except TooManyRequests as error:
            sentence = error.sentence()
    if sentence is not None:
        flash(sentence, "warn")
        return redirect(back, 303)
    again = sign_in.send_again(asked, now=now)
    remember(again)
    flash("L’e-mail est reparti. Pensez à regarder dans les indésirables.", "ok")
    return redirect(back, 303)


def profile_step(found: Visitor, *, now: datetime, action: str, **values: Any) -> Answer | Visitor:
    """The page of the first visit, or the visitor with their account once it is filled in rightly.

    action: address the form posts to. values: more for the template, such as the step.
    """
    posted = request.form if request.method == "POST" else None
    initial = {}
    if posted is None:
        initial["nom"] = persons.suggest_name(persons.verified_email(found.person_id) or "")
    form = forms.first_visit_form(tenant(), posted, initial=initial)
    given = form.validate()
    if given is None:
        page = render_template(
            "people/first_visit.html", form=form, action=action, zones=forms.zone_options(tenant()),
            suggested=initial.get("nom", ""), **values,
        )  # fmt: skip
        return page if posted is None else (page, 422)
    zone = tenant().zone_by_slug(given["zone"]) if given["zone"] else None
    return persons.open_account(
        found, name=given["nom"], zone_id=zone.id if zone else None, newsletter=given["lettre"], now=now
    )
