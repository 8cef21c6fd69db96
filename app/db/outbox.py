"""Consequences written in the transaction of the act, delivered at least once, each handler alone.

An event is `<owner>.<noun>_<past>` with a small dataclass of ids declared by its owner. One delivery row per
(event, handler) is the idempotency key; `due_work` lets a sweeper find it without reading any tenant's data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from app.db import clock
from app.db.context import require_tenant_id
from app.db.models import GlobalModel, TenantModel, tenant_key, tenant_unique
from app.db.session import db
from app.db.types import uuid7


@dataclass(frozen=True)
class OutboxEvent:
    """Base of declared events. Fields are ids (UUID, int, short codes), never texts or addresses."""

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        return {key: str(value) if isinstance(value, UUID) else value for key, value in asdict(self).items()}


class Event(TenantModel):
    __tablename__ = "event"

    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]


class Delivery(TenantModel):
    __tablename__ = "delivery"
    __table_args__ = (
        tenant_key("event_id", "event", ondelete="CASCADE"),
        tenant_unique("event_id", "handler", name="uq_delivery_event_handler"),
    )

    event_id: Mapped[UUID]
    handler: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]


class DueWork(GlobalModel):
    """Ids only: the sweeper reads it as `app` without a tenant, then opens that tenant's scope."""

    __tablename__ = "due_work"
    __table_args__ = (
        Index("ix_due_work_due_at", "due_at"),
        # One row per piece of work: asked twice, it keeps one date; two schedulers cannot both add it.
        UniqueConstraint("tenant_id", "kind", "ref", name="uq_due_work_work"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    ref: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)


Handler = Callable[[dict[str, Any]], None]

#: event name -> names of the handlers (the callables live in app/jobs' register, filled by manifests and rooms).
_handlers: dict[str, dict[str, Handler]] = {}


def subscribe(event_name: str, handler_name: str, handler: Handler) -> None:
    """Declare that `handler(payload)` follows every event of that name. Called once at start-up."""
    _handlers.setdefault(event_name, {})[handler_name] = handler


def handler_of(event_name: str, handler_name: str) -> Handler | None:
    return _handlers.get(event_name, {}).get(handler_name)


def subscribers(event_name: str) -> list[str]:
    return sorted(_handlers.get(event_name, {}))


#: A sweeper waits this long before taking a delivery, so that the wake-up after commit usually comes first.
GRACE = timedelta(seconds=5)


def post(event: OutboxEvent, *, now: datetime | None = None) -> UUID | None:
    """Write the event and one delivery per subscriber in the current transaction.

    Without a subscriber nothing is written (an event nobody hears has no consequence). Returns the event's id.
    """
    names = subscribers(event.name)
    if not names:
        return None
    at = now or clock.now()
    tenant_id = require_tenant_id()
    event_id = uuid7()
    delivery_ids = [uuid7() for _ in names]
    deliveries = [
        {"tenant_id": tenant_id, "id": delivery_id, "event_id": event_id, "handler": name, "attempts": 0}
        for delivery_id, name in zip(delivery_ids, names, strict=True)
    ]
    db.session.execute(
        insert(Event.__table__),  # type: ignore[arg-type]
        {
            "tenant_id": tenant_id,
            "id": event_id,
            "name": event.name,
            "payload": event.payload(),
            "happened_at": at,
        },
    )
    db.session.execute(insert(Delivery.__table__), deliveries)  # type: ignore[arg-type]
    for delivery_id in delivery_ids:
        schedule("delivery", str(delivery_id), at=at + GRACE)
        _wake_ups().append((tenant_id, delivery_id))
    return event_id


def schedule(kind: str, ref: str, *, at: datetime) -> None:
    """Ask that work of this kind be done for this reference at that instant, by whichever worker sweeps then.

    Asked again before it is done, the work moves to the new instant and its failures are forgotten.
    """
    added = postgresql.insert(DueWork.__table__).values(  # type: ignore[arg-type]
        id=uuid7(), tenant_id=require_tenant_id(), kind=kind, ref=ref, due_at=at, attempts=0
    )
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=["tenant_id", "kind", "ref"], set_={"due_at": added.excluded.due_at, "attempts": 0}
        )
    )


def _wake_ups() -> list[tuple[UUID, UUID]]:
    pending: list[tuple[UUID, UUID]] = db.session.info.setdefault("wake_ups", [])
    return pending


def take_wake_ups() -> list[tuple[UUID, UUID]]:
    """(tenant, delivery) pairs committed by this session and not yet announced to a worker; empties the list."""
    pending = _wake_ups()
    taken = list(pending)
    pending.clear()
    return taken
