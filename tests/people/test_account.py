"""What people set for themselves, and that it is still there afterwards."""

from __future__ import annotations

import pytest

from app.db.errors import NotFound
from app.db.session import db
from app.people import passwords, persons
from app.people.models import Person
from tests.people import mailbox
from tests.support import world as worlds

GOOD, BETTER = "barque tiroir jeudi lune", "pommier cadran mardi vent"


def reload(rive, person_id):
    with rive.scope():
        return db.session.get_one(Person, (rive.id, person_id))


def test_027_a_profile_change_is_still_there_after_reopening_the_page(rive, browse, amina):
    browser = browse(rive, amina)

    saved = browser.post("/mon-espace/profil/", {"nom": "Amina de Rive", "zone": "sud", "lettre": "1"})
    page = browser.get("/mon-espace/profil/")

    assert saved.status_code == 303
    assert 'value="Amina de Rive"' in page.text
    assert '<option value="sud" selected>' in page.text
    assert reload(rive, amina).newsletter_at is not None
    browser.post("/mon-espace/profil/", {"nom": "Amina de Rive", "zone": ""})
    person = reload(rive, amina)
    assert (person.zone_id, person.newsletter_at) == (None, None)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Choisissez le nom que les autres verront"),
        ("7", "Écrivez un nom d’au moins 2 lettres"),
        ("ines@exemple.fr", "Écrivez un nom sans adresse ni lien"),
        ("www.vendeur.example", "Écrivez un nom sans adresse ni lien"),
        ("Mairie", "Ce nom ferait croire que la collectivité parle"),
        ("Modérateur", "Ce nom ferait croire que la collectivité parle"),
        ("Ville de Rive", "Ce nom ferait croire que la collectivité parle"),
        ("x" * 41, "Raccourcissez ce texte de 1 caractère"),
    ],
)
def test_a_name_that_would_mislead_is_refused_and_kept_in_the_field(rive, browse, amina, name, sentence):
    answer = browse(rive, amina).post("/mon-espace/profil/", {"nom": name})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert reload(rive, amina).display_name == "Amina R."


def test_html_in_a_name_is_shown_as_text(rive, browse, amina):
    browser = browse(rive, amina)

    answer = browser.post("/mon-espace/profil/", {"nom": "<b>Amina</b>"})

    assert answer.status_code == 422
    assert "<b>Amina</b>" not in answer.text


def test_a_zone_of_another_platform_is_not_in_the_list(rive, levant, browse, amina):
    answer = browse(rive, amina).post(
        "/mon-espace/profil/", {"nom": "Amina", "zone": str(levant.zones["nord"])}
    )

    assert answer.status_code == 422
    assert "Choisissez une réponse de la liste" in answer.text


def test_the_first_visit_needs_a_name_and_the_charter(rive, browse):
    browser = browse(rive)
    mailbox.enter(browser, "ines.rochard@exemple.fr", None)

    answer = browser.post("/inscription/", {"nom": "", "zone": "sud"})

    assert answer.status_code == 422
    assert "Choisissez le nom que les autres verront" in answer.text
    assert "Acceptez la charte pour continuer" in answer.text
    assert '<option value="sud" selected>' in answer.text
    assert mailbox.person_of(rive, "ines.rochard@exemple.fr").charter_at is None


def test_opening_the_account_lifts_the_other_browsers_too(rive, browse):
    phone, desk = browse(rive), browse(rive)
    mailbox.enter(phone, "ines@exemple.fr", None)
    mailbox.enter(desk, "ines@exemple.fr", "Inès")

    assert phone.get("/inscription/").headers["Location"] == f"{rive.path}/mon-espace/"
    assert {one.level for one in mailbox.live_sessions(rive)} == {"account"}


def test_a_choice_of_mails_is_kept(rive, browse, amina):
    browser = browse(rive, amina)

    assert 'value="each" checked' in browser.get("/mon-espace/notifications/").text
    browser.post("/mon-espace/notifications/", {"choix": "digest"})

    assert 'value="digest" checked' in browser.get("/mon-espace/notifications/").text
    assert browser.post("/mon-espace/notifications/", {"choix": "toujours"}).status_code == 422
    assert reload(rive, amina).notify == "digest"


# --- browsers -------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_closed_one_by_one(rive, browse, amina):
    here, there = browse(rive, amina), browse(rive, amina)
    other = max(mailbox.live_sessions(rive), key=lambda one: one.id)

    page = here.get("/mon-espace/securite/")
    closed = here.post(f"/mon-espace/securite/sessions/{other.id}/fermer/")

    assert page.text.count("Essai") >= 2
    assert "Celui-ci" in page.text
    assert closed.status_code == 303
    assert there.get("/mon-espace/securite/").status_code == 303
    assert here.get("/mon-espace/securite/").status_code == 200


def test_all_the_others_are_closed_at_once(rive, browse, amina):
    here, there, elsewhere = (browse(rive, amina) for _ in range(3))

    answer = here.follow(here.post("/mon-espace/securite/sessions/fermer-les-autres/"))

    assert "2\u00a0sessions fermées." in answer.text
    assert len(mailbox.live_sessions(rive)) == 1
    assert there.get("/mon-espace/").status_code == elsewhere.get("/mon-espace/").status_code == 303


def test_somebody_else_s_session_cannot_be_closed(rive, browse, amina, bruno):
    theirs = browse(rive, bruno)
    (session,) = mailbox.live_sessions(rive)

    answer = browse(rive, amina).post(f"/mon-espace/securite/sessions/{session.id}/fermer/")

    assert answer.status_code == 404
    assert theirs.get("/mon-espace/").status_code == 200


