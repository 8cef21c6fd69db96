"""A platform's file and what it names, written in a folder and changed by the tests."""

from __future__ import annotations

import copy
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ruamel.yaml import YAML
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db.context import tenant_scope
from app.db.session import operator_session
from app.participation.models import Project, Step
from app.tenancy import services
from app.tenancy.models import Tenant, TenantDocument
from app.tenancy.services import Applied
from app.territory.models import Zone

#: Sunday 22 November 2026, 11:00 in Paris.
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'

_numbers = itertools.count(1)

STEP = {
    "slug": "parcs",
    "title": "Vos idées",
    "module": "boite_a_idees",
    "kind": "depot",
    "opens_at": "-2d",
    "closes_at": "+6d 18:00",
    "settings": {"limit": 3},
}
PROJECT = {"slug": "parcs", "title": "Des parcs", "question": "Où planter ?", "steps": [STEP]}


def square(name: str, west: float) -> dict[str, Any]:
    ring = [[west, 47.0], [west + 0.1, 47.0], [west + 0.1, 47.1], [west, 47.1], [west, 47.0]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@dataclass
class PlatformFile:
    """`document` is what the file says; `save` writes it, `apply` makes the platform so."""

    engine: Engine
    folder: Path
    slug: str
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / f"{self.slug}.yaml"

    def save(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        # JSON is YAML.
        self.path.write_text(json.dumps(self.document, ensure_ascii=False), encoding="utf-8")
        return self.path

    def apply(self, *, now: datetime = NOW) -> Applied:
        return services.apply_file(self.engine, self.save(), author="ines", why="test", now=now)

    def export(self) -> dict[str, Any]:
        return dict(YAML(typ="safe").load(services.export(self.engine, self.slug)))

    def name_zones(self, *names: str) -> None:
        features = [square(name, 1.0 + 0.2 * number) for number, name in enumerate(names)]
        self.folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"type": "FeatureCollection", "features": features})
        (self.folder / "zones.geojson").write_text(content, encoding="utf-8")
        self.document["zones"] = "zones.geojson"

    def draw_logo(self, content: str = LOGO) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "logo.svg").write_text(content, encoding="utf-8")
        self.document["theme"] = {"brand": "#0b5c6b", "logo": "logo.svg"}

    # --- what the database holds ------------------------------------------------------------------------------

    def rows(self, model: type[Any]) -> list[Any]:
        with operator_session(self.engine) as session:
            tenant_id = self._id(session)
            if tenant_id is None:
                return []
            with tenant_scope(tenant_id):
                return list(session.scalars(select(model)))

    def _id(self, session: Session) -> UUID | None:
        return session.scalar(select(Tenant.id).where(Tenant.slug == self.slug))

    def tenant(self) -> Tenant | None:
        with operator_session(self.engine) as session:
            return session.scalar(select(Tenant).where(Tenant.slug == self.slug))

    def revisions(self) -> list[int]:
        return sorted(row.revision for row in self.rows(TenantDocument))

    def zones(self) -> dict[str, bool]:
        found = sorted(self.rows(Zone), key=lambda zone: zone.position)
        return {zone.name: zone.active for zone in found}

    def project(self) -> Project:
        [found] = self.rows(Project)
        return found

    def step(self) -> Step:
        [found] = self.rows(Step)
        return found

    def edit_on_the_platform(self, model: type[Any], **values: Any) -> None:
        """As the back-office would, on the one row there is."""
        with operator_session(self.engine) as session:
            tenant_id = self._id(session)
            assert tenant_id is not None
            with tenant_scope(tenant_id):
                row = session.scalars(select(model)).one()
                for name, value in values.items():
                    setattr(row, name, value)

    def revise_on_the_platform(self, **values: Any) -> int:
        """A revision the back-office wrote; its number."""
        with operator_session(self.engine) as session:
            tenant_id = self._id(session)
            assert tenant_id is not None
            with tenant_scope(tenant_id):
                newest = session.scalars(
                    select(TenantDocument).order_by(TenantDocument.revision.desc()).limit(1)
                ).one()
                session.add(
                    TenantDocument(
                        tenant_id=tenant_id,
                        revision=newest.revision + 1,
                        document=newest.document | values,
                        source="backoffice",
                        file_hash=None,
                        author="dora",
                        why="test",
                        created_at=NOW,
                    )
                )
                return newest.revision + 1


def make(engine: Engine, folder: Path, slug: str = "rive", **values: Any) -> PlatformFile:
    """A demonstration, which may leave out what a public platform must say. slug gets a number."""
    unique = f"{slug}-f{next(_numbers)}-{folder.name[-4:].strip('_').lower() or 'x'}".replace("_", "-")
    document = {
        "tenant": unique,
        "name": "Ville de Rive",
        "kind": "commune",
        "demo": True,
        "hosts": [f"{unique}.example"],
        "timezone": "Europe/Paris",
        "modules": {"boite_a_idees": True},
    }
    return PlatformFile(engine, folder, unique, copy.deepcopy(document | values))
