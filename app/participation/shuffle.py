"""The random order of a step: a dense indexed rank, redrawn by a job; each visit starts somewhere on the ring.

A rank costs nothing to read: a page walks the index from the visit's start and wraps at the end, whatever the number
of contributions. One that is published takes the next rank; one that leaves gives its rank up until the next draw.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Uuid,
    bindparam,
    cast,
    func,
    select,
    union_all,
    update,
)

from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import Contribution, Step
from app.participation.steps import StepInfo

Columns = TypeVarTuple("Columns")
Number = int | BindParameter[int]

#: More than any rank: what comes after the end of the ring sorts after it.
PAST_THE_END = 1_000_000_000


def redraw(step_id: UUID, *, seed: int | None, now: datetime) -> int:
    """Give the published contributions of a step new ranks 0 … n-1 and return n.

    seed: the same seed gives the same order; None takes one from `now`. Raises NotFound.
    """
    seed = int(now.timestamp()) if seed is None else seed
    published = (Contribution.step_id == step_id, Contribution.state == "published")
    # Contributions first, then the step, as every act does: the reverse could deadlock with one being hidden.
    # The step's row then keeps away those who publish, each of whom takes a rank from it.
    held = select(Contribution.id).where(*published).order_by(Contribution.id).with_for_update(key_share=True)
    db.session.execute(select(func.count()).select_from(held.subquery()))
    if db.session.scalar(select(Step.id).where(Step.id == step_id).with_for_update(key_share=True)) is None:
        raise NotFound
    draw = func.md5(str(seed) + cast(Contribution.id, String))
    drawn = (
        select(
            Contribution.tenant_id,
            Contribution.id,
            (func.row_number().over(order_by=(draw, Contribution.id)) - 1).label("rank"),
        )
        .where(*published)
        .subquery()
    )
    db.session.execute(
        update(Contribution)
        .where(
            Contribution.tenant_id == drawn.c.tenant_id,
            Contribution.id == drawn.c.id,
            Contribution.shuffle_rank.is_distinct_from(drawn.c.rank),
        )
        .values(shuffle_rank=drawn.c.rank)
        .execution_options(synchronize_session=False)
    )
    total = select(func.count()).where(*published).scalar_subquery()
    return int(
        db.session.execute(
            update(Step)
            .where(Step.id == step_id)
            .values(shuffled=total)
            .returning(Step.shuffled)
            .execution_options(synchronize_session=False)
        ).scalar_one()
    )


def start(step: StepInfo) -> int:
    """Where a new visit begins (`graine=` of its links). Costs no statement."""
    return secrets.randbelow(step.shuffled) if step.shuffled > 0 else 0


def window(
    query: Select[*Columns],
    step_id: UUID,
    *,
    criteria: Sequence[ColumnElement[bool]] = (),
    start: int,
    page: int,
    size: int,
) -> Select[*Columns]:
    """`query` narrowed to one page of the random order, and sorted by it.

    query: selects what a card shows, from Contribution or a subclass, without filters. criteria: the filters, on
    Contribution. start: the visit's rank; one past the end only wraps. page: from 1. Only published rows have a rank.
    """
    offset = (page - 1) * size
    return _narrow(query, (Contribution.step_id == step_id, *criteria), start, offset + size, offset, size)


def prepared(query: Select[*Columns]) -> Select[*Columns]:
    """The same without filters, to build once and execute with `place(…)`: building costs as much as running."""
    here = Contribution.step_id == bindparam("ring_step", type_=Uuid)
    numbers = (
        bindparam(name, type_=Integer) for name in ("ring_start", "ring_last", "ring_offset", "ring_size")
    )
    return _narrow(query, (here,), *numbers)


def place(step_id: UUID, *, start: int, page: int, size: int) -> dict[str, object]:
    """Parameters of a `prepared` statement; the same words as `window`."""
    offset = (page - 1) * size
    return {
        "ring_step": step_id,
        "ring_start": start,
        "ring_last": offset + size,
        "ring_offset": offset,
        "ring_size": size,
    }


def _narrow(
    query: Select[*Columns],
    criteria: Sequence[ColumnElement[bool]],
    start: Number,
    last: Number,
    offset: Number,
    size: Number,
) -> Select[*Columns]:
    rank = Contribution.shuffle_rank
    # Each half follows the index and stops; the second is the ring's beginning, placed after its end.
    halves = [
        select(Contribution.tenant_id, Contribution.id, turn.label("place"))
        .where(*criteria, Contribution.state == "published", side)
        .order_by(rank)
        .limit(last)
        for turn, side in ((rank, rank >= start), (rank + PAST_THE_END, rank < start))
    ]
    wanted = union_all(*halves).order_by("place").offset(offset).limit(size).subquery()
    return query.join(
        wanted, (wanted.c.tenant_id == Contribution.tenant_id) & (wanted.c.id == Contribution.id)
    ).order_by(wanted.c.place)
