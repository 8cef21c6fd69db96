"""The core's own recurring work, for each tenant: proofs, purges, openings, and the random order of lists."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import structlog
from flask import current_app
from sqlalchemy import String, and_, cast, delete, exists, or_, select, update

from app.db import outbox
from app.db.outbox import Delivery, Event
from app.db.session import db
from app.jobs.register import Recurring
from app.notifications import digest
from app.participation import comments, counters, photos, shuffle, votes
from app.participation.events import StepOpened
from app.participation.models import Intention, Project, Step
from app.people import persons, sign_in
from app.people.models import Invitation, PersonSession
from app.tenancy.registry import TenantConfig

log = structlog.get_logger(__name__)

EVENT_LIFE = timedelta(days=30)
#: An opening older than this is no news any more (the scheduler was down, or the step was created open).
OPENING_IS_NEWS = timedelta(days=1)


def prove_counters(config: TenantConfig, now: datetime) -> None:
    """Compare every counter with its rows and say what differs."""
    mismatches = [*counters.recount(), *votes.recount(), *comments.recount()]
    for mismatch in mismatches:
        log.error(
            "counter_differs",
            what=mismatch.what,
            id=str(mismatch.id),
            counter=mismatch.counter,
            rows=mismatch.rows,
        )
    current_app.extensions["metrics"].observe_mismatches(len(mismatches))


def purge_guests(config: TenantConfig, now: datetime) -> None:
    """Erase visitors who proved nothing and did nothing for thirty days."""
    purged = 0
    while found := persons.purge_guests(now=now):
        purged += found
    if purged:
        log.info("guests_purged", count=purged)


def purge_intentions(config: TenantConfig, now: datetime) -> None:
    """Forget what was typed 72 hours ago: intentions nobody finished, and the copies kept by finished ones."""
    db.session.execute(
        delete(Intention)
        .where(Intention.expires_at <= now, Intention.state.in_(("open", "dropped")))
        .execution_options(synchronize_session=False)
    )
    # The row itself stays: it makes a form sent again the same act.
    db.session.execute(
        update(Intention)
        .where(Intention.expires_at <= now, Intention.state == "done", Intention.payload != {})
        .values(payload={})
        .execution_options(synchronize_session=False)
    )


def purge_sign_in(config: TenantConfig, now: datetime) -> None:
    """Forget sign-in requests, invitations and sessions that cannot serve any more."""
    sign_in.purge(now=now)
    limit = now - sign_in.KEPT
    for spent in (
        delete(Invitation).where(or_(Invitation.used_at < limit, Invitation.expires_at < limit)),
        delete(PersonSession).where(or_(PersonSession.revoked_at < limit, PersonSession.expires_at < limit)),
    ):
        db.session.execute(spent.execution_options(synchronize_session=False))


def purge_events(config: TenantConfig, now: datetime) -> None:
    """Remove events that every handler received a month ago."""
    waiting = exists().where(
        Delivery.tenant_id == Event.tenant_id, Delivery.event_id == Event.id, Delivery.done_at.is_(None)
    )
    db.session.execute(
        delete(Event)
        .where(Event.happened_at < now - EVENT_LIFE, ~waiting)
        .execution_options(synchronize_session=False)
    )


def announce_openings(config: TenantConfig, now: datetime) -> None:
    """Post StepOpened once for each opening of a step of a public démarche."""
    announced = exists().where(
        Event.tenant_id == Step.tenant_id,
        Event.name == StepOpened.name,
        Event.payload["step_id"].astext == cast(Step.id, String),
        # A step whose date was moved to later opens a second time.
        Event.happened_at >= Step.opens_at,
    )
    opened = db.session.scalars(
        select(Step.id)
        .join(Project, and_(Project.tenant_id == Step.tenant_id, Project.id == Step.project_id))
        .where(
            Project.state == "published",
            Step.opens_at <= now,
            Step.opens_at > now - OPENING_IS_NEWS,
            or_(Step.closes_at.is_(None), Step.closes_at > now),
            ~announced,
        )
    ).all()
    for step_id in opened:
        outbox.post(StepOpened(step_id=step_id), now=now)


def redraw_shuffles(config: TenantConfig, now: datetime) -> None:
    """Give the contributions of every open step a new random order."""
    open_steps = db.session.scalars(
        select(Step.id).where(
            Step.contributions > 0,
            or_(Step.opens_at.is_(None), Step.opens_at <= now),
            or_(Step.closes_at.is_(None), Step.closes_at > now),
        )
    ).all()
    for step_id in open_steps:
        shuffle.redraw(step_id, seed=None, now=now)


def sweep_photos(config: TenantConfig, now: datetime) -> None:
    """Delete pictures that nothing shows and files that no row names."""
    photos.sweep(now)


CORE = (
    Recurring("core.counters", prove_counters, daily_at=time(3, 0)),
    Recurring("core.guests", purge_guests, daily_at=time(3, 30)),
    Recurring("core.intentions", purge_intentions, every=timedelta(hours=1)),
    Recurring("core.sign_in", purge_sign_in, daily_at=time(4, 0)),
    Recurring("core.events", purge_events, daily_at=time(4, 30)),
    Recurring("core.photos", sweep_photos, daily_at=time(5, 0)),
    Recurring("core.digests", digest.send_digests, daily_at=time(8, 0)),
    Recurring("core.openings", announce_openings, every=timedelta(minutes=5)),
    # At night: an order that moved by day would show somebody who turns the pages an idea twice.
    Recurring("core.shuffles", redraw_shuffles, daily_at=time(4, 15)),
)
