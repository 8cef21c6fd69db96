"""Supporting, following, the page of one idea, and how few statements they take."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from app.db import clock as clocks
from app.db.session import db
from app.participation import comments, follows, moderate, official, votes
from app.participation.models import Follow, Vote
from app.participation.steps import get_step_by_id
from modules.boite_a_idees import services
from modules.boite_a_idees.rules import STATUSES
from modules.boite_a_idees.tests.stories import plain
from tests.support.journeys import code_for
from tests.support.statements import count_statements
from tests.support.world import make_person

HTMX = {"HX-Request": "true"}


def votes_of(box, idea):
    with box.world.scope():
        return list(db.session.scalars(db.select(Vote).where(Vote.contribution_id == idea.id)))


def test_081_a_second_support_changes_nothing(browse, box, amina):
    idea = box.idea(supports=11)
    browser = browse(box.world, amina)

    first = browser.follow(browser.post(f"{box.address(idea)}soutenir"))
    browser.post(f"{box.address(idea)}soutenir")

    assert box.reload(idea).supports == 12
    assert len(votes_of(box, idea)) == 1
    assert "Votre soutien est compté. Encore 288 soutiens et la ville étudie l’idée." in plain(first)
    assert "Retirer mon soutien" in plain(first)


def test_081_two_clicks_at_the_same_moment_count_once(box, amina):
    idea = box.idea()
    gate, results = threading.Barrier(4), []

    def click():
        with box.world.scope():
            step = get_step_by_id(box.step_id)
            gate.wait()
            results.append(services.support(step, idea.id, person_id=amina, now=clocks.now()).changed)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, False, False, True]
    assert box.reload(idea).supports == 1
    with box.world.scope():
        assert votes.recount() == []


def test_082_over_the_limit_the_button_is_disabled_and_the_server_refuses(
    browse, rive, amina, clock, make_box
):
    box = make_box(rive, support_limit=1)
    first, second = box.idea(title="Une"), box.idea(title="Deux", body="Autre chose.")
    browser = browse(rive, amina)
    browser.post(f"{box.address(first)}soutenir")

    page = browser.get(box.address(second))
    assert 'aria-disabled="true"' in page.text
    assert "Vous avez donné 1 soutien, le maximum." in plain(page)
    refused = browser.post(f"{box.address(second)}soutenir")
    assert refused.status_code == 409
    assert "Vous avez déjà donné votre soutien. Retirez-le" in plain(refused)
    assert box.reload(second).supports == 0

    told = browser.post(f"{box.address(second)}soutenir", headers=HTMX)
    assert told.status_code == 422
    assert "Retirez-le" in plain(told)


def test_082_taking_a_support_back_frees_the_limit(browse, rive, amina, clock, make_box):
    box = make_box(rive, support_limit=1)
    first, second = box.idea(title="Une"), box.idea(title="Deux")
    browser = browse(rive, amina)
    browser.post(f"{box.address(first)}soutenir")

    back = browser.follow(browser.post(f"{box.address(first)}retirer-soutien"))
    browser.post(f"{box.address(second)}soutenir")

    assert "Soutien retiré." in plain(back)
    assert (box.reload(first).supports, box.reload(second).supports) == (0, 1)


@pytest.mark.parametrize(("opens", "closes"), [(3, 20), (-10, -1)])
def test_085_nobody_supports_before_opening_or_after_closing(
    browse, rive, amina, clock, make_box, opens, closes
):
    box = make_box(rive, opens_in=timedelta(days=opens), closes_in=timedelta(days=closes))
    idea = box.idea()
    browser = browse(rive, amina)

    assert "Soutenir cette idée" not in plain(browser.get(box.address(idea)))
    assert browser.post(f"{box.address(idea)}soutenir").status_code == 422
    assert box.reload(idea).supports == 0


def test_085_the_very_second_of_closing_is_too_late(browse, box, amina, clock):
    idea = box.idea()
    clock.move(days=19, hours=23, minutes=59, seconds=59)
    browser = browse(box.world, amina)
    assert browser.post(f"{box.address(idea)}soutenir").status_code == 303
    clock.move(seconds=1)

    refused = browser.post(f"{box.address(idea)}retirer-soutien")

    assert refused.status_code == 422
    assert "Votre soutien n’a pas été compté" in plain(refused) or "close" in plain(refused)
    assert box.reload(idea).supports == 1


def test_085_an_idea_of_another_step_or_that_is_not_public_cannot_be_supported(
    browse, rive, amina, clock, make_box
):
    here, elsewhere = make_box(rive), make_box(rive)
    there = elsewhere.idea(title="Ailleurs")
    waiting = here.idea(title="En attente", pending_for="identity", author_id=amina)
    browser = browse(rive, amina)

    assert browser.post(f"{here.path}9-ailleurs/soutenir").status_code == 404
    assert browser.post(f"{here.address(waiting)}soutenir").status_code == 422
    assert (elsewhere.reload(there).supports, here.reload(waiting).supports) == (0, 0)


def test_086_taking_back_a_support_never_given_is_an_error(browse, box, amina):
    idea = box.idea(supports=4)

    for browser in (browse(box.world, amina), browse(box.world)):
        refused = browser.post(f"{box.address(idea)}retirer-soutien")
        assert refused.status_code == 422
        assert "Vous n’aviez pas soutenu cette contribution : rien n’a changé." in plain(refused)
    assert box.reload(idea).supports == 4


def test_a_visitor_s_support_counts_once_the_address_is_confirmed(browse, rive, clock, make_box):
    box = make_box(rive, threshold=300)
    idea = box.idea(supports=11)
    visitor = browse(rive)

    identity = visitor.follow(visitor.post(f"{box.address(idea)}soutenir"))
    path = identity.request.path.removeprefix(rive.path)
    code = visitor.follow(visitor.post(path, {"email": "lea@rive.example"}))
    assert box.reload(idea).supports == 11
    assert [vote.counted for vote in votes_of(box, idea)] == [False]

    answer = visitor.post(
        code.request.path.removeprefix(rive.path), {"code": code_for(visitor, "lea@rive.example")}
    )
    profile = visitor.follow(answer)
    visitor.post(
        profile.request.path.removeprefix(rive.path),
        {"nom": "Léa B.", "display_name": "Léa B.", "charte": "1", "charter": "1", "zone": "nord"},
    )

    assert box.reload(idea).supports == 12
    assert [vote.counted for vote in votes_of(box, idea)] == [True]


def test_reaching_the_threshold_is_remembered_even_if_supports_go(browse, rive, amina, clock, make_box):
    box = make_box(rive, threshold=12)
    idea = box.idea(supports=11)
    browser = browse(rive, amina)

    page = browser.follow(browser.post(f"{box.address(idea)}soutenir"))
    assert "Le seuil est atteint : la ville étudie l’idée." in plain(page)
    browser.post(f"{box.address(idea)}retirer-soutien")

    found = box.reload(idea)
    assert (found.supports, found.threshold_reached_at) == (11, clock())


def test_voting_words_replace_supporting_words(browse, rive, amina, clock, make_box):
    box = make_box(rive, wording="voter", threshold=300)
    idea = box.idea(supports=1)

    text = plain(browse(rive, amina).get(box.address(idea)))

    assert "Voter pour cette idée" in text
    assert "vote sur 300" in text
    assert "Soutenir" not in text


def test_htmx_swaps_the_panel_and_the_dock(browse, box, amina):
    idea = box.idea(supports=11)
    browser = browse(box.world, amina)

    answer = browser.post(f"{box.address(idea)}soutenir", headers=HTMX)

    assert answer.status_code == 200
    assert '<p class="big-n num">12</p>' in answer.text
    assert 'id="dock" hx-swap-oob' in answer.text
    assert "<html" not in answer.text
    assert "Où en est" not in answer.text
    assert "Votre soutien est compté" not in plain(browser.get(box.path))


def test_htmx_leads_a_stranger_to_the_page_that_asks_who_they_are(browse, box):
    idea = box.idea()

    answer = browse(box.world).post(f"{box.address(idea)}soutenir", headers=HTMX)

    assert answer.status_code == 204
    assert "/participer/" in answer.headers["HX-Redirect"]


def test_071_following_has_three_levels_and_survives_a_revisit(browse, box, amina):
    idea = box.idea()
    browser = browse(box.world, amina)

    page = browser.follow(browser.post(f"{box.address(idea)}suivre"))
    assert "Vous suivez cette idée" in plain(page)
    browser.post(f"{box.address(idea)}suivre", {"niveau": "all"})
    assert 'value="all" checked' in browse(box.world, amina).get(box.address(idea)).text
    with box.world.scope():
        assert list(follows.followers(idea.id, "all")) == [amina]

    browser.post(f"{box.address(idea)}ne-plus-suivre")
    with box.world.scope():
        assert list(follows.followers(idea.id)) == []
    assert "Suivie" not in plain(browser.get(box.address(idea)))


def test_071_a_visitor_who_follows_is_asked_for_an_address_alone(browse, box):
    idea = box.idea()
    visitor = browse(box.world)

    page = visitor.follow(visitor.post(f"{box.address(idea)}suivre"))

    assert page.request.path.endswith("/identite/")


def test_somebody_is_told_of_the_opening(browse, rive, amina, clock, make_box):
    box = make_box(rive, opens_in=timedelta(days=3))
    browser = browse(rive, amina)

    page = browser.follow(browser.post(f"{box.path}prevenir"))

    assert "Nous vous préviendrons de l’ouverture, le mercredi 25 novembre 2026, 11 h." in plain(page)
    with rive.scope():
        followed = db.session.scalars(db.select(Follow).where(Follow.step_id == box.step_id)).one()
    assert (followed.person_id, followed.level) == (amina, "essential")


def test_a_wrong_slug_redirects_for_good_and_keeps_the_question(browse, box):
    idea = box.idea()
    visitor = browse(box.world)

    moved = visitor.get(f"{box.path}{idea.number}-ancien-titre/?commentaires=apprecies")

    assert moved.status_code == 301
    assert moved.headers["Location"].endswith(f"{box.address(idea)}?commentaires=apprecies")
    assert visitor.get(f"{box.path}999-rien/").status_code == 404


def test_the_page_says_where_the_idea_stands_who_answered_and_what_is_near(browse, box, dora, clock):
    near = box.idea(title="Une autre idée de mobilité", supports=40)
    idea = box.idea(title="Un pont cyclable", place="Ancien bac", published_at=clock() - timedelta(days=40))
    with box.world.scope():
        official.set_status(
            idea, "recevable", note="Conforme à la charte.", statuses=STATUSES, by=dora, now=clock()
        )
        official.answer(
            idea,
            signatory="Claire Vasseur",
            signatory_title="adjointe aux mobilités",
            body="Nous étudions le **coût**.",
            status="etude",
            statuses=STATUSES,
            by=dora,
            now=clock(),
        )

    page = browse(box.world).get(box.address(idea))
    text = plain(page)

    assert "Réponse de la ville Claire Vasseur, adjointe aux mobilités, le 22 novembre 2026" in text
    assert "<strong>coût</strong>" in page.text
    assert (
        "Déposée 13 octobre , terminé Recevable 22 novembre , terminé À l’étude depuis le 22 novembre" in text
    )
    assert "Conforme à la charte." in text
    assert near.title in text
    assert 'aria-label="Carte : Ancien bac"' in page.text


def test_065_a_hidden_idea_leaves_a_stub_with_its_reason(browse, box, bruno, clock):
    idea = box.idea(title="Une attaque", body="Des mots blessants pour quelqu’un de précis, ici.")
    with box.world.scope():
        moderate.hide(idea, reason="personal_attack", by=bruno, now=clock())

    page = browse(box.world).get(box.address(idea))

    assert "Contribution masquée le 22 novembre : attaque personnelle. Voir les règles" in plain(page)
    assert "Une attaque" not in page.text
    assert "mots blessants" not in page.text
    assert "Une attaque" not in browse(box.world).get(box.path).text


def discuss(box, idea, number):
    people = [make_person(box.world, f"Voix {one}") for one in range(3)]
    with box.world.scope():
        step = get_step_by_id(box.step_id)
        for one in range(number):
            comments.add(
                step, idea.id, author_id=people[one % 3], body=f"Avis {one}", parent_id=None,
                now=clocks.now() + timedelta(seconds=one), pending_for=None,
            )  # fmt: skip


def test_073_an_idea_with_sixty_comments_takes_as_many_statements_as_one_with_three(
    browse, box, amina, dora, clock
):
    few, many = box.idea(title="Peu", place="Ici"), box.idea(title="Beaucoup", place="Là")
    discuss(box, few, 3)
    discuss(box, many, 60)
    with box.world.scope():
        for idea in (few, many):
            official.answer(
                idea, signatory="La ville", signatory_title="", body="Oui.", status="etude",
                statuses=STATUSES, by=dora, now=clock(),
            )  # fmt: skip
    for browser, budget in ((browse(box.world), 6), (browse(box.world, amina), 7)):
        counts = []
        for idea in (few, many):
            browser.get(box.address(idea))
            with count_statements() as sent:
                page = browser.get(box.address(idea))
            counts.append(len(sent))
        assert counts[0] == counts[1] <= budget, sent
        assert "60 commentaires" in plain(page)
        assert page.text.count('class="com"') == 20


def test_a_support_takes_at_most_nine_statements(browse, box, amina):
    idea = box.idea(supports=299)
    browser = browse(box.world, amina)
    browser.get(box.address(idea))

    with count_statements() as first:
        browser.post(f"{box.address(idea)}soutenir", headers=HTMX)
    with count_statements() as back:
        browser.post(f"{box.address(idea)}retirer-soutien", headers=HTMX)
    with count_statements() as again:
        browser.post(f"{box.address(idea)}soutenir", headers=HTMX)

    assert box.reload(idea).supports == 300
    assert len(back) <= 9, back
    assert len(again) <= 9, again
    # The one that reaches the threshold also tells it to the worker.
    assert len(first) <= 12, first
