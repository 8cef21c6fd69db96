"""How many contributions a step has, by state, theme, zone and status: kept by each act, never counted on a page.

A cell is one combination. An act that moves a contribution takes it out of one cell and puts it into another in its
own transaction; cells are touched in one order everywhere, so two acts can wait for each other and never deadlock.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.db.session import db
from app.participation.models import (
    Comment,
    Contribution,
    OfficialAnswer,
    Step,
    StepCounter,
    StepParticipation,
    Vote,
)

log = structlog.get_logger(__name__)


class Cell(NamedTuple):
    """'' stands for no theme, no zone, no status. zone: the zone's id as text."""

    state: str
    theme: str
    zone: str
    status: str


def cell_of(contribution: Contribution) -> Cell:
    return Cell(
        contribution.state,
        contribution.theme or "",
        str(contribution.zone_id or ""),
        contribution.status or "",
    )


def move(step_id: UUID, *, was: Cell | None, becomes: Cell | None) -> None:
    """Take one contribution out of `was` (None: it is new) and put it into `becomes` (None: its row goes away).

    `step.contributions` follows: it counts the published ones. The caller holds the contribution's row.
    """
    if was == becomes:
        return
    change = _published(becomes) - _published(was)
    if change:
        db.session.execute(
            update(Step)
            .where(Step.id == step_id)
            .values(contributions=Step.contributions + change)
            .execution_options(synchronize_session=False)
        )
    move_cells(step_id, was=was, becomes=becomes)


def move_cells(step_id: UUID, *, was: Cell | None, becomes: Cell | None) -> None:
    """The cells alone, for an act that updates the step's row itself."""
    if was == becomes:
        return
    changes = [(cell, change) for cell, change in ((was, -1), (becomes, 1)) if cell is not None]
    for cell, change in sorted(changes):
        if change > 0:
            _add(step_id, cell)
        else:
            _remove(step_id, cell)


def _published(cell: Cell | None) -> int:
    return int(cell is not None and cell.state == "published")


def _add(step_id: UUID, cell: Cell) -> None:
    row = insert(StepCounter).values(step_id=step_id, n=1, **cell._asdict())
    db.session.execute(
        row.on_conflict_do_update(constraint="uq_step_counter_cell", set_={"n": StepCounter.n + 1})
    )


def _remove(step_id: UUID, cell: Cell) -> None:
    found = db.session.execute(
        update(StepCounter)
        .where(StepCounter.step_id == step_id, _is(cell), StepCounter.n > 0)
        .values(n=StepCounter.n - 1)
        .returning(StepCounter.n)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if found is None:
        # A wrong figure must not prevent a moderator from hiding; `recount` reports it tonight.
        log.error("counter_cell_empty", step_id=str(step_id), **cell._asdict())


def _is(cell: Cell) -> ColumnElement[bool]:
    return and_(*(getattr(StepCounter, name) == value for name, value in cell._asdict().items()))


@dataclass(frozen=True)
class Facets:
    """What each choice of a filter would show, the other filters staying as they are; zeros are left out.

    total: rows of the current combination. archived: archived rows of the same filters.
    zones: by zone id as text. The key '' counts contributions that have none.
    """

    total: int = 0
    archived: int = 0
    themes: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)


def _facets() -> Select[int, str | None, int, int]:
    chosen = {
        column.key: or_(
            bindparam(column.key, type_=String).is_(None), column == bindparam(column.key, type_=String)
        )
        for column in (StepCounter.theme, StepCounter.zone, StepCounter.status)
    }
    in_state = StepCounter.state == bindparam("state", type_=String)

    def counted(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(StepCounter.n).filter(*conditions), 0)

    def others(name: str) -> list[ColumnElement[bool]]:
        return [condition for other, condition in chosen.items() if other != name]

    key = func.grouping(StepCounter.theme, StepCounter.zone, StepCounter.status)
    return (
        select(
            key.label("key"),
            func.coalesce(StepCounter.theme, StepCounter.zone, StepCounter.status).label("value"),
            case(
                # Bits of grouping(): 1 where a column is not what the row is grouped by.
                (key == 0b011, counted(in_state, *others("theme"))),
                (key == 0b101, counted(in_state, *others("zone"))),
                (key == 0b110, counted(in_state, *others("status"))),
                else_=counted(in_state, *chosen.values()),
            ).label("n"),
            counted(StepCounter.state == "archived", *chosen.values()).label("archived"),
        )
        .where(
            StepCounter.step_id == bindparam("step", type_=Uuid),
            or_(in_state, StepCounter.state == "archived"),
        )
        .group_by(
            func.grouping_sets(
                tuple_(StepCounter.theme), tuple_(StepCounter.zone), tuple_(StepCounter.status), tuple_()
            )
        )
    )


#: Built once: building it costs as much as running it.
_FACETS = _facets()


def facets(
    step_id: UUID,
    state: str = "published",
    theme: str | None = None,
    zone: UUID | str | None = None,
    status: str | None = None,
) -> Facets:
    """Counts beside the filters of a list, in one statement over the cells of the step.

    theme, zone, status: the filters chosen; None when not filtered, '' for contributions without one.
    """
    rows = db.session.execute(
        _FACETS,
        {
            "step": step_id,
            "state": state,
            "theme": theme,
            "zone": None if zone is None else str(zone),
            "status": status,
        },
    )
    found = Facets()
    by_key = {0b011: found.themes, 0b101: found.zones, 0b110: found.statuses}
    for row in rows:
        if row.key == 0b111:
            found = Facets(int(row.n), int(row.archived), found.themes, found.zones, found.statuses)
        elif row.n:
            by_key[row.key][row.value] = int(row.n)
    return found


