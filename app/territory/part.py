"""Writing a tenant's zones: those of the file, in its order; one that left the file is kept, inactive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.tenancy import parts
from app.territory.checks import ZONES, read_zones
from app.territory.geometry import ZoneShape, centroid
from app.territory.models import Zone


def write_zones(session: Session, document: Mapping[str, Any], folder: Path | None, now: datetime) -> None:
    """A zone keeps its identity as long as its name gives the same slug, so that contributions keep their place."""
    if folder is None:
        return
    known = {zone.slug: zone for zone in session.scalars(select(Zone))}
    named = set()
    for position, shape in enumerate(read_zones(document, folder)):
        slug = slugify(shape.name, max_length=60) or f"zone-{position + 1}"
        named.add(slug)
        zone = known.get(slug)
        if zone is None:
            zone = Zone(slug=slug, shape={}, longitude=0.0, latitude=0.0, name="", code=None, position=0)
            session.add(zone)
        _fill(zone, shape, position)
    for slug, zone in known.items():
        if slug not in named:
            zone.active = False
    session.flush()


def _fill(zone: Zone, shape: ZoneShape, position: int) -> None:
    longitude, latitude = centroid(shape)
    zone.name, zone.code, zone.position, zone.active = shape.name, shape.code, position, True
    zone.shape = shape.as_json()
    zone.longitude, zone.latitude = longitude, latitude


def register() -> None:
    parts.register(
        parts.Part(
            "zones",
            checks=(ZONES,),
            write=write_zones,
            files=lambda document: [document["zones"]] if document.get("zones") else [],
        )
    )
