"""The counters' cells, moved by thousands at once: what `counters.move_cells` does for one contribution."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.participation.counters import Cell
from app.participation.models import StepCounter


def move_many(step_id: UUID, changes: Mapping[Cell, int]) -> None:
    """Add each change to its cell, negative ones included; zeros cost nothing.

    Cells are touched in the one order of `counters`, so that an act at the same time waits and never deadlocks.
    Raises IntegrityError for a cell that would fall below zero.
    """
    for cell, change in sorted(changes.items()):
        if change > 0:
            row = insert(StepCounter).values(step_id=step_id, n=change, **cell._asdict())
            db.session.execute(
                row.on_conflict_do_update(
                    constraint="uq_step_counter_cell", set_={"n": StepCounter.n + row.excluded.n}
                )
            )
        elif change < 0:
            db.session.execute(
                update(StepCounter)
                .where(
                    StepCounter.step_id == step_id,
                    *(getattr(StepCounter, name) == value for name, value in cell._asdict().items()),
                )
                .values(n=StepCounter.n + change)
                .execution_options(synchronize_session=False)
            )
