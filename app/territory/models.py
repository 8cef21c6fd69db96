"""Zones of a tenant: quartiers, cantons or sites, as polygons in WGS84."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_unique


class Zone(TenantModel):
    """shape: `{"polygons": [[ring, hole…], …]}`, a ring being `[[longitude, latitude], …]` closed.

    active: a zone that left the tenant's file is kept for the contributions that name it, and no longer offered.
    """

    __tablename__ = "zone"
    __table_args__ = (tenant_unique("slug", name="uq_zone_slug"),)

    slug: Mapped[str]
    name: Mapped[str]
    code: Mapped[str | None]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    shape: Mapped[dict[str, Any]]
    longitude: Mapped[float]
    latitude: Mapped[float]
