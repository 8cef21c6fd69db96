"""Démarches and their ordered steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key, tenant_unique


class Project(TenantModel):
    """A démarche. cover: name of a drawn scene. themes: labels of the tenant's document."""

    __tablename__ = "project"
    __table_args__ = (
        tenant_unique("slug", name="uq_project_slug"),
        CheckConstraint("state in ('draft', 'published', 'archived')", name="state"),
    )

    slug: Mapped[str]
    title: Mapped[str]
    question: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    cover: Mapped[str] = mapped_column(default="place")
    themes: Mapped[list[str]]
    state: Mapped[str] = mapped_column(default="published")
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Step(TenantModel):
    """One application at work inside a démarche.

    opens_at, closes_at: None means always open on that side; both None is a timeless step.
    settings: what the module's schema for `kind` validated, complete with defaults.
    The counters are kept by the acts' transactions; next_number gives contributions their human number.
    """

    __tablename__ = "step"
    __table_args__ = (
        tenant_key("project_id", "project", ondelete="CASCADE"),
        tenant_unique("segment", "slug", name="uq_step_segment_slug"),
        Index("ix_step_project", "tenant_id", "project_id", "position"),
        CheckConstraint(
            "closes_at is null or opens_at is null or closes_at > opens_at",
            name="dates",
        ),
    )

    project_id: Mapped[UUID]
    module: Mapped[str]
    kind: Mapped[str]
    segment: Mapped[str]
    slug: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    position: Mapped[int]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    results_at: Mapped[datetime | None]
    settings: Mapped[dict[str, Any]]
    requirements: Mapped[list[str]]
    next_number: Mapped[int] = mapped_column(default=1)
    contributions: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int] = mapped_column(default=0)
    shuffled: Mapped[int] = mapped_column(default=0)
