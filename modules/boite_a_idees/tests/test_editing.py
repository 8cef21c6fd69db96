"""Authors and their own idea: changing it, reading what it was, taking it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.participation import counters
from modules.boite_a_idees.tests.stories import GOOD, errors_of, plain

NEW = GOOD | {"title": "Quatre bancs à l’ombre", "body": GOOD["body"].replace("Trois", "Quatre")}


def test_062_an_author_changes_their_idea_and_the_old_address_leads_to_the_new_one(browse, box, amina):
    idea = box.idea(author_id=amina, **GOOD)
    browser = browse(box.world, amina)
    assert GOOD["body"] in browser.get(f"{box.address(idea)}modifier/").text

    page = browser.follow(browser.post(f"{box.address(idea)}modifier/", NEW | {"zone": "sud"}))

    found = box.reload(idea)
    assert (found.title, found.zone_id, found.versions) == (NEW["title"], box.world.zones["sud"], 1)
    assert "Votre idée est modifiée." in plain(page)
    assert browser.get(box.address(idea)).status_code == 301
    with box.world.scope():
        assert counters.recount() == []


def test_062_the_text_of_a_supported_idea_keeps_its_versions_visible(browse, box, amina, clock):
    idea = box.idea(author_id=amina, supports=4, **GOOD)
    browser = browse(box.world, amina)
    assert "restera lisible" in plain(browser.get(f"{box.address(idea)}modifier/"))
    clock.move(hours=2)

    browser.post(f"{box.address(idea)}modifier/", NEW)

    found = box.reload(idea)
    page = browse(box.world).get(f"{box.address(found)}versions/")
    text = plain(page)
    assert found.versions == 2
    assert "Version 2, actuelle le dimanche 22 novembre 2026, 13 h" in text
    assert "Version 1 le dimanche 22 novembre 2026, 11 h · 4 soutiens à ce moment" in text
    assert "suppression : Trois fin de la suppression" in text
    assert "ajout : Quatre fin de l’ajout" in text
    assert "voir les versions" in plain(browse(box.world).get(box.address(found)))


@pytest.mark.parametrize(
    ("rule", "supports", "sentence"),
    [
        ("never", 0, "Les règles de cette étape ne permettent pas"),
        ("until_support", 1, "ne peut plus être modifiée"),
    ],
)
def test_062_the_step_s_rule_holds_on_the_page_and_on_the_post(
    browse, rive, amina, clock, make_box, rule, supports, sentence
):
    box = make_box(rive, edits_allowed=rule)
    idea = box.idea(author_id=amina, supports=supports, **GOOD)
    browser = browse(rive, amina)

    assert "Modifier mon idée" not in plain(browser.get(box.address(idea)))
    for refused in (
        browser.get(f"{box.address(idea)}modifier/"),
        browser.post(f"{box.address(idea)}modifier/", NEW),
    ):
        assert refused.status_code == 403
        assert sentence in plain(refused)
    assert box.reload(idea).title == GOOD["title"]


def test_062_nobody_edits_once_the_step_is_closed(browse, rive, amina, clock, make_box):
    box = make_box(rive, closes_in=timedelta(days=-1))
    idea = box.idea(author_id=amina, **GOOD)

    refused = browse(rive, amina).post(f"{box.address(idea)}modifier/", NEW)

    assert refused.status_code == 422
    assert box.reload(idea).title == GOOD["title"]


def test_062_a_change_obeys_the_same_fields_as_the_deposit(browse, box, amina):
    idea = box.idea(author_id=amina, **GOOD)

    refused = browse(box.world, amina).post(
        f"{box.address(idea)}modifier/", NEW | {"title": "", "body": "Court"}
    )

    assert refused.status_code == 422
    assert errors_of(refused) == [
        "Écrivez un titre pour votre idée",
        "Ajoutez quelques mots : il en faut au moins 50",
    ]


def test_063_an_author_takes_their_idea_back_after_confirming(browse, box, amina):
    idea = box.idea(author_id=amina, **GOOD)
    box.vote(idea, 3)
    browser = browse(box.world, amina)
    page = browser.get(f"{box.address(idea)}retirer/")
    assert "Retirer votre idée ?" in plain(page)
    assert "Ses 3 soutiens ne compteront plus" in plain(page)
    assert box.reload(idea).state == "published"

    browser.post(f"{box.address(idea)}retirer/")

    assert box.reload(idea).state == "withdrawn"
    assert browse(box.world).get(box.address(idea)).status_code == 404
    assert "Vous avez retiré cette idée" in plain(browser.get(box.address(idea)))
    with box.world.scope():
        assert counters.recount() == []


def test_063_a_stranger_or_a_visitor_never_changes_nor_takes_back(browse, box, amina, bruno, dora):
    idea = box.idea(author_id=amina, **GOOD)

    for browser in (browse(box.world), browse(box.world, bruno), browse(box.world, dora)):
        for action, data in (("modifier/", NEW), ("retirer/", {})):
            assert browser.get(f"{box.address(idea)}{action}").status_code == 403
            assert browser.post(f"{box.address(idea)}{action}", data).status_code == 403
    found = box.reload(idea)
    assert (found.state, found.title) == ("published", GOOD["title"])


def test_063_somebody_of_another_platform_reaches_nothing(browse, box, amina, chloe, levant):
    idea = box.idea(author_id=amina, **GOOD)
    browser = browse(levant, chloe)

    for action in ("modifier/", "retirer/", "soutenir", "suivre", "gerer/masquer/"):
        assert browser.post(f"{box.address(idea)}{action}", NEW).status_code == 404
    assert box.reload(idea).state == "published"
