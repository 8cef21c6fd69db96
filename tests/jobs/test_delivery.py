"""A consequence happens at least once, alone, and its failures are kept without a word of anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import insert, text

from app.db import outbox
from app.db.audit import AuditEntry
from app.db.clock import FrozenClock
from app.db.context import current_tenant_id
from app.db.session import db
from app.db.types import uuid7
from app.jobs import backlog, delivery, retries, sweeper
from app.jobs.scope import TenantGone, job_scope
from app.tenancy.web import external_url
from tests.jobs.conftest import BellRang, Town
from tests.support.world import TenantWorld

Listen = Callable[..., None]


def test_the_handler_hears_the_event_in_the_scope_of_its_tenant(
    app: Flask, town: Town, listen: Listen
) -> None:
    heard: list[tuple[Any, ...]] = []
    listen(mail=lambda payload: heard.append((payload, current_tenant_id(), g.tenant.slug, g.base_path)))
    [delivery_id] = town.ring()

    with app.app_context():
        outcome = delivery.deliver(str(town.world.id), str(delivery_id))

    assert outcome == "done"
    assert heard == [({"number": town.number}, town.world.id, town.world.slug, "")]
    assert town.delivery(delivery_id).done_at is not None
    assert town.due() == []


def test_a_second_delivery_does_nothing(app: Flask, town: Town, listen: Listen) -> None:
    heard: list[Any] = []
    listen(mail=heard.append)
    [delivery_id] = town.ring()

    with app.app_context():
        outcomes = [delivery.deliver(town.world.id, delivery_id) for _ in range(3)]

    assert outcomes == ["done", "already", "already"]
    assert len(heard) == 1


def test_parallel_deliveries_call_the_handler_once(app: Flask, town: Town, listen: Listen) -> None:
    heard: list[Any] = []
    together = threading.Barrier(6)
    inside = threading.Event()
    outcomes: list[str] = []

    def slow(payload: dict[str, Any]) -> None:
        heard.append(payload)
        inside.wait(2)

    listen(mail=slow)
    [delivery_id] = town.ring()

    def work() -> None:
        with app.app_context():
            together.wait()
            outcomes.append(delivery.deliver(town.world.id, delivery_id))
            if len(outcomes) == 5:
                inside.set()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["busy"] * 5 + ["done"]
    assert len(heard) == 1
    assert town.due() == []


def test_what_a_failing_handler_wrote_goes_and_the_other_handler_is_told(
    app: Flask, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    heard: list[Any] = []

    def fail(payload: dict[str, Any]) -> None:
        db.session.execute(
            insert(AuditEntry).values(
                id=uuid7(), tenant_id=town.world.id, at=clock(), actor_kind="job", action="half", details={}
            )
        )
        raise RuntimeError("amina@rive.example cannot be reached")

    listen(alert=heard.append, mail=fail)
    alert, mail = town.ring()

    with app.app_context():
        assert [delivery.deliver(town.world.id, each) for each in (alert, mail)] == ["done", "failed"]

    kept = town.delivery(mail)
    assert (kept.done_at, kept.attempts, kept.error) == (None, 1, "RuntimeError")
    assert len(heard) == 1
    [row] = town.due()
    assert (row.ref, row.due_at, row.attempts) == (str(mail), clock() + timedelta(minutes=1), 1)
    with town.world.scope():
        assert db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "half")).all() == []


def test_a_statement_that_fails_in_the_handler_is_kept_like_any_failure(
    app: Flask, town: Town, listen: Listen
) -> None:
    listen(mail=lambda payload: db.session.execute(text("select 1/0")))
    [delivery_id] = town.ring()

    with app.app_context():
        assert delivery.deliver(town.world.id, delivery_id) == "failed"

    assert town.delivery(delivery_id).error == "DataError"


def test_a_handler_that_loses_its_connection_is_a_failure_too(
    app: Flask, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    listen(mail=lambda payload: db.session.execute(text("select pg_terminate_backend(pg_backend_pid())")))
    [delivery_id] = town.ring()

    with app.app_context():
        assert delivery.deliver(town.world.id, delivery_id) == "failed"

    kept = town.delivery(delivery_id)
    assert (kept.attempts, kept.done_at) == (1, None)
    assert [row.due_at for row in town.due()] == [clock() + timedelta(minutes=1)]


def test_a_failing_delivery_waits_longer_each_time_then_is_set_aside(
    app: Flask, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    def fail(payload: dict[str, Any]) -> None:
        raise ConnectionRefusedError

    listen(mail=fail)
    [delivery_id] = town.ring()
    clock_started, waits = clock(), []
    for _ in range(retries.ATTEMPTS):
        with app.app_context():
            delivery.deliver(town.world.id, delivery_id)
        [row] = town.due()
        waits.append(row.due_at)
        clock.at = min(row.due_at, clock.at + timedelta(days=3))

    assert len(waits) == 8
    gaps = [later - earlier for earlier, later in pairwise(waits[:-1])]
    assert waits[0] == clock_started + timedelta(minutes=1)
    assert gaps == [timedelta(minutes=minutes) for minutes in (5, 30, 120, 720, 1440, 2880)]
    assert waits[-1] == retries.PARKED
    assert town.delivery(delivery_id).attempts == 8


def test_a_later_try_succeeds(app: Flask, town: Town, listen: Listen) -> None:
    tries: list[int] = []

    def fail_once(payload: dict[str, Any]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise TimeoutError

    listen(mail=fail_once)
    [delivery_id] = town.ring()
    with app.app_context():
        outcomes = [delivery.deliver(town.world.id, delivery_id) for _ in range(2)]

    kept = town.delivery(delivery_id)
    assert outcomes == ["failed", "done"]
    assert (kept.attempts, kept.error) == (2, None)
    assert town.due() == []


def test_what_was_set_aside_can_be_retried(
    app: Flask, town: Town, listen: Listen, clock: FrozenClock
) -> None:
    heard: list[Any] = []
    broken = True

    def mail(payload: dict[str, Any]) -> None:
        if broken:
            raise TimeoutError
        heard.append(payload)

    listen(mail=mail)
    [delivery_id] = town.ring()
    with app.app_context():
        for _ in range(retries.ATTEMPTS):
            delivery.deliver(town.world.id, delivery_id)
        assert town.due()[0].due_at == retries.PARKED
        assert backlog.retry_parked() >= 1
    delivery_row = town.due()[0]
    assert (delivery_row.due_at, delivery_row.attempts) == (clock(), 0)
    with app.app_context():
        delivery.deliver(town.world.id, delivery_id)
    assert town.due()[0].due_at == clock() + timedelta(minutes=1), "a new series of tries"
    broken = False
    with app.app_context():
        delivery.deliver(town.world.id, delivery_id)

    assert heard == [{"number": town.number}]
    assert town.due() == []


def test_a_handler_nobody_declares_any_more_is_a_failure(app: Flask, town: Town, listen: Listen) -> None:
    listen(mail=print)
    [delivery_id] = town.ring()
    listen()

    with app.app_context():
        assert delivery.deliver(town.world.id, delivery_id) == "failed"

    assert town.delivery(delivery_id).error == "HandlerGone"


def test_a_delivery_whose_row_is_gone_leaves_no_due_work(app: Flask, town: Town, listen: Listen) -> None:
    listen(mail=print)
    [delivery_id] = town.ring()
    with town.world.scope():
        db.session.execute(db.delete(outbox.Event))

    with app.app_context():
        assert delivery.deliver(town.world.id, delivery_id) == "gone"

    assert town.due() == []


def test_a_delivery_of_another_tenant_is_never_found(
    app: Flask, town: Town, listen: Listen, levant: TenantWorld
) -> None:
    heard: list[Any] = []
    listen(mail=heard.append)
    [delivery_id] = town.ring()

    with app.app_context():
        assert delivery.deliver(levant.id, delivery_id) == "gone"

    assert heard == []
    assert len(town.due()) == 1


def test_work_of_a_tenant_that_never_was_is_forgotten(app: Flask) -> None:
    nobody = uuid7()
    with app.app_context():
        db.session.add(
            outbox.DueWork(tenant_id=nobody, kind="delivery", ref=str(uuid7()), due_at=outbox.clock.now())
        )
        db.session.commit()

    sweeper.sweep(app)

    with app.app_context():
        assert (
            db.session.scalars(db.select(outbox.DueWork).where(outbox.DueWork.tenant_id == nobody)).all()
            == []
        )
        with pytest.raises(TenantGone), job_scope(nobody):
            pass


def test_what_a_handler_posts_is_delivered_in_its_turn(app: Flask, town: Town, listen: Listen) -> None:
    heard: list[str] = []

    def post_again(payload: dict[str, Any]) -> None:
        heard.append(payload["number"])
        if payload["number"] == town.number:
            outbox.post(BellRang(number="second"))

    listen(mail=post_again)
    [delivery_id] = town.ring()
    with app.app_context():
        delivery.deliver(town.world.id, delivery_id)
    [row] = town.due()
    with app.app_context():
        delivery.deliver(town.world.id, row.ref)

    assert heard == [town.number, "second"]


def test_addresses_in_mails_are_complete(app: Flask, town: Town) -> None:
    with app.app_context(), job_scope(town.world.id):
        assert external_url("/idees/parcs/") == f"http://localhost:8000/t/{town.world.slug}/idees/parcs/"
