"""Mandatory pages, what pages are made of, and what robots are told."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.db.session import operator_session
from app.tenancy import modules
from app.tenancy.models import TenantLogo
from tests.site.test_pages import text_of
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.world import TenantWorld

Browse = Callable[..., Browser]
MakeTenant = Callable[..., TenantWorld]

PAGES = ("accessibilite", "mentions-legales", "donnees-personnelles", "cookies", "moderation", "plan-du-site")


def words_of(page: str) -> str:
    """What a reader reads, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_there_and_linked_from_every_page(rive: TenantWorld, browse: Browse, name: str) -> None:
    browser = browse(rive)

    assert "<h1" in text_of(browser, f"/{name}/")
    for path in ("/", "/demarches/", "/connexion/", "/nulle-part/"):
        assert f'href="{rive.path}/{name}/"' in browser.get(path).text


def test_035_the_accessibility_statement_has_its_parts_in_order(rive: TenantWorld, browse: Browse) -> None:
    page = words_of(text_of(browse(rive), "/accessibilite/"))

    parts = (
        "Ville de Rive s’engage à rendre ses services numériques accessibles, conformément à l’article 47 de la loi"
        " n° 2005-102 du 11 février 2005",
        "Schéma pluriannuel d’accessibilité",
        "Plan d’action",
        "s’applique à Ville de Rive (localhost)",
        "État de conformité",
        "est non conforme avec le référentiel général d’amélioration de l’accessibilité (RGAA), version 4.1",
        "Résultats des tests",
        "Contenus non accessibles",
        "Non-conformités",
        "Dérogations pour charge disproportionnée",
        "Contenus non soumis à l’obligation d’accessibilité",
        "Cette déclaration a été établie le",
        "Technologies utilisées",
        "Environnement de test",
        "Pages vérifiées",
        "Retour d’information et contact Si vous n’arrivez pas",
        "sous une semaine",
        "contact@rive.example",
        "Voies de recours",
        "Défenseur des droits",
        "délégué du Défenseur des droits dans votre région",
        "Libre réponse 71120, 75342 Paris CEDEX 07",
    )
    places = [page.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("statement", "mention", "state", "result"),
    [
        ({}, "Accessibilité : non conforme", "est non conforme avec", "Aucun audit n’a encore été réalisé"),
        (
            {"mention": "partial", "audited_on": "2026-05-31", "rate": 87.5, "auditor": "Access 42"},
            "Accessibilité : partiellement conforme",
            "est en conformité partielle avec",
            "L’audit de conformité du 31 mai 2026 , réalisé par Access 42, révèle que 87,5 % des critères",
        ),
        (
            {"mention": "total", "audited_on": "2026-05-31", "rate": 100},
            "Accessibilité : totalement conforme",
            "est en conformité totale avec",
            "L’audit de conformité du 31 mai 2026 révèle que 100 % des critères",
        ),
    ],
)
def test_035_the_home_page_says_exactly_one_of_three_mentions(
    make_tenant: MakeTenant, browse: Browse, statement: dict[str, Any], mention: str, state: str, result: str
) -> None:
    tenant = make_tenant("audit", accessibility={"mention": "none"} | statement)
    browser = browse(tenant)

    home = browser.get("/").text
    page = words_of(text_of(browser, "/accessibilite/"))

    assert f'href="{tenant.path}/accessibilite/">{mention}</a>' in home
    assert len(re.findall(r"Accessibilité : \w+", home)) == 1
    assert state in page
    assert result.replace(" ,", ",") in page


def test_the_legal_notice_has_what_the_law_asks(make_tenant: MakeTenant, browse: Browse) -> None:
    legal = {
        "publisher": "Mercadel SA",
        "legal_form": "Société anonyme",
        "director": "Ada Martin, présidente",
        "host": "Hébergeur, 1 rue du Port, 02 00 00 00 01",
        "address": "40 quai aux Laines",
        "phone": "02 00 00 00 00",
        "email": "contact@mercadel.example",
        "dpo": "dpo@mercadel.example",
        "company_number": "123 456 789",
        "capital": "37 000 €",
    }
    page = words_of(text_of(browse(make_tenant("societe", legal=legal)), "/mentions-legales/"))

    for key, value in legal.items():
        assert key == "dpo" or value in page, key


def test_a_demonstration_without_notice_still_has_readable_pages(
    make_tenant: MakeTenant, browse: Browse
) -> None:
    tenant = make_tenant("vide", legal={}, demo=True)
    browser = browse(tenant)

    for name in PAGES:
        page = words_of(text_of(browser, f"/{name}/"))
        assert "None" not in page
        assert "Undefined" not in page
        assert "  " not in page
    assert "Ville de Vide s’engage" in text_of(browser, "/accessibilite/")


def test_the_privacy_page_names_every_foreign_host(make_tenant: MakeTenant, browse: Browse) -> None:
    tiled = make_tenant("carte", map={"tiles": "https://tuiles.example/{z}/{x}/{y}.png"})

    assert "demandé à : tuiles.example." in text_of(browse(tiled), "/donnees-personnelles/")
    assert "n’appelle aucun site extérieur" in text_of(browse(make_tenant("sans")), "/donnees-personnelles/")


