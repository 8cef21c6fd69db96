"""Act first, identify after: on one device or two, nothing is typed twice and nothing happens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.db.session import db
from app.db.types import uuid7
from app.participation import form_token
from app.participation.models import Draft, Intention, Step
from app.people import passwords
from tests.people import essai, mailbox
from tests.support import world as worlds

INES = "ines.rochard@exemple.fr"


@pytest.fixture
def rive(app, make_tenant, monkeypatch):
    essai.lend(app, monkeypatch)
    return make_tenant("rive", modules={"essai": {"enabled": True}})


@pytest.fixture
def step(rive, clock):
    return worlds.make_step(rive, module="essai", kind="depot", segment="essais")


def to_code(browser, step, email=INES):
    """Deposit, check, give the address: the mail left. Returns the intention's path."""
    path = essai.deposit(browser, step).headers["Location"]
    browser.follow(browser.get(path))
    browser.post(f"{path}verifier/")
    browser.get(f"{path}identite/")
    answer = browser.post(f"{path}identite/", {"email": email})
    assert answer.headers["Location"] == f"{path}code/"
    return path


def test_a_visitor_deposits_and_is_asked_who_they_are_at_the_end(rive, step, browse):
    ines = browse(rive)

    begun = essai.deposit(ines, step, "Un banc au soleil")
    path = begun.headers["Location"]
    check = ines.follow(begun)
    checked = ines.post(f"{path}verifier/")
    identity = ines.follow(checked)
    given = ines.post(f"{path}identite/", {"email": INES})
    code = ines.follow(given)
    pending = essai.deposited(rive)
    proven = ines.post(f"{path}code/", {"code": mailbox.last_code(rive)})
    profile = ines.follow(proven)
    named = ines.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"})
    thanks = ines.follow(named)

    assert "Étape 2 sur 4" in check.text
    assert "Un banc au soleil" in check.text
    assert f"{path.replace('/participer/', '/')}" not in check.text
    assert "proposer/?intention=" in check.text
    assert "#title" in check.text
    assert "Étape 3 sur 4" in identity.text
    assert "Étape 3 sur 4" in code.text
    assert INES in code.text
    assert [(one.state, one.pending_for) for one in pending] == [("pending", "identity")]
    assert "Étape 4 sur 4" in profile.text
    assert 'value="Inès R."' in profile.text
    assert named.headers["Location"] == path
    assert "Merci" in thanks.text
    assert "n°\u00a01" in thanks.text
    assert "relit votre essai sous 48" in thanks.text
    (contribution,) = essai.deposited(rive)
    assert (contribution.state, contribution.title) == ("published", "Un banc au soleil")
    assert contribution.author_id == mailbox.person_of(rive, INES).id
    assert essai.intentions(rive)[0].state == "done"


def test_the_mail_s_link_resumes_on_another_device(rive, step, browse):
    desk, phone = browse(rive), browse(rive)
    path = to_code(desk, step)
    link = mailbox.last_link(rive)

    shown = phone.get(link)
    opened = phone.post(link)
    profile = phone.follow(opened)
    phone.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"})
    thanks = phone.follow(phone.get(path))

    assert "Vous aviez commencé" in shown.text
    assert "Un banc" in shown.text
    assert opened.headers["Location"] == path
    assert "Comment vous appeler" in profile.text
    assert "Merci" in thanks.text
    assert [one.state for one in essai.deposited(rive)] == ["published"]
    lost = desk.get(path)
    assert lost.headers["Location"].startswith(f"{rive.path}/connexion/?suite=/participer/")


def test_the_browser_that_gave_somebody_else_s_address_does_not_become_them(rive, step, browse):
    """Otherwise a stranger would only have to wait for the owner of the mailbox to press the button."""
    stranger, owner = browse(rive), browse(rive)
    mailbox.enter(owner, INES)
    path = to_code(stranger, step)
    link = mailbox.last_link(rive)

    fresh = browse(rive)
    fresh.get(link)
    fresh.post(link)

    assert stranger.get("/mon-espace/").headers["Location"].startswith(f"{rive.path}/connexion/")
    assert stranger.get(path).status_code == 303
    assert mailbox.live_sessions(rive, "guest") == []


