"""From a host name to a tenant's configuration, in memory: a warm request asks the database nothing."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.context import current_tenant_id, tenant_scope
from app.tenancy import modules
from app.tenancy.document.loader import with_secrets
from app.tenancy.models import Tenant, TenantDocument

log = structlog.get_logger(__name__)

#: Seconds during which a process may serve the previous revision of a document.
FRESH_FOR = 2.0


@dataclass(frozen=True)
class ZoneInfoRow:
    """A zone as pages need it: no geometry."""

    id: UUID
    slug: str
    name: str


@dataclass(frozen=True)
class TenantConfig:
    """A tenant as the current revision of its document describes it. Immutable: a new revision is a new object.

    document: the normalised document (contract §4). zones: active ones, in the file's order.
    """

    id: UUID
    slug: str
    state: str
    revision: int
    hosts: tuple[str, ...]
    document: MappingProxyType[str, Any]
    zones: tuple[ZoneInfoRow, ...] = ()
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.document["timezone"])

    @property
    def themes(self) -> list[str]:
        return list(self.document["themes"])

    @property
    def closed_to_domains(self) -> tuple[str, ...]:
        return tuple(self.document["access"]["email_domains"])

    @property
    def is_demo(self) -> bool:
        return bool(self.document.get("demo"))

    def module_enabled(self, module_id: str) -> bool:
        """Switched on by the document, allowed to it, and present in this deployment."""
        settings = self.document["modules"].get(module_id)
        on = bool(settings and settings.get("enabled") and settings.get("allowed", True))
        return on and module_id in modules.registry()

    def module_settings(self, module_id: str) -> dict[str, Any]:
        """Settings of `modules.<id>`, complete with defaults; {} when the document does not name it."""
        return dict(self.document["modules"].get(module_id) or {})

    def zone(self, zone_id: UUID | str | None) -> ZoneInfoRow | None:
        if zone_id is None:
            return None
        by_id: dict[str, ZoneInfoRow] | None = self.cache.get("zones")
        if by_id is None:
            by_id = self.cache["zones"] = {str(zone.id): zone for zone in self.zones}
        return by_id.get(str(zone_id))

    def zone_by_slug(self, slug: str) -> ZoneInfoRow | None:
        return next((zone for zone in self.zones if zone.slug == slug), None)


class TenantRegistry:
    """Which tenants exist, by host and by slug; their configurations, loaded when first asked.

    One statement every FRESH_FOR seconds notices new tenants, hosts and revisions; between two, nothing is asked.
    While the database is away, what was known stays; a process that knows nothing yet raises SQLAlchemyError.
    """

    def __init__(self, engine: Engine, *, secrets_dir: Path | None = None) -> None:
        """secrets_dir: one file for each `${secret:NAME}` of a document."""
        self._engine = engine
        self._secrets_dir = secrets_dir
        self._lock = threading.Lock()
        self._checked = float("-inf")
        self._known = False
        self._by_slug: dict[str, tuple[UUID, int, str, tuple[str, ...]]] = {}
        self._by_host: dict[str, str] = {}
        self._configs: dict[str, TenantConfig] = {}

    def forget(self) -> None:
        """Look again at the next request (a command or a test just wrote)."""
        with self._lock:
            self._checked = float("-inf")

    def slugs(self) -> list[str]:
        self._refresh()
        return sorted(self._by_slug)

    def by_host(self, host: str) -> TenantConfig | None:
        """host: lower case, without port."""
        self._refresh()
        slug = self._by_host.get(host)
        return self.by_slug(slug) if slug else None

    def by_slug(self, slug: str) -> TenantConfig | None:
        self._refresh()
        row = self._by_slug.get(slug)
        if row is None:
            return None
        config = self._configs.get(slug)
        if config is None or (config.id, config.revision, config.state, config.hosts) != row:
            config = self._load(slug, *row)
            self._configs[slug] = config
        return config

    def by_id(self, tenant_id: UUID) -> TenantConfig | None:
        self._refresh()
        slug = next((slug for slug, row in self._by_slug.items() if row[0] == tenant_id), None)
        return self.by_slug(slug) if slug else None

    def _refresh(self) -> None:
        if time.monotonic() - self._checked < FRESH_FOR:
            return
        # One thread asks; the others go on with what is known.
        if not self._lock.acquire(blocking=not self._known):
            return
        try:
            if time.monotonic() - self._checked >= FRESH_FOR:
                self._ask()
        finally:
            self._lock.release()

    def _ask(self) -> None:
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(
                    select(Tenant.slug, Tenant.id, Tenant.revision, Tenant.state, Tenant.hosts).where(
                        Tenant.revision > 0
                    )
                ).all()
        except SQLAlchemyError as error:
            if not self._known:
                raise
            log.warning("tenants_not_refreshed", error=type(error).__name__)
        else:
            self._by_slug = {row.slug: (row.id, row.revision, row.state, tuple(row.hosts)) for row in rows}
            self._by_host = {host: row.slug for row in rows for host in row.hosts}
            self._known = True
        self._checked = time.monotonic()

    def _load(
        self, slug: str, tenant_id: UUID, revision: int, state: str, hosts: tuple[str, ...]
    ) -> TenantConfig:
        if current_tenant_id() not in (None, tenant_id):
            raise RuntimeError("a tenant's document is loaded outside the scope of another tenant")
        with tenant_scope(tenant_id), Session(self._engine) as session:
            document = session.scalars(
                select(TenantDocument.document).where(TenantDocument.revision == revision)
            ).one()
            zones = session.execute(
                text(
                    "select id, slug, name from zone where tenant_id = :tenant and active order by position"
                ),
                {"tenant": tenant_id},
            ).all()
        return TenantConfig(
            id=tenant_id,
            slug=slug,
            state=state,
            revision=revision,
            hosts=hosts,
            document=MappingProxyType(with_secrets(document, self._secret)),
            zones=tuple(ZoneInfoRow(row.id, row.slug, row.name) for row in zones),
        )

    def _secret(self, name: str) -> str:
        """A secret that nobody put there is empty: the platform is served without it, and the log says so."""
        try:
            if self._secrets_dir is None:
                raise FileNotFoundError(name)
            return (self._secrets_dir / name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            log.error("secret_missing", name=name)
            return ""
