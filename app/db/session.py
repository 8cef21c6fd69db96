"""Engine, session and the two walls between tenants.

First wall: every ORM statement that touches a tenant table receives the criterion `tenant_id = <tenant in scope>`,
and is refused when no tenant is in scope. Second wall: the transaction is bound to the tenant with `SET LOCAL`
(the statement, not `set_config`: a distributed PostgreSQL forwards only the statement), and row-level security
in the database compares every row with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    with_loader_criteria,
)
from sqlalchemy.orm.util import LoaderCriteriaOption

from app.db.context import TenantScopeError, current_tenant_id
from app.db.models import Base, TenantModel

#: psycopg prepares a statement after five uses; a transaction-mode pooler (PgBouncer 1.18) would lose it.
CONNECT_ARGS: dict[str, Any] = {"prepare_threshold": None}

db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


@lru_cache(maxsize=4096)
def _criterion(tenant_id: UUID) -> LoaderCriteriaOption:
    return with_loader_criteria(TenantModel, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)


@event.listens_for(Session, "do_orm_execute")
def _add_tenant_criterion(state: ORMExecuteState) -> None:
    # Column and relationship loads start from a parent whose composite key already carries the tenant.
    if (
        state.is_column_load
        or state.is_relationship_load
        or not (state.is_select or state.is_update or state.is_delete)
    ):
        return
    tenant_id = current_tenant_id()
    if tenant_id is not None:
        state.statement = state.statement.options(_criterion(tenant_id))
        return
    if state.session.info.get("every_tenant"):
        return
    # Naming the mappers costs more than the criterion itself: only statements without a tenant pay for it.
    if any(issubclass(mapper.class_, TenantModel) for mapper in state.all_mappers):
        raise TenantScopeError("a statement touches a tenant table and no tenant is in scope")


@event.listens_for(Session, "after_begin")
def _bind_transaction(session: Session, transaction: SessionTransaction, connection: Any) -> None:
    tenant_id = current_tenant_id()
    if tenant_id is None or transaction.nested:
        return
    # A UUID object prints hexadecimal digits and dashes only: nothing from outside reaches this statement.
    connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{UUID(int=tenant_id.int)}'")
    session.info["bound_tenant"] = tenant_id


@event.listens_for(Session, "before_flush")
def _check_new_rows(session: Session, *_: Any) -> None:
    bound = current_tenant_id()
    for row in session.new:
        if not isinstance(row, TenantModel):
            continue
        given: UUID | None = row.tenant_id
        if given is None:
            if bound is None:
                raise TenantScopeError(f"{type(row).__name__} was added and no tenant is in scope")
            row.tenant_id = bound
        elif bound is not None and given != bound:
            raise TenantScopeError(f"{type(row).__name__} of tenant {given} added in the scope of {bound}")


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        connect_args=CONNECT_ARGS,
    )


@contextmanager
def operator_session(engine: Engine) -> Iterator[Session]:
    """One audited transaction of the operator role, which may read and write every tenant.

    Commits when the block ends without an exception.
    """
    with (
        Session(engine, info={"every_tenant": True}, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


class UnsafeRoleError(RuntimeError):
    """The process would run with a database role that row-level security does not hold."""


def check_role(engine: Engine) -> None:
    """Refuse to start as a superuser, as a role that bypasses row-level security or as the tables' owner."""
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "select rolname, rolsuper, rolbypassrls,"
                " exists(select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                "  where n.nspname = 'public' and c.relkind = 'r' and pg_has_role(r.oid, c.relowner, 'MEMBER')) as owns"
                " from pg_roles r where rolname = current_user"
            )
        ).one()
    if row.rolsuper or row.rolbypassrls:
        raise UnsafeRoleError(
            f"PARVIS_DATABASE_URL connects as {row.rolname}, a role that bypasses row-level security;"
            " expected a role like parvis_app (config/postgresql/roles.sql)"
        )
    if row.owns:
        raise UnsafeRoleError(
            f"PARVIS_DATABASE_URL connects as {row.rolname}, which owns tables;"
            " expected the role parvis_app, migrations run as the owner (PARVIS_OWNER_DATABASE_URL)"
        )
