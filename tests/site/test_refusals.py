"""Every refusal is a page: what happened, that nothing is lost, one way out; and every answer is guarded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.db import migrate
from app.db.session import db
from app.people.models import SignInRequest
from tests.support.browser import Browser
from tests.support.html import Page
from tests.support.world import TenantWorld

Browse = Callable[..., Browser]
MakeTenant = Callable[..., TenantWorld]


@pytest.fixture
def astray(faulty: Flask, rive: TenantWorld) -> Browser:
    """A browser on the application whose pages fail."""
    faulty.extensions["tenants"].forget()
    return Browser(TenantWorld(faulty, rive.slug, rive.id, rive.zones))


# --- a form too old -------------------------------------------------------------------------------------------


def test_a_stale_form_shows_everything_again_and_sends_it(rive: TenantWorld, browse: Browse) -> None:
    browser = browse(rive)
    browser.get("/connexion/")
    typed = {"email": "ines@rive.example", "rester": "1", "suite": "/demarches/?q=<b>é</b>", "code": "123456"}

    stale = browser.post("/connexion/", typed | {"csrf_token": "old"})

    assert stale.status_code == 422
    assert "Par sécurité, confirmez encore une fois. Votre texte est intact." in stale.text
    form = next(form for form in Page(stale.text).forms if form.action == f"{rive.path}/connexion/")
    kept = {name: control.value for name, control in form.fields.items() if name != "csrf_token"}
    assert kept == {name: value for name, value in typed.items() if name != "code"}

    again = browser.post(form.action, form.filled())
    assert again.status_code == 303
    with rive.scope():
        asked = db.session.scalars(db.select(SignInRequest)).one()
    assert (asked.email, asked.remember, asked.next_path) == (
        "ines@rive.example",
        True,
        "/demarches/?q=<b>é</b>",
    )


def test_a_form_without_any_token_is_asked_again_and_a_password_is_not_written_back(
    rive: TenantWorld, browse: Browse
) -> None:
    stale = browse(rive).post("/connexion/mot-de-passe/", {"mot_de_passe": "tilleul"}, csrf=False)

    assert stale.status_code == 422
    assert "tilleul" not in stale.text


def test_a_stale_form_sent_by_htmx_takes_the_whole_page(rive: TenantWorld, browse: Browse) -> None:
    stale = browse(rive).post(
        "/connexion/", {"email": "i@rive.example", "csrf_token": "old"}, headers={"HX-Request": "true"}
    )

    assert stale.status_code == 422
    assert (stale.headers["HX-Retarget"], stale.headers["HX-Reswap"]) == ("body", "innerHTML")


# --- each refusal ---------------------------------------------------------------------------------------------


def test_an_unknown_page_offers_to_search(rive: TenantWorld, browse: Browse) -> None:
    missing = browse(rive).get("/nulle-part/<script>/")

    assert missing.status_code == 404
    assert "Cette page n’existe pas" in missing.text
    assert f'action="{rive.path}/recherche/"' in missing.text
    assert "<script>/" not in missing.text
    assert '<meta name="robots" content="noindex">' in missing.text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_method_a_page_does_not_know_says_which_it_does(
    rive: TenantWorld, browse: Browse, method: str
) -> None:
    browser = browse(rive)

    refused = getattr(browser.client, method)(f"{rive.path}/demarches/", base_url="http://localhost/")

    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "Cette adresse ne s’ouvre pas ainsi" in refused.text


def test_a_page_reserved_to_others_says_who_can_open_it(astray: Browser) -> None:
    refused = astray.get("/faute/reserve/")

    assert refused.status_code == 403
    assert "Cette page est pour l’équipe." in refused.text
    assert "Pour y accéder, écrivez à Dora A., administratrice." in refused.text


@pytest.mark.parametrize(("fields", "size"), [("body", 2_100_000), ("photo", 12_600_000)])
def test_too_heavy_a_request_is_refused_with_a_page(
    rive: TenantWorld, browse: Browse, fields: str, size: int
) -> None:
    refused = browse(rive).post("/connexion/", {fields: "x" * size}, csrf=False)

    assert refused.status_code == 413
    assert "Ce que vous envoyez est trop lourd" in refused.text
    assert "votre texte est gardé sur cet appareil" in refused.text


def test_too_many_requests_say_when_to_come_back_and_keep_the_text(astray: Browser) -> None:
    astray.get("/connexion/")

    refused = astray.post("/faute/trop/", {"body": "Mon <b>texte</b>"})

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "90"
    assert "Réessayez dans 2 minutes. Votre texte est conservé." in refused.text
    assert 'name="body" value="Mon &lt;b&gt;texte&lt;/b&gt;"' in refused.text


def test_a_conflict_leads_back_to_the_page(astray: Browser) -> None:
    refused = astray.get(
        "/faute/conflit/", headers={"Referer": f"http://localhost{astray.world.path}/demarches/"}
    )
    elsewhere = astray.get("/faute/conflit/", headers={"Referer": "http://localhost.evil.example/"})

    assert refused.status_code == 409
    assert f'href="http://localhost{astray.world.path}/demarches/">Revenir' in refused.text
    assert "evil" not in elsewhere.text


def test_a_failure_of_ours_says_nothing_of_itself(astray: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    failed = astray.get("/faute/panne/", headers={"X-Request-Id": "reference-123"})

    assert failed.status_code == 500
    assert "Un problème est survenu de notre côté. Votre texte est conservé." in failed.text
    assert "reference-123" in failed.text
    assert failed.headers["X-Request-Id"] == "reference-123"
    for inside in ("Traceback", "RuntimeError", "tilleul", "amina", ".py"):
        assert inside not in failed.text
    logged = capfd.readouterr().err
    assert "RuntimeError" in logged
    assert "reference-123" in logged
    assert "amina@" not in logged


@pytest.mark.parametrize("given", ["", "court", "x" * 65, "deux mots", "a\u00e9bcdefgh", '"><b>12345678'])
def test_a_request_id_of_somebody_else_s_making_is_replaced(
    rive: TenantWorld, browse: Browse, given: str
) -> None:
    answer = browse(rive).get(
        "/demarches/", headers={"X-Request-Id": given.encode("utf-8").decode("latin-1")}
    )

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


# --- the database is away -------------------------------------------------------------------------------------


@pytest.fixture
def away(make_app: Callable[..., Flask]) -> Flask:
    """A process that never reached its database."""
    return make_app(database_url="postgresql+psycopg://nobody@127.0.0.1:9/gone", redis_url=None)


def check_away(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert "De retour dans quelques minutes" in answer.text
    assert answer.headers["Retry-After"] == "30"
    for inside in ("127.0.0.1", "psycopg", "Traceback", "nobody"):
        assert inside not in answer.text


@pytest.mark.parametrize("path", ["/", "/t/rive/", "/demarches/"])
def test_a_process_that_never_saw_its_database_says_to_come_back(away: Flask, path: str) -> None:
    check_away(away.test_client().get(path, base_url="http://localhost/"))


def test_readiness_names_what_is_missing(
    away: Flask, app: Flask, faulty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.test_client().get("/readyz").text == "ready\n"

    unready = away.test_client().get("/readyz")
    assert (unready.status_code, unready.text) == (503, "database\n")
    assert away.test_client().get("/healthz").text == "ok\n"

    monkeypatch.setattr(migrate, "newest", lambda: "9999")
    monkeypatch.setitem(faulty.extensions, "queue_alive", lambda: False)
    unready = faulty.test_client().get("/readyz")
    assert (unready.status_code, unready.text) == (503, "migrations queue\n")


@pytest.fixture
def cut(faulty: Flask) -> Iterator[Callable[[], None]]:
    """`cut()` makes every new statement of the application fail, as a server that went away does."""
    with faulty.app_context():
        engine = db.engine

    def fail(*_: Any) -> None:
        raise OperationalError(
            "select secret", {}, ConnectionError("server at 10.0.0.9 closed: amina@rive.example")
        )

    yield lambda: event.listen(engine, "before_cursor_execute", fail)
    if event.contains(engine, "before_cursor_execute", fail):
        event.remove(engine, "before_cursor_execute", fail)


def test_a_database_that_goes_away_is_a_page_and_comes_back(
    astray: Browser, cut: Callable[[], None], capfd: pytest.CaptureFixture[str]
) -> None:
    assert astray.get("/demarches/").status_code == 200
    cut()
    capfd.readouterr()

    for path in ("/", "/demarches/", "/recherche/?q=banc"):
        check_away(astray.get(path))
    assert astray.get("/mentions-legales/").status_code == 200, "a page that asks nothing still answers"
    logged = capfd.readouterr().err
    assert "database_away" in logged
    assert "amina" not in logged
    assert "secret" not in logged


# --- figures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("Bearer a token of the tests", 200),
        ("a token of the tests", 404),
        ("Bearer another", 404),
        ("Bearer é", 404),
        ("", 404),
    ],
)
def test_figures_are_for_who_holds_the_token(faulty: Flask, given: str, status: int) -> None:
    headers = {"Authorization": given.encode("utf-8").decode("latin-1")}

    answer = faulty.test_client().get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("parvis_requests" in answer.text) == (status == 200)


def test_without_a_token_figures_do_not_exist(app: Flask) -> None:
    for given in ("", "Bearer ", "Bearer None"):
        assert app.test_client().get("/metrics", headers={"Authorization": given}).status_code == 404


# --- headers --------------------------------------------------------------------------------------------------

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/demarches/", 200),
        ("/mon-espace/", 303),
        ("/nulle-part/", 404),
        ("/robots.txt", 200),
        ("/faute/reserve/", 403),
        ("/faute/trop/", 429),
        ("/faute/panne/", 500),
    ],
)
def test_every_answer_is_guarded(astray: Browser, path: str, status: int) -> None:
    answer = astray.get(path)

    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert len(answer.headers["X-Request-Id"]) == 32
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers


def test_an_answer_to_a_form_is_kept_nowhere(rive: TenantWorld, browse: Browse) -> None:
    assert browse(rive).post("/connexion/", {"email": "x"}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["inconnu.example", "localhost"])
def test_answers_without_a_platform_are_guarded_too(app: Flask, host: str) -> None:
    for path in ("/", "/nulle-part/", "/healthz", "/readyz"):
        answer = app.test_client().get(path, base_url=f"http://{host}/")
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    ("tiles", "allowed"),
    [
        ("https://tuiles.example/{z}/{x}/{y}.png", " https://tuiles.example"),
        ("https://tuiles.example:8443/{z}/{x}/{y}.png?cle=1", " https://tuiles.example:8443"),
        ("https://cle:secret@tuiles.example/{z}/{x}/{y}.png", " https://tuiles.example"),
        ("https://a;script-src'*'/{z}/{x}/{y}.png", ""),
    ],
)
def test_only_declared_tiles_may_be_called_and_for_pictures_only(
    make_tenant: MakeTenant, browse: Browse, tiles: str, allowed: str
) -> None:
    policy = browse(make_tenant("carte", map={"tiles": tiles})).get("/").headers["Content-Security-Policy"]

    assert policy == POLICY.replace("img-src 'self' data:", f"img-src 'self' data:{allowed}")


def test_head_answers_as_get_without_the_page(rive: TenantWorld, browse: Browse) -> None:
    browser = browse(rive)
    for path in ("/", "/demarches/", "/recherche/?q=banc", "/accessibilite/", "/robots.txt", "/nulle-part/"):
        got = browser.get(path)
        head = browser.client.head(f"{rive.path}{path}", base_url="http://localhost/")
        assert (head.status_code, head.mimetype, head.data) == (got.status_code, got.mimetype, b"")
