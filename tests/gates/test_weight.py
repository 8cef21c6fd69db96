"""Gate: page weights of ux §6.5, a strict Content-Security-Policy, no foreign host but the declared tiles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from app.ui import assets
from tests.gates import weight
from tests.gates.conftest import MARK_A
from tests.gates.faults import pages as faults
from tests.support import journeys, routes
from tests.support.routes import PageType, Walk
from tests.support.sample import Sample
from tests.support.servers import ROOT

READERS = (*routes.WHO, *journeys.STAGES)

#: GET routes that no reader of the sample reaches, and why.
NEVER_REACHED = {"site.logo": "the sample has no logo; its drawing is tested with the tenants"}


@pytest.fixture(scope="module")
def sample(app: Flask, make_sample: Callable[..., Sample]) -> Sample:
    """Enough rows for full pages: the weights are those of a list of twenty and of a long discussion."""
    made = make_sample("rive", MARK_A, rows=45, said=45)
    journeys.populate_the_way(app, made)
    return made


@pytest.fixture(scope="module")
def walk(app: Flask, sample: Sample) -> Walk:
    return routes.walk(app, sample, READERS)


def fetcher(app: Flask) -> weight.Fetch:
    """Bytes as a browser that accepts gzip receives them."""
    client = Client(app)
    known: dict[str, bytes] = {}

    def fetch(address: str) -> bytes:
        if address not in known:
            answer = client.get(address, headers={"Accept-Encoding": "gzip"}, follow_redirects=True)
            assert answer.status_code == 200, f"{address} answers {answer.status_code}"
            known[address] = answer.data
        return known[address]

    return fetch


def page_faults(app: Flask, sample: Sample, page: PageType, fetch: weight.Fetch) -> list[str]:
    """Everything wrong with one page, whole and as htmx asks for it."""
    browser = sample.browser(page.who)
    answer = browser.get(page.path)
    found = weight.policy_faults(answer) + weight.markup_faults(answer.text)
    full = sample.world.path + page.path
    if "<html" in answer.text:
        found += weight.overweight(
            full, answer.text, weight.budget_of(page.endpoint, page.path, weight.Page(answer.text)), fetch
        )
    fragment = browser.get(page.path, headers={"HX-Request": "true"})
    if fragment.status_code == 200:
        found += weight.markup_faults(fragment.text)
    return [f"{page.name}: {one}" for one in dict.fromkeys(found)]


def test_every_route_was_reached_by_somebody(app: Flask, walk: Walk) -> None:
    """A page that no reader of the sample gets would pass every gate unseen."""
    assert routes.pages_of_every_route(app) - walk.reached - set(NEVER_REACHED) == set()


def test_every_page_is_light_and_strict(app: Flask, sample: Sample, walk: Walk) -> None:
    fetch = fetcher(app)

    assert [fault for page in walk.pages for fault in page_faults(app, sample, page, fetch)] == []


def test_refusals_are_as_strict_as_pages(app: Flask, sample: Sample) -> None:
    visitor, author = sample.browser("visitor"), sample.browser("author")
    answers = [
        visitor.get("/nulle-part/"),
        visitor.post("/connexion/", {"email": "x@rive.example"}, csrf=False),
        visitor.post("/accessibilite/", {}),
        visitor.post("/connexion/", {"email": "pas une adresse"}),
        author.post("/mon-espace/mode-gestion/", {}),
        app.test_client().get("/", base_url="http://inconnu.example/"),
        app.test_client().get("/", base_url="http://localhost/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 422, 405, 422, 403, 404, 200]
    for answer in answers:
        assert weight.policy_faults(answer) + weight.markup_faults(answer.text) == []


def test_every_other_answer_has_a_strict_policy_too(app: Flask, sample: Sample) -> None:
    """Pictures, stylesheets, plain texts, redirects."""
    loose = []
    for rule in routes.rules(app):
        if "GET" in (rule.methods or ()) and rule.endpoint not in weight.OWN_POLICY:
            for values in routes.fill(app, rule, sample)[:1]:
                answer = sample.browser("author").get(routes.address(app, rule, values))
                loose += [f"{rule.rule}: {fault}" for fault in weight.policy_faults(answer)]

    assert loose == []


@pytest.mark.parametrize("preset", ["rivage", "verger", "brique"])
def test_the_fonts_and_the_stylesheet_of_every_preset(
    app: Flask, make_sample: Callable[..., Sample], preset: str
) -> None:
    theme = {"preset": preset, "brand": "#7c2d12" if preset == "brique" else "#14532d", "accent": "#f59e0b"}
    themed = make_sample(preset, f"Zq{preset}", theme=theme, modules={})
    answer = themed.browser("visitor").get("/")

    found = weight.weights(f"{themed.world.path}/", answer.text, fetcher(app))

    assert found["fonts"] <= weight.HOME.fonts
    assert found["css"] <= weight.HOME.css


def test_no_template_writes_what_the_policy_refuses() -> None:
    assert weight.template_faults(ROOT) == []


def test_no_stylesheet_calls_another_host() -> None:
    calls = {
        name: weight.sheet_faults(assets.find(name).content.decode())  # type: ignore[union-attr]
        for name in assets._manifest().names()
        if name.endswith(".css")
    }

    assert calls != {}
    assert [name for name, faults in calls.items() if faults] == []


def test_the_scripts_of_the_page_make_no_style_and_evaluate_no_text() -> None:
    """What the policy would only refuse in the browser of the person."""
    forbidden = re.compile(
        r"\beval\(|new Function\(|\.setAttribute\(\s*[\"']style|document\.write|innerHTML\s*=[^=]*<(style|script)"
    )
    found = [
        path.name
        for path in (ROOT / "app" / "ui" / "static" / "js").glob("*.js")
        if forbidden.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_only_the_tiles_of_the_document_may_be_asked_elsewhere() -> None:
    tiles = '<img src="https://tuiles.example/1/2/3.png" alt="">'

    assert weight.markup_faults(tiles, ("tuiles.example",)) == []
    assert weight.markup_faults(tiles) == ["<img> asks https://tuiles.example/1/2/3.png"]


# --- the gate can fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("style", "style attribute on <p>"),
        ("script", "inline <script>"),
        ("sheet", "inline <style>"),
        ("event", "onclick on <button>"),
        ("address", "href=javascript:"),
        ("foreign", "<img> asks https://images.example/x.png"),
        ("heavy", "html: "),
    ],
)
def test_a_page_that_breaks_a_rule_is_found_and_caught(
    make_app: Callable[[], Flask], sample: Sample, fault: str, said: str
) -> None:
    faulty = make_app()
    faults.install_page(faulty, fault)
    there = replace(sample, world=replace(sample.world, app=faulty), _browsers={})
    found = routes.walk(faulty, there, ("visitor",), only=f"fault_{fault}.page").pages

    caught = [one for page in found for one in page_faults(faulty, there, page, fetcher(faulty))]

    assert len(caught) == 1
    assert said in caught[0]


def test_a_loose_policy_is_caught(make_app: Callable[[], Flask], sample: Sample) -> None:
    faulty = make_app()
    path = faults.install_loose_policy(faulty)

    caught = weight.policy_faults(faulty.test_client().get(f"{sample.world.path}{path}"))

    assert "style-src allows 'unsafe-inline'" in caught
    assert "default-src allows 'self'" in caught
    assert "policy without script-src" in caught


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('<p class="x"\n style="top:{{ y }}px">', "style attribute"),
        ("<style>", "inline style"),
        ("<script>go()</script>", "inline script"),
        ('<a\n  onclick="go()">', "event attribute"),
        ('<a href="javascript:go()">', "script address"),
        ('<script src="https://cdn.example/x.js"></script>', "foreign resource"),
    ],
)
def test_a_template_that_breaks_a_rule_is_caught(tmp_path: Path, source: str, fault: str) -> None:
    folder = tmp_path / "modules" / "toy" / "templates" / "toy"
    folder.mkdir(parents=True)
    (folder / "page.html").write_text(f"<p>Bonjour</p>\n{source}\n", encoding="utf-8")

    assert [one.split(": ")[1] for one in weight.template_faults(tmp_path)] == [fault]


def test_a_stylesheet_too_heavy_or_from_elsewhere_is_caught() -> None:
    page = '<link rel="stylesheet" href="a.css"><script src="b.js"></script>'
    files = {"/t/a.css": b"a{b:c}" * 3000, "/t/b.js": b"go();" * 6000}

    caught = weight.overweight("/t/", page, weight.READING, files.__getitem__)

    assert [one.split(":")[0] for one in caught] == ["css", "js", "own_js"]
    assert weight.sheet_faults("@font-face{src:url(https://fonts.example/x.woff2)}") == [
        "asks https://fonts.example/x.woff2"
    ]
    assert weight.sheet_faults("a{background:url(data:image/svg+xml,x)}b{background:url(../x.svg)}") == []
