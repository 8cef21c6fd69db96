"""Bases of every table: tenant-owned, secret, global."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.db.context import require_tenant_id
from app.db.types import UtcDateTime, random_id, uuid7

TENANT_DEFAULT = text("nullif(current_setting('app.tenant_id', true), '')::uuid")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[int]: JSONB(),
        UUID: Uuid(),
    }


class GlobalModel(Base):
    """A row that belongs to no tenant (the tenants themselves, due work)."""

    __abstract__ = True


class TenantModel(Base):
    """A row of one tenant. Its keys start with `tenant_id`, which no business code writes or filters:
    the default fills it, the session adds the criterion, row-level security stands behind."""

    __abstract__ = True

    tenant_id: Mapped[UUID] = mapped_column(
        primary_key=True,
        default=require_tenant_id,
        server_default=TENANT_DEFAULT,
        sort_order=-2,
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)


class SecretModel(TenantModel):
    """A row of a secret act: random id, no time, no sequence, no address, no request id."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=random_id, sort_order=-1)


def tenant_key(local: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Foreign key between two tenant tables: `(tenant_id, local) -> target(tenant_id, id)`.

    ondelete "SET NULL" empties only the local column (PostgreSQL 15): the plain form would try to null tenant_id.
    """
    if ondelete == "SET NULL":
        ondelete = f"SET NULL ({local})"
    return ForeignKeyConstraint(
        ["tenant_id", local],
        [f"{target}.tenant_id", f"{target}.id"],
        ondelete=ondelete,
        use_alter=False,
    )


def tenant_unique(*columns: str, name: str | None = None) -> UniqueConstraint:
    return UniqueConstraint("tenant_id", *columns, name=name)


__all__ = [
    "Base",
    "GlobalModel",
    "PrimaryKeyConstraint",
    "SecretModel",
    "TenantModel",
    "tenant_key",
    "tenant_unique",
]
