"""What the isolation gate does through HTTP: every route of one tenant, asked with what belongs to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from tests.support import journeys, routes
from tests.support.browser import Browser
from tests.support.sample import Sample

#: As whom the routes are asked; the administrator may see the most.
READERS = ("visitor", "author", "administrator")

#: Parameters whose foreign value names nothing: any value gives the tenant's own answer.
NAMES_NOTHING = {"digest": "an address of the tenant's own stylesheet; an old one leads to the present one"}


def crossings(app: Flask, b: Sample, only: frozenset[str] | None = None) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, path) of every route, with B's values in its parameters. only: these endpoints."""
    for rule in routes.rules(app):
        if only is not None and rule.endpoint not in only:
            continue
        for values in routes.fill(app, rule, b):
            if "number" in values and "slug" in values:
                # A wrong slug: a redirect to the right one would tell the title.
                values = values | {"slug": "x"}
            path = routes.address(app, rule, values)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, path


def names_something(rule: Rule) -> bool:
    return any(
        name not in NAMES_NOTHING and not isinstance(rule._converters[name], AnyConverter)
        for name in routes.parameters(rule)
    )


def crossing_faults(app: Flask, a: Sample, b: Sample, only: frozenset[str] | None = None) -> list[str]:
    """Every answer of A that shows, finds or follows something of B."""
    faults = []
    for who in READERS:
        for rule, method, path in crossings(app, b, only):
            browser = fresh(app, a, who)
            if method == "GET":
                answer = browser.get(path, **journeys.client())
            else:
                answer = send(browser, method, path, foreign_fields(b))
            said = complaint(answer, b, method, path, names_something(rule))
            if said:
                faults.append(f"{method} {path} as {who} of the other tenant: {said}")
    return faults


def complaint(answer: TestResponse, b: Sample, method: str, path: str, named: bool) -> str:
    if answer.status_code >= 500:
        return f"answers {answer.status_code}"
    shown = answer.get_data().decode("utf-8", "replace") + "\n".join(f"{k}: {v}" for k, v in answer.headers)
    if b.mark in shown:
        at = shown.index(b.mark)
        return f"shows …{shown[max(0, at - 60) : at + 40]!r}…"
    place = answer.headers.get("Location", "").removeprefix(path)
    if b.mark.lower() in place:
        return f"leads to {place}"
    if named and method == "GET" and answer.status_code not in (404, 403):
        signing_in = answer.status_code == 303 and "/connexion/" in answer.headers.get("Location", "")
        return "" if signing_in else f"answers {answer.status_code} where nothing is, expected 404"
    return ""


def fresh(app: Flask, sample: Sample, who: str) -> Browser:
    """A browser of its own for each request: signing out in one does not sign out the next."""
    browser = Browser(replace(sample.world, app=app))
    if who in sample.people:
        browser.sign_in(sample.people[who])
    return browser


def send(browser: Browser, method: str, path: str, fields: dict[str, Any]) -> TestResponse:
    browser.get("/accessibilite/", **journeys.client())
    if method == "POST":
        return browser.post(path, fields, **journeys.client())
    full = browser._full(path)
    return browser.client.open(full, method=method, base_url=f"http://{browser.host}/", data=fields)


def foreign_fields(b: Sample) -> dict[str, Any]:
    """Every identifier of B under the names that forms of this platform use, and the tenant itself."""
    return {
        "tenant_id": str(b.world.id),
        "tenant": b.world.slug,
        "person_id": str(b.people["author"]),
        "contribution": str(b.contributions[0].id),
        "parent": str(b.comments[0]),
        "comment": str(b.comments[0]),
        "photo": str(b.photos[0]),
        "brouillon": str(b.drafts[0]) if b.drafts else "",
        "intention": str(next(iter(b.intentions_of.values()), "")),
        "jeton": str(next(iter(b.intentions_of.values()), "")),
        "soutenir": f"{b.contributions[0].number}-{b.contributions[0].slug}",
        "suite": f"{b.world.path}/",
        "title": "Un titre qui ne ressemble à rien d’autre",
        "body": "Un texte assez long pour être accepté par la plupart des formulaires de la plateforme.",
        "theme": "Nature",
        "zone": "nord",
        "raison": "hors_sujet",
        "email": "quelqu.un@rive.example",
    }


def body_faults(app: Flask, a: Sample, b: Sample) -> list[str]:
    """A's own forms, filled in as they should be, but for B's identifiers in their fields."""
    faults = []
    foreign = foreign_fields(b)
    for who in ("visitor", "author"):
        for offer in list(journeys.offers(app, a, who)):
            names = [
                name
                for name in offer.form.fields
                if name in foreign and name not in ("title", "body", "theme")
            ]
            browser = fresh(app, a, who)
            answer = send(
                browser, "POST", offer.action, offer.form.filled(**{name: foreign[name] for name in names})
            )
            landed = browser.follow(answer) if answer.status_code in (302, 303) else answer
            for one in (answer, landed):
                said = complaint(one, b, "POST", offer.action, named=False)
                if said:
                    faults.append(
                        f"POST {offer.action} as {who} with {', '.join(names)} of another tenant: {said}"
                    )
    return faults


def fingerprints(engine: Engine, sample: Sample) -> dict[str, str]:
    with engine.connect() as connection:
        return routes.fingerprint(connection, sample.world.id)


def switched_off_faults(app: Flask, off: Sample, on: Sample, only: frozenset[str] | None = None) -> list[str]:
    """Routes of applications that answer on a tenant which did not switch them on."""
    faults = []
    modules = app.extensions["modules"]
    for rule, method, path in crossings(app, on, only):
        if not belongs_to_a_module(rule, modules):
            continue
        for who in ("visitor", "administrator"):
            browser = fresh(app, off, who)
            answer = browser.get(path) if method == "GET" else send(browser, method, path, {})
            if answer.status_code != 404:
                faults.append(
                    f"{method} {path} as {who}: answers {answer.status_code}, its application is off"
                )
    return faults


def belongs_to_a_module(rule: Rule, modules: Any) -> bool:
    owner = rule.endpoint.partition(".")[0].removeprefix("short_")
    return owner in modules or routes.segment_of(rule) in {manifest.segment for manifest in modules.values()}
