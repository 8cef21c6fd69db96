"""Who is kept waiting, who is refused and in which words; closed platforms and invitations."""

from __future__ import annotations

import pytest

from app.db.session import db
from app.people import roles
from app.people.models import PersonRole
from tests.people import mailbox

INES = "ines.rochard@exemple.fr"


def test_009_eleven_requests_in_a_minute_from_one_client_are_limited(rive, browse):
    browser = browse(rive)
    answers = [browser.post("/connexion/", {"email": f"personne{n}@exemple.fr"}) for n in range(12)]

    assert [answer.status_code for answer in answers] == [303] * 10 + [429] * 2
    assert answers[10].headers["Retry-After"] == "300"
    assert "Réessayez dans 5 minutes" in answers[10].text
    assert 'value="personne10@exemple.fr"' in answers[10].text, "what was typed comes back"


def test_a_mailbox_is_not_flooded_from_many_places(rive, browse, monkeypatch):
    monkeypatch.setattr("app.people.throttle.CLIENT_RULE", "1000/minute")
    answers = [browse(rive).post("/connexion/", {"email": INES}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]


def test_003_a_disposable_address_is_refused(rive, browse):
    answer = browse(rive).post("/connexion/", {"email": "quelqu.un@sub.yopmail.com"})

    assert answer.status_code == 422
    assert "Cette adresse est temporaire" in answer.text
    assert mailbox.requests_of(rive) == []


@pytest.mark.parametrize(
    "typed", ["", "ines", "ines@", "ines@local", "ines@[127.0.0.1]", "a b@exemple.fr", "i@exemple..fr"]
)
def test_a_malformed_address_is_said_at_the_field(rive, browse, typed):
    answer = browse(rive).post("/connexion/", {"email": typed})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "<title>Erreur :" in answer.text
    assert mailbox.requests_of(rive) == []


@pytest.mark.parametrize(
    "suite",
    [
        "https://ailleurs.example/",
        "//ailleurs.example/",
        "/\\ailleurs.example/",
        "\\\\ailleurs.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=1\r\nX: y",
        "/deconnexion/",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(rive, browse, amina, suite):
    browser = browse(rive, amina)

    answer = browser.get("/connexion/", query_string={"suite": suite})

    assert answer.headers["Location"] == f"{rive.path}/mon-espace/"


def test_a_stale_anti_forgery_token_shows_the_form_again_with_its_values(rive, browse):
    browser = browse(rive)
    browser.get("/connexion/")

    answer = browser.post("/connexion/", {"email": INES, "csrf_token": "perime"}, csrf=False)

    assert answer.status_code == 422
    assert INES in answer.text
    assert mailbox.requests_of(rive) == []
    assert browser.post("/connexion/", {"email": INES}).status_code == 303


def test_tokens_and_addresses_are_not_logged(rive, browse, capsys):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    ines.get(link)
    ines.post(link)

    written = "".join(capsys.readouterr())
    assert "/connexion/" in written
    assert link.strip("/").split("/")[1] not in written
    assert INES not in written


# --- closed platforms -----------------------------------------------------------------------------------------


@pytest.fixture
def mercadel(make_tenant):
    return make_tenant(
        "mercadel",
        access={"visibility": "closed", "sign_in": ["link"], "email_domains": ["mercadel.example"]},
    )


def test_022_a_closed_platform_shows_strangers_the_sign_in_page_alone(mercadel, browse):
    browser = browse(mercadel)

    assert browser.get("/demarches/").headers["Location"].startswith(f"{mercadel.path}/connexion/")
    assert browser.get("/connexion/").status_code == 200
    assert browser.get("/connexion/mot-de-passe/").status_code == 303, "no password on this platform"


def test_a_closed_platform_names_the_domain_it_accepts(mercadel, browse):
    browser = browse(mercadel)

    refused = browser.post("/connexion/", {"email": INES})
    tricked = browser.post("/connexion/", {"email": "ines@mercadel.example.exemple.fr"})

    assert refused.status_code == tricked.status_code == 422
    assert "réservée aux adresses en @mercadel.example" in refused.text
    assert mailbox.requests_of(mercadel) == []


def test_a_colleague_enters_a_closed_platform(mercadel, browse):
    browser = browse(mercadel)

    mailbox.enter(browser, "theo@mercadel.example", "Théo")

    assert browser.get("/demarches/").status_code == 200


def test_a_confirmed_colleague_without_a_name_is_led_to_choose_one(mercadel, browse):
    browser = browse(mercadel)
    mailbox.enter(browser, "theo@mercadel.example", None)

    landed = browser.follow(browser.get("/demarches/"))

    assert "Comment vous appeler" in landed.text


def test_023_a_closed_platform_without_domain_takes_in_the_people_it_invited(make_tenant, browse, clock):
    cercle = make_tenant("cercle", access={"visibility": "closed", "sign_in": ["link"], "email_domains": []})
    stranger, guest = browse(cercle), browse(cercle)
    stranger.post("/connexion/", {"email": INES})
    link = mailbox.last_link(cercle)
    stranger.get(link)
    refused = stranger.post(link)
    with cercle.scope():
        invitation = roles.invite("bruno@exemple.fr", "moderator", now=clock())
    guest.get(invitation)
    accepted = guest.post(invitation)

    assert refused.status_code == 403
    assert "réservée aux personnes invitées" in refused.text
    assert mailbox.person_of(cercle, INES) is None
    assert accepted.headers["Location"] == f"{cercle.path}/inscription/"
    mailbox.enter(browse(cercle), "bruno@exemple.fr", "Bruno")


# --- invitations ----------------------------------------------------------------------------------------------


def test_an_invitation_gives_its_role_once(rive, browse, clock):
    with rive.scope():
        path = roles.invite("Bruno@Exemple.fr", "moderator", now=clock())
    bruno, thief = browse(rive), browse(rive)

    page = bruno.get(path)
    accepted = bruno.post(path)
    late = thief.post(path)

    assert "relire, masquer et répondre" in page.text
    assert accepted.headers["Location"] == f"{rive.path}/inscription/"
    assert late.headers["Location"] == f"{rive.path}/"
    person = mailbox.person_of(rive, "bruno@exemple.fr")
    with rive.scope():
        held = list(db.session.scalars(db.select(PersonRole).where(PersonRole.person_id == person.id)))
    assert [one.role for one in held] == ["moderator"]
    assert len(mailbox.live_sessions(rive)) == 1


def test_023_an_invitation_lasts_seven_days_then_leads_home(rive, browse, clock):
    with rive.scope():
        path = roles.invite("bruno@exemple.fr", "moderator", now=clock())
    clock.move(days=7, seconds=-1)
    assert browse(rive).get(path).status_code == 200
    clock.move(seconds=1)
    bruno = browse(rive)

    answer = bruno.get(path)

    assert answer.headers["Location"] == f"{rive.path}/"
    assert bruno.post(path).headers["Location"] == f"{rive.path}/"
    assert mailbox.person_of(rive, "bruno@exemple.fr") is None


def test_an_unknown_role_cannot_be_offered(rive, clock):
    with rive.scope(), pytest.raises(ValueError, match="role is 'roi', expected one of mediator"):
        roles.invite("bruno@exemple.fr", "roi", now=clock())
