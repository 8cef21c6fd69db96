"""Writes judged rows in the caller's transaction: everything or nothing, as fast as the database takes it.

Locks are taken in the order of every act: the contributions, then their step, then the cells of the counters.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.db import audit
from app.db.context import require_tenant_id
from app.db.session import db
from app.db.types import uuid7
from app.participation.contributions import slug_of
from app.participation.counters import Cell
from app.participation.importing import cells
from app.participation.importing.bulk import insert_rows, update_rows
from app.participation.importing.rows import Application, Row, Stage
from app.participation.models import Contribution, ContributionVersion, Decision, Follow, StatusChange, Step
from app.participation.search import fold
from app.participation.steps import StepInfo

BATCH = 1000
#: A file may change these; what its author took back, or somebody erased, stays so.
OPEN_STATES = ("published", "archived", "hidden", "pending")
HIDDEN_NOTE = "Masquée avant d’être reprise sur cette plateforme."

#: target of the mapping -> columns a new import of the same line brings up to date.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "body": ("body",),
    "theme": ("theme",),
    "zone": ("zone_id",),
    "place": ("place",),
    "longitude": ("longitude", "latitude"),
    "author": ("author_label", "author_id"),
    # One of the two dates stands for both when it is alone.
    "created_at": ("created_at", "published_at"),
    "published_at": ("created_at", "published_at"),
}

_KEPT = (
    "id", "import_key", "state", "status", "theme", "zone_id", "title", "body", "place", "longitude", "latitude",
    "author_label", "author_id", "created_at", "published_at", "supports", "versions",
)  # fmt: skip

Advance = Callable[[int], None]


@dataclass
class Change:
    """A contribution already there whose line says something new. values: columns to write."""

    existing: Any
    values: dict[str, Any]
    row: Row
    hides: bool


@dataclass
class Plan:
    """What an import would do. kept: rows whose contribution is in a state that a file does not change."""

    new: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    kept: int = 0

    @property
    def hidden(self) -> int:
        return sum(row.hidden for row in self.new) + sum(change.hides for change in self.changes)


@dataclass(frozen=True)
class Written:
    """ids: of the new contributions, in the order of `Plan.new`. numbers: the first and the last given."""

    ids: list[UUID]
    numbers: tuple[int, int] | None


def plan(step: StepInfo, rows: Sequence[Row], targets: Iterable[str], *, lock: bool) -> Plan:
    """Compare the rows with what the step already holds under the same keys.

    targets: those of the mapping; a column about which the file says nothing is left as it is. lock: hold the step's
    imports and the rows that may change until the transaction ends; False for a dry run.
    """
    if lock:
        _hold_imports(step)
    columns = [column for target in targets for column in _COLUMNS.get(target, ())]
    existing = _existing([row.key for row in rows if row.key is not None], step, lock=lock)
    found = Plan()
    for row in rows:
        known = existing.get(row.key) if row.key is not None else None
        if known is None:
            found.new.append(row)
        elif known.state not in OPEN_STATES:
            found.kept += 1
        else:
            change = _change(known, row, columns)
            if change.values or change.hides:
                found.changes.append(change)
            else:
                found.unchanged += 1
    return found


def _hold_imports(step: StepInfo) -> None:
    """Two imports into one step queue here: the second then finds the keys of the first."""
    digest = hashlib.sha256(f"import:{require_tenant_id()}:{step.id}".encode()).digest()
    db.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def _existing(keys: Sequence[str], step: StepInfo, *, lock: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), BATCH):
        query = select(*(getattr(Contribution, name) for name in _KEPT)).where(
            Contribution.step_id == step.id, Contribution.import_key.in_(ordered[start : start + BATCH])
        )
        if lock:
            query = query.order_by(Contribution.id).with_for_update(key_share=True, of=Contribution)
        found.update({row.import_key: row for row in db.session.execute(query)})
    return found


def _change(known: Any, row: Row, columns: Iterable[str]) -> Change:
    values = {name: getattr(row, name) for name in columns if getattr(row, name) != getattr(known, name)}
    if known.published_at is None:
        values.pop("published_at", None)
    if row.hidden and not row.body:
        # What was moderated often comes without its words; ours are kept for a moderator to read.
        for name in ("title", "body"):
            values.pop(name, None)
    if row.stages and row.stages[-1].status != known.status:
        values.update(status=row.stages[-1].status, status_at=row.stages[-1].at)
    return Change(known, values, row, hides=row.hidden and known.state in ("published", "archived"))


def write(
    step: StepInfo,
    planned: Plan,
    application: Application,
    *,
    hidden_reason: str,
    now: datetime,
    advance: Advance = lambda rows: None,
) -> Written:
    """Write a plan made with `lock=True`: contributions, their numbers, counters, history. Flushes, never commits.

    Nobody is told: what a file brings is no news. hidden_reason: code of moderate.REASONS for hidden rows.
    advance: called with the number of contributions just written.
    """
    moved: Counter[Cell] = Counter()
    _write_changes(planned.changes, hidden_reason=hidden_reason, moved=moved, now=now, advance=advance)
    published = sum(1 for row in planned.new if not row.hidden)
    arrivals = published - sum(
        change.hides and change.existing.state == "published" for change in planned.changes
    )
    numbers, first_rank = _take_numbers(step, planned.new, published=published, change=arrivals)
    ids = _write_new(
        step, planned.new, numbers, first_rank, application, hidden_reason=hidden_reason, now=now, moved=moved,
        advance=advance,
    )  # fmt: skip
    cells.move_many(step.id, moved)
    audit.record(
        "contributions.imported",
        now=now,
        actor_kind="operator",
        target_kind="step",
        target_id=step.id,
        added=len(ids),
        updated=len(planned.changes),
        hidden=planned.hidden,
    )
    db.session.flush()
    return Written(ids, (min(numbers), max(numbers)) if numbers else None)


def _take_numbers(
    step: StepInfo, rows: Sequence[Row], *, published: int, change: int
) -> tuple[list[int], int]:
    """The number of each row, and the first of the random ranks that the published ones share."""
    own = [row.number for row in rows if row.number is not None]
    if own and len(own) != len(rows):
        raise ValueError("either every row has a number or none has")
    next_number = func.greatest(Step.next_number, max(own) + 1) if own else Step.next_number + len(rows)
    taken = db.session.execute(
        update(Step)
        .where(Step.id == step.id)
        .values(
            next_number=next_number,
            contributions=Step.contributions + change,
            shuffled=Step.shuffled + published,
        )
        .returning(Step.next_number, Step.shuffled)
        .execution_options(synchronize_session=False)
    ).one()
    first = taken.next_number - len(rows)
    return own or list(range(first, taken.next_number)), taken.shuffled - published


def _write_new(
    step: StepInfo,
    rows: Sequence[Row],
    numbers: Sequence[int],
    first_rank: int,
    application: Application,
    *,
    hidden_reason: str,
    now: datetime,
    moved: Counter[Cell],
    advance: Advance,
) -> list[UUID]:
    shape = application.shape
    ranks = list(range(first_rank, first_rank + sum(not row.hidden for row in rows)))
    SystemRandom().shuffle(ranks)
    ids: list[UUID] = []
    for start in range(0, len(rows), BATCH):
        batch, core, own = rows[start : start + BATCH], [], []
        for row, number in zip(batch, numbers[start:], strict=False):
            values = _values(step, row, shape.first_status)
            values |= {
                "id": uuid7(),
                "type": shape.contribution_type.__mapper__.polymorphic_identity,
                "number": number,
                "shuffle_rank": None if row.hidden else ranks.pop(),
            }
            core.append(values)
            own.append({"id": values["id"], **shape.own_values(step, row)})
            moved[_cell(values)] += 1
        insert_rows(Contribution, core)
        if shape.contribution_type.__table__ is not Contribution.__table__:
            insert_rows(shape.contribution_type, own)
        here = [values["id"] for values in core]
        _write_history(list(zip(here, batch, strict=True)), hidden_reason=hidden_reason, now=now)
        ids += here
        advance(len(batch))
    return ids


def _values(step: StepInfo, row: Row, first_status: str) -> dict[str, Any]:
    last = row.stages[-1] if row.stages else None
    return {
        "step_id": step.id,
        "slug": _slug(row.title),
        "title": row.title,
        "body": row.body,
        "author_id": row.author_id,
        "author_label": row.author_label,
        "theme": row.theme,
        "zone_id": row.zone_id,
        "place": row.place,
        "longitude": row.longitude,
        "latitude": row.latitude,
        "state": "hidden" if row.hidden else "published",
        "pending_for": None,
        "status": last.status if last else first_status,
        "status_at": last.at if last else None,
        "supports": 0,
        "comments": 0,
        "answered": False,
        "versions": 1,
        "import_key": row.key,
        "created_at": row.created_at,
        "published_at": row.published_at,
    }


def _slug(title: str) -> str:
    # Folded first: slugify looks for its transliteration tables again at each accented title.
    return slug_of(fold(title))


def _write_history(written: Sequence[tuple[UUID, Row]], *, hidden_reason: str, now: datetime) -> None:
    """What goes with new contributions: their stages, why some are hidden, their authors who follow them."""
    insert_rows(StatusChange, [_stage(id_, stage) for id_, row in written for stage in row.stages])
    insert_rows(
        Decision, [_hiding(id_, "published", hidden_reason, now) for id_, row in written if row.hidden]
    )
    insert_rows(
        Follow,
        [
            {
                "person_id": row.author_id,
                "contribution_id": id_,
                "level": "essential",
                "created_at": row.created_at,
            }
            for id_, row in written
            if row.author_id is not None
        ],
    )


def _stage(contribution_id: UUID, stage: Stage) -> dict[str, Any]:
    return {"contribution_id": contribution_id, "status": stage.status, "note": stage.note, "at": stage.at}


def _hiding(contribution_id: UUID, previous: str, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "contribution_id": contribution_id,
        "action": "hide",
        "reason": reason,
        "previous_state": previous,
        "note": HIDDEN_NOTE,
        "at": now,
    }


def _write_changes(
    changes: Sequence[Change], *, hidden_reason: str, moved: Counter[Cell], now: datetime, advance: Advance
) -> None:
    versions = []
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        known, values = change.existing, change.values
        before = known._asdict()
        if values.keys() & {"title", "body"}:
            values["edited_at"] = now
            if known.supports:
                versions.append(_version(known, now))
                values["versions"] = known.versions + 1
        if "title" in values:
            values["slug"] = _slug(values["title"])
        if change.hides:
            values |= {"state": "hidden", "shuffle_rank": None}
        moved[_cell(before)] -= 1
        moved[_cell(before | values)] += 1
        by_columns.setdefault(tuple(sorted(values)), []).append({"id": known.id, **values})
    for rows in by_columns.values():
        for start in range(0, len(rows), BATCH):
            update_rows(Contribution, rows[start : start + BATCH])
            advance(len(rows[start : start + BATCH]))
    insert_rows(ContributionVersion, versions)
    insert_rows(
        StatusChange,
        [
            _stage(change.existing.id, change.row.stages[-1])
            for change in changes
            if "status" in change.values
        ],
    )
    insert_rows(
        Decision,
        [
            _hiding(change.existing.id, change.existing.state, hidden_reason, now)
            for change in changes
            if change.hides
        ],
    )


def _version(known: Any, now: datetime) -> dict[str, Any]:
    return {
        "contribution_id": known.id,
        "number": known.versions,
        "title": known.title,
        "body": known.body,
        "supports": known.supports,
        "replaced_at": now,
    }


def _cell(values: Mapping[str, Any]) -> Cell:
    return Cell(values["state"], values["theme"] or "", str(values["zone_id"] or ""), values["status"])
