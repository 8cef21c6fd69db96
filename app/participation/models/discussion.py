"""What is said about a contribution, by people and by the collectivité."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key, tenant_unique


class Comment(TenantModel):
    """One level of replies: `parent_id` names a comment that has none."""

    __tablename__ = "comment"
    __table_args__ = (
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("parent_id", "comment", ondelete="CASCADE"),
        tenant_key("author_id", "person", ondelete="SET NULL"),
        UniqueConstraint("tenant_id", "contribution_id", "import_key", name="uq_comment_import_key"),
        CheckConstraint(
            "state in ('pending', 'published', 'hidden', 'withdrawn', 'erased')",
            name="state",
        ),
        CheckConstraint("supports >= 0 and replies >= 0", name="counters"),
        Index(
            "ix_comment_recent",
            "tenant_id",
            "contribution_id",
            "parent_id",
            "created_at",
        ),
        Index("ix_comment_liked", "tenant_id", "contribution_id", "parent_id", "supports"),
        Index("ix_comment_author", "tenant_id", "author_id", "created_at"),
    )

    contribution_id: Mapped[UUID]
    step_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    author_id: Mapped[UUID | None]
    author_label: Mapped[str | None]
    body: Mapped[str]
    state: Mapped[str]
    pending_for: Mapped[str | None]
    supports: Mapped[int] = mapped_column(default=0)
    replies: Mapped[int] = mapped_column(default=0)
    import_key: Mapped[str | None]
    created_at: Mapped[datetime]


class OfficialAnswer(TenantModel):
    """Signed by the collectivité, dated, never edited: a correction is a new answer."""

    __tablename__ = "official_answer"
    __table_args__ = (
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("author_id", "person", ondelete="SET NULL"),
        Index(
            "ix_official_answer_contribution",
            "tenant_id",
            "contribution_id",
            "published_at",
        ),
    )

    contribution_id: Mapped[UUID]
    author_id: Mapped[UUID | None]
    signatory: Mapped[str]
    signatory_title: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    published_at: Mapped[datetime]


class StatusChange(TenantModel):
    """A contribution reached a progress status declared by its application. Append-only."""

    __tablename__ = "status_change"
    __table_args__ = (
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("author_id", "person", ondelete="SET NULL"),
        Index("ix_status_change_contribution", "tenant_id", "contribution_id", "at"),
    )

    contribution_id: Mapped[UUID]
    status: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Decision(TenantModel):
    """A moderator hid, restored, accepted or rejected something, and why. Append-only; the author is told.

    previous_state: the state before, to which restoring brings a contribution back.
    """

    __tablename__ = "decision"
    __table_args__ = (
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("comment_id", "comment", ondelete="CASCADE"),
        tenant_key("author_id", "person", ondelete="SET NULL"),
        CheckConstraint("(contribution_id is null) <> (comment_id is null)", name="target"),
        Index("ix_decision_contribution", "tenant_id", "contribution_id", "at"),
        Index("ix_decision_comment", "tenant_id", "comment_id", "at"),
    )

    contribution_id: Mapped[UUID | None]
    comment_id: Mapped[UUID | None]
    action: Mapped[str]
    reason: Mapped[str]
    previous_state: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Follow(TenantModel):
    """Somebody wants the news of a contribution, a step (its opening) or a démarche.

    level: `essential` (answers and statuses), `all` (comments too), `none` (explicitly not).
    """

    __tablename__ = "follow"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("project_id", "project", ondelete="CASCADE"),
        tenant_unique("person_id", "contribution_id", name="uq_follow_contribution"),
        tenant_unique("person_id", "step_id", name="uq_follow_step"),
        tenant_unique("person_id", "project_id", name="uq_follow_project"),
        CheckConstraint("num_nonnulls(contribution_id, step_id, project_id) = 1", name="target"),
        CheckConstraint("level in ('none', 'essential', 'all')", name="level"),
        Index("ix_follow_contribution", "tenant_id", "contribution_id"),
    )

    person_id: Mapped[UUID]
    contribution_id: Mapped[UUID | None]
    step_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    level: Mapped[str]
    created_at: Mapped[datetime]
