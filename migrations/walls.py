"""What every migration that creates a tenant table calls: row-level security, forced, with its two policies."""

from __future__ import annotations

from alembic import op

#: '' and not NULL after a transaction that set it: a bare cast would raise on the next use of the connection.
TENANT_OF_TRANSACTION = "nullif(current_setting('app.tenant_id', true), '')::uuid"
TENANT_ROW = f"tenant_id = {TENANT_OF_TRANSACTION}"


def enable_tenant_wall(*tables: str) -> None:
    """The application sees the rows of the tenant bound to its transaction; the owner (migrations) and the
    operator see all. FORCE, so that no role escapes by owning the table."""
    for table in tables:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(
            f'CREATE POLICY tenant ON "{table}" TO parvis_app USING ({TENANT_ROW}) WITH CHECK ({TENANT_ROW})'
        )
        op.execute(
            f'CREATE POLICY operator ON "{table}" TO parvis_owner, parvis_operator USING (true) WITH CHECK (true)'
        )


def append_only(*tables: str) -> None:
    """The application may add and read rows of these tables, never change or remove them."""
    for table in tables:
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM parvis_app')
