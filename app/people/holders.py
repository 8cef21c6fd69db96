"""Who holds personal data: each room and application says how to merge, erase and export a person in its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import aliased

from app.db.models import TenantModel
from app.db.session import db


@dataclass(frozen=True)
class Holder:
    """tables: names of the tables it answers for.

    merge(source, target, now): every row of `source` becomes one of `target`; where a unique key allows one, the
      target's stays. Running it twice changes nothing.
    erase(person, now): nothing that names or tells the person is left; counts and what others rely on stay.
    export(person): table name to rows as plain values.
    """

    name: str
    tables: tuple[str, ...]
    merge: Callable[[UUID, UUID, datetime], None]
    erase: Callable[[UUID, datetime], None]
    export: Callable[[UUID], dict[str, list[dict[str, Any]]]]


_register: dict[str, Holder] = {}


def register(holder: Holder) -> None:
    """Raises ValueError when another holder already answers for one of its tables."""
    for other in _register.values():
        taken = set(other.tables) & set(holder.tables)
        if taken and other.name != holder.name:
            raise ValueError(f"{', '.join(sorted(taken))} already held by {other.name}")
    _register[holder.name] = holder


def every() -> list[Holder]:
    """In name order: whatever was registered first, a merge takes the same steps."""
    return [_register[name] for name in sorted(_register)]


def move(
    model: type[TenantModel],
    column: str,
    source: UUID,
    target: UUID,
    *,
    unique: Sequence[tuple[str, ...]] = (),
    nulls_equal: bool = False,
) -> None:
    """Give the rows of `source` to `target`. unique: columns that, with the person, make a unique key of the table;
    where the target has such a row already, it stays and the source's goes."""
    person = getattr(model, column)
    for names in unique:
        theirs = aliased(model)
        same = [
            getattr(theirs, name).is_not_distinct_from(getattr(model, name))
            if nulls_equal
            else getattr(theirs, name) == getattr(model, name)
            for name in names
        ]
        db.session.execute(
            delete(model)
            .where(
                person == source, exists().where(getattr(theirs, column) == target, *same).correlate(model)
            )
            .execution_options(synchronize_session=False)
        )
    db.session.execute(
        update(model)
        .where(person == source)
        .values({column: target})
        .execution_options(synchronize_session=False)
    )


def wipe(model: type[TenantModel], *criteria: ColumnElement[bool]) -> None:
    db.session.execute(delete(model).where(*criteria).execution_options(synchronize_session=False))


def rows(
    model: type[TenantModel], *criteria: ColumnElement[bool], without: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The rows as plain values for an export. without: columns that are secrets or nobody's business."""
    names = [
        column.key
        for column in model.__mapper__.column_attrs
        if column.key not in ("tenant_id", "search", *without)
    ]
    found = db.session.execute(
        select(*(getattr(model, name) for name in names)).where(*criteria).order_by(model.id)
    )
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in found]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
