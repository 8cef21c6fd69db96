"""The random order: dense, stable while paging, different from one visit to another, safe while people deposit."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ColumnElement, select

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.errors import NotFound
from app.db.session import db
from app.participation import contributions, counters, moderate, shuffle, votes
from app.participation.models import Contribution
from app.participation.steps import get_step_by_id
from tests.participation.deposits import change_step, deposit, statements, step_of
from tests.support.world import TenantWorld, make_person, make_step


@pytest.fixture
def step_id(rive: TenantWorld) -> UUID:
    step = make_step(rive)
    for number in range(12):
        deposit(rive, step, f"Idée {number}", theme="Nature" if number % 3 else "Mobilités")
    return step


def redraw(tenant: TenantWorld, step: UUID, seed: int | None) -> list[int]:
    """Numbers of the published contributions in their new order."""
    with tenant.scope():
        shuffle.redraw(step, seed=seed, now=clocks.now())
    with tenant.scope():
        rows = db.session.execute(
            select(Contribution.number, Contribution.shuffle_rank)
            .where(Contribution.step_id == step, Contribution.state == "published")
            .order_by(Contribution.shuffle_rank)
        ).all()
        assert [row.shuffle_rank for row in rows] == list(range(len(rows)))
        assert get_step_by_id(step).shuffled == len(rows)
        return [row.number for row in rows]


def page(
    tenant: TenantWorld,
    step: UUID,
    *,
    start: int,
    page: int,
    size: int = 5,
    criteria: tuple[ColumnElement[bool], ...] = (),
) -> list[int]:
    with tenant.scope():
        query = shuffle.window(
            select(Contribution.number), step, criteria=criteria, start=start, page=page, size=size
        )
        return list(db.session.scalars(query))


def test_a_draw_is_dense_reproducible_and_another_with_another_seed(rive: TenantWorld, step_id: UUID) -> None:
    first = redraw(rive, step_id, 1)

    assert sorted(first) == list(range(1, 13))
    assert redraw(rive, step_id, 1) == first
    assert redraw(rive, step_id, 2) != first


def test_without_a_seed_each_moment_has_its_order(
    rive: TenantWorld, step_id: UUID, clock: FrozenClock
) -> None:
    today = redraw(rive, step_id, None)
    clock.move(days=1)

    assert redraw(rive, step_id, None) != today


def test_a_draw_closes_the_gaps_left_by_those_who_went(rive: TenantWorld, step_id: UUID) -> None:
    redraw(rive, step_id, 1)
    with rive.scope():
        rows = db.session.scalars(
            select(Contribution).filter_by(step_id=step_id).order_by(Contribution.number)
        ).all()
        moderate.hide(rows[3], reason="off_topic", by=None, now=clocks.now())
        contributions.withdraw(rows[5], now=clocks.now())
        contributions.archive(rows[7], now=clocks.now())
    deposit(rive, step_id)

    order = redraw(rive, step_id, 1)

    assert sorted(order) == [1, 2, 3, 5, 7, 9, 10, 11, 12, 13]


def test_a_step_without_contribution_and_an_unknown_one(rive: TenantWorld, levant: TenantWorld) -> None:
    empty = make_step(rive)

    assert redraw(rive, empty, 1) == []
    with rive.scope():
        assert shuffle.start(get_step_by_id(empty)) == 0
    for tenant, step in ((rive, uuid4()), (levant, empty)):
        with pytest.raises(NotFound), tenant.scope():
            shuffle.redraw(step, seed=1, now=clocks.now())


def test_069_pages_walk_the_ring_from_the_start_and_wrap_without_repeating(
    rive: TenantWorld, step_id: UUID
) -> None:
    ring = redraw(rive, step_id, 7)

    for start in (0, 4, 11):
        turned = ring[start:] + ring[:start]
        pages = [page(rive, step_id, start=start, page=number) for number in (1, 2, 3, 4)]
        assert pages == [turned[:5], turned[5:10], turned[10:], []]


def test_069_visits_start_at_different_places(rive: TenantWorld, step_id: UUID) -> None:
    step = step_of(rive, step_id)

    starts = {shuffle.start(step) for _ in range(300)}

    assert starts == set(range(12))


def test_a_link_kept_since_a_larger_draw_still_shows_everything(rive: TenantWorld, step_id: UUID) -> None:
    ring = redraw(rive, step_id, 7)

    assert page(rive, step_id, start=9_000, page=1, size=20) == ring


def test_filters_and_gaps_do_not_make_short_pages(rive: TenantWorld, step_id: UUID) -> None:
    ring = redraw(rive, step_id, 7)
    with rive.scope():
        rows = {
            row.number: row for row in db.session.scalars(select(Contribution).filter_by(step_id=step_id))
        }
        moderate.hide(rows[ring[2]], reason="off_topic", by=None, now=clocks.now())

    left = [number for number in ring if number != ring[2]]
    assert page(rive, step_id, start=0, page=1) == left[:5]
    nature = [number for number in left if rows[number].theme == "Nature"]
    theme = (Contribution.theme == "Nature",)
    assert page(rive, step_id, start=0, page=1, criteria=theme) == nature[:5]
    assert page(rive, step_id, start=0, page=2, criteria=theme) == nature[5:]


def test_a_prepared_page_is_the_same_page(rive: TenantWorld, step_id: UUID) -> None:
    redraw(rive, step_id, 7)
    statement = shuffle.prepared(select(Contribution.number))

    for start in (0, 4, 11, 9_000):
        for number in (1, 2, 3, 4):
            expected = page(rive, step_id, start=start, page=number)
            with rive.scope():
                found = db.session.scalars(
                    statement, shuffle.place(step_id, start=start, page=number, size=5)
                ).all()
            assert found == expected


def test_a_page_is_one_statement_of_one_platform(
    rive: TenantWorld, levant: TenantWorld, step_id: UUID
) -> None:
    with rive.scope(), statements() as seen:
        query = shuffle.window(
            select(Contribution.title, Contribution.number), step_id, start=3, page=1, size=5
        )
        assert len(db.session.execute(query).all()) == 5

    assert len(seen) == 1
    assert seen[0].count("tenant_id =") >= 3
    assert page(levant, step_id, start=0, page=1) == []


def test_drawing_while_people_deposit_support_and_moderate(rive: TenantWorld, step_id: UUID) -> None:
    change_step(rive, step_id, settings={})
    with rive.scope():
        ideas = list(db.session.scalars(select(Contribution.id).filter_by(step_id=step_id)))
    people = [make_person(rive, "Idriss B.") for _ in range(3)]
    failures: list[BaseException] = []
    together = threading.Barrier(6)

    def run(work: object, *arguments: object) -> None:
        try:
            together.wait(timeout=20)
            work(*arguments)  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    def draw() -> None:
        for seed in range(15):
            with rive.scope():
                shuffle.redraw(step_id, seed=seed, now=clocks.now())

    def write() -> None:
        for number in range(15):
            deposit(rive, step_id, f"Nouvelle {number}")

    def moderation() -> None:
        for idea in ideas[:6]:
            with rive.scope():
                moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clocks.now())
            with rive.scope():
                moderate.restore(contributions.lock(idea), by=None, now=clocks.now())

    def vote(person: UUID) -> None:
        for idea in ideas[6:]:
            with rive.scope():
                votes.support(get_step_by_id(step_id), idea, person_id=person, now=clocks.now())

    works = [(draw,), (write,), (moderation,), *((vote, person) for person in people)]
    threads = [threading.Thread(target=run, args=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)

    assert failures == []
    with rive.scope():
        ranks = db.session.scalars(
            select(Contribution.shuffle_rank).filter_by(step_id=step_id, state="published")
        ).all()
        assert len(ranks) == len(set(ranks)) == 27
        assert all(rank is not None and rank < get_step_by_id(step_id).shuffled for rank in ranks)
        assert counters.recount() == []
    assert len(redraw(rive, step_id, 99)) == 27
