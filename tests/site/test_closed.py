"""A platform closed to its members shows strangers the way in and the mandatory pages, and names nothing inside."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from tests.participation.deposits import deposit
from tests.site.test_mandatory import PAGES, theme_path
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.world import TenantWorld

Browse = Callable[..., Browser]


@pytest.fixture
def closed(
    make_tenant: Callable[..., TenantWorld], demarche: Callable[..., UUID], clock: FrozenClock
) -> TenantWorld:
    tenant = make_tenant("ferme", access={"visibility": "closed", "email_domains": ["ferme.example"]})
    deposit(
        tenant, demarche(tenant, "Dossier Albatros", project={"slug": "albatros"}), "Une idée confidentielle"
    )
    return tenant


INSIDE = (
    *(
        "/",
        "/demarches/",
        "/demarches/albatros/",
        "/demarches/nulle-part/",
        "/recherche/?q=idee&page=2",
        "/mon-espace/",
    ),
    *("/idees/", "/fichiers/photos/01890000-0000-7000-8000-000000000000/480.webp"),
)


@pytest.mark.parametrize("path", INSIDE)
def test_a_stranger_is_led_to_the_way_in_and_will_come_back(
    closed: TenantWorld, browse: Browse, path: str
) -> None:
    answer = browse(closed).get(path)

    if answer.status_code == 404:
        # No application of this deployment answers there.
        assert path in ("/idees/",)
        return
    assert answer.status_code == 303
    quoted = path.replace("?", "%3F").replace("=", "%3D").replace("&", "%26")
    assert answer.headers["Location"] == f"{closed.path}/connexion/?suite={quoted}"


def test_a_stranger_sees_the_way_in_and_the_mandatory_pages_which_name_nothing_inside(
    closed: TenantWorld, browse: Browse
) -> None:
    browser = browse(closed)

    for path in (*(f"/{name}/" for name in PAGES), "/connexion/", "/connexion/mot-de-passe/", "/nulle-part/"):
        page = browser.get(path)
        assert page.status_code == (404 if path == "/nulle-part/" else 200)
        for secret in ("Albatros", "confidentielle", ">Essai</a>", "/essais/"):
            assert secret not in page.text
    assert browser.get("/logo.svg").status_code == 404
    assert browser.get("/robots.txt").status_code == 200


def test_its_look_is_served_to_strangers(closed: TenantWorld, browse: Browse) -> None:
    browser = browse(closed)
    sheet = theme_path(_signed(closed, browse))

    assert browser.get(sheet).mimetype == "text/css"


def _signed(closed: TenantWorld, browse: Browse) -> Browser:
    return browse(closed, worlds.make_person(closed, "Amina R."))


def test_a_member_sees_everything(closed: TenantWorld, browse: Browse) -> None:
    browser = _signed(closed, browse)

    assert "Dossier Albatros" in browser.get("/").text
    assert "Dossier Albatros" in browser.get("/plan-du-site/").text
    assert "Une idée confidentielle" in browser.get("/recherche/?q=idée").text
    assert ">Essai</a>" in browser.get("/accessibilite/").text


def test_somebody_without_an_account_yet_is_led_to_open_one_not_round_in_circles(
    closed: TenantWorld, browse: Browse
) -> None:
    nameless = worlds.make_person(closed, None)
    browser = browse(closed).sign_in(nameless, level="confirmed")

    answer = browser.follow(browser.get("/demarches/albatros/"))

    assert answer.status_code == 200
    assert answer.request.path == f"{closed.path}/inscription/"
    assert "Albatros" not in answer.text.replace("albatros", "")


def test_a_list_open_when_the_session_ended_sends_the_whole_browser_to_the_way_in(
    closed: TenantWorld, browse: Browse
) -> None:
    answer = browse(closed).get("/demarches/?theme=Nature", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"{closed.path}/connexion/"


def test_a_stranger_cannot_send_anything_inside(closed: TenantWorld, browse: Browse) -> None:
    browser = browse(closed)
    browser.get("/connexion/")

    answer = browser.post("/mon-espace/profil/", {"nom": "X"})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{closed.path}/connexion/")
