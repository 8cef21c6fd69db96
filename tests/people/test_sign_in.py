"""Signing in: by link, by code, by password, and everything that can go wrong on the way."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.people import sign_in
from tests.people import mailbox

INES = "ines.rochard@exemple.fr"


def test_a_newcomer_signs_in_chooses_a_name_and_lands_where_they_were_going(rive, browse):
    ines = browse(rive)

    page = ines.get("/connexion/?suite=/demarches/")
    asked = ines.post("/connexion/?suite=/demarches/", {"email": INES})
    code = ines.follow(asked)
    link = mailbox.last_link(rive)
    shown = ines.get(link)
    opened = ines.post(link)
    first = ines.follow(opened)
    done = ines.post("/inscription/?suite=/demarches/", {"nom": "Inès R.", "zone": "nord", "charte": "1"})

    assert "Recevoir un lien de connexion" in page.text
    assert asked.status_code == 303
    assert asked.headers["Location"].endswith("/connexion/code/")
    assert INES in code.text
    assert "20 minutes" in code.text
    assert 'autocomplete="one-time-code"' in code.text
    assert "i…@exemple.fr" in shown.text
    assert INES not in shown.text
    assert opened.headers["Location"] == f"{rive.path}/inscription/?suite=/demarches/"
    assert 'value="Inès R."' in first.text
    assert re.search(r'name="lettre" value="1">', first.text), "the newsletter box is not ticked"
    assert done.headers["Location"] == f"{rive.path}/demarches/"
    person = mailbox.person_of(rive, INES)
    assert (person.display_name, person.zone_id, person.newsletter_at) == (
        "Inès R.",
        rive.zones["nord"],
        None,
    )
    assert person.charter_at is not None
    assert [one.level for one in mailbox.live_sessions(rive)] == ["account"]


def test_who_comes_back_is_not_asked_again(rive, browse):
    mailbox.enter(browse(rive), INES)
    again = browse(rive)

    again.post("/connexion/", {"email": "  INES.Rochard@Exemple.FR "})
    link = mailbox.last_link(rive)
    again.get(link)
    opened = again.post(link)

    assert opened.headers["Location"] == f"{rive.path}/mon-espace/"
    assert len(mailbox.persons_of(rive)) == 1


def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_statements(app, rive, browse):
    mailbox.enter(browse(rive), INES)
    answers, sent = [], []
    for address in (INES, "jamais.venue@exemple.fr"):
        browser = browse(rive)
        browser.get("/connexion/")
        with mailbox.statements(app) as seen:
            asked = browser.post("/connexion/", {"email": address})
        page = browser.follow(asked)
        answers.append((asked.status_code, asked.headers["Location"], mailbox.neutral(page.text, address)))
        sent.append([re.sub(r"\s+", " ", statement) for statement in seen])

    assert answers[0] == answers[1]
    assert sent[0] == sent[1]
    assert not any("person_attribute" in statement for statement in sent[0])


def test_opening_the_mail_s_link_changes_nothing_until_its_button_is_pressed(rive, browse):
    ines, scanner = browse(rive), browse(rive)
    ines.post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)

    for _ in range(3):
        assert scanner.get(link).status_code == 200
    assert scanner.client.head(scanner._full(link), base_url="http://localhost/").status_code == 200

    assert mailbox.requests_of(rive)[-1].used_at is None
    assert mailbox.persons_of(rive) == []
    ines.get(link)
    assert ines.post(link).status_code == 303


def test_a_link_serves_once_and_a_new_one_is_offered(rive, browse):
    ines, other = browse(rive), browse(rive)
    mailbox.enter(ines, INES)
    link = mailbox.last_link(rive)

    same = ines.get(link)
    elsewhere = other.get(link)
    renewed = other.post(link)

    assert same.status_code == 303
    assert same.headers["Location"] == f"{rive.path}/mon-espace/"
    assert "Ce lien a déjà servi" in elsewhere.text
    assert "i…@exemple.fr" in elsewhere.text
    assert renewed.headers["Location"] == f"{rive.path}/connexion/code/"
    assert "Nous venons d’envoyer un nouveau lien à i…@exemple.fr" in other.follow(renewed).text
    assert len(mailbox.requests_of(rive)) == 2
    assert len(mailbox.live_sessions(rive)) == 1


def test_an_expired_link_sends_another_and_never_lives_again(rive, browse, clock):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    old = mailbox.last_link(rive)
    clock.move(minutes=20)

    shown = ines.get(old)
    renewed = ines.follow(ines.post(old))

    assert "Ce lien a expiré" in shown.text
    assert "Ce lien a expiré. Nous venons d’en envoyer un nouveau à i…@exemple.fr." in renewed.text
    assert mailbox.persons_of(rive) == []
    ines.post(old)
    assert mailbox.persons_of(rive) == [], "the old link is still expired"
    new = mailbox.last_link(rive)
    assert new != old
    ines.get(new)
    ines.post(new)
    assert mailbox.person_of(rive, INES) is not None


def test_one_second_before_twenty_minutes_the_link_still_works(rive, browse, clock):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    clock.move(minutes=20, seconds=-1)

    ines.get(link)
    ines.post(link)

    assert mailbox.person_of(rive, INES) is not None


@pytest.mark.parametrize("broken", ["nimporte", "a.b.c", "WyJ4Il0.Zg.aa"])
def test_a_forged_link_is_not_found(rive, browse, broken):
    browser = browse(rive)

    assert browser.get(f"/lien/{broken}/").status_code == 404
    answer = browser.post(f"/lien/{broken}/")

    assert answer.status_code == 404
    assert "Ce lien ne fonctionne pas" in answer.text
    assert browser.sessions() == []


def test_a_link_of_another_platform_is_not_found(rive, levant, browse):
    browse(rive).post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    chloe = browse(levant)

    assert chloe.get(link).status_code == 404
    assert chloe.post(link).status_code == 404

    assert mailbox.persons_of(levant) == []
    assert mailbox.requests_of(rive)[-1].used_at is None


def test_a_cookie_of_another_platform_opens_nothing(rive, levant, browse, amina):
    browser = browse(rive, amina)
    token = browser.client.get_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/").value
    thief = browse(levant)
    thief.client.set_cookie(f"parvis_{levant.slug}", token, path=f"{levant.path}/")

    assert thief.get("/mon-espace/securite/").status_code == 303
    assert browser.get("/mon-espace/securite/").status_code == 200


# --- codes ----------------------------------------------------------------------------------------------------


def test_the_code_of_the_same_mail_works_with_spaces(rive, browse):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    code = mailbox.last_code(rive)

    opened = ines.post("/connexion/code/", {"code": f" {code[:3]} {code[3:]}"})

    assert opened.headers["Location"] == f"{rive.path}/inscription/"
    assert mailbox.requests_of(rive)[-1].used_at is not None


def test_the_fifth_wrong_code_kills_the_code_and_the_link(rive, browse):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    link, right, wrong = mailbox.last_link(rive), mailbox.last_code(rive), mailbox.wrong_code(rive)

    answers = [ines.post("/connexion/code/", {"code": wrong}) for _ in range(5)]
    late = ines.post("/connexion/code/", {"code": right})

    assert [answer.status_code for answer in answers] == [422] * 5
    assert "il vous reste 4 essais" in answers[0].text
    assert "il vous reste 1 essai" in answers[3].text
    assert "Ce code ne fonctionne plus" in answers[4].text
    assert late.status_code == 422
    assert "Ce code ne fonctionne plus" in late.text
    assert wrong not in late.text, "a code is never written back in the page"
    assert mailbox.persons_of(rive) == []
    assert "Ce lien a déjà servi" in browse(rive).get(link).text


def test_codes_cannot_be_guessed_by_asking_again_and_again(rive, browse, monkeypatch):
    monkeypatch.setattr("app.people.throttle.MAIL_RULE", "1000/minute")
    monkeypatch.setattr("app.people.throttle.CLIENT_RULE", "1000/minute")
    browser = browse(rive)
    tried = 0
    for _ in range(6):
        browser.post("/connexion/", {"email": INES})
        for _ in range(5):
            answer = browser.post("/connexion/code/", {"code": mailbox.wrong_code(rive)})
            tried += answer.status_code == 422

    assert answer.status_code == 429
    assert tried == 20


def test_an_expired_code_sends_another_one(rive, browse, clock):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    old = mailbox.last_code(rive)
    clock.move(minutes=21)

    answer = ines.post("/connexion/code/", {"code": old})
    again = ines.post("/connexion/code/", {"code": old})
    new = ines.post("/connexion/code/", {"code": mailbox.last_code(rive)})

    assert "Ce code a expiré. Nous venons d’en envoyer un nouveau à i…@exemple.fr." in answer.text
    assert again.status_code == 422
    assert new.status_code == 303


def test_the_mail_is_sent_again_after_a_minute_with_the_same_code(rive, browse, clock):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    code = mailbox.last_code(rive)

    clock.move(seconds=59)
    soon = ines.follow(ines.post("/connexion/renvoyer/"))
    clock.move(seconds=1)
    later = ines.follow(ines.post("/connexion/renvoyer/"))

    assert "dans 1 seconde." in soon.text
    assert "L’e-mail est reparti" in later.text
    assert len(mailbox.requests_of(rive)) == 1
    assert mailbox.last_code(rive) == code
    clock.move(minutes=19, seconds=59)
    assert ines.post("/connexion/code/", {"code": code}).status_code == 303


# --- at the same time -----------------------------------------------------------------------------------------


def test_two_browsers_that_open_one_link_at_once_are_one_session(rive, browse):
    browse(rive).post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    pair = [browse(rive), browse(rive)]
    for browser in pair:
        browser.get(link)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda browser: browser.post(link), pair))

    assert sorted(answer.headers["Location"].removeprefix(rive.path) for answer in answers) == [
        "/connexion/code/",
        "/inscription/",
    ]
    assert len(mailbox.live_sessions(rive)) == 1
    assert len(mailbox.persons_of(rive)) == 1


def test_two_links_of_one_new_mailbox_opened_at_once_make_one_person(rive, browse):
    pair = [browse(rive), browse(rive)]
    links = []
    for browser in pair:
        browser.post("/connexion/", {"email": INES})
        links.append(mailbox.last_link(rive))
        browser.get(links[-1])

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda both: both[0].post(both[1]), zip(pair, links, strict=True)))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(mailbox.persons_of(rive)) == 1
    assert len(mailbox.live_sessions(rive)) == 2


def test_a_double_click_that_loses_the_first_cookie_signs_in_all_the_same(rive, browse):
    ines = browse(rive)
    ines.post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    ines.get(link)
    ines.post(link)
    ines.client.delete_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/")

    again = ines.post(link)

    assert again.headers["Location"] == f"{rive.path}/mon-espace/"
    assert ines.get("/mon-espace/securite/").status_code == 200
    assert len(mailbox.live_sessions(rive)) == 1


# --- browsers -------------------------------------------------------------------------------------------------


def test_signing_in_changes_the_session_s_token(rive, browse):
    browser = browse(rive)
    mailbox.enter(browser, INES)
    first = browser.client.get_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/").value

    browser.post("/deconnexion/")
    mailbox.enter(browser, INES)
    second = browser.client.get_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/").value

    assert first != second
    stolen = browse(rive)
    stolen.client.set_cookie(f"parvis_{rive.slug}", first, path=f"{rive.path}/")
    assert stolen.get("/mon-espace/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(rive, browse, amina):
    browser = browse(rive, amina)
    token = browser.client.get_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/").value

    page = browser.get("/deconnexion/")
    answer = browser.post("/deconnexion/")

    assert "Se déconnecter" in page.text
    assert answer.headers["Location"] == f"{rive.path}/"
    assert browser.client.get_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/") is None
    stolen = browse(rive)
    stolen.client.set_cookie(f"parvis_{rive.slug}", token, path=f"{rive.path}/")
    assert stolen.get("/mon-espace/").status_code == 303


def test_two_people_are_two_people(rive, browse, amina, bruno):
    first, second = browse(rive, amina), browse(rive, bruno)

    assert "Amina R." in first.get("/mon-espace/profil/").text
    assert "Bruno M." in second.get("/mon-espace/profil/").text
    assert "Amina R." in first.get("/mon-espace/profil/").text


def test_cookies_are_closed_to_scripts_and_other_sites(rive, browse):
    browser = browse(rive)
    browser.post("/connexion/", {"email": INES})
    link = mailbox.last_link(rive)
    browser.get(link)

    answer = browser.client.post(
        browser._full(link), data={"csrf_token": browser._token}, base_url="https://localhost/",
        headers={"Referer": "https://localhost/"},
    )  # fmt: skip

    for cookie in answer.headers.getlist("Set-Cookie"):
        assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; ")), cookie
        assert f"Path={rive.path}/" in cookie


def test_asking_for_a_link_leaves_no_more_than_seven_days_of_addresses(rive, browse, clock):
    browse(rive).post("/connexion/", {"email": INES})
    clock.move(days=7, minutes=20)
    with rive.scope():
        assert sign_in.purge(now=clock()) == 0
    clock.move(seconds=1)
    with rive.scope():
        assert sign_in.purge(now=clock()) == 1

    assert mailbox.requests_of(rive) == []
