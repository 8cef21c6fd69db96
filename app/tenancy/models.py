"""The tenants of this deployment and every revision of their document."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import GlobalModel, TenantModel, tenant_unique
from app.db.types import uuid7

STATES = ("live", "closed")


class Tenant(GlobalModel):
    """Written by the operator only; `app` may read it to find which tenant a host names.

    revision: the current document's, kept by a trigger on `tenant_document`, so that a web process sees in one
    cheap statement whether anything changed.
    """

    __tablename__ = "tenant"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("state in ('live', 'closed')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str]
    hosts: Mapped[list[str]]
    state: Mapped[str] = mapped_column(default="live")
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class TenantDocument(TenantModel):
    """One revision of the YAML: normalised content, where it came from, who wrote it and why. Append-only."""

    __tablename__ = "tenant_document"
    __table_args__ = (tenant_unique("revision", name="uq_tenant_document_revision"),)

    revision: Mapped[int]
    document: Mapped[dict[str, Any]]
    source: Mapped[str]
    file_hash: Mapped[str | None]
    author: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]


class TenantLogo(TenantModel):
    """The tenant's logo as its file had it. At most one row."""

    __tablename__ = "tenant_logo"

    content: Mapped[bytes]
    content_type: Mapped[str]
