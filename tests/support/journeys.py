"""What somebody does from the pages alone: find a form, fill it in, go where it leads. Knows no application."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask

from app.db.session import db
from app.participation import access
from app.people import sign_in
from app.people.models import SignInRequest
from tests.support import routes
from tests.support.browser import Browser
from tests.support.html import Form, Page
from tests.support.sample import Sample

_clients = itertools.count(1)


@dataclass(frozen=True)
class Offer:
    """A form of a page that posts to a guarded route. path: of the page; action: of the form, both without prefix."""

    endpoint: str
    path: str
    action: str
    form: Form


def client() -> dict[str, Any]:
    """Extra arguments of a request that comes from an address of its own: no limit by client is met by chance."""
    number = next(_clients)
    return {
        "environ_overrides": {"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    }


def offers(app: Flask, sample: Sample, who: str) -> Iterator[Offer]:
    """Every guarded form that this reader finds on the pages, once per address it posts to."""
    guarded, seen = access.guarded(app), set()
    for page in routes.page_types(app, sample, (who,)):
        for form in Page(sample.browser(who).get(page.path, **client()).text).forms:
            action = (form.action or page.path).removeprefix(sample.world.path)
            endpoint = routes.endpoint_of(app, action, "POST") if form.method == "post" else None
            if endpoint in guarded and action not in seen:
                seen.add(action)
                yield Offer(str(endpoint), page.path, action, form)


def begin(browser: Browser, path: str, action: str, **typed: Any) -> UUID | None:
    """Open a page, fill in its form that posts to `action`, send it: the intention it made, None if it made none."""
    local = action.removeprefix(browser.world.path)
    for _ in range(2):
        page = browser.get(path, **client())
        form = next(
            form for form in Page(page.text).forms if form.action.removeprefix(browser.world.path) == local
        )
        answer = browser.post(local, form.filled(**typed), **client())
        if answer.status_code == 200:
            # The page asks again, for instance because something like it exists already: yes, send it.
            again = next((one for one in Page(answer.text).forms if one.action.endswith(local)), None)
            if again is not None:
                answer = browser.post(local, again.filled(**typed), **client())
        place = answer.headers.get("Location", "")
        if "/participer/" in place:
            return UUID(place.split("/participer/")[1].split("/")[0])
    return None


def go_on(browser: Browser, intention_id: UUID, *, until: str, email: str, name: str = "Inès R.") -> str:
    """Fill in the pages of an intention until the page named `until` (`verifier`, `identite`, `code`, `profil`, `merci`).

    Returns the path of the page reached, which is another one when the way does not pass there.
    """
    start = f"/participer/{intention_id}/"
    for _ in range(12):
        path = _landing(browser, start)
        if path.endswith(f"/{until}/") or not path.startswith(start):
            return path
        page = Page(browser.get(path, **client()).text)
        form = next((form for form in page.forms if form.action.endswith(path)), None)
        if form is None:
            return path
        typed: dict[str, Any] = {}
        if "email" in form.fields:
            typed["email"] = email
        if "code" in form.fields:
            typed["code"] = code_for(browser, email)
        if "nom" in form.fields:
            typed["nom"] = name
        answer = browser.post(path, form.filled(**typed), **client())
        assert answer.status_code == 303, (
            f"{path} answered {answer.status_code}: {Page(answer.text).text[:400]}"
        )
    return path


def _landing(browser: Browser, path: str) -> str:
    """Where redirects lead, without the tenant's prefix."""
    for _ in range(8):
        answer = browser.get(path, **client())
        if answer.status_code not in (301, 302, 303, 307, 308):
            return path
        path = answer.headers["Location"].removeprefix(browser.world.path).partition("#")[0]
    raise AssertionError(f"redirected in circles, last to {path}")


def code_for(browser: Browser, email: str) -> str:
    """The six figures of the last mail sent to this address."""
    with browser.world.scope():
        asked = db.session.scalars(
            db.select(SignInRequest)
            .where(SignInRequest.email == email)
            .order_by(SignInRequest.created_at.desc(), SignInRequest.id.desc())
        ).first()
        assert asked is not None, f"nothing was sent to {email}"
        return sign_in.code_of(asked.id)


#: Pages of the way of an act, in order.
STAGES = ("verifier", "identite", "code", "profil", "merci")


def populate_the_way(app: Flask, sample: Sample) -> None:
    """One browser of somebody unknown stopped at each page of the way: `sample.browser("merci")` sees the thanks."""
    deposits = [offer for offer in offers(app, sample, "visitor") if has_check_page(sample, offer)]
    if not deposits:
        return
    offer = deposits[0]
    for stage in STAGES:
        browser = sample.browser(stage)
        title = f"Un projet bien à part {sample.mark} {stage}"
        intention = begin(browser, offer.path, offer.action, title=title)
        assert intention is not None
        sample.intentions_of[stage] = intention
        go_on(browser, intention, until=stage, email=f"{stage}.{sample.mark.lower()}@rive.example")


def has_check_page(sample: Sample, offer: Offer) -> bool:
    """Whether somebody unknown who sends this form reads it again before it goes."""
    browser = Browser(sample.world)
    intention = begin(browser, offer.path, offer.action, title=f"Premier essai {sample.mark}")
    return intention is not None and _landing(browser, f"/participer/{intention}/").endswith("/verifier/")
