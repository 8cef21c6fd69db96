"""Finds due work in the one global table, without reading any tenant's data, and sees that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy import select, update

from app.db import clock
from app.db.outbox import DueWork
from app.db.session import db
from app.jobs import delivery, register, work

log = structlog.get_logger(__name__)

BATCH = 100

#: A claimed row is due again after this long: its worker, or Redis, died before starting on it.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Claim:
    """A row this process took. mark: its `due_at` as claimed, ISO 8601, which nobody else holds."""

    work_id: UUID
    tenant_id: UUID
    kind: str
    ref: str
    mark: str


def claim(now: datetime, *, limit: int = BATCH) -> list[Claim]:
    """Take up to `limit` due rows, oldest first. Rows being worked on are passed over; two sweepers share the rest."""
    due = (
        select(DueWork.id)
        .where(DueWork.due_at <= now)
        .order_by(DueWork.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(DueWork)
        .where(DueWork.id.in_(due))
        .values(due_at=now + LEASE)
        .returning(DueWork.id, DueWork.tenant_id, DueWork.kind, DueWork.ref, DueWork.due_at)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return [Claim(row.id, row.tenant_id, row.kind, row.ref, row.due_at.isoformat()) for row in rows]


def sweep(app: Flask) -> int:
    """Hand every row due now to a worker, or do it here when Redis is away. Returns how many rows were taken."""
    taken = 0
    while True:
        with app.app_context():
            claims = claim(clock.now())
        for one in claims:
            with app.app_context():
                _dispatch(one)
        taken += len(claims)
        if len(claims) < BATCH:
            return taken


def _dispatch(one: Claim) -> None:
    bell = current_app.extensions["bell"]
    kind = register.kind(one.kind)
    try:
        if one.kind == "delivery":
            if bell is None or not bell.deliveries([(one.tenant_id, UUID(one.ref))]):
                delivery.deliver(one.tenant_id, one.ref)
        elif bell is None or kind is None or not bell.work(kind, one.work_id, one.tenant_id, one.mark):
            work.run(one.tenant_id, one.work_id, one.mark)
    except Exception as error:
        # The lease brings the row back; the others must not wait for it.
        log.exception("sweep_failed", kind=one.kind, ref=one.ref, error=type(error).__name__)
