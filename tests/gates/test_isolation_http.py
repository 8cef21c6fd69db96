"""Gate: two tenants with the same data; through HTTP, neither finds anything of the other (architecture §8, domain 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.site import pipeline
from tests.gates import crossing
from tests.gates.conftest import MARK_A, MARK_B
from tests.gates.faults import leaks
from tests.support import journeys, routes, world
from tests.support.browser import Browser
from tests.support.routes import UnknownParameter
from tests.support.sample import Sample

Make = Callable[..., Sample]


@pytest.fixture(scope="module")
def a(app: Flask, make_sample: Make) -> Sample:
    return make_sample("rive", MARK_A)


@pytest.fixture(scope="module")
def b(app: Flask, make_sample: Make) -> Sample:
    made = make_sample("levant", MARK_B)
    journeys.populate_the_way(app, made)
    return made


def test_every_parameter_of_every_route_has_a_value(app: Flask, b: Sample) -> None:
    """So that no route is walked past."""
    nothing = [
        rule.rule
        for rule in routes.rules(app)
        if not routes.fill(app, rule, b) and rule.endpoint.partition(".")[2] != "static"
    ]

    assert nothing == []


def test_no_route_of_one_tenant_shows_or_changes_anything_of_another(
    app: Flask, operator_engine: Engine, a: Sample, b: Sample
) -> None:
    before = crossing.fingerprints(operator_engine, b)

    faults = crossing.crossing_faults(app, a, b)

    assert faults == []
    assert crossing.fingerprints(operator_engine, b) == before


def test_no_field_of_a_form_reaches_another_tenant(
    app: Flask, operator_engine: Engine, a: Sample, b: Sample
) -> None:
    before = crossing.fingerprints(operator_engine, b)

    faults = crossing.body_faults(app, a, b)

    assert faults == []
    assert crossing.fingerprints(operator_engine, b) == before


def test_a_session_of_one_tenant_is_nobody_on_another(a: Sample, b: Sample) -> None:
    key = f"parvis_{b.world.slug}"
    signed = crossing.fresh(b.world.app, b, "administrator")
    cookie = signed.client.get_cookie(key, path=f"{b.world.path}/")
    assert cookie is not None
    stranger = Browser(a.world)
    for name in (f"parvis_{a.world.slug}", key):
        stranger.client.set_cookie(name, cookie.value, domain="localhost", path=f"{a.world.path}/")

    answer = stranger.get("/mon-espace/")

    assert answer.status_code == 303
    assert "/connexion/" in answer.headers["Location"]


def test_what_a_browser_remembers_of_one_tenant_another_does_not_read(a: Sample, b: Sample) -> None:
    """The signed state cookie too: its signature says for which tenant it was made."""
    there = Browser(b.world)
    there.get("/connexion/")
    there.post("/connexion/", {"email": f"{b.mark}@rive.example"}, **journeys.client())
    assert b.mark in there.get("/connexion/code/").text
    cookie = there.client.get_cookie(f"parvis_{b.world.slug}_etat", path=f"{b.world.path}/")
    assert cookie is not None
    here = Browser(a.world)
    here.client.set_cookie(
        f"parvis_{a.world.slug}_etat", cookie.value, domain="localhost", path=f"{a.world.path}/"
    )

    assert b.mark not in here.follow(here.get("/connexion/code/")).text


@pytest.mark.parametrize(
    "forge",
    [
        {"path": "{a}/../{b_slug}/"},
        {"path": "{a}{b}/"},
        {"path": "{a}/%2e%2e/{b_slug}/"},
        {"path": "{a}/?tenant={b_slug}"},
        {"path": "{a}/", "headers": {"X-Forwarded-Host": "{b_host}"}},
        {"path": "{a}/", "headers": {"X-Forwarded-Prefix": "{b}"}},
        {"path": "{a}/", "headers": {"X-Original-URL": "{b}/"}},
        {"path": "{a}/", "headers": {"Forwarded": "host={b_host}"}},
        {"path": "{b}/", "host": "{a_host}"},
        {"path": "/", "host": "{a_host}", "headers": {"X-Forwarded-Host": "{b_host}"}},
        {"path": "/", "host": "{b_host}.{a_host}"},
        {"path": "/", "host": "{a_slug}.localhost", "headers": {"X-Script-Name": "{b}"}},
    ],
)
def test_no_address_or_header_makes_a_tenant_of_another(
    a: Sample, b: Sample, forge: dict[str, object]
) -> None:
    words = {
        "a": a.world.path,
        "b": b.world.path,
        "a_slug": a.world.slug,
        "b_slug": b.world.slug,
        "a_host": f"{a.world.slug}.example",
        "b_host": f"{b.world.slug}.example",
    }
    headers = {name: value.format(**words) for name, value in dict(forge.get("headers", {})).items()}  # type: ignore[call-overload]
    host = str(forge.get("host", "localhost")).format(**words)

    answer = a.world.app.test_client().get(
        str(forge["path"]).format(**words),
        base_url=f"http://{host}/",
        headers=headers,
        follow_redirects=False,
    )

    assert b.mark not in answer.text
    assert answer.status_code < 500


def test_an_application_that_is_off_answers_nowhere(app: Flask, make_sample: Make, b: Sample) -> None:
    off = make_sample(
        "calme",
        "ZqCalmexW",
        modules={module_id: {"enabled": False} for module_id in app.extensions["modules"]},
    )

    assert crossing.switched_off_faults(app, off, b) == []


def test_an_application_that_is_off_is_named_nowhere(app: Flask, make_sample: Make) -> None:
    off = make_sample(
        "silence",
        "ZqSilencexW",
        modules={module_id: {"enabled": False} for module_id in app.extensions["modules"]},
    )
    segments = [manifest.segment for manifest in app.extensions["modules"].values()]

    pages = [off.browser("visitor").get(page.path).text for page in routes.page_types(app, off, ("visitor",))]

    assert pages != []
    assert [
        segment for segment in segments if any(f"{off.world.path}/{segment}/" in page for page in pages)
    ] == []


# --- the gate can fail ----------------------------------------------------------------------------------------


def test_a_cache_that_forgets_whose_it_is_is_caught(
    make_app: Callable[[], Flask], a: Sample, b: Sample
) -> None:
    faulty = make_app()
    leaks.install_cache(faulty)
    for row in b.contributions:
        crossing.fresh(faulty, b, "visitor").get(f"/fuite/{row.id}/")

    faults = crossing.crossing_faults(faulty, a, b, frozenset({"leak_cache.cached"}))

    assert {fault.split(" as ")[0] for fault in faults} == {
        f"GET /fuite/{row.id}/" for row in b.contributions
    }


def test_a_view_that_changes_another_tenant_s_row_is_caught(
    make_app: Callable[[], Flask], operator_engine: Engine, a: Sample, b: Sample
) -> None:
    faulty = make_app()
    leaks.install_eraser(faulty, operator_engine)
    before = crossing.fingerprints(operator_engine, b)

    crossing.send(crossing.fresh(faulty, a, "author"), "POST", f"/fuite/{b.comments[0]}/effacer", {})
    after = crossing.fingerprints(operator_engine, b)

    assert [table for table in before if before[table] != after[table]] == ["comment"]


def test_a_route_with_a_parameter_nobody_knows_is_caught(make_app: Callable[[], Flask], b: Sample) -> None:
    faulty = make_app()
    leaks.install_unknown_parameter(faulty)
    rule = next(rule for rule in routes.rules(faulty) if rule.endpoint == "leak_parameter.mystery")

    with pytest.raises(UnknownParameter, match="nobody knows a value of <mystery>"):
        routes.fill(faulty, rule, b)


def test_an_application_that_answers_though_it_is_off_is_caught(
    make_app: Callable[[], Flask], make_sample: Make, b: Sample
) -> None:
    faulty = make_app()
    faulty.before_request_funcs[None].remove(pipeline.gate_module)
    modules = faulty.extensions["modules"]
    off = make_sample("sourd", "ZqSourdxW", modules={module_id: {"enabled": False} for module_id in modules})
    # The step exists since before the application was switched off: its data stays.
    for step in b.steps:
        world.make_step(off.world, module=step.module, kind=step.kind, segment=step.segment, slug=step.slug)

    lists = frozenset(
        rule.endpoint
        for rule in routes.rules(faulty)
        if routes.parameters(rule) == ["step_slug"] and rule.endpoint.partition(".")[0] in modules
    )

    assert crossing.switched_off_faults(faulty, off, b, lists) != []
