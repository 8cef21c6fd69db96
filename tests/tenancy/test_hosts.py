"""A host names its platform and no other; what it does not name says nothing of those that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app.db.session import db, operator_session
from app.factory import create_app
from config.settings import Settings
from tests.support.world import TenantWorld

#: A page that names its platform and asks nothing else.
PAGE = "/mentions-legales/"


def ask(app: Flask, host: str, path: str = PAGE, **more: Any) -> TestResponse:
    return app.test_client().get(
        path, base_url="http://localhost/", headers={"Host": host, **more.pop("headers", {})}, **more
    )


def make(settings: Settings, **changes: Any) -> Flask:
    return create_app(replace(settings, **changes), config={"TESTING": False, "PROPAGATE_EXCEPTIONS": False})


@pytest.fixture(scope="module")
def production(settings: Settings) -> Iterator[Flask]:
    app = make(settings, mode="production", base_domain="parvis.example")
    yield app
    with app.app_context():
        db.engine.dispose()


def close(engine: Engine, tenant: TenantWorld) -> None:
    with operator_session(engine) as session:
        session.execute(text("update tenant set state = 'closed' where id = :id"), {"id": tenant.id})
    tenant.app.extensions["tenants"].forget()


@pytest.mark.parametrize(
    "spelling",
    [
        "{slug}.example",
        "{SLUG}.EXAMPLE",
        "{slug}.example:8443",
        "{slug}.example.",
        "{slug}.example.:80",
        "{slug}.localhost",
        "{slug}.localhost:8000",
    ],
)
def test_a_host_names_its_platform_however_it_is_spelt(
    app: Flask, rive: TenantWorld, levant: TenantWorld, spelling: str
) -> None:
    host = spelling.format(slug=rive.slug, SLUG=rive.slug.upper())
    app.extensions["tenants"].forget()

    answer = ask(app, host)

    assert answer.status_code == 200
    assert "Ville de Rive" in answer.text
    assert "Levant" not in answer.text
    assert "/t/" not in answer.text, "on its own host a platform has no prefix"


def test_the_prefix_serves_in_demonstration_and_every_link_keeps_it(app: Flask, rive: TenantWorld) -> None:
    app.extensions["tenants"].forget()

    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
        answer = ask(app, host, f"{rive.path}{PAGE}")
        assert answer.status_code == 200
        assert f'href="{rive.path}/accessibilite/"' in answer.text
        assert 'href="/accessibilite/"' not in answer.text


def test_the_prefix_without_its_slash_is_given_one_and_keeps_what_was_asked(
    app: Flask, rive: TenantWorld
) -> None:
    app.extensions["tenants"].forget()

    answer = ask(app, "localhost", f"/t/{rive.slug}?a=1")

    assert (answer.status_code, answer.headers["Location"]) == (308, f"/t/{rive.slug}/?a=1")


def test_in_production_the_prefix_leads_to_the_platform_s_own_host(
    production: Flask, make_tenant: Callable[..., TenantWorld], rive: TenantWorld
) -> None:
    bare = make_tenant("sans", hosts=[])
    production.extensions["tenants"].forget()

    moved = ask(production, "parvis.example", f"/t/{rive.slug}/recherche/", query_string="q=é&page=2")
    assert moved.status_code == 308
    assert moved.headers["Location"] == f"http://{rive.slug}.example/recherche/?q=%C3%A9&page=2"
    assert moved.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        ask(production, "parvis.example", f"/t/{bare.slug}/").headers["Location"]
        == f"http://{bare.slug}.parvis.example/"
    )
    assert ask(production, f"{bare.slug}.parvis.example").status_code == 200
    # Neither 127.0.0.1 nor another host gives the prefix back.
    assert ask(production, "localhost", f"/t/{rive.slug}/").status_code == 404


def test_a_redirect_cannot_be_made_to_write_a_header(production: Flask, rive: TenantWorld) -> None:
    production.extensions["tenants"].forget()

    answer = ask(production, "parvis.example", f"/t/{rive.slug}/%0d%0aSet-Cookie:%20a=b/é/..%2f")

    assert answer.status_code == 308
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Location"].startswith(f"http://{rive.slug}.example/%0D%0ASet-Cookie")
    assert answer.headers["Location"].isascii()


@pytest.mark.parametrize(
    "host",
    [
        "inconnu.example",
        "inconnu.localhost",
        "a.b.localhost",
        "",
        "..",
        "[::1",
        "rive example",
        "é.example",
        "localhost.evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/", PAGE, "/demarches/", "/robots.txt"])
def test_an_unknown_host_gets_a_neutral_page(app: Flask, rive: TenantWorld, host: str, path: str) -> None:
    app.extensions["tenants"].forget()

    answer = app.test_client().get(
        path,
        base_url="http://localhost/",
        environ_overrides={"HTTP_HOST": host, "SERVER_NAME": "nulle-part.example"},
    )

    assert answer.status_code in (400, 404)
    assert "Rive" not in answer.text
    assert rive.slug not in answer.text
    assert "parvis" not in str(answer.headers.get("Set-Cookie", ""))


def test_the_base_host_lists_demonstrations_only_and_nobody_in_production(
    app: Flask, production: Flask, make_tenant: Callable[..., TenantWorld], operator_engine: Engine
) -> None:
    demo, real, closed = (
        make_tenant("montre", demo=True),
        make_tenant("vraie"),
        make_tenant("finie", demo=True),
    )
    close(operator_engine, closed)
    app.extensions["tenants"].forget()
    production.extensions["tenants"].forget()

    listed = ask(app, "localhost", "/")
    neutral = ask(production, "parvis.example", "/")

    assert f"/t/{demo.slug}/" in listed.text
    assert real.slug not in listed.text
    assert closed.slug not in listed.text
    assert neutral.status_code == 200
    assert demo.slug not in neutral.text
    assert ask(app, "localhost", "/demarches/").status_code == 404
    assert app.test_client().head("/", base_url="http://localhost/").status_code == 200


def test_a_document_cannot_take_the_address_another_platform_has_by_name(
    app: Flask, rive: TenantWorld, make_tenant: Callable[..., TenantWorld]
) -> None:
    make_tenant("voleur", name="Ville voleuse", hosts=[f"{rive.slug}.localhost"])
    app.extensions["tenants"].forget()

    assert "Ville de Rive" in ask(app, f"{rive.slug}.localhost").text


def test_a_forwarded_host_is_believed_from_trusted_proxies_only(
    app: Flask, settings: Settings, rive: TenantWorld, levant: TenantWorld
) -> None:
    forwarded = {"X-Forwarded-Host": f"{levant.slug}.example", "X-Forwarded-Proto": "https"}
    app.extensions["tenants"].forget()
    behind = make(settings, trusted_proxies=1)

    direct = ask(app, f"{rive.slug}.example", headers=forwarded)
    through = ask(behind, f"{rive.slug}.example", headers=forwarded)

    assert "Ville de Rive" in direct.text
    assert "Strict-Transport-Security" not in direct.headers
    assert "Ville de Levant" in through.text
    assert "Strict-Transport-Security" in through.headers
    with behind.app_context():
        db.engine.dispose()


def test_a_closed_platform_answers_410_everywhere(
    app: Flask, rive: TenantWorld, operator_engine: Engine
) -> None:
    close(operator_engine, rive)

    for path in ("/", PAGE, "/connexion/", "/nulle-part/", "/robots.txt"):
        answer = ask(app, f"{rive.slug}.example", path)
        assert answer.status_code == 410
        assert "Cette plateforme est fermée" in answer.text
        assert "mailto:contact@rive.example" in answer.text
    assert ask(app, f"{rive.slug}.example", "/healthz").status_code == 200