# --- passwords ------------------------------------------------------------------------------------------------


def secret_of(rive, person_id):
    with rive.scope():
        return passwords.find_secret(person_id)


def test_a_first_password_needs_a_link_just_opened(rive, browse, clock):
    browser = browse(rive)
    mailbox.enter(browser, "ines@exemple.fr", "Inès")
    person = mailbox.person_of(rive, "ines@exemple.fr")
    clock.move(minutes=15)

    page = browser.get("/mon-espace/securite/")
    refused = browser.follow(browser.post("/mon-espace/securite/mot-de-passe/", {"nouveau": GOOD}))
    browser.post("/mon-espace/securite/lien/")
    link = mailbox.last_link(rive)
    browser.get(link)
    back = browser.post(link)
    browser.get("/mon-espace/securite/")
    done = browser.post("/mon-espace/securite/mot-de-passe/", {"nouveau": GOOD})

    assert "Recevoir ce lien" in page.text
    assert 'name="nouveau"' not in page.text
    assert "ouvrez d’abord un lien envoyé à votre adresse" in refused.text
    assert back.headers["Location"] == f"{rive.path}/mon-espace/securite/"
    assert done.status_code == 303
    with rive.scope():
        assert passwords.matches(passwords.find_secret(person.id), GOOD)


@pytest.fixture
def ines(rive, clock):
    person_id = worlds.make_person(rive, "Inès R.", email="ines.rochard@exemple.fr")
    with rive.scope():
        passwords.set_password(person_id, GOOD, now=clock())
    return person_id


def test_changing_a_password_needs_the_current_one_and_closes_the_other_sessions(rive, browse, ines):
    here, there = browse(rive, ines), browse(rive, ines)

    wrong = here.post("/mon-espace/securite/mot-de-passe/", {"actuel": "pas celui-ci", "nouveau": BETTER})
    none = here.post("/mon-espace/securite/mot-de-passe/", {"nouveau": BETTER})
    right = here.post("/mon-espace/securite/mot-de-passe/", {"actuel": GOOD, "nouveau": BETTER})

    assert wrong.status_code == none.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel" in wrong.text
    assert "Écrivez votre mot de passe actuel" in none.text
    assert BETTER not in wrong.text, "a password is never written back in the page"
    assert right.status_code == 303
    assert there.get("/mon-espace/").status_code == 303
    assert here.get("/mon-espace/").status_code == 200
    with rive.scope():
        assert passwords.matches(passwords.find_secret(ines), BETTER)


def test_a_weak_new_password_is_refused_with_the_rule_in_words(rive, browse, ines):
    browser = browse(rive, ines)

    page = browser.get("/mon-espace/securite/")
    answer = browser.post("/mon-espace/securite/mot-de-passe/", {"actuel": GOOD, "nouveau": "rochard-2026"})

    assert "12 caractères au moins" in page.text.replace("\u00a0", " ")
    assert answer.status_code == 422
    assert "contient votre nom ou votre e-mail" in answer.text


def test_the_current_password_cannot_be_guessed_from_an_open_session(rive, browse, ines):
    browser = browse(rive, ines)
    tries = [
        browser.post(
            "/mon-espace/securite/mot-de-passe/", {"actuel": f"essai {n}", "nouveau": BETTER}
        ).status_code
        for n in range(6)
    ]

    assert tries == [422] * 5 + [429]
    blocked = browser.post("/mon-espace/securite/mot-de-passe/retirer/", {"actuel": GOOD})
    assert blocked.status_code == 429
    assert secret_of(rive, ines) is not None


def test_a_password_is_removed_with_the_current_one(rive, browse, ines):
    browser = browse(rive, ines)

    assert browser.post("/mon-espace/securite/mot-de-passe/retirer/", {"actuel": "non"}).status_code == 422
    assert browser.post("/mon-espace/securite/mot-de-passe/retirer/", {"actuel": GOOD}).status_code == 303

    assert secret_of(rive, ines) is None


# --- this browser ---------------------------------------------------------------------------------------------


def test_light_or_dark_is_kept_without_a_session(rive, browse):
    browser = browse(rive)

    answer = browser.post("/mon-espace/apparence/", {"scheme": "dark", "suite": f"{rive.path}/connexion/"})

    assert answer.headers["Location"] == f"{rive.path}/connexion/"
    assert 'data-scheme="dark"' in browser.get("/connexion/").text
    browser.post("/mon-espace/apparence/", {"scheme": "", "suite": "https://ailleurs.example/"})
    assert "data-scheme" not in browser.get("/connexion/").text
    assert browser.sessions() == []


def test_the_team_shows_and_hides_its_tools(rive, browse, bruno):
    browser = browse(rive, bruno)

    browser.post("/mon-espace/mode-gestion/", {"actif": "1", "suite": "/mon-espace/"})
    assert "Mode gestion activé" in browser.get("/mon-espace/").text
    browser.post("/mon-espace/mode-gestion/", {"actif": "0", "suite": "/mon-espace/"})
    assert "Mode gestion désactivé" in browser.get("/mon-espace/").text


def test_who_has_no_role_has_no_tools_even_with_the_cookie(rive, browse, amina):
    browser = browse(rive, amina)
    browser.client.set_cookie(f"parvis_{rive.slug}_gestion", "1", path=f"{rive.path}/")

    assert browser.post("/mon-espace/mode-gestion/", {"actif": "1"}).status_code == 403
    assert "Mode gestion" not in browser.get("/mon-espace/").text


def test_an_erased_person_is_found_no_more(rive, amina, clock):
    with rive.scope():
        persons.erase(amina, now=clock())
    with rive.scope(), pytest.raises(NotFound):
        persons.get_person(amina)
