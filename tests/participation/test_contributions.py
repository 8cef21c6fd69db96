"""A contribution is deposited, numbered, published, changed and withdrawn."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.errors import Conflict, NotFound
from app.db.session import db
from app.participation import contributions, counters, follows
from app.participation.errors import EditNotAllowed, EditsOff, StepClosed, StepNotOpen
from app.participation.models import Contribution, ContributionVersion, StepCounter, Vote
from app.participation.steps import get_step_by_id
from tests.participation.deposits import (
    BODY,
    change_step,
    count,
    deposit,
    news,
    reload,
    statements,
    step_of,
    support,
)
from tests.support.world import TenantWorld, make_step


def complete(tenant: TenantWorld, step_id: UUID, idea: UUID, pending_for: str | None = None) -> None:
    with tenant.scope():
        contributions.complete(get_step_by_id(step_id), idea, now=clocks.now(), pending_for=pending_for)


def edit(tenant: TenantWorld, idea: UUID, **values: object) -> None:
    with tenant.scope():
        row = db.session.get_one(Contribution, (tenant.id, idea))
        names = ("title", "body", "theme", "zone_id", "place", "photo_id")
        kept = {name: getattr(row, name) for name in names}
        contributions.edit(row, **(kept | values), now=clocks.now())  # type: ignore[arg-type]


def withdraw(tenant: TenantWorld, idea: UUID) -> None:
    with tenant.scope():
        contributions.withdraw(db.session.get_one(Contribution, (tenant.id, idea)), now=clocks.now())


# --- deposit ---------------------------------------------------------------------------------------------------


def test_a_deposit_is_numbered_published_counted_and_followed_by_its_author(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)

    with news() as told:
        first = reload(rive, deposit(rive, step_id, "Des bancs à l’ombre", author=amina, theme="Nature"))
    second = reload(rive, deposit(rive, step_id, "Une cour d’école verte"))

    assert (first.number, first.slug, first.state, first.status) == (
        1,
        "des-bancs-a-l-ombre",
        "published",
        "",
    )
    assert (first.created_at, first.published_at, first.shuffle_rank) == (clock(), clock(), 0)
    assert (second.number, second.slug, second.shuffle_rank) == (2, "une-cour-d-ecole-verte", 1)
    assert told == ["contribution_submitted", "contribution_published"]
    step = step_of(rive, step_id)
    assert (step.contributions, step.shuffled) == (2, 2)
    assert contributions.path_of(step, 1, first.slug) == f"/idees/{step.slug}/1-des-bancs-a-l-ombre/"
    with rive.scope():
        assert follows.is_following(amina, contribution_id=first.id)
        assert contributions.get(step, 2).id == second.id
        assert counters.facets(step_id).themes == {"Nature": 1, "": 1}


@pytest.mark.parametrize("pending_for", ["identity", "requirements"])
def test_a_deposit_by_somebody_not_yet_identified_waits_and_is_not_counted(
    rive: TenantWorld, amina: UUID, pending_for: str
) -> None:
    step_id = make_step(rive)

    with news() as told:
        idea = reload(rive, deposit(rive, step_id, author=amina, pending_for=pending_for))

    assert (idea.state, idea.pending_for, idea.published_at, idea.shuffle_rank) == (
        "pending",
        pending_for,
        None,
        None,
    )
    assert (step_of(rive, step_id).contributions, step_of(rive, step_id).shuffled) == (0, 0)
    assert told == ["contribution_submitted"]
    with rive.scope():
        assert counters.facets(step_id) == counters.Facets()


def test_a_step_moderated_before_publication_keeps_the_deposit_waiting(rive: TenantWorld) -> None:
    step_id = make_step(rive, moderation="before")

    idea = reload(rive, deposit(rive, step_id))

    assert (idea.state, idea.pending_for) == ("pending", "moderation")


def test_an_imported_row_keeps_its_own_dates(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    written = datetime(2019, 3, 4, 12, tzinfo=UTC)

    idea = reload(rive, deposit(rive, step_id, created_at=written, published_at=written))

    assert (idea.created_at, idea.published_at) == (written, written)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("🌳🌳🌳", "contribution"),
        ("Œuvrer à l’été", "oeuvrer-a-l-ete"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("mot " * 60, "-".join(["mot"] * 20)),
        ("مقعد في الظل", "mq-d-fy-lzl"),
    ],
)
def test_any_title_gives_an_address(title: str, slug: str) -> None:
    assert contributions.slug_of(title) == slug


def test_a_step_that_does_not_exist_receives_nothing(rive: TenantWorld, levant: TenantWorld) -> None:
    elsewhere = step_of(levant, make_step(levant))

    with pytest.raises(NotFound), rive.scope():
        contributions.submit(
            elsewhere, Contribution(title="Ici", body=""), now=clocks.now(), pending_for=None
        )

    assert step_of(levant, elsewhere.id).contributions == 0


def test_deposits_made_at_once_have_different_numbers_and_places(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    together = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            together.wait(timeout=20)
            for turn in range(5):
                deposit(rive, step_id, f"Idée {worker}-{turn}", theme=f"Thème {turn}")
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert failures == []
    with rive.scope():
        rows = db.session.scalars(db.select(Contribution).filter_by(step_id=step_id)).all()
        assert sorted(row.number for row in rows) == list(range(1, 41))
        assert sorted(row.shuffle_rank or 0 for row in rows) == list(range(40))
        assert counters.facets(step_id).themes == {f"Thème {turn}": 8 for turn in range(5)}
        assert get_step_by_id(step_id).contributions == 40
        assert counters.recount() == []


def test_a_deposit_costs_few_statements(rive: TenantWorld, amina: UUID) -> None:
    step_id = make_step(rive)
    step = step_of(rive, step_id)

    with rive.scope(), statements() as seen:
        row = Contribution(title="Des bancs", body=BODY, author_id=amina)
        contributions.submit(step, row, now=clocks.now(), pending_for=None)

    news_of_it = ("INSERT INTO event", "INSERT INTO delivery", "INSERT INTO due_work")
    assert len([statement for statement in seen if not statement.startswith(news_of_it)]) == 4


# --- completing ------------------------------------------------------------------------------------------------


def test_proving_what_was_missing_publishes(rive: TenantWorld, amina: UUID, clock: FrozenClock) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, author=amina, pending_for="identity")
    clock.move(hours=3)

    complete(rive, step_id, idea, "requirements")
    assert reload(rive, idea).pending_for == "requirements"
    with news() as told:
        complete(rive, step_id, idea)
        complete(rive, step_id, idea)

    found = reload(rive, idea)
    assert (found.state, found.pending_for, found.published_at) == ("published", None, clock())
    assert (found.shuffle_rank, step_of(rive, step_id).contributions) == (0, 1)
    assert told == ["contribution_submitted", "contribution_published"]
    with rive.scope():
        assert counters.facets(step_id).total == 1
        assert counters.recount() == []


def test_completing_a_deposit_of_a_moderated_step_hands_it_to_the_moderators(rive: TenantWorld) -> None:
    step_id = make_step(rive, moderation="before")
    idea = deposit(rive, step_id, pending_for="identity")

    complete(rive, step_id, idea)
    complete(rive, step_id, idea)

    assert (reload(rive, idea).state, reload(rive, idea).pending_for) == ("pending", "moderation")


def test_one_second_before_closing_it_counts_and_at_closing_it_is_too_late(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    step_id = make_step(rive, closes_in=timedelta(hours=1))
    early, late = (deposit(rive, step_id, pending_for="identity") for _ in range(2))

    clock.move(minutes=59, seconds=59)
    complete(rive, step_id, early)
    clock.move(seconds=1)
    complete(rive, step_id, late)

    assert reload(rive, early).state == "published"
    assert (reload(rive, late).state, reload(rive, late).pending_for) == ("pending", "too_late")
    complete(rive, step_id, late)
    assert reload(rive, late).pending_for == "too_late"


def test_the_phase_is_read_again_when_an_agent_moved_the_closing(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, pending_for="identity")
    as_known = step_of(rive, step_id)
    change_step(rive, step_id, closes_at=clock() - timedelta(minutes=1))

    with rive.scope():
        contributions.complete(as_known, idea, now=clock(), pending_for=None)

    assert reload(rive, idea).pending_for == "too_late"


def test_completing_needs_a_contribution_of_that_step(rive: TenantWorld, levant: TenantWorld) -> None:
    step_id, other = make_step(rive), make_step(rive)
    idea = deposit(rive, step_id, pending_for="identity")
    foreign = deposit(levant, make_step(levant), pending_for="identity")

    for missing, step in ((uuid4(), step_id), (foreign, step_id), (idea, other)):
        with pytest.raises(NotFound):
            complete(rive, step, missing)


def test_a_withdrawn_deposit_is_not_published_by_a_late_confirmation(rive: TenantWorld, amina: UUID) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, author=amina, pending_for="identity")
    withdraw(rive, idea)

    complete(rive, step_id, idea)

    assert (reload(rive, idea).state, reload(rive, idea).pending_for) == ("withdrawn", None)


# --- editing ---------------------------------------------------------------------------------------------------


def test_062_an_author_edits_and_the_counters_follow(rive: TenantWorld, clock: FrozenClock) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, theme="Nature", zone_id=rive.zones["nord"])
    clock.move(days=1)

    with news() as told:
        edit(
            rive,
            idea,
            title="Des bancs partout",
            theme="Mobilités",
            zone_id=rive.zones["sud"],
            place="La gare",
        )

    found = reload(rive, idea)
    assert (found.title, found.slug, found.place) == ("Des bancs partout", "des-bancs-partout", "La gare")
    assert (found.edited_at, found.versions, found.number) == (clock(), 1, 1)
    assert told == ["contribution_edited"]
    with rive.scope():
        facets = counters.facets(step_id)
        assert facets.themes == {"Mobilités": 1}
        assert facets.zones == {str(rive.zones["sud"]): 1}
        assert counters.recount() == []


def test_an_edit_that_changes_nothing_leaves_no_trace(rive: TenantWorld) -> None:
    idea = deposit(rive, make_step(rive))

    with news() as told:
        edit(rive, idea)

    assert (reload(rive, idea).edited_at, told) == (None, [])


def test_a_new_place_moves_the_point_or_loses_it(rive: TenantWorld) -> None:
    idea = deposit(rive, make_step(rive), place="La gare", longitude=0.5, latitude=0.5)

    edit(rive, idea, title="Des bancs et des arbres")
    assert (reload(rive, idea).longitude, reload(rive, idea).latitude) == (0.5, 0.5)
    edit(rive, idea, place="Le port", point=(0.2, 0.3))
    assert (reload(rive, idea).longitude, reload(rive, idea).latitude) == (0.2, 0.3)
    edit(rive, idea, place="Ailleurs")
    assert (reload(rive, idea).longitude, reload(rive, idea).latitude) == (None, None)


def test_changing_the_text_of_a_supported_idea_keeps_its_versions(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    step_id = make_step(rive, edits_allowed="with_versions")
    idea = deposit(rive, step_id, "Un", body="Texte un")
    edit(rive, idea, title="Deux")
    support(rive, step_id, idea, voters=2)

    edit(rive, idea, title="Trois", body="Texte trois")
    edit(rive, idea, place="La gare")
    clock.move(days=1)
    edit(rive, idea, body="Texte quatre")

    with rive.scope():
        row = db.session.get_one(Contribution, (rive.id, idea))
        kept = contributions.list_versions(idea)
        assert contributions.number_of_versions(row) == 3
        assert [(version.number, version.title, version.body, version.supports) for version in kept] == [
            (2, "Trois", "Texte trois", 2),
            (1, "Deux", "Texte un", 2),
        ]
        assert kept[0].replaced_at == clock()
        assert row.supports == 2


def test_062_until_the_first_support_only_when_the_step_says_so(rive: TenantWorld) -> None:
    step_id = make_step(rive, edits_allowed="until_support")
    idea = deposit(rive, step_id, "Un")
    edit(rive, idea, title="Deux")
    support(rive, step_id, idea)

    with pytest.raises(EditNotAllowed):
        edit(rive, idea, title="Trois")

    assert reload(rive, idea).title == "Deux"
    assert count(rive, ContributionVersion) == 0


def test_062_no_edit_when_the_step_forbids_it(rive: TenantWorld) -> None:
    idea = deposit(rive, make_step(rive, edits_allowed="never"), "Un")

    with pytest.raises(EditsOff):
        edit(rive, idea, title="Deux")


def test_062_no_edit_on_a_closed_step(rive: TenantWorld, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive, closes_in=timedelta(hours=1)), "Un")
    soon = deposit(rive, make_step(rive, opens_in=timedelta(days=1)), "Un")
    clock.move(hours=1)

    with pytest.raises(StepClosed) as refusal:
        edit(rive, idea, title="Deux")
    with pytest.raises(StepNotOpen):
        edit(rive, soon, title="Deux")

    assert "22 novembre 2026" in refusal.value.sentence()
    assert reload(rive, idea).title == "Un"


@pytest.mark.parametrize("state", ["hidden", "archived", "withdrawn"])
def test_what_left_the_pages_meanwhile_is_not_edited(rive: TenantWorld, state: str) -> None:
    idea = deposit(rive, make_step(rive), "Un")
    with rive.scope():
        contributions.move_state(contributions.lock(idea), state, now=clocks.now())

    with pytest.raises(Conflict):
        edit(rive, idea, title="Deux")


# --- leaving ---------------------------------------------------------------------------------------------------


def test_063_a_withdrawn_contribution_leaves_the_counters_and_keeps_its_supports(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    idea, other = deposit(rive, step_id, theme="Nature"), deposit(rive, step_id, theme="Nature")
    support(rive, step_id, idea, voters=2)

    with news() as told:
        withdraw(rive, idea)

    found = reload(rive, idea)
    assert (found.state, found.supports, found.shuffle_rank) == ("withdrawn", 2, None)
    assert count(rive, Vote) == 2
    assert told == ["contribution_withdrawn"]
    with rive.scope():
        assert counters.facets(step_id).themes == {"Nature": 1}
        assert get_step_by_id(step_id).contributions == 1
        assert counters.recount() == []
    with pytest.raises(Conflict):
        withdraw(rive, idea)
    assert reload(rive, other).state == "published"


def test_an_author_may_withdraw_after_the_closing(rive: TenantWorld, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive, closes_in=timedelta(hours=1)))
    clock.move(days=2)

    withdraw(rive, idea)

    assert reload(rive, idea).state == "withdrawn"


def test_067_an_archived_contribution_is_counted_apart(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, theme="Nature")
    deposit(rive, step_id, theme="Nature")

    with rive.scope():
        contributions.archive(contributions.lock(idea), now=clocks.now())

    with rive.scope():
        facets = counters.facets(step_id)
        assert (facets.total, facets.archived, facets.themes) == (1, 1, {"Nature": 1})
        assert counters.facets(step_id, state="archived").total == 1
        assert get_step_by_id(step_id).contributions == 1
    with pytest.raises(Conflict), rive.scope():
        contributions.archive(contributions.lock(idea), now=clocks.now())


def test_nobody_reaches_a_contribution_of_another_platform(rive: TenantWorld, levant: TenantWorld) -> None:
    step_id = make_step(levant)
    idea, step = deposit(levant, step_id), step_of(levant, step_id)

    with rive.scope():
        with pytest.raises(NotFound):
            contributions.lock(idea)
        with pytest.raises(NotFound):
            contributions.get(step, 1)
    assert (count(levant, StepCounter), count(rive, StepCounter)) == (1, 0)