@dataclass(frozen=True)
class Mismatch:
    """A counter that is not the number of its rows. what: which counter, with its cell when it is one."""

    what: str
    id: UUID
    counter: int
    rows: int


def recount() -> list[Mismatch]:
    """Compare every counter of the room with the rows it counts, for the tenant in scope.

    Nightly, never on a page. Changes nothing: a difference is a fault to find.
    """
    return _recount_contributions() + _recount_discussion()


def _recount_contributions() -> list[Mismatch]:
    """The cells, and what each step says of its published contributions."""
    zone = func.coalesce(cast(Contribution.zone_id, String), "")
    theme = func.coalesce(Contribution.theme, "")
    columns = (Contribution.step_id, Contribution.state, theme, zone, Contribution.status)
    actual = {
        (row[0], Cell(*row[1:5])): int(row[5])
        for row in db.session.execute(select(*columns, func.count()).group_by(*columns))
    }
    kept = {
        (row.step_id, Cell(row.state, row.theme, row.zone, row.status)): row.n
        for row in db.session.execute(select(StepCounter)).scalars().all()
    }
    faults = [
        Mismatch(
            " ".join(["cell", *(value or "-" for value in cell)]),
            step_id,
            kept.get(key, 0),
            actual.get(key, 0),
        )
        for key in sorted(kept.keys() | actual.keys())
        if kept.get(key, 0) != actual.get(key, 0)
        for step_id, cell in [key]
    ]
    published: dict[UUID, int] = defaultdict(int)
    for (step_id, cell), n in actual.items():
        published[step_id] += n * _published(cell)
    ranks = {
        row[0]: int(row[1])
        for row in db.session.execute(
            select(Contribution.step_id, func.count(func.distinct(Contribution.shuffle_rank)))
            .where(Contribution.state == "published", Contribution.shuffle_rank < _shuffled())
            .group_by(Contribution.step_id)
        )
    }
    answers = {
        row[0]: int(row[1])
        for row in db.session.execute(
            select(Contribution.step_id, func.count(OfficialAnswer.id))
            .join(
                OfficialAnswer,
                (OfficialAnswer.tenant_id == Contribution.tenant_id)
                & (OfficialAnswer.contribution_id == Contribution.id),
            )
            .group_by(Contribution.step_id)
        )
    }
    for step_id, counter, answered in db.session.execute(select(Step.id, Step.contributions, Step.answers)):
        if counter != published[step_id]:
            faults.append(Mismatch("step contributions", step_id, counter, published[step_id]))
        if answered != answers.get(step_id, 0):
            faults.append(Mismatch("step answers", step_id, answered, answers.get(step_id, 0)))
        if ranks.get(step_id, 0) != published[step_id]:
            # A published contribution without a place of its own would never show in the random order.
            faults.append(Mismatch("step random order", step_id, ranks.get(step_id, 0), published[step_id]))
    return faults


def _shuffled() -> ColumnElement[int]:
    return (
        select(Step.shuffled)
        .where(Step.tenant_id == Contribution.tenant_id, Step.id == Contribution.step_id)
        .correlate(Contribution)
        .scalar_subquery()
    )


def _recount_discussion() -> list[Mismatch]:
    """Supports and comments of contributions, useful marks and replies of comments, supports that people gave."""
    on_contribution = (Vote.counted.is_(True), Vote.contribution_id.is_not(None))
    published = (Comment.state == "published",)
    return [
        *_differences("supports", Contribution, Contribution.supports, Vote.contribution_id, on_contribution),
        *_differences("comments", Contribution, Contribution.comments, Comment.contribution_id, published),
        *_differences("useful marks", Comment, Comment.supports, Vote.comment_id, (Vote.counted.is_(True),)),
        *_differences("replies", Comment, Comment.replies, Comment.parent_id, published),
        *_participations(on_contribution),
    ]


def _differences(
    what: str,
    model: type[Contribution] | type[Comment],
    counter: InstrumentedAttribute[int],
    points_to: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
    counted: tuple[ColumnElement[bool], ...],
) -> list[Mismatch]:
    owner = points_to.class_
    rows = (
        select(owner.tenant_id, points_to.label("target"), func.count().label("n"))
        .where(*counted)
        .group_by(owner.tenant_id, points_to)
        .subquery()
    )
    actual = func.coalesce(rows.c.n, 0)
    found = db.session.execute(
        select(model.id, counter, actual)
        .outerjoin(rows, (rows.c.tenant_id == model.tenant_id) & (rows.c.target == model.id))
        .where(counter != actual)
        .order_by(model.id)
    )
    return [Mismatch(what, row[0], row[1], int(row[2])) for row in found]


def _participations(counted: tuple[ColumnElement[bool], ...]) -> list[Mismatch]:
    rows = (
        select(Vote.tenant_id, Vote.step_id, Vote.person_id, func.count().label("n"))
        .where(*counted)
        .group_by(Vote.tenant_id, Vote.step_id, Vote.person_id)
        .subquery()
    )
    actual = func.coalesce(rows.c.n, 0)
    found = db.session.execute(
        select(StepParticipation.id, StepParticipation.supports, actual)
        .outerjoin(
            rows,
            (rows.c.tenant_id == StepParticipation.tenant_id)
            & (rows.c.step_id == StepParticipation.step_id)
            & (rows.c.person_id == StepParticipation.person_id),
        )
        .where(StepParticipation.supports != actual)
        .order_by(StepParticipation.id)
    )
    return [Mismatch("supports given", row[0], row[1], int(row[2])) for row in found]
