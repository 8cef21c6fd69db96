"""What comes back for every town: proofs, purges, openings, the random order of lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from structlog.testing import capture_logs

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.db.types import uuid7
from app.jobs import recurring
from app.participation.events import StepOpened
from app.participation.models import Contribution, Intention, Project, Step, StepCounter
from app.people.models import Invitation, Person
from app.tenancy.registry import TenantConfig
from tests.support import world
from tests.support.world import TenantWorld


def run(town: TenantWorld, work: Callable[..., None], clock: FrozenClock) -> None:
    with town.scope():
        config: TenantConfig = town.config
        work(config, clock())


def step_of(town: TenantWorld, **values: object) -> UUID:
    return world.make_step(town, module="none", kind="none", segment="essai", **values)  # type: ignore[arg-type]


def add_contributions(town: TenantWorld, step_id: UUID, count: int, clock: FrozenClock) -> None:
    with town.scope():
        for number in range(1, count + 1):
            db.session.add(
                Contribution(
                    type="contribution",
                    step_id=step_id,
                    number=number,
                    slug="x",
                    title="Des bancs",
                    body="",
                    state="published",
                    status="",
                    shuffle_rank=number - 1,
                    created_at=clock(),
                    published_at=clock(),
                )
            )
        step = db.session.get_one(Step, (town.id, step_id))
        step.contributions, step.shuffled = count, count
        db.session.add(StepCounter(step_id=step_id, state="published", n=count))


def test_counters_that_lie_are_reported(rive: TenantWorld, clock: FrozenClock) -> None:
    step_id = step_of(rive)
    add_contributions(rive, step_id, 3, clock)
    with capture_logs() as honest:
        run(rive, recurring.prove_counters, clock)
    with rive.scope():
        db.session.get_one(Step, (rive.id, step_id)).contributions = 7

    with capture_logs() as lying:
        run(rive, recurring.prove_counters, clock)

    assert [line for line in honest if line["event"] == "counter_differs"] == []
    [line] = [line for line in lying if line["event"] == "counter_differs"]
    assert (line["id"], line["counter"], line["rows"]) == (str(step_id), 7, 3)


def test_open_steps_are_shuffled_and_closed_ones_keep_their_order(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    opened, closed = step_of(rive), step_of(rive, closes_in=timedelta(days=-1))
    for step_id in (opened, closed):
        add_contributions(rive, step_id, 30, clock)

    run(rive, recurring.redraw_shuffles, clock)

    def ranks(step_id: UUID) -> list[int | None]:
        with rive.scope():
            return list(
                db.session.scalars(
                    db.select(Contribution.shuffle_rank)
                    .where(Contribution.step_id == step_id)
                    .order_by(Contribution.number)
                )
            )

    assert sorted(rank for rank in ranks(opened) if rank is not None) == list(range(30))
    assert ranks(opened) != list(range(30))
    assert ranks(closed) == list(range(30))


def test_an_idle_guest_is_purged_on_the_thirty_first_day_and_an_account_never(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    guest, amina = world.make_person(rive, None), world.make_person(rive)

    def remaining() -> set[UUID]:
        with rive.scope():
            return set(db.session.scalars(db.select(Person.id).where(Person.state == "active")))

    clock.move(days=30)
    run(rive, recurring.purge_guests, clock)
    assert remaining() == {guest, amina}
    clock.move(days=1)
    run(rive, recurring.purge_guests, clock)

    assert remaining() == {amina}


@pytest.mark.parametrize(
    ("state", "left"), [("open", None), ("dropped", None), ("committed", {"title": "x"}), ("done", {})]
)
def test_what_was_typed_is_forgotten_after_72_hours(
    rive: TenantWorld, clock: FrozenClock, state: str, left: dict[str, str] | None
) -> None:
    person, step_id, intention_id = world.make_person(rive), step_of(rive), uuid7()
    with rive.scope():
        db.session.add(
            Intention(
                id=intention_id,
                act="essai",
                step_id=step_id,
                person_id=person,
                payload={"title": "x"},
                state=state,
                created_at=clock(),
                expires_at=clock() + timedelta(hours=72),
            )
        )

    def payload() -> dict[str, str] | None:
        with rive.scope():
            return db.session.scalar(db.select(Intention.payload).where(Intention.id == intention_id))

    clock.move(hours=71, minutes=59)
    run(rive, recurring.purge_intentions, clock)
    assert payload() == {"title": "x"}
    clock.move(minutes=1)
    run(rive, recurring.purge_intentions, clock)

    assert payload() == left


def test_spent_invitations_are_forgotten_a_week_later(rive: TenantWorld, clock: FrozenClock) -> None:
    with rive.scope():
        for name, used_at in (("used", clock()), ("waiting", None)):
            db.session.add(
                Invitation(
                    email=f"{name}@rive.example",
                    email_key=f"{name}@rive.example",
                    role="moderator",
                    created_at=clock(),
                    expires_at=clock() + timedelta(days=7),
                    used_at=used_at,
                )
            )
    clock.move(days=7, seconds=1)

    run(rive, recurring.purge_sign_in, clock)

    with rive.scope():
        assert list(db.session.scalars(db.select(Invitation.email))) == ["waiting@rive.example"]


def test_an_opening_is_told_once(
    rive: TenantWorld, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox._handlers, StepOpened.name, {"mail": print})
    opening = step_of(rive, opens_in=timedelta(hours=1))
    step_of(rive, opens_in=timedelta(days=-3))
    step_of(rive, opens_in=None)
    draft = world.make_project(rive, state="draft")
    step_of(rive, project_id=draft, opens_in=timedelta(hours=1))

    def told() -> list[str]:
        with rive.scope():
            return [event.payload["step_id"] for event in db.session.scalars(db.select(outbox.Event))]

    run(rive, recurring.announce_openings, clock)
    assert told() == []
    clock.move(hours=1)
    for _ in range(3):
        run(rive, recurring.announce_openings, clock)
        clock.move(minutes=5)
    assert told() == [str(opening)]

    with rive.scope():
        db.session.get_one(Step, (rive.id, opening)).opens_at = clock() + timedelta(hours=2)
    clock.move(hours=2)
    run(rive, recurring.announce_openings, clock)
    assert told() == [str(opening), str(opening)], "moved to later, it opens a second time"


def test_events_leave_a_month_after_everybody_was_told(
    rive: TenantWorld, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox._handlers, StepOpened.name, {"mail": print})
    with rive.scope():
        heard = outbox.post(StepOpened(step_id=uuid7()), now=clock())
        unheard = outbox.post(StepOpened(step_id=uuid7()), now=clock())
        outbox.take_wake_ups()
        db.session.execute(
            db.update(outbox.Delivery).where(outbox.Delivery.event_id == heard).values(done_at=clock())
        )
    clock.move(days=30, seconds=1)

    run(rive, recurring.purge_events, clock)

    with rive.scope():
        assert list(db.session.scalars(db.select(outbox.Event.id))) == [unheard]


def test_all_of_it_runs_for_a_town_where_nothing_happened(
    app: Flask, rive: TenantWorld, clock: FrozenClock
) -> None:
    for work in recurring.CORE:
        run(rive, work.run, clock)

    with rive.scope():
        assert db.session.scalars(db.select(Project)).all() == []