def test_the_legal_basis_is_the_organisation_s(make_tenant: MakeTenant, browse: Browse) -> None:
    company = make_tenant("societe", kind="entreprise")

    assert "l’intérêt légitime de l’organisation" in text_of(browse(company), "/donnees-personnelles/")
    assert "la mission d’intérêt public" in text_of(browse(make_tenant("commune")), "/donnees-personnelles/")


def test_every_cookie_sent_is_listed(rive: TenantWorld, browse: Browse, bruno: Any) -> None:
    browser = browse(rive, bruno)
    browser.get("/mon-espace/profil/")
    browser.post("/mon-espace/mode-gestion/", {"actif": "1", "suite": "/"})
    browser.post("/mon-espace/apparence/", {"scheme": "dark", "suite": "/"})
    sent = {cookie.key for cookie in browser.client._cookies.values()}

    page = text_of(browser, "/cookies/")

    assert len(sent) == 4
    for name in sent:
        assert f">{name}<" in page


def test_every_link_of_the_sitemap_leads_to_a_page(
    make_tenant: MakeTenant, app: Flask, monkeypatch: pytest.MonkeyPatch, browse: Browse, clock: object
) -> None:
    # The applications of this deployment alone: the toy has no pages.
    real = {name: manifest for name, manifest in modules.registry().items() if name != "essai"}
    monkeypatch.setattr(modules, "registry", lambda: real)
    monkeypatch.setitem(app.extensions, "modules", real)
    tenant = make_tenant("plan")
    for manifest in real.values():
        for kind in manifest.step_kinds:
            worlds.make_step(
                tenant, module=manifest.id, kind=kind, segment=manifest.segment, title=manifest.title
            )
    browser = browse(tenant, worlds.make_person(tenant, "Amina R."))

    page = text_of(browser, "/plan-du-site/")
    main = page[page.index("<main") : page.index("</main>")]
    links = set(re.findall(rf'href="{tenant.path}(/[^"]*)"', main))

    assert len(links) >= 10
    for link in links:
        assert browser.follow(browser.get(link)).status_code == 200, link


# --- what pages are made of -----------------------------------------------------------------------------------


def theme_path(browser: Browser) -> str:
    found = re.search(r'href="([^"]*/theme-[0-9a-f]+\.css)"', browser.get("/").text)
    assert found
    return found[1]


def test_the_stylesheet_is_kept_for_ever_and_compressed(rive: TenantWorld, browse: Browse) -> None:
    browser = browse(rive)
    path = theme_path(browser)

    plain = browser.get(path, headers={"Accept-Encoding": "identity"})
    packed = browser.get(path, headers={"Accept-Encoding": "br, gzip"})
    refused = browser.get(path, headers={"Accept-Encoding": "gzip;q=0"})

    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.mimetype == "text/css"
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == refused.data
    assert "Set-Cookie" not in plain.headers
    assert f"{rive.path}/static/" in plain.text


def test_an_old_stylesheet_leads_to_the_new_one(rive: TenantWorld, browse: Browse) -> None:
    browser = browse(rive)

    old = browser.get("/theme-0123456789ab.css")

    assert (old.status_code, old.headers["Location"]) == (302, theme_path(browser))
    assert "immutable" not in old.headers["Cache-Control"]


def give_logo(engine: Engine, tenant: TenantWorld, content: str) -> None:
    with operator_session(engine) as session:
        session.add(TenantLogo(tenant_id=tenant.id, content=content.encode(), content_type="image/svg+xml"))


def test_a_logo_with_a_script_stays_a_drawing(
    make_tenant: MakeTenant, browse: Browse, operator_engine: Engine
) -> None:
    tenant = make_tenant("logo", theme={"preset": "rivage", "brand": "#0b5c6b", "logo": "logo.svg"})
    give_logo(
        operator_engine, tenant, "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    )

    logo = browse(tenant).get("/logo.svg")

    assert logo.status_code == 200
    assert logo.mimetype == "image/svg+xml"
    assert logo.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert logo.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in logo.headers
    assert f'<img src="{tenant.path}/logo.svg?v=1"' in browse(tenant).get("/").text


def test_without_a_logo_there_is_none(rive: TenantWorld, browse: Browse) -> None:
    assert browse(rive).get("/logo.svg").status_code == 404
    assert "logo.svg" not in browse(rive).get("/").text


@pytest.mark.parametrize(
    ("document", "whole", "header"),
    [
        ({}, False, None),
        ({"demo": True}, True, "noindex"),
        ({"access": {"visibility": "closed"}}, True, "noindex"),
    ],
)
def test_robots_are_told(
    make_tenant: MakeTenant, browse: Browse, document: dict[str, Any], whole: bool, header: str | None
) -> None:
    browser = browse(make_tenant("robots", **document))

    told = browser.get("/robots.txt")

    assert told.mimetype == "text/plain"
    assert ("Disallow: /\n" in told.text) == whole
    assert ("Disallow: /mon-espace/\n" in told.text) != whole
    assert browser.get("/mentions-legales/").headers.get("X-Robots-Tag") == header
