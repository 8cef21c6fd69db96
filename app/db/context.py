"""Which tenant the running code works for. One per request, job or command; never two nested."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_tenant_id: ContextVar[UUID | None] = ContextVar("parvis_tenant_id", default=None)


class TenantScopeError(RuntimeError):
    """Code touched tenant data without saying which tenant, or for two tenants at once."""


def current_tenant_id() -> UUID | None:
    return _tenant_id.get()


def require_tenant_id() -> UUID:
    tenant_id = _tenant_id.get()
    if tenant_id is None:
        raise TenantScopeError("a tenant table was used and no tenant is in scope")
    return tenant_id


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Work for this tenant. Entering the scope of another tenant inside it is refused:
    a transaction is bound to one tenant, and a released savepoint would keep the second one."""
    active = _tenant_id.get()
    if active is not None and active != tenant_id:
        raise TenantScopeError(f"already in the scope of tenant {active}, cannot enter {tenant_id}")
    token = _tenant_id.set(tenant_id)
    try:
        yield
    finally:
        _tenant_id.reset(token)
