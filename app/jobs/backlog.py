"""What waits in the global table, counted without reading any tenant's data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update

from app.db import clock
from app.db.outbox import DueWork
from app.db.session import db
from app.jobs.retries import PARKED


class Count(NamedTuple):
    """waiting: whenever it is due, set aside apart. due: of these, now. parked: set aside after too many failures."""

    kind: str
    waiting: int
    due: int
    parked: int


def counts() -> list[Count]:
    """By kind, in name order."""
    rows = db.session.execute(
        select(
            DueWork.kind,
            func.count().filter(DueWork.due_at < PARKED),
            func.count().filter(DueWork.due_at <= clock.now()),
            func.count().filter(DueWork.due_at >= PARKED),
        )
        .group_by(DueWork.kind)
        .order_by(DueWork.kind)
    )
    return [Count(*row) for row in rows]


def oldest_delivery_seconds() -> float:
    """Age of the oldest event that some handler has not received, set aside ones apart; 0 when there is none."""
    oldest = db.session.scalar(
        select(DueWork.id)
        .where(DueWork.kind == "delivery", DueWork.due_at < PARKED)
        .order_by(DueWork.id)
        .limit(1)
    )
    return max(0.0, (clock.now() - written_at(oldest)).total_seconds()) if oldest else 0.0


def written_at(identifier: UUID) -> datetime:
    """When a time-ordered identifier was drawn, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def retry_parked() -> int:
    """Make everything set aside due now, its failures forgotten. Returns how many rows; commits."""
    moved = db.session.execute(
        update(DueWork)
        .where(DueWork.due_at >= PARKED)
        .values(due_at=clock.now(), attempts=0)
        .returning(DueWork.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return len(moved)
