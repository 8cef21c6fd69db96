"""The figures beside the filters are exact without counting rows."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.errors import DomainError
from app.db.session import db
from app.participation import comments, contributions, counters, moderate, official, votes
from app.participation.counters import Cell, Facets
from app.participation.models import Comment, Contribution, Step, StepCounter, StepParticipation
from app.participation.official import Status
from app.participation.steps import get_step_by_id
from tests.participation.deposits import count, deposit, statements, support
from tests.support.world import TenantWorld, make_step

STATUSES = (
    Status("received", "Reçue", "Votre idée est reçue.", "info"),
    Status("done", "Réalisée", "C’est fait.", "ok", done=True),
)


@pytest.fixture
def filled(rive: TenantWorld) -> UUID:
    """A step with eight ideas of two themes, two zones and two statuses, one idea for each combination, one bare
    idea, one archived, one hidden and one waiting."""
    step_id = make_step(rive)
    for theme, zone, status in itertools.product(("Nature", "Mobilités"), ("nord", "sud"), ("", "done")):
        deposit(rive, step_id, theme=theme, zone_id=rive.zones[zone], status=status)
    deposit(rive, step_id)
    archived, hidden = (deposit(rive, step_id, theme="Nature", zone_id=rive.zones["nord"]) for _ in range(2))
    deposit(rive, step_id, theme="Nature", pending_for="identity")
    with rive.scope():
        contributions.archive(contributions.lock(archived), now=clocks.now())
        moderate.hide(contributions.lock(hidden), reason="off_topic", by=None, now=clocks.now())
    return step_id


def test_without_a_filter_each_choice_says_what_it_would_show(rive: TenantWorld, filled: UUID) -> None:
    nord, sud = str(rive.zones["nord"]), str(rive.zones["sud"])

    with rive.scope(), statements() as seen:
        facets = counters.facets(filled)

    assert len(seen) == 1
    assert facets == Facets(
        total=9,
        archived=1,
        themes={"Nature": 4, "Mobilités": 4, "": 1},
        zones={nord: 4, sud: 4, "": 1},
        statuses={"": 5, "done": 4},
    )


def test_each_choice_counts_under_the_other_filters(rive: TenantWorld, filled: UUID) -> None:
    nord, sud = str(rive.zones["nord"]), str(rive.zones["sud"])

    with rive.scope():
        facets = counters.facets(filled, theme="Nature", zone=rive.zones["nord"])

    assert facets == Facets(
        total=2,
        archived=1,
        themes={"Nature": 2, "Mobilités": 2},
        zones={nord: 2, sud: 2},
        statuses={"": 1, "done": 1},
    )


def test_the_counts_are_those_of_the_rows_for_every_combination(rive: TenantWorld, filled: UUID) -> None:
    zones: list[UUID | str | None] = [None, "", *rive.zones.values()]

    with rive.scope():
        rows = db.session.scalars(db.select(Contribution).filter_by(step_id=filled)).all()
        for state, theme, zone, status in itertools.product(
            ("published", "archived"), (None, "", "Nature"), zones, (None, "", "done")
        ):
            facets = counters.facets(filled, state, theme, zone, status)

            chosen = {"theme": theme, "zone": None if zone is None else str(zone), "status": status}
            cells = [counters.cell_of(row) for row in rows if row.state == state]
            assert facets.total == len([cell for cell in cells if fits(cell, chosen)])
            for name, shown in (
                ("theme", facets.themes),
                ("zone", facets.zones),
                ("status", facets.statuses),
            ):
                others = chosen | {name: None}
                values = [getattr(cell, name) for cell in cells if fits(cell, others)]
                assert shown == {value: values.count(value) for value in values}


def fits(cell: Cell, chosen: dict[str, str | None]) -> bool:
    return all(value is None or getattr(cell, name) == value for name, value in chosen.items())


def test_a_filter_nobody_matches_shows_the_way_back(rive: TenantWorld, filled: UUID) -> None:
    with rive.scope():
        facets = counters.facets(filled, theme="Absent")

    assert (facets.total, facets.zones, facets.statuses) == (0, {}, {})
    assert facets.themes == {"Nature": 4, "Mobilités": 4, "": 1}


def test_an_empty_step_and_a_foreign_one_count_nothing(
    rive: TenantWorld, levant: TenantWorld, filled: UUID
) -> None:
    empty = make_step(rive)

    with rive.scope():
        assert counters.facets(empty) == Facets()
    with levant.scope():
        assert counters.facets(filled) == Facets()


Move = Callable[[Contribution], object]

MOVES: list[Move] = [
    lambda row: contributions.withdraw(row, now=clocks.now()),
    lambda row: contributions.archive(row, now=clocks.now()),
    lambda row: moderate.hide(row, reason="duplicate", by=None, now=clocks.now()),
    lambda row: moderate.restore(row, by=None, now=clocks.now()),
    lambda row: moderate.accept(row, by=None, now=clocks.now()),
    lambda row: moderate.reject(row, reason="off_topic", by=None, now=clocks.now()),
    lambda row: official.set_status(row, "done", statuses=STATUSES, by=None, now=clocks.now()),
    lambda row: official.set_status(row, "", statuses=STATUSES, by=None, now=clocks.now()),
    lambda row: contributions.complete(
        get_step_by_id(row.step_id), row.id, now=clocks.now(), pending_for=None
    ),
    lambda row: contributions.edit(
        row,
        title=row.title,
        body=row.body,
        theme=None if row.theme else "Nature",
        zone_id=row.zone_id,
        place=None,
        photo_id=None,
        now=clocks.now(),
    ),
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(range(len(MOVES)))), max_size=14),
    first=st.lists(st.sampled_from([None, "identity", "moderation"]), min_size=4, max_size=4),
)
def test_whatever_happens_every_counter_equals_its_rows(
    rive: TenantWorld, acts: list[tuple[int, int]], first: list[str | None]
) -> None:
    step_id = make_step(rive)
    rows = [deposit(rive, step_id, theme="Nature", pending_for=pending) for pending in first]

    with rive.scope():
        for index, move in acts:
            try:
                MOVES[move](db.session.get_one(Contribution, (rive.id, rows[index])))
            except DomainError:
                continue
        assert counters.recount() == []


def test_changes_made_at_once_in_both_directions_neither_deadlock_nor_drift(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    rows = [deposit(rive, step_id, status="received" if n % 2 else "done") for n in range(6)]
    together = threading.Barrier(len(rows))
    failures: list[BaseException] = []

    def work(row: UUID) -> None:
        try:
            together.wait(timeout=20)
            for turn in range(6):
                with rive.scope():
                    held = contributions.lock(row)
                    wanted = "received" if held.status == "done" else "done"
                    if turn % 3:
                        official.set_status(held, wanted, statuses=STATUSES, by=None, now=clocks.now())
                    else:
                        moderate.hide(held, reason="off_topic", by=None, now=clocks.now())
                        moderate.restore(held, by=None, now=clocks.now())
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work, args=(row,)) for row in rows]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert failures == []
    with rive.scope():
        assert counters.facets(step_id).total == 6
        assert counters.recount() == []


def test_the_nightly_proof_names_each_fault(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, theme="Nature")
    with rive.scope():
        assert counters.recount() == []
        db.session.execute(db.update(StepCounter).values(n=3))
        db.session.execute(db.update(Step).where(Step.id == step_id).values(contributions=7))
        db.session.execute(db.update(Contribution).where(Contribution.id == idea).values(shuffle_rank=None))

    with rive.scope():
        found = counters.recount()

    assert [(fault.what, fault.id, fault.counter, fault.rows) for fault in found] == [
        ("cell published Nature - -", step_id, 3, 1),
        ("step contributions", step_id, 7, 1),
        ("step random order", step_id, 0, 1),
    ]


def test_the_nightly_proof_covers_supports_and_comments(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive, comments=True)
    idea = deposit(rive, step_id)
    support(rive, step_id, idea, voters=2)
    with rive.scope():
        step = get_step_by_id(step_id)
        talk = {"author_id": amina, "now": clock(), "pending_for": None}
        first = comments.add(step, idea, body="Oui.", parent_id=None, **talk)  # type: ignore[arg-type]
        comments.add(step, idea, body="Non.", parent_id=first.id, **talk)  # type: ignore[arg-type]
        votes.like(step, first.id, person_id=amina, useful=True, now=clock())
        assert counters.recount() == []

    with rive.scope():
        db.session.execute(db.update(Contribution).values(supports=5, comments=9))
        db.session.execute(db.update(Comment).where(Comment.id == first.id).values(supports=4, replies=0))
        db.session.execute(db.update(StepParticipation).values(supports=3))

    with rive.scope():
        found = [(fault.what, fault.id, fault.counter, fault.rows) for fault in counters.recount()]
    assert found[:4] == [
        ("supports", idea, 5, 2),
        ("comments", idea, 9, 2),
        ("useful marks", first.id, 4, 1),
        ("replies", first.id, 0, 1),
    ]
    assert [(what, counter, rows) for what, _, counter, rows in found[4:]] == [("supports given", 3, 1)] * 2


def test_a_wrong_counter_does_not_stop_a_moderator(rive: TenantWorld) -> None:
    idea = deposit(rive, make_step(rive))
    with rive.scope():
        db.session.execute(db.update(StepCounter).values(n=0))

    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clocks.now())

    with rive.scope():
        assert db.session.get_one(Contribution, (rive.id, idea)).state == "hidden"
        assert counters.recount() == []


def test_a_move_that_fails_leaves_the_counters_alone(rive: TenantWorld) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id)

    def fail() -> None:
        with rive.scope():
            contributions.archive(contributions.lock(idea), now=clocks.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with rive.scope():
        assert counters.facets(step_id).total == 1
        assert counters.recount() == []
    assert count(rive, StepCounter) == 1
