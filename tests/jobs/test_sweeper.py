"""Work waiting in PostgreSQL is found and done once, with or without Redis, by as many sweepers as there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.outbox import DueWork
from app.db.session import db
from app.jobs import queue, register, retries, scheduler, sweeper, work, worker
from app.jobs.register import Recurring
from app.tenancy.registry import TenantConfig
from tests.jobs.conftest import MakeApp, Town
from tests.support.world import TenantWorld

Listen = Callable[..., None]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, register.JobKind]:
    """The kinds of work, ours to add to until the test ends."""
    monkeypatch.setattr(register, "_kinds", dict(register._kinds))
    return register._kinds


@pytest.fixture
def only_recurring(
    app: Flask, town: Town, levant: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Makes this work the only one, and these two towns the only ones: each run of the suite has hundreds."""
    registry = app.extensions["tenants"]
    registry.forget()
    monkeypatch.setattr(registry, "slugs", lambda: [town.world.slug, levant.slug])

    def declare(*work: Recurring) -> None:
        monkeypatch.setattr(register, "_recurring", {one.name: one for one in work})

    return declare


def schedule(world: TenantWorld, kind: str, ref: str, at: datetime) -> None:
    with world.scope():
        outbox.schedule(kind, ref, at=at)


def test_the_sweeper_delivers_what_no_worker_took(
    app: Flask, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    heard: list[Any] = []
    listen(mail=heard.append)
    town.ring()

    sweeper.sweep(app)
    assert heard == [], "the wake-up after commit usually comes first"
    clock.move(seconds=5)
    sweeper.sweep(app)

    assert heard == [{"number": town.number}]
    assert town.due() == []


def test_due_work_runs_once_in_its_tenant_and_leaves(
    app: Flask, town: Town, kinds: object, clock: FrozenClock
) -> None:
    done: list[tuple[UUID, str]] = []
    register.job_kind("tests.count", lambda tenant_id, ref: done.append((tenant_id, ref)))
    schedule(town.world, "tests.count", "seven", clock() + timedelta(minutes=1))

    sweeper.sweep(app)
    assert done == []
    clock.move(minutes=1)
    sweeper.sweep(app)
    sweeper.sweep(app)

    assert done == [(town.world.id, "seven")]
    assert town.due() == []


def test_work_asked_twice_is_one_row_at_the_latest_date(app: Flask, town: Town, clock: FrozenClock) -> None:
    schedule(town.world, "tests.count", "seven", clock() + timedelta(minutes=1))
    schedule(town.world, "tests.count", "seven", clock() + timedelta(hours=1))

    [row] = town.due()
    assert row.due_at == clock() + timedelta(hours=1)


def test_work_may_say_when_to_come_back(app: Flask, town: Town, kinds: object, clock: FrozenClock) -> None:
    later = clock() + timedelta(hours=2)
    register.job_kind("tests.later", lambda tenant_id, ref: later)
    schedule(town.world, "tests.later", "x", clock())

    sweeper.sweep(app)

    assert [row.due_at for row in town.due()] == [later]


def test_failing_work_is_tried_later_then_set_aside(
    app: Flask, town: Town, kinds: object, clock: FrozenClock
) -> None:
    def fail(tenant_id: UUID, ref: str) -> None:
        raise KeyError(ref)

    register.job_kind("tests.fail", fail)
    schedule(town.world, "tests.fail", "x", clock())

    sweeper.sweep(app)
    assert [(row.due_at - clock(), row.attempts) for row in town.due()] == [(timedelta(minutes=1), 1)]
    for _ in range(retries.ATTEMPTS - 1):
        clock.at = town.due()[0].due_at
        sweeper.sweep(app)
    sweeper.sweep(app)

    assert [(row.due_at, row.attempts) for row in town.due()] == [(retries.PARKED, 8)]


def test_work_that_loses_its_connection_is_tried_later(
    app: Flask, town: Town, kinds: object, clock: FrozenClock
) -> None:
    def die(tenant_id: UUID, ref: str) -> None:
        db.session.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    register.job_kind("tests.die", die)
    schedule(town.world, "tests.die", "x", clock())

    sweeper.sweep(app)

    assert [(row.due_at - clock(), row.attempts) for row in town.due()] == [(timedelta(minutes=1), 1)]


def test_one_failing_row_does_not_hold_the_others(
    app: Flask, town: Town, kinds: object, clock: FrozenClock
) -> None:
    done: list[str] = []
    register.job_kind("tests.odd", lambda tenant_id, ref: done.append(ref) if ref != "2" else 1 / 0)  # type: ignore[arg-type, func-returns-value, return-value]
    for ref in "123":
        schedule(town.world, "tests.odd", ref, clock())

    sweeper.sweep(app)

    assert sorted(done) == ["1", "3"]
    assert [row.ref for row in town.due()] == ["2"]


def test_two_sweepers_share_the_work(app: Flask, town: Town, kinds: object, clock: FrozenClock) -> None:
    done: list[str] = []
    register.job_kind("tests.share", lambda tenant_id, ref: done.append(ref))
    refs = [f"{number:03}" for number in range(60)]
    for ref in refs:
        schedule(town.world, "tests.share", ref, clock())

    threads = [threading.Thread(target=sweeper.sweep, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == refs
    assert town.due() == []


def test_a_stale_job_finds_its_row_claimed_by_another(
    app: Flask, town: Town, kinds: object, clock: FrozenClock
) -> None:
    done: list[str] = []
    register.job_kind("tests.once", lambda tenant_id, ref: done.append(ref))
    schedule(town.world, "tests.once", "x", clock())
    with app.app_context():
        [first] = [one for one in sweeper.claim(clock(), limit=10_000) if one.tenant_id == town.world.id]
    clock.at += sweeper.LEASE
    with app.app_context():
        [second] = [one for one in sweeper.claim(clock(), limit=10_000) if one.tenant_id == town.world.id]
        outcomes = [work.run(one.tenant_id, one.work_id, one.mark) for one in (first, second, second)]

    assert outcomes == ["not_mine", "done", "not_mine"]
    assert done == ["x"]


def test_without_redis_a_request_loses_nothing_and_waits_for_nobody(
    make_app: MakeApp, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    heard: list[Any] = []
    listen(mail=heard.append)
    away = make_app(queue.connect("unix:///nowhere/redis.sock"))
    [delivery_id] = town.ring()

    assert away.extensions["announce_deliveries"]([(town.world.id, delivery_id)]) is False
    assert away.extensions["queue_alive"]() is False
    clock.move(seconds=6)
    sweeper.sweep(away)

    assert heard == [{"number": town.number}]


def test_a_worker_takes_what_is_announced(
    make_app: MakeApp, town: Town, listen: Listen, kinds: object, clock: FrozenClock, redis: Redis
) -> None:
    heard: list[Any] = []
    done: list[str] = []
    listen(mail=heard.append)
    register.job_kind("tests.heavy", lambda tenant_id, ref: done.append(ref), queue="heavy")
    app = make_app(redis)
    [delivery_id] = town.ring()
    schedule(town.world, "tests.heavy", "export", clock())

    assert app.extensions["announce_deliveries"]([(town.world.id, delivery_id)]) is True
    sweeper.sweep(app)
    assert (heard, done) == ([], [])
    worker.run(app, redis, burst=True)

    assert heard == [{"number": town.number}]
    assert done == ["export"]
    assert town.due() == []


def test_recurring_work_has_one_row_for_each_tenant_whoever_plans(
    app: Flask, town: Town, levant: TenantWorld, clock: FrozenClock, only_recurring: Callable[..., None]
) -> None:
    ran: list[str] = []
    only_recurring(
        Recurring("tests.hourly", lambda config, now: ran.append(config.slug), every=timedelta(hours=1))
    )

    threads = [threading.Thread(target=scheduler.plan, args=(app, clock())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [row] = town.due()
    assert (row.kind, row.ref) == ("recurring", "tests.hourly")
    assert clock() <= row.due_at < clock() + timedelta(hours=1)
    clock.move(hours=1)
    sweeper.sweep(app)
    assert sorted(ran) == sorted((town.world.slug, levant.slug))
    assert [row.due_at for row in town.due()] == [clock() + timedelta(hours=1)]


def test_recurring_work_that_fails_comes_back_and_is_never_set_aside(
    app: Flask, town: Town, clock: FrozenClock, only_recurring: Callable[..., None]
) -> None:
    def fail(config: TenantConfig, now: datetime) -> None:
        raise ValueError

    only_recurring(Recurring("tests.broken", fail, every=timedelta(minutes=15)))
    scheduler.plan(app, clock())
    for _ in range(12):
        clock.at = town.due()[0].due_at
        sweeper.sweep(app)

    [row] = town.due()
    assert (row.due_at, row.attempts) == (clock() + timedelta(minutes=15), 12)


def test_recurring_work_nobody_declares_any_more_leaves(
    app: Flask, town: Town, clock: FrozenClock, only_recurring: Callable[..., None]
) -> None:
    only_recurring(Recurring("tests.old", print, every=timedelta(minutes=15)))
    scheduler.plan(app, clock())
    only_recurring()
    clock.move(minutes=15)

    sweeper.sweep(app)

    assert town.due() == []


def test_daily_work_follows_the_clock_of_the_town(town: Town) -> None:
    nightly = Recurring("tests.nightly", print, daily_at=time(3, 0))
    config = town.world.config

    before = nightly.following(config, datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
    after_the_change = nightly.following(config, datetime(2026, 10, 25, 23, 0, tzinfo=UTC))

    spread = timedelta(seconds=config.id.int % 1800)
    assert before == datetime(2026, 10, 25, 2, 0, tzinfo=UTC) + spread
    assert after_the_change == datetime(2026, 10, 26, 2, 0, tzinfo=UTC) + spread
    assert nightly.following(config, after_the_change) - after_the_change == timedelta(days=1)


def test_recurring_work_says_either_how_often_or_when() -> None:
    with pytest.raises(ValueError, match=r"tests\.both needs either every or daily_at"):
        Recurring("tests.both", print, every=timedelta(hours=1), daily_at=time(3))


def test_the_scheduler_stops_when_asked(app: Flask, only_recurring: Callable[..., None]) -> None:
    only_recurring()
    stop = threading.Event()
    thread = threading.Thread(target=scheduler.run, args=(app, stop))
    thread.start()
    stop.set()
    thread.join(20)

    assert not thread.is_alive()


def test_due_work_names_ids_only(app: Flask) -> None:
    assert {column.name for column in DueWork.__table__.columns} == {
        "id",
        "tenant_id",
        "kind",
        "ref",
        "due_at",
        "attempts",
    }
