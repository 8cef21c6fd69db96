"""Small worlds: tenants with zones, people with roles, démarches with steps, as real rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, text

from app.db import clock
from app.db.context import tenant_scope
from app.db.session import db, operator_session
from app.db.types import uuid7
from app.participation.models import Project, Step
from app.people.models import Person, PersonAttribute, PersonRole
from app.tenancy.document import normal
from app.tenancy.models import Tenant, TenantDocument
from app.tenancy.registry import TenantConfig
from app.territory.models import Zone

_numbers = itertools.count(1)

SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]


@dataclass
class TenantWorld:
    """One tenant of a test. path: its prefix on the base host."""

    app: Flask
    slug: str
    id: UUID
    zones: dict[str, UUID] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/t/{self.slug}"

    @property
    def config(self) -> TenantConfig:
        registry = self.app.extensions["tenants"]
        registry.forget()
        found: TenantConfig = registry.by_slug(self.slug)
        return found

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Application context and tenant scope, as a job has; what the block wrote is committed."""
        with self.app.app_context(), tenant_scope(self.id):
            from flask import g

            g.tenant, g.base_path = self.config, self.path
            try:
                yield
                db.session.commit()
            except BaseException:
                db.session.rollback()
                raise


def make_tenant(app: Flask, engine: Engine, slug: str = "rive", **document: Any) -> TenantWorld:
    """A tenant with two zones (`nord`, `sud`) and every application of this deployment on.

    slug gets a number: each test has tenants of its own. document: keys that replace the defaults.
    """
    unique = f"{slug}-{next(_numbers)}-{uuid7().hex[-6:]}"
    written: dict[str, Any] = {
        "tenant": unique,
        "name": f"Ville de {slug.capitalize()}",
        "tagline": "La plateforme participative de la ville",
        "kind": "commune",
        "country": "FR",
        "hosts": [f"{unique}.example"],
        "locale": "fr",
        "timezone": "Europe/Paris",
        "theme": {"preset": "rivage", "brand": "#0b5c6b", "accent": "#ffb52e"},
        "access": {"visibility": "public", "sign_in": ["link", "password"], "email_domains": []},
        "legal": {
            "publisher": f"Ville de {slug.capitalize()}",
            "director": "La maire",
            "host": "Hébergeur, 1 rue du Port",
            "address": "Place du Pont",
            "phone": "02 00 00 00 00",
            "email": "contact@rive.example",
            "dpo": "dpo@rive.example",
        },
        "themes": ["Mobilités", "Nature", "Solidarités"],
        "modules": {module_id: {"enabled": True} for module_id in app.extensions["modules"]},
    }
    full = normal.defaults(written | document, manifests=app.extensions["modules"])
    now = clock.now()
    tenant_id = uuid7()
    world = TenantWorld(app, unique, tenant_id)
    with operator_session(engine) as session:
        session.add(Tenant(id=tenant_id, slug=unique, hosts=full["hosts"], created_at=now))
        session.flush()
        session.execute(text(f"SET LOCAL app.tenant_id = '{tenant_id}'"))
        for position, (zone, x) in enumerate((("nord", 0.0), ("sud", 2.0))):
            row = Zone(
                tenant_id=tenant_id,
                slug=zone,
                name=zone.capitalize(),
                code=None,
                position=position,
                shape={"polygons": [[[[lon + x, lat] for lon, lat in SQUARE]]]},
                longitude=x + 0.5,
                latitude=0.5,
            )
            session.add(row)
            session.flush()
            world.zones[zone] = row.id
        session.add(
            TenantDocument(
                tenant_id=tenant_id,
                revision=1,
                document=full,
                source="file",
                file_hash=None,
                author="test",
                why="test",
                created_at=now,
            )
        )
    app.extensions["tenants"].forget()
    return world


def make_person(
    world: TenantWorld,
    name: str | None = "Amina R.",
    *,
    email: str | None = None,
    role: str | None = None,
    zone: str | None = None,
) -> UUID:
    """An account of the tenant (a guest when name is None), with a verified address and perhaps a role."""
    now = clock.now()
    with world.scope():
        person = Person(
            display_name=name,
            charter_at=now if name else None,
            zone_id=world.zones[zone] if zone else None,
            created_at=now,
            acted_on=now.date(),
        )
        db.session.add(person)
        db.session.flush()
        if name:
            address = email or f"{name.split()[0].lower()}.{person.id.hex[-8:]}@rive.example"
            db.session.add(
                PersonAttribute(
                    person_id=person.id,
                    kind="email",
                    value=address,
                    verified_key=address,
                    verified_at=now,
                    created_at=now,
                )
            )
        if role:
            db.session.add(PersonRole(person_id=person.id, role=role, granted_at=now))
    return person.id


def make_project(world: TenantWorld, title: str = "Des bancs à l’ombre", **values: Any) -> UUID:
    with world.scope():
        project = Project(
            slug=values.pop("slug", f"demarche-{next(_numbers)}"),
            title=title,
            themes=[],
            created_at=clock.now(),
            **values,
        )
        db.session.add(project)
    return project.id


def make_step(
    world: TenantWorld,
    *,
    project_id: UUID | None = None,
    module: str = "boite_a_idees",
    kind: str = "depot",
    segment: str = "idees",
    slug: str | None = None,
    title: str = "Vos idées",
    opens_in: timedelta | None = timedelta(days=-10),
    closes_in: timedelta | None = timedelta(days=20),
    requirements: list[str] | None = None,
    **settings: Any,
) -> UUID:
    """An open step by default. settings: what replaces the defaults of the module's schema."""
    now: datetime = clock.now()
    manifest = world.app.extensions["modules"].get(module)
    complete: dict[str, Any] = dict(settings)
    if manifest is not None and kind in manifest.step_kinds:
        from app.tenancy.document.composition import step_schema

        complete = normal.fill(step_schema(manifest, kind), settings)
    project_id = project_id or make_project(world)
    with world.scope():
        step = Step(
            project_id=project_id,
            module=module,
            kind=kind,
            segment=segment,
            slug=slug or f"etape-{next(_numbers)}",
            title=title,
            position=0,
            opens_at=now + opens_in if opens_in is not None else None,
            closes_at=now + closes_in if closes_in is not None else None,
            settings=complete,
            requirements=["email", "account"] if requirements is None else requirements,
        )
        db.session.add(step)
    return step.id
