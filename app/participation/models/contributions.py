"""Contributions of every application: one core table, joined by each application's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key, tenant_unique

SEARCH_VECTOR = (
    "setweight(to_tsvector('french'::regconfig, app_fold(title)), 'A')"
    " || setweight(to_tsvector('french'::regconfig, app_fold(body)), 'B')"
)


class Contribution(TenantModel):
    """state is visibility, status is progress (architecture: core objects).

    supports, comments: what counts and is public, kept by the acts' transactions.
    threshold_at: when its supports first reached the step's threshold; they may have gone down again since.
    shuffle_rank: dense place in the step's random order, redrawn by a job; None until published.
    import_key: the row's key in the file it came from, so that importing again changes nothing.
    author_label: who signed when no person of the platform did (open data, paper).
    """

    __tablename__ = "contribution"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "contribution"}  # noqa: RUF012
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_key("author_id", "person", ondelete="SET NULL"),
        tenant_key("zone_id", "zone", ondelete="SET NULL"),
        tenant_key("photo_id", "photo", ondelete="SET NULL"),
        tenant_unique("step_id", "number", name="uq_contribution_step_number"),
        UniqueConstraint("tenant_id", "step_id", "import_key", name="uq_contribution_import_key"),
        CheckConstraint(
            "state in ('draft', 'pending', 'published', 'hidden', 'archived', 'withdrawn', 'merged', 'rejected',"
            " 'erased')",
            name="state",
        ),
        CheckConstraint(
            "(state = 'pending') = (pending_for is not null)"
            " and pending_for in ('identity', 'requirements', 'moderation', 'too_late')",
            name="pending_for",
        ),
        CheckConstraint("supports >= 0 and comments >= 0", name="counters"),
        Index(
            "ix_contribution_recent",
            "tenant_id",
            "step_id",
            "state",
            "published_at",
            "number",
        ),
        Index(
            "ix_contribution_supported",
            "tenant_id",
            "step_id",
            "state",
            "supports",
            "number",
        ),
        Index(
            "ix_contribution_commented",
            "tenant_id",
            "step_id",
            "state",
            "comments",
            "number",
        ),
        Index(
            "ix_contribution_shuffled",
            "tenant_id",
            "step_id",
            "state",
            "shuffle_rank",
            "number",
        ),
        Index(
            "ix_contribution_themed",
            "tenant_id",
            "step_id",
            "state",
            "theme",
            "supports",
            "number",
        ),
        Index("ix_contribution_author", "tenant_id", "author_id", "created_at"),
        Index("ix_contribution_published", "tenant_id", "state", "published_at"),
    )

    type: Mapped[str]
    step_id: Mapped[UUID]
    number: Mapped[int]
    slug: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    author_id: Mapped[UUID | None]
    author_label: Mapped[str | None]
    theme: Mapped[str | None]
    zone_id: Mapped[UUID | None]
    place: Mapped[str | None]
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    photo_id: Mapped[UUID | None]
    state: Mapped[str]
    pending_for: Mapped[str | None]
    status: Mapped[str]
    status_at: Mapped[datetime | None]
    supports: Mapped[int] = mapped_column(default=0)
    comments: Mapped[int] = mapped_column(default=0)
    threshold_at: Mapped[datetime | None]
    answered: Mapped[bool] = mapped_column(default=False)
    versions: Mapped[int] = mapped_column(default=1)
    shuffle_rank: Mapped[int | None]
    import_key: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(SEARCH_VECTOR, persisted=True),
        deferred=True,
        deferred_raiseload=True,
    )


class ContributionVersion(TenantModel):
    """A text that was replaced, kept readable because people had already supported it."""

    __tablename__ = "contribution_version"
    __table_args__ = (
        tenant_key("contribution_id", "contribution", ondelete="CASCADE"),
        tenant_unique("contribution_id", "number", name="uq_contribution_version_number"),
    )

    contribution_id: Mapped[UUID]
    number: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    supports: Mapped[int]
    replaced_at: Mapped[datetime]


class Photo(TenantModel):
    """One picture, re-encoded without its metadata. widths: the variants stored, pixels, ascending.

    uploader_id: only that person may attach it to something. colour: dominant colour, `#rrggbb`.
    """

    __tablename__ = "photo"
    __table_args__ = (
        tenant_key("uploader_id", "person", ondelete="SET NULL"),
        CheckConstraint("width > 0 and height > 0", name="size"),
    )

    uploader_id: Mapped[UUID | None]
    alt: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    widths: Mapped[list[int]]
    colour: Mapped[str]
    created_at: Mapped[datetime]


class StepCounter(TenantModel):
    """How many contributions of a step have this state, theme, zone and status: what the facets show,
    without counting rows. '' stands for "none" so that the key has no null."""

    __tablename__ = "step_counter"
    __table_args__ = (
        tenant_key("step_id", "step", ondelete="CASCADE"),
        tenant_unique("step_id", "state", "theme", "zone", "status", name="uq_step_counter_cell"),
        CheckConstraint("n >= 0", name="n"),
    )

    step_id: Mapped[UUID]
    state: Mapped[str]
    theme: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="")
    n: Mapped[int] = mapped_column(default=0)
