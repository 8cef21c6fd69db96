"""Acts on their way: what was submitted by somebody not yet identified, and what is still being written."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key


class Intention(TenantModel):
    """An act parsed and not yet committed or not yet complete; lives 72 hours.

    payload: plain values of the act's `parse`. target_*: what the commit produced, to complete or show it.
    state: `open` (nothing written yet), `committed` (written, perhaps pending), `done` (counts), `dropped`.
    """

    __tablename__ = "intention"
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("person_id", "person", ondelete="CASCADE"),
        CheckConstraint("state in ('open', 'committed', 'done', 'dropped')", name="state"),
        Index("ix_intention_person", "tenant_id", "person_id", "state"),
    )

    act: Mapped[str]
    step_id: Mapped[UUID]
    person_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    checked: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="open")
    form_issued_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class IntentionCommit(TenantModel):
    """Inserted first by the commit: its key makes the act happen once, whatever is clicked or retried.

    id is the intention's. result: what `ActResult` stored, given back to a repeat.
    """

    __tablename__ = "intention_commit"
    __table_args__ = (tenant_key("id", "intention", ondelete="CASCADE"),)

    result: Mapped[dict[str, Any]]
    committed_at: Mapped[datetime]


class Draft(TenantModel):
    """Text typed and not submitted; nobody but its author reads it."""

    __tablename__ = "draft"
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("person_id", "person", ondelete="CASCADE"),
        Index("ix_draft_person", "tenant_id", "person_id", "updated_at"),
    )

    act: Mapped[str]
    step_id: Mapped[UUID]
    person_id: Mapped[UUID]
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
