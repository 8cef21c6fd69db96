"""« Mode gestion »: what Bruno, who moderates, and Dora, who administers, do from the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.db import outbox
from app.db.session import db
from app.participation import moderate, votes
from app.participation.models import StatusChange, Step
from app.participation.steps import get_step_by_id
from modules.boite_a_idees import queries, services, tasks
from modules.boite_a_idees.tests.stories import errors_of, plain
from tests.support.world import make_person

ANSWER = {
    "signatory": "Claire Vasseur",
    "signatory_title": "adjointe aux mobilités",
    "body": "Votre idée est recevable.",
}


def manage(browse, world, person):
    """A browser of this person with « Mode gestion » on."""
    browser = browse(world, person)
    browser.client.set_cookie(f"parvis_{world.slug}_gestion", "1", domain="localhost", path=f"{world.path}/")
    return browser


def test_the_toolbar_shows_each_what_they_may_do_and_only_in_manage_mode(browse, box, amina, bruno, dora):
    idea = box.idea(author_id=amina)

    assert "gerer/" not in browse(box.world, bruno).get(box.address(idea)).text
    moderator = manage(browse, box.world, bruno).get(box.address(idea)).text
    assert "gerer/masquer/" in moderator
    assert "gerer/repondre/" not in moderator
    admin = manage(browse, box.world, dora).get(box.address(idea)).text
    assert "gerer/masquer/" in admin
    assert "gerer/repondre/" in admin
    assert "gerer/avancement/" in admin
    assert "gerer/dates/" in manage(browse, box.world, dora).get(box.path).text
    assert "gerer/" not in manage(browse, box.world, amina).get(box.address(idea)).text


def test_065_hiding_asks_one_of_six_reasons_and_can_be_undone(browse, box, amina, bruno):
    idea = box.idea(author_id=amina, title="À masquer")
    browser = manage(browse, box.world, bruno)
    page = browser.get(f"{box.address(idea)}gerer/masquer/")
    assert [f"{number}. " in plain(page) for number in range(1, 7)] == [True] * 6

    refused = browser.post(f"{box.address(idea)}gerer/masquer/", {"note": "Sans raison"})
    assert (refused.status_code, errors_of(refused)) == (422, ["Choisissez une raison"])
    assert "Sans raison" in refused.text
    told = browser.follow(
        browser.post(f"{box.address(idea)}gerer/masquer/", {"reason": "advertising", "note": "Une boutique."})
    )

    assert box.reload(idea).state == "hidden"
    assert "L’idée est masquée." in plain(told)
    assert "Rétablir" in plain(told)
    author = browse(box.world, amina)
    assert "Contribution masquée le 22 novembre : publicité ou démarchage." in plain(
        author.get(box.address(idea))
    )
    assert "À masquer" in author.get(box.address(idea)).text
    with box.world.scope():
        (decision,) = moderate.list_decisions(contribution_id=idea.id)
    assert (decision.reason, decision.note, decision.author_id) == ("advertising", "Une boutique.", bruno)

    browser.post(f"{box.address(idea)}gerer/retablir")
    assert box.reload(idea).state == "published"


def test_a_waiting_idea_is_accepted_or_refused_from_its_page(browse, rive, amina, bruno, clock, make_box):
    box = make_box(rive, moderation="before")
    first = box.idea(author_id=amina, title="Première")
    second = box.idea(author_id=amina, title="Deuxième")
    browser = manage(browse, rive, bruno)
    assert "Accepter" in plain(browser.get(box.address(first)))

    browser.post(f"{box.address(first)}gerer/accepter")
    browser.post(f"{box.address(second)}gerer/refuser/", {"reason": "duplicate"})

    assert (box.reload(first).state, box.reload(second).state) == ("published", "rejected")
    assert browser.post(f"{box.address(first)}gerer/accepter").status_code in (403, 409)


def test_077_dora_answers_and_sets_the_status_in_one_act(browse, box, amina, dora):
    idea = box.idea(author_id=amina)
    browser = manage(browse, box.world, dora)
    assert "Prévient 1 personne qui suit l’idée." in plain(browser.get(f"{box.address(idea)}gerer/repondre/"))

    refused = browser.post(f"{box.address(idea)}gerer/repondre/", ANSWER | {"body": ""})
    assert errors_of(refused) == ["Écrivez la réponse"]
    browser.post(f"{box.address(idea)}gerer/repondre/", ANSWER | {"status": "etude"})

    found = box.reload(idea)
    assert (found.answered, found.status) == (True, "etude")
    assert "Votre idée est recevable." in browse(box.world).get(box.address(idea)).text


def test_077_a_status_of_another_application_is_refused_and_none_can_be_chosen(browse, box, dora):
    idea = box.idea()
    browser = manage(browse, box.world, dora)

    refused = browser.post(f"{box.address(idea)}gerer/avancement/", {"status": "laureat"})
    assert refused.status_code == 422
    assert "Cet avancement n’existe pas dans cette application" in plain(refused)
    assert box.reload(idea).status == "recue"

    browser.post(f"{box.address(idea)}gerer/avancement/", {"status": "recevable", "note": "Conforme."})
    assert box.reload(idea).status == "recevable"
    browser.post(f"{box.address(idea)}gerer/avancement/", {"status": "", "note": ""})
    assert box.reload(idea).status == ""


def test_077_an_idea_that_is_not_in_the_step_is_not_found(browse, rive, dora, clock, make_box):
    here, elsewhere = make_box(rive), make_box(rive)
    elsewhere.idea()

    refused = manage(browse, rive, dora).post(f"{here.path}1-ailleurs/gerer/avancement/", {"status": "etude"})

    assert refused.status_code == 404
    with rive.scope():
        assert db.session.scalars(db.select(StatusChange)).all() == []


def test_078_a_status_change_is_told_to_followers_through_the_outbox(browse, box, amina, dora):
    idea = box.idea(author_id=amina)
    heard = []
    outbox.subscribe("participation.status_changed", "ideas_test", heard.append)
    try:
        manage(browse, box.world, dora).post(f"{box.address(idea)}gerer/avancement/", {"status": "etude"})
        with box.world.scope():
            events = db.session.scalars(
                db.select(outbox.Event).where(outbox.Event.name == "participation.status_changed")
            ).all()
            change = db.session.scalars(db.select(StatusChange)).one()
    finally:
        outbox._handlers["participation.status_changed"].pop("ideas_test")

    assert [event.payload["change_id"] for event in events] == [str(change.id)]


@pytest.mark.parametrize("who", ["visitor", "amina", "stranger", "bruno"])
def test_who_may_not_answer_hide_or_move_dates_is_refused_and_told_who_may(browse, box, amina, bruno, who):
    idea = box.idea(author_id=amina)
    person = {"visitor": None, "amina": amina, "bruno": bruno}.get(who) or (
        make_person(box.world, "Nour B.") if who == "stranger" else None
    )
    browser = browse(box.world, person)
    actions = ["gerer/repondre/", "gerer/avancement/"]
    if who != "bruno":
        actions += ["gerer/masquer/"]
    for action in actions:
        for refused in (
            browser.get(f"{box.address(idea)}{action}"),
            browser.post(f"{box.address(idea)}{action}", ANSWER | {"reason": "unlawful", "status": "etude"}),
        ):
            assert refused.status_code == 403
            assert "réservé à" in plain(refused)
    assert browser.post(f"{box.path}gerer/dates/", {"closes_at": "2026-11-23T10:00"}).status_code == 403
    found = box.reload(idea)
    assert (found.state, found.status, found.answered) == ("published", "recue", False)


def test_dora_moves_the_closing_and_the_page_says_so(browse, box, dora):
    browser = manage(browse, box.world, dora)
    page = browser.get(f"{box.path}gerer/dates/")
    assert 'value="2026-12-12T11:00"' in page.text

    wrong = browser.post(
        f"{box.path}gerer/dates/", {"opens_at": "2026-11-12T11:00", "closes_at": "2026-11-12T11:00"}
    )
    assert errors_of(wrong) == ["La clôture vient après l’ouverture"]
    told = browser.follow(
        browser.post(
            f"{box.path}gerer/dates/",
            {"opens_at": "2026-11-12T11:00", "closes_at": "2026-11-24T18:00", "results_at": ""},
        )
    )

    assert "Encore 2 jours" in plain(told)
    with box.world.scope():
        step = db.session.get_one(Step, (box.world.id, box.step_id))
    assert step.closes_at == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def archive_all(box, clock):
    with box.world.scope():
        tasks.archive(box.world.config, clock())


def test_067_the_nightly_job_archives_on_the_day_the_page_announced(browse, rive, clock, make_box):
    box = make_box(rive, threshold=300, archive_after_days=30, closes_in=None)
    idea = box.idea(supports=299)
    assert "l’idée sera archivée le 22 décembre 2026" in plain(browse(rive).get(box.address(idea)))

    # The night before, at 1:30 in Paris; then the night announced.
    clock.at = datetime(2026, 12, 21, 0, 30, tzinfo=UTC)
    archive_all(box, clock)
    assert box.reload(idea).state == "published"
    clock.at = datetime(2026, 12, 22, 0, 30, tzinfo=UTC)
    archive_all(box, clock)
    archive_all(box, clock)

    assert box.reload(idea).state == "archived"
    assert "sera archivée" not in plain(browse(rive).get(box.address(idea)))


def test_067_ideas_that_met_the_threshold_or_were_taken_up_stay(rive, amina, clock, make_box):
    box = make_box(rive, threshold=12, archive_after_days=30, closes_in=None)
    reached, once, studied = box.idea(supports=12), box.idea(supports=11), box.idea(status="etude")
    with rive.scope():
        services.support(get_step_by_id(box.step_id), once.id, person_id=amina, now=clock())
    with rive.scope():
        votes.withdraw(get_step_by_id(box.step_id), once.id, person_id=amina, now=clock())
    clock.move(days=60)

    archive_all(box, clock)

    assert [box.reload(idea).state for idea in (reached, once, studied)] == ["published"] * 3


def test_067_the_job_is_declared_every_night_and_reads_in_batches(rive, clock, make_box, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    box = make_box(rive, threshold=300, archive_after_days=1, closes_in=None)
    for number in range(5):
        box.idea(title=f"Idée {number}", supports=1)
    clock.move(days=3)

    archive_all(box, clock)

    assert {idea.state for idea in box.all()} == {"archived"}
    (job,) = tasks.JOBS
    assert (job.name, job.daily_at.hour) == ("boite_a_idees.archive", 1)
    with rive.scope():
        assert (
            queries.list_to_archive(box.step_id, before=clock() + timedelta(days=1), threshold=300, limit=9)
            == []
        )
