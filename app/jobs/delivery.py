"""One delivery of the outbox: an event told to one handler, alone, in one transaction, at least once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.db import clock, outbox
from app.db.context import require_tenant_id
from app.db.outbox import Delivery, DueWork, Event
from app.db.session import db
from app.jobs import retries
from app.jobs.scope import TenantGone, announce_committed, job_scope

log = structlog.get_logger(__name__)

#: Seconds after which a worker interrupts a handler.
TIMEOUT = 120


class HandlerGone(LookupError):
    """Nothing answers to the handler's name: its application was removed, or this process is older than the event."""


def deliver(tenant_id: UUID | str, delivery_id: UUID | str) -> str:
    """Tell the handler once. Safe to call twice, or from two processes at once.

    Returns done, failed (it will be tried again), already, busy (somebody else is at it) or gone.
    """
    tenant, delivery = UUID(str(tenant_id)), UUID(str(delivery_id))
    try:
        with job_scope(tenant), structlog.contextvars.bound_contextvars(job=f"delivery-{delivery}"):
            outcome = _deliver(delivery, clock.now())
            db.session.commit()
            announce_committed()
    except TenantGone:
        _forget(tenant, delivery)
        outcome = "gone"
    except DBAPIError as error:
        # The transaction died with its connection, the note of the failure with it.
        outcome = _write_failure(tenant, delivery, error)
    current_app.extensions["metrics"].observe_job("delivery", outcome)
    return outcome


def _deliver(delivery_id: UUID, now: datetime) -> str:
    delivery = db.session.scalar(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update(skip_locked=True)
    )
    if delivery is None:
        if db.session.scalar(select(Delivery.id).where(Delivery.id == delivery_id)) is not None:
            return "busy"
        _drop_due_work(delivery_id)
        return "gone"
    if delivery.done_at is not None:
        _drop_due_work(delivery_id)
        return "already"
    event = db.session.scalars(select(Event).where(Event.id == delivery.event_id)).one()
    try:
        # A savepoint: what a failing handler wrote goes, our hold on the row stays until the failure is written.
        with db.session.begin_nested():
            _call(event, delivery.handler)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return _failed(delivery, event, error, now)
    except Exception as error:
        return _failed(delivery, event, error, now)
    delivery.attempts += 1
    delivery.done_at, delivery.error = now, None
    db.session.flush()
    _drop_due_work(delivery_id)
    log.info("delivered", event_name=event.name, handler=delivery.handler, attempts=delivery.attempts)
    return "done"


def _write_failure(tenant_id: UUID, delivery_id: UUID, error: DBAPIError) -> str:
    """In a transaction of its own. Raises DBAPIError when the database itself is away."""
    with job_scope(tenant_id):
        delivery = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
        if delivery is not None and delivery.done_at is None:
            event = db.session.scalars(select(Event).where(Event.id == delivery.event_id)).one()
            _failed(delivery, event, error, clock.now())
        db.session.commit()
    return "failed"


def _call(event: Event, handler_name: str) -> None:
    handler = outbox.handler_of(event.name, handler_name)
    if handler is None:
        raise HandlerGone(handler_name)
    payload: dict[str, Any] = dict(event.payload)
    handler(payload)
    db.session.flush()


def _failed(delivery: Delivery, event: Event, error: Exception, now: datetime) -> str:
    outbox.take_wake_ups()
    delivery.attempts += 1
    delivery.error = retries.error_name(error)
    db.session.flush()
    row = db.session.scalar(select(DueWork).where(*_due_work(delivery.id)).with_for_update())
    # The row counts the failures of this series: one retried by hand starts a new series.
    due_at = retries.next_try((row.attempts if row else 0) + 1, now)
    if row is None:
        outbox.schedule("delivery", str(delivery.id), at=due_at)
    else:
        row.due_at, row.attempts = due_at, row.attempts + 1
        db.session.flush()
    parked = due_at == retries.PARKED
    log.error(
        "delivery_parked" if parked else "delivery_failed",
        event_name=event.name,
        handler=delivery.handler,
        attempts=delivery.attempts,
        error=delivery.error,
        where=retries.place_of(error),
        again_at=None if parked else due_at.isoformat(timespec="seconds"),
    )
    return "failed"


def _due_work(delivery_id: UUID) -> tuple[Any, ...]:
    return (
        DueWork.tenant_id == require_tenant_id(),
        DueWork.kind == "delivery",
        DueWork.ref == str(delivery_id),
    )


def _drop_due_work(delivery_id: UUID) -> None:
    db.session.execute(delete(DueWork).where(*_due_work(delivery_id)))


def _forget(tenant_id: UUID, delivery_id: UUID) -> None:
    with current_app.app_context():
        db.session.execute(
            delete(DueWork).where(
                DueWork.tenant_id == tenant_id, DueWork.kind == "delivery", DueWork.ref == str(delivery_id)
            )
        )
        db.session.commit()
