"""Who did, saw or exported what: append-only, ids only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.db.models import TenantModel
from app.db.session import db


class AuditEntry(TenantModel):
    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_tenant_at", "tenant_id", "at"),)

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor_kind: Mapped[str]
    action: Mapped[str]
    target_kind: Mapped[str | None]
    target_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]


def record(
    action: str,
    *,
    now: datetime,
    actor_id: UUID | None = None,
    actor_kind: str = "person",
    target_kind: str | None = None,
    target_id: UUID | None = None,
    **details: int | str | None,
) -> None:
    """Append one line. details: numbers and short codes, never names, addresses or texts."""
    db.session.add(
        AuditEntry(
            at=now,
            actor_id=actor_id,
            actor_kind=actor_kind,
            action=action,
            target_kind=target_kind,
            target_id=target_id,
            details=details,
        )
    )
