"""Takes imported contributions out again, as long as nobody did anything with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Exists, case, delete, exists, select, update

from app.db import audit
from app.db.models import TenantModel
from app.db.session import db
from app.participation.counters import Cell
from app.participation.importing import cells
from app.participation.importing.importer import BATCH
from app.participation.models import Comment, Contribution, Follow, OfficialAnswer, Step, Vote
from app.participation.steps import StepInfo

#: What somebody did, in the order in which it is told.
_TRACES = (("supported", Vote), ("commented", Comment), ("answered", OfficialAnswer), ("followed", Follow))


@dataclass
class Removal:
    """keys: asked for. used: (number, what was done with it) of those that must stay. unknown: keys of no contribution.

    done: whether anything was removed.
    """

    step: str
    keys: int
    removed: int = 0
    unknown: int = 0
    used: list[tuple[int, str]] = field(default_factory=list)
    dry_run: bool = False
    done: bool = False


def remove(step: StepInfo, keys: Sequence[str], *, now: datetime, skip_used: bool, dry_run: bool) -> Removal:
    """Remove the contributions of a step that were imported under these keys, in the caller's transaction.

    One that somebody supported, commented, follows or answered stays; then, without skip_used, nothing is removed.
    Numbers are not given again.
    """
    found = Removal(f"{step.segment}/{step.slug}", len(keys), dry_run=dry_run)
    free = []
    for start in range(0, len(keys), BATCH):
        traces = case(*((_trace(model), word) for word, model in _TRACES), else_="").label("trace")
        query = select(
            Contribution.id,
            Contribution.number,
            Contribution.state,
            Contribution.theme,
            Contribution.zone_id,
            Contribution.status,
            traces,
        ).where(
            Contribution.step_id == step.id, Contribution.import_key.in_(sorted(keys)[start : start + BATCH])
        )
        if not dry_run:
            query = query.order_by(Contribution.id).with_for_update(of=Contribution)
        rows = db.session.execute(query).all()
        found.used += [(row.number, row.trace) for row in rows if row.trace]
        free += [row for row in rows if not row.trace]
    found.used.sort()
    found.removed = len(free)
    found.unknown = len(keys) - len(free) - len(found.used)
    if dry_run or not free or (found.used and not skip_used):
        return found
    published = sum(row.state == "published" for row in free)
    for start in range(0, len(free), BATCH):
        ids = [row.id for row in free[start : start + BATCH]]
        db.session.execute(
            delete(Contribution).where(Contribution.id.in_(ids)).execution_options(synchronize_session=False)
        )
    db.session.execute(
        update(Step)
        .where(Step.id == step.id)
        .values(contributions=Step.contributions - published)
        .execution_options(synchronize_session=False)
    )
    moved = Counter(Cell(row.state, row.theme or "", str(row.zone_id or ""), row.status) for row in free)
    cells.move_many(step.id, {cell: -count for cell, count in moved.items()})
    audit.record(
        "contributions.import_undone",
        now=now,
        actor_kind="operator",
        target_kind="step",
        target_id=step.id,
        removed=len(free),
    )
    db.session.flush()
    found.done = True
    return found


def _trace(model: type[TenantModel]) -> Exists:
    target = model.contribution_id  # type: ignore[attr-defined]
    return exists().where(target == Contribution.id, model.tenant_id == Contribution.tenant_id)
