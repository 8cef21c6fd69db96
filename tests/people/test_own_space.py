"""« Mon espace » : what one wrote, began, supports and follows; nobody else's, and nothing lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.db.session import db
from app.participation import contributions, drafts, follows, moderate, official, votes
from app.participation.models import Comment, Contribution, Step
from app.participation.steps import get_step_by_id
from tests.people import essai
from tests.support import world as worlds

PAGES = (
    "", "contributions/", "brouillons/", "votes/", "abonnements/", "profil/", "notifications/", "donnees/", "securite/",
)  # fmt: skip


@pytest.fixture
def rive(app, make_tenant, monkeypatch):
    essai.lend(app, monkeypatch)
    return make_tenant("rive", modules={"essai": {"enabled": True}})


@pytest.fixture
def step(rive, clock):
    return worlds.make_step(rive, module="essai", kind="depot", segment="essais", title="Vos essais")


def plain(answer):
    return answer.text.replace("\u00a0", " ").replace("&#39;", "’")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_who_you_are_and_brings_you_back(rive, browse, page):
    answer = browse(rive).get(f"/mon-espace/{page}")

    assert answer.headers["Location"] == f"{rive.path}/connexion/?suite=/mon-espace/{page}"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_when_there_is_nothing_yet(rive, browse, amina, page):
    answer = browse(rive, amina).get(f"/mon-espace/{page}")

    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text
    assert "<h1" in answer.text
    assert "style=" not in answer.text


def test_a_guest_is_not_somebody_yet(rive, step, browse):
    browser = browse(rive)
    essai.deposit(browser, step)

    assert browser.get("/mon-espace/").status_code == 303


def test_what_was_begun_and_drafted_is_offered_first(rive, step, browse, amina, clock):
    browser = browse(rive, amina)
    path = essai.deposit(browser, step, "Un kiosque").headers["Location"]
    with rive.scope():
        draft = drafts.save(
            "essai.deposit",
            get_step_by_id(step),
            amina,
            {"title": "Une fontaine"},
            draft_id=None,
            now=clock(),
        )

    page = browser.get("/mon-espace/")

    assert "Vous aviez commencé : « Un kiosque »" in plain(page)
    assert path in page.text
    assert "Une fontaine" in page.text
    assert f"proposer/?brouillon={draft.id}" in page.text


def test_answers_to_what_one_wrote_or_follows_and_the_next_deadline_are_said(
    rive, step, browse, amina, dora, clock
):
    mine = essai.make_contribution(rive, step, clock(), author_id=amina, title="Mon banc")
    followed = essai.make_contribution(rive, step, clock(), title="Un banc suivi")
    essai.make_contribution(rive, step, clock(), title="Un banc inconnu")
    with rive.scope():
        follows.follow(amina, contribution_id=followed, now=clock())
        for contribution_id in (mine, followed):
            official.answer(
                contributions.lock(contribution_id), signatory="Claire Vasseur", signatory_title="adjointe",
                body="Nous le ferons au printemps.", status=None, statuses=(), by=dora, now=clock(),
            )  # fmt: skip

    page = browse(rive, amina).get("/mon-espace/")

    assert page.text.count("Claire Vasseur a répondu") == 2
    assert "Un banc inconnu" not in page.text
    assert "Vos essais" in page.text
    assert "Encore 20 jours" in plain(page)


def test_every_state_of_one_s_contributions_is_said_in_a_sentence(rive, step, browse, amina, dora, clock):
    for pending_for in (None, "identity", "requirements", "moderation"):
        essai.make_contribution(
            rive, step, clock(), author_id=amina, title=f"Idée {pending_for}", pending_for=pending_for
        )
    hidden = essai.make_contribution(rive, step, clock(), author_id=amina, title="Idée masquée")
    refused = essai.make_contribution(
        rive, step, clock(), author_id=amina, title="Idée refusée", pending_for="moderation"
    )
    withdrawn = essai.make_contribution(rive, step, clock(), author_id=amina, title="Idée retirée")
    late = essai.make_contribution(
        rive, step, clock(), author_id=amina, title="Idée tardive", pending_for="identity"
    )
    essai.make_contribution(rive, step, clock(), title="L’idée d’une autre")
    with rive.scope():
        moderate.hide(contributions.lock(hidden), reason="advertising", note="", by=dora, now=clock())
        moderate.reject(contributions.lock(refused), reason="off_topic", note="", by=dora, now=clock())
        contributions.withdraw(contributions.lock(withdrawn), now=clock())
        db.session.execute(update(Contribution).where(Contribution.id == late).values(pending_for="too_late"))

    page = plain(browse(rive, amina).get("/mon-espace/contributions/"))

    for sentence in (
        "En ligne.",
        "votre adresse n’est pas confirmée",
        "votre inscription n’est pas complète",
        "un agent la relit sous 48 heures",
        "Masquée le 22 novembre 2026. Le texte fait de la publicité",
        "Non publiée le 22 novembre 2026. Le texte ne parle pas du sujet",
        "Retirée par vous.",
        "Arrivée après la clôture",
    ):
        assert sentence in page, sentence
    assert "L’idée d’une autre" not in page


def test_one_s_comments_are_listed_with_what_they_are_about(rive, step, browse, amina, clock):
    idea = essai.make_contribution(rive, step, clock(), title="Un préau")
    with rive.scope():
        for body, author in (("Il faudrait aussi un banc.", amina), ("Rien à voir.", None)):
            db.session.add(
                Comment(
                    contribution_id=idea,
                    step_id=step,
                    author_id=author,
                    body=body,
                    state="published",
                    created_at=clock(),
                )
            )

    page = browse(rive, amina).get("/mon-espace/contributions/")

    assert "Il faudrait aussi un banc." in page.text
    assert "Un préau" in page.text
    assert "Rien à voir." not in page.text


def test_contributions_come_by_twenty(rive, step, browse, amina, clock):
    for number in range(21):
        essai.make_contribution(rive, step, clock(), author_id=amina, title=f"Idée {number}")
        clock.move(seconds=1)
    browser = browse(rive, amina)

    first, second, beyond = (
        browser.get(f"/mon-espace/contributions/?page={page}").text for page in (1, 2, 99)
    )

    assert first.count('class="panel') == 20
    assert second.count('class="panel') == beyond.count('class="panel') == 1


def test_a_draft_is_discarded_by_its_owner_alone(rive, step, browse, amina, bruno, clock):
    with rive.scope():
        draft = drafts.save(
            "essai.deposit", get_step_by_id(step), amina, {"title": "Secret"}, draft_id=None, now=clock()
        )
    other, mine = browse(rive, bruno), browse(rive, amina)

    assert "Secret" not in other.get("/mon-espace/brouillons/").text
    assert other.post(f"/mon-espace/brouillons/{draft.id}/supprimer/").status_code == 404
    assert "Secret" in mine.get("/mon-espace/brouillons/").text
    assert mine.post(f"/mon-espace/brouillons/{draft.id}/supprimer/").status_code == 303
    assert "Secret" not in mine.get("/mon-espace/brouillons/").text


def test_a_draft_of_a_closed_step_can_still_be_read(rive, step, browse, amina, clock):
    with rive.scope():
        drafts.save(
            "essai.deposit", get_step_by_id(step), amina, {"title": "Trop tard", "body": "Le texte entier."},
            draft_id=None, now=clock(),
        )  # fmt: skip
    clock.move(days=21)

    page = browse(rive, amina).get("/mon-espace/brouillons/")

    assert "Le texte entier." in page.text
    assert "brouillon=" not in page.text


def test_a_support_is_taken_back_while_the_step_is_open(rive, step, browse, amina, clock):
    idea = essai.make_contribution(rive, step, clock(), title="Un arbre")
    with rive.scope():
        votes.support(get_step_by_id(step), idea, person_id=amina, now=clock())
    browser = browse(rive, amina)

    listed = browser.get("/mon-espace/votes/")
    answer = browser.post(f"/mon-espace/votes/{idea}/retirer/")

    assert "Un arbre" in listed.text
    assert "Retirer mon soutien" in listed.text
    assert answer.status_code == 303
    assert essai.read(rive, idea).supports == 0
    assert browser.post(f"/mon-espace/votes/{idea}/retirer/").status_code == 404


def test_a_support_stays_once_the_step_is_closed(rive, step, browse, amina, clock):
    idea = essai.make_contribution(rive, step, clock(), title="Un arbre")
    with rive.scope():
        votes.support(get_step_by_id(step), idea, person_id=amina, now=clock())
        db.session.execute(update(Step).where(Step.id == step).values(closes_at=clock() + timedelta(hours=1)))
    clock.move(hours=1)
    browser = browse(rive, amina)

    listed = browser.get("/mon-espace/votes/")
    answer = browser.post(f"/mon-espace/votes/{idea}/retirer/")

    assert "Un arbre" in listed.text
    assert "Retirer mon soutien" not in listed.text
    assert answer.status_code == 422
    assert essai.read(rive, idea).supports == 1


def test_029_unfollowing_an_item_a_step_or_a_project_persists(rive, step, browse, amina, clock):
    idea = essai.make_contribution(rive, step, clock(), title="Un arbre")
    with rive.scope():
        project_id = get_step_by_id(step).project_id
        follows.follow(amina, contribution_id=idea, now=clock())
        follows.follow(amina, step_id=step, now=clock())
        follows.follow(amina, project_id=project_id, now=clock())
    browser = browse(rive, amina)
    before = browser.get("/mon-espace/abonnements/")

    for kind, target in (("contribution", idea), ("step", step), ("project", project_id)):
        assert browser.post(f"/mon-espace/abonnements/{kind}/{target}/retirer/").status_code == 303

    assert before.text.count("Ne plus suivre") == 3
    assert "Ne plus suivre" not in browser.get("/mon-espace/abonnements/").text
    with rive.scope():
        assert follows.level_of(amina, contribution_id=idea) == "none"
    assert browser.post(f"/mon-espace/abonnements/step/{idea}/retirer/").status_code == 404


def test_the_data_page_says_what_is_held_and_whom_to_write_to(rive, browse, clock):
    person = worlds.make_person(rive, "Amina R.", email="amina@exemple.fr", zone="nord")

    page = plain(browse(rive, person).get("/mon-espace/donnees/"))

    for words in (
        "amina@exemple.fr",
        "Amina R.",
        "Nord",
        "dpo@rive.example",
        "730 jours",
        "Ville de Rive",
        "CNIL",
    ):
        assert words in page, words


def test_an_application_switched_off_leaves_no_trace(app, make_tenant, browse, clock, monkeypatch):
    essai.lend(app, monkeypatch)
    sud = make_tenant("sud", modules={"essai": {"enabled": False}})
    step = worlds.make_step(sud, module="essai", kind="depot", segment="essais", title="Vos essais")
    amina = worlds.make_person(sud, "Amina R.")
    essai.make_contribution(sud, step, clock(), author_id=amina, title="Invisible")
    browser = browse(sud, amina)

    for page in PAGES:
        text = browser.get(f"/mon-espace/{page}").text
        assert "Invisible" not in text, page
        assert "Vos essais" not in text, page


def test_the_number_of_statements_does_not_grow_with_what_is_listed(app, rive, step, browse, amina, clock):
    from tests.people import mailbox

    browser = browse(rive, amina)
    counts = []
    for _ in range(2):
        for number in range(5):
            idea = essai.make_contribution(rive, step, clock(), author_id=amina, title=f"Idée {number}")
            with rive.scope():
                votes.support(get_step_by_id(step), idea, person_id=amina, now=clock())
                drafts.save(
                    "essai.deposit", get_step_by_id(step), amina, {"title": "x"}, draft_id=None, now=clock()
                )
        seen = {}
        for page in PAGES:
            with mailbox.statements(app) as statements:
                assert browser.get(f"/mon-espace/{page}").status_code == 200
            seen[page] = len([one for one in statements if not one.startswith("SET LOCAL")])
        counts.append(seen)

    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 8
