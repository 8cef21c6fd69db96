"""Supports and the row that makes one person's parallel requests queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key


class Vote(TenantModel):
    """One person, one contribution or comment. counted: false until the person's requirements are met."""

    __tablename__ = "vote"
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("comment_id", "comment", ondelete="CASCADE"),
        tenant_key("person_id", "person", ondelete="CASCADE"),
        UniqueConstraint(
            "tenant_id",
            "contribution_id",
            "person_id",
            name="uq_vote_contribution_person",
        ),
        UniqueConstraint("tenant_id", "comment_id", "person_id", name="uq_vote_comment_person"),
        CheckConstraint("(contribution_id is null) <> (comment_id is null)", name="target"),
        Index("ix_vote_person", "tenant_id", "person_id", "step_id"),
    )

    step_id: Mapped[UUID]
    contribution_id: Mapped[UUID | None]
    comment_id: Mapped[UUID | None]
    person_id: Mapped[UUID]
    counted: Mapped[bool]
    pending_for: Mapped[str | None]
    created_at: Mapped[datetime]


class StepParticipation(TenantModel):
    """What one person has spent in one step; locked while a vote is checked, so that no limit can be passed."""

    __tablename__ = "step_participation"
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("person_id", "person", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "step_id", "person_id", name="uq_step_participation_person"),
        CheckConstraint("supports >= 0", name="supports"),
    )

    step_id: Mapped[UUID]
    person_id: Mapped[UUID]
    supports: Mapped[int] = mapped_column(default=0)
