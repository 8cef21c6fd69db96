"""Signing in with a password."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.people import passwords
from tests.people import mailbox
from tests.support import world as worlds

INES = "ines.rochard@exemple.fr"

GOOD = "barque tiroir jeudi lune"


@pytest.fixture
def ines(rive, clock):
    person_id = worlds.make_person(rive, "Inès R.", email=INES)
    with rive.scope():
        passwords.set_password(person_id, GOOD, now=clock())
    return person_id


def test_a_password_opens_the_session_of_its_owner(rive, browse, ines):
    browser = browse(rive)

    answer = browser.post(
        "/connexion/mot-de-passe/?suite=/demarches/", {"email": INES.upper(), "mot_de_passe": GOOD}
    )

    assert answer.headers["Location"] == f"{rive.path}/demarches/"
    (session,) = mailbox.live_sessions(rive)
    assert (session.person_id, session.level, session.remember) == (ines, "account", False)


def test_a_wrong_password_and_an_unknown_address_say_the_same_for_the_same_work(
    app, rive, browse, ines, monkeypatch
):
    verified = []
    original = passwords._hasher.verify
    hasher = type("Spy", (), {"verify": lambda self, *args: verified.append(args[0]) or original(*args)})()
    hasher.check_needs_rehash = lambda _: False
    hasher.hash = passwords._hasher.hash
    monkeypatch.setattr(passwords, "_hasher", hasher)
    answers, sent = [], []
    for address in (INES, "inconnue@exemple.fr"):
        browser = browse(rive)
        browser.get("/connexion/mot-de-passe/")
        with mailbox.statements(app) as seen:
            answer = browser.post(
                "/connexion/mot-de-passe/", {"email": address, "mot_de_passe": "pas le bon du tout"}
            )
        answers.append((answer.status_code, mailbox.neutral(answer.text, address)))
        sent.append(list(seen))

    assert answers[0] == answers[1]
    assert (
        "E-mail ou mot de passe incorrect. Vous pouvez aussi recevoir un lien de connexion." in answers[0][1]
    )
    assert sent[0] == sent[1]
    assert len(verified) == 2, "one hash is computed for each"
    assert "pas le bon du tout" not in answers[0][1]


def test_five_bad_passwords_wait_and_the_link_is_offered(rive, browse, ines):
    browser = browse(rive)
    for _ in range(5):
        assert (
            browser.post("/connexion/mot-de-passe/", {"email": INES, "mot_de_passe": "faux"}).status_code
            == 422
        )

    blocked = browser.post("/connexion/mot-de-passe/", {"email": INES, "mot_de_passe": GOOD})
    linked = browser.post("/connexion/", {"email": INES})

    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) > 0
    assert "Recevoir un lien de connexion" in blocked.text
    assert mailbox.live_sessions(rive) == []
    assert linked.status_code == 303


def test_staying_signed_in_lasts_thirty_days_and_not_staying_twelve_hours(rive, browse, ines, clock):
    for rester, lasts in (("", "hours=12"), ("1", "days=30")):
        browser = browse(rive)
        browser.post("/connexion/mot-de-passe/", {"email": INES, "mot_de_passe": GOOD, "rester": rester})
        newest = max(mailbox.live_sessions(rive), key=lambda one: one.id)
        unit, _, figure = lasts.partition("=")
        assert newest.expires_at - clock() == timedelta(**{unit: int(figure)})
