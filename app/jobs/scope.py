"""What a job needs around it: an application context, one tenant, and the addresses its mails contain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from flask import Flask, current_app, g

from app.db import outbox
from app.db.context import tenant_scope
from app.tenancy.registry import TenantConfig, TenantRegistry


class TenantGone(LookupError):
    """The work belongs to a tenant that does not exist any more."""


def current_application() -> Flask:
    """The application itself, behind Flask's proxy. Raises RuntimeError outside an application context."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


@contextmanager
def job_scope(tenant_id: UUID) -> Iterator[TenantConfig]:
    """Work for this tenant, in a transaction of one's own, as a request of its platform would.

    `g.tenant` is its configuration and `g.base_path` is empty: paths are the tenant's own, `tenancy.web.external_url`
    makes them addresses. Nothing is committed unless the block does it; what is left open is rolled back. A job may
    open the same tenant again inside, for a transaction that ends before the outer one. Raises TenantGone.
    """
    app = current_application()
    config = _find(app.extensions["tenants"], tenant_id)
    with (
        app.app_context(),
        tenant_scope(tenant_id),
        structlog.contextvars.bound_contextvars(tenant=config.slug),
    ):
        g.tenant, g.base_path = config, ""
        yield config


def _find(registry: TenantRegistry, tenant_id: UUID) -> TenantConfig:
    config = registry.by_id(tenant_id)
    if config is None:
        # The registry may be two seconds old, the tenant younger.
        registry.forget()
        config = registry.by_id(tenant_id)
    if config is None:
        raise TenantGone(str(tenant_id))
    return config


def announce_committed() -> None:
    """Tell workers about the deliveries that the transaction just committed in this context wrote."""
    pending = outbox.take_wake_ups()
    if pending:
        current_app.extensions["announce_deliveries"](pending)