def test_who_has_an_account_already_finds_the_act_under_their_name(rive, step, browse):
    mailbox.enter(browse(rive), INES)
    desk = browse(rive)
    path = to_code(desk, step)

    answer = desk.post(f"{path}code/", {"code": mailbox.last_code(rive)})
    thanks = desk.follow(answer)

    assert "Merci" in thanks.text
    (contribution,) = essai.deposited(rive)
    assert contribution.state == "published"
    assert contribution.author_id == mailbox.person_of(rive, INES).id
    assert len(mailbox.persons_of(rive)) == 1, "the guest is gone"


def test_somebody_signed_in_checks_and_sends(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.")
    browser = browse(rive, amina)

    begun = essai.deposit(browser, step)
    check = browser.follow(begun)
    sent = browser.post(f"{begun.headers['Location']}verifier/")

    assert "Étape 2 sur 2" in check.text
    assert sent.headers["Location"] == f"{begun.headers['Location']}merci/"
    assert [one.author_id for one in essai.deposited(rive)] == [amina]


def test_a_password_in_the_middle_brings_the_person_back_to_their_act(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.", email="amina@exemple.fr")
    with rive.scope():
        passwords.set_password(amina, "barque tiroir jeudi lune", now=clock())
    browser = browse(rive)
    path = essai.deposit(browser, step).headers["Location"]
    browser.get(f"{path}verifier/")
    browser.post(f"{path}verifier/")
    identity = browser.get(f"{path}identite/")
    suite = path.removeprefix(rive.path)

    signed = browser.post(
        f"/connexion/mot-de-passe/?suite={suite}",
        {"email": "amina@exemple.fr", "mot_de_passe": "barque tiroir jeudi lune"},
    )
    last = browser.follow(signed)
    done = browser.post(f"{path}verifier/")

    assert f"/connexion/mot-de-passe/?suite={suite}" in identity.text
    assert "Un banc" in last.text
    assert browser.follow(done).status_code == 200
    assert [(one.state, one.author_id) for one in essai.deposited(rive)] == [("published", amina)]


def test_nothing_typed_is_asked_twice_when_the_address_was_mistyped(rive, step, browse):
    ines = browse(rive)
    path = to_code(ines, step, "ines.rochard@exemlpe.fr")
    wrong = mailbox.last_link(rive)

    again = ines.get(f"{path}identite/")
    ines.post(f"{path}identite/", {"email": INES})
    answer = ines.post(f"{path}code/", {"code": mailbox.last_code(rive)})

    assert 'value="ines.rochard@exemlpe.fr"' in again.text
    assert answer.status_code == 303
    assert browse(rive).get(wrong).status_code == 404, "the other mailbox's link gives nothing away"
    assert len(essai.deposited(rive)) == 1
    assert mailbox.person_of(rive, "ines.rochard@exemlpe.fr") is None


def test_014_confirming_counts_everything_done_meanwhile_on_open_steps(rive, step, browse, clock):
    other = essai.make_contribution(rive, step, clock())
    ines = browse(rive)
    first = to_code(ines, step)
    second = essai.support(ines, step, other).headers["Location"]
    ines.post(f"{second}identite/", {"email": INES})
    ines.post(f"{first}code/", {"code": mailbox.last_code(rive)})
    link = mailbox.last_link(rive)
    ines.get(link)
    ines.post(link)
    ines.get("/inscription/")
    ines.post("/inscription/", {"nom": "Inès R.", "charte": "1"})

    assert {one.state for one in essai.deposited(rive)} == {"published"}
    assert [one.counted for one in essai.list_votes(rive)] == [True]
    assert essai.read(rive, other).supports == 1


def test_015_confirming_after_closing_leaves_it_too_late_for_its_author_alone(rive, step, browse, clock):
    ines = browse(rive)
    path = to_code(ines, step)
    link = mailbox.last_link(rive)
    clock.move(minutes=1)
    with rive.scope():
        db.session.execute(update(Step).where(Step.id == step).values(closes_at=clock()))

    ines.get(link)
    opened = ines.post(link)
    page = ines.follow(opened)

    (contribution,) = essai.deposited(rive)
    assert (contribution.state, contribution.pending_for) == ("pending", "too_late")
    assert "La participation a été close avant votre confirmation" in page.text
    assert path in opened.headers["Location"]
    assert "Arrivée après la clôture" in ines.get("/mon-espace/contributions/").text


def test_a_support_leads_back_to_where_it_was_given(rive, step, browse, clock):
    target = essai.make_contribution(rive, step, clock())
    ines = browse(rive)

    begun = essai.support(ines, step, target)
    path = begun.headers["Location"]
    identity = ines.follow(begun)
    ines.post(f"{path}identite/", {"email": INES})
    uncounted = essai.read(rive, target).supports
    ines.post(f"{path}code/", {"code": mailbox.last_code(rive)})
    ines.get(f"{path}profil/")
    ines.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"})
    thanks = ines.get(f"{path}merci/")

    assert "Étape 1 sur 2" in identity.text
    assert uncounted == 0
    assert thanks.status_code == 303
    assert thanks.headers["Location"].startswith(f"{rive.path}/essais/")
    assert essai.read(rive, target).supports == 1


# --- twice, at once, too late -----------------------------------------------------------------------------------


def test_sending_the_same_form_twice_is_one_act(rive, step, browse):
    ines = browse(rive)
    token = str(uuid7())

    first = essai.deposit(ines, step, jeton=token)
    second = essai.deposit(ines, step, jeton=token)

    assert first.headers["Location"] == second.headers["Location"]
    assert len(essai.intentions(rive)) == 1


def test_a_double_click_without_any_cookie_yet_is_one_guest_and_one_act(rive, step, browse):
    ines, token = browse(rive), str(uuid7())
    first = essai.deposit(ines, step, jeton=token)
    ines.client.delete_cookie(f"parvis_{rive.slug}", path=f"{rive.path}/")

    second = essai.deposit(ines, step, jeton=token)

    assert second.headers["Location"] == first.headers["Location"]
    assert ines.follow(second).status_code == 200
    assert len(mailbox.persons_of(rive)) == 1


def test_two_confirmations_at_once_write_one_contribution(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.")
    pair = [browse(rive, amina), browse(rive, amina)]
    path = essai.deposit(pair[0], step).headers["Location"]
    for browser in pair:
        browser.get(f"{path}verifier/")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda browser: browser.post(f"{path}verifier/"), pair))

    assert {answer.headers["Location"] for answer in answers} == {f"{path}merci/"}
    assert len(essai.deposited(rive)) == 1


def test_a_second_code_or_a_back_button_is_harmless(rive, step, browse):
    ines = browse(rive)
    path = to_code(ines, step)
    code = mailbox.last_code(rive)

    ines.post(f"{path}code/", {"code": code})
    ines.get(f"{path}profil/")
    again = ines.post(f"{path}code/", {"code": code})
    ines.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"})
    for page in ("verifier/", "identite/", "code/", "profil/", "abandonner/", ""):
        assert ines.follow(ines.get(f"{path}{page}")).status_code == 200, page

    assert again.status_code == 303
    assert len(essai.deposited(rive)) == 1


def test_a_step_that_closes_between_the_form_and_its_sending_keeps_the_text(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.")
    browser = browse(rive, amina)
    with rive.scope():
        issued = form_token.issue()["emis"]
    path = essai.deposit(browser, step, "Un banc gardé", emis=issued).headers["Location"]
    browser.get(f"{path}verifier/")
    with rive.scope():
        db.session.execute(
            update(Step).where(Step.id == step).values(closes_at=clock() + timedelta(minutes=1))
        )
    clock.move(minutes=16)

    answer = browser.post(f"{path}verifier/")

    assert answer.status_code == 422
    assert "Votre texte est conservé dans vos brouillons" in answer.text
    assert essai.deposited(rive) == []
    with rive.scope():
        (draft,) = db.session.scalars(select(Draft))
    assert draft.fields == {"title": "Un banc gardé", "body": "À l’ombre du tilleul."}
    assert "Un banc gardé" in browser.get("/mon-espace/brouillons/").text


def test_within_fifteen_minutes_of_closing_a_text_begun_before_is_taken(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.")
    browser = browse(rive, amina)
    with rive.scope():
        issued = form_token.issue()["emis"]
    path = essai.deposit(browser, step, emis=issued).headers["Location"]
    browser.get(f"{path}verifier/")
    with rive.scope():
        db.session.execute(
            update(Step).where(Step.id == step).values(closes_at=clock() + timedelta(minutes=1))
        )
    clock.move(minutes=15, seconds=59)

    browser.post(f"{path}verifier/")

    assert len(essai.deposited(rive)) == 1


def test_an_intention_older_than_three_days_says_so_and_leads_back(rive, step, browse, clock):
    ines = browse(rive)
    path = essai.deposit(ines, step).headers["Location"]
    clock.move(hours=72, seconds=-1)
    assert ines.get(f"{path}verifier/").status_code == 200
    clock.move(seconds=1)

    answer = ines.get(path)

    assert answer.status_code == 410
    assert "commencée il y a plus de trois jours" in answer.text
    assert "Recommencer" in answer.text


def test_an_act_given_an_address_is_confirmed_even_days_later(rive, step, browse, clock):
    ines = browse(rive)
    to_code(ines, step)
    clock.move(days=4)

    link = mailbox.last_link(rive)
    ines.get(link)
    renewed = ines.follow(ines.post(link))
    link = mailbox.last_link(rive)
    ines.get(link)
    ines.post(link)
    ines.get("/inscription/")
    ines.post("/inscription/", {"nom": "Inès R.", "charte": "1"})

    assert "Ce lien a expiré" in renewed.text
    assert [one.state for one in essai.deposited(rive)] == ["published"]


# --- whose it is ----------------------------------------------------------------------------------------------


def test_somebody_else_s_intention_is_not_found(rive, step, browse, clock):
    path = essai.deposit(browse(rive), step).headers["Location"]
    amina = worlds.make_person(rive, "Amina R.")
    stranger = browse(rive, amina)
    stranger.get("/mon-espace/profil/")

    for page in ("", "verifier/", "identite/", "code/", "profil/", "merci/", "abandonner/"):
        assert stranger.get(f"{path}{page}").status_code == 404, page
    for page in ("verifier/", "identite/", "code/", "code/renvoyer/", "profil/", "abandonner/"):
        assert stranger.post(f"{path}{page}", {"email": INES, "code": "123456"}).status_code == 404, page
    assert essai.intentions(rive)[0].state == "open"


def test_an_intention_of_another_platform_is_not_found(rive, step, levant, browse):
    path = essai.deposit(browse(rive), step).headers["Location"].removeprefix(rive.path)

    assert browse(levant).get(path).status_code == 404
    assert browse(rive).get(f"/participer/{uuid4()}/").status_code == 404


def test_a_stale_anti_forgery_token_loses_nothing(rive, step, browse):
    ines = browse(rive)
    path = essai.deposit(ines, step).headers["Location"]
    ines.post(f"{path}verifier/")

    stale = ines.post(f"{path}identite/", {"email": INES, "csrf_token": "perime"}, csrf=False)
    again = ines.post(f"{path}identite/", {"email": INES})

    assert stale.status_code == 422
    assert "Par sécurité" in stale.text
    assert INES in stale.text
    assert again.headers["Location"] == f"{path}code/"


def test_giving_up_forgets_what_was_typed(rive, step, browse):
    ines = browse(rive)
    path = essai.deposit(ines, step, "À oublier").headers["Location"]

    page = ines.get(f"{path}abandonner/")
    dropped = ines.post(f"{path}abandonner/")

    assert "Abandonner cette participation" in page.text
    assert dropped.status_code == 303
    (intention,) = essai.intentions(rive)
    assert (intention.state, intention.payload) == ("dropped", {})
    assert ines.get(path).status_code == 404


def test_the_address_of_an_act_is_checked_like_any_other(rive, step, browse):
    ines = browse(rive)
    path = essai.deposit(ines, step).headers["Location"]
    ines.post(f"{path}verifier/")

    bad = ines.post(f"{path}identite/", {"email": "ines@"})
    temporary = ines.post(f"{path}identite/", {"email": "ines@yopmail.com"})

    assert bad.status_code == temporary.status_code == 422
    assert 'value="ines@"' in bad.text
    assert "Cette adresse est temporaire" in temporary.text
    assert essai.deposited(rive) == [], "the act is not kept for an address that was refused"


def test_five_wrong_codes_leave_the_act_and_offer_another_mail(rive, step, browse, clock):
    ines = browse(rive)
    path = to_code(ines, step)
    for _ in range(5):
        answer = ines.post(f"{path}code/", {"code": mailbox.wrong_code(rive)})
    clock.move(seconds=61)
    ines.post(f"{path}code/renvoyer/")

    done = ines.post(f"{path}code/", {"code": mailbox.last_code(rive)})

    assert "Ce code ne fonctionne plus" in answer.text
    assert done.status_code == 303
    assert len(mailbox.requests_of(rive)) == 2


def test_an_act_that_became_impossible_does_not_keep_anybody_from_signing_in(
    rive, step, browse, clock, monkeypatch
):
    ines = browse(rive)
    to_code(ines, step)
    link = mailbox.last_link(rive)
    with rive.scope():
        db.session.execute(update(Intention).values(act="essai.disparu"))

    ines.get(link)
    answer = ines.post(link)

    assert answer.status_code == 303
    assert mailbox.person_of(rive, INES) is not None
