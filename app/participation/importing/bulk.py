"""Thousands of rows in one statement: the database reads, plans and checks it once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, TableValuedAlias, bindparam, column, func, insert, select, update

from app.db.context import require_tenant_id
from app.db.models import TenantModel
from app.db.session import db
from app.db.types import uuid7


def insert_rows(model: type[TenantModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of the tenant in scope into the model's own table (of a joined class, not its parent's).

    rows: all with the same columns; tenant_id is added, and id where it is missing. Other defaults are the database's.
    """
    if not rows:
        return
    table: Any = model.__table__
    tenant_id = require_tenant_id()
    complete = [{"tenant_id": tenant_id, "id": row.get("id") or uuid7(), **row} for row in rows]
    names, lines = _lines(table, complete)
    db.session.execute(insert(table).from_select(names, select(*(lines.c[name] for name in names))))


def update_rows(model: type[TenantModel], rows: Sequence[dict[str, Any]]) -> None:
    """Write columns of rows of the tenant in scope, found by their id. rows: all with the same columns, id included."""
    if not rows:
        return
    table: Any = model.__table__
    names, lines = _lines(table, rows)
    db.session.execute(
        update(table)
        .where(table.c.tenant_id == require_tenant_id(), table.c.id == lines.c.id)
        .values({name: lines.c[name] for name in names if name != "id"})
    )


def _lines(table: Any, rows: Sequence[dict[str, Any]]) -> tuple[list[str], TableValuedAlias]:
    """Names of the columns, and the rows as something to select from: one array a column."""
    names = list(rows[0])
    arrays = [
        bindparam(name, [row[name] for row in rows], type_=ARRAY(table.c[name].type), unique=True)
        for name in names
    ]
    columns = (column(name, table.c[name].type) for name in names)
    return names, func.unnest(*arrays).table_valued(*columns, name="line").render_derived()
