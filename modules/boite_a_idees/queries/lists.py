"""The rows of a list and the counts beside its filters: what a page shows and nothing more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    func,
    or_,
    select,
)

from app.db.session import db
from app.participation import access, counters, search, shuffle
from app.participation.counters import Facets
from app.participation.models import Contribution, StepCounter
from app.participation.steps import StepInfo
from app.people.models import Person
from app.people.visitor import Visitor

PAGE = 20
#: Characters of a text that a card may need for its two lines.
EXCERPT = 180


@dataclass(frozen=True)
class Criteria:
    """What a list is narrowed to; '' is no filter. zone: its id as text. archived: those the nightly job put away."""

    q: str = ""
    theme: str = ""
    zone: str = ""
    status: str = ""
    archived: bool = False

    @property
    def state(self) -> str:
        return "archived" if self.archived else "published"


def _readable(step: StepInfo, criteria: Criteria, visitor: Visitor | None) -> list[ColumnElement[bool]]:
    """The state is named first, because the indexes start with it; then what this visitor may read of it."""
    found: list[ColumnElement[bool]] = [Contribution.step_id == step.id, Contribution.state == criteria.state]
    if step.settings.get("private"):
        found.append(access.visible_to(visitor, step=step))
    return found


def _filters(criteria: Criteria) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.theme:
        found.append(Contribution.theme == criteria.theme)
    if criteria.zone:
        found.append(Contribution.zone_id == UUID(criteria.zone))
    if criteria.status:
        found.append(Contribution.status == criteria.status)
    if criteria.q:
        found.append(search.matches(criteria.q))
    return found


#: What a card shows, and nothing else: rows of plain columns cost half of what entities do.
_CARDS = select(
    Contribution.id,
    Contribution.number,
    Contribution.slug,
    Contribution.title,
    func.left(Contribution.body, EXCERPT).label("excerpt"),
    Contribution.theme,
    Contribution.zone_id,
    Contribution.status,
    Contribution.supports,
    Contribution.comments,
    Contribution.answered,
    Contribution.shuffle_rank,
    Contribution.author_label,
    Person.display_name.label("author"),
).outerjoin(Person, (Person.tenant_id == Contribution.tenant_id) & (Person.id == Contribution.author_id))


def orders(sort: str, q: str) -> tuple[Any, ...]:
    """Each order follows an index to its last column and one direction; ties go by number."""
    if sort == "pertinentes":
        return (search.rank(q).desc(), Contribution.number.desc())
    if sort == "anciennes":
        return (Contribution.published_at, Contribution.number)
    first = {"soutenues": Contribution.supports, "commentees": Contribution.comments}.get(
        sort, Contribution.published_at
    )
    return (first.desc(), Contribution.number.desc())


def list_cards(
    step: StepInfo, criteria: Criteria, *, sort: str, page: int, start: int, visitor: Visitor | None
) -> Sequence[Row[Any]]:
    """One page of at most PAGE ideas, in one statement. start: the visit's place in the random order.

    In the random order without filters a page is PAGE ranks of the ring: an idea that left it since the last draw
    leaves a hole there until the next one.
    """
    if sort == "aleatoire" and criteria == Criteria() and not step.settings.get("private"):
        return _ring(step, page, start)
    if sort == "aleatoire":
        return db.session.execute(
            shuffle.window(
                _CARDS,
                step.id,
                criteria=[*_readable(step, criteria, visitor)[2:], *_filters(criteria)],
                start=start,
                page=page,
                size=PAGE,
            )
        ).all()
    order = orders(sort, criteria.q)
    where = (*_readable(step, criteria, visitor), *_filters(criteria))
    if page == 1:
        return db.session.execute(_CARDS.where(*where).order_by(*order).limit(PAGE)).all()
    # Rows passed over are not joined to their authors: only the page's are.
    wanted = (
        select(Contribution.tenant_id, Contribution.id)
        .where(*where)
        .order_by(*order)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .subquery()
    )
    return db.session.execute(
        _CARDS.join(
            wanted, (wanted.c.tenant_id == Contribution.tenant_id) & (wanted.c.id == Contribution.id)
        ).order_by(*order)
    ).all()


# Built once: the page that everybody opens spends nothing on making its statement.
_PUBLISHED = _CARDS.where(Contribution.step_id == bindparam("step_id"), Contribution.state == "published")
_RANKS = Contribution.shuffle_rank.between(bindparam("first"), bindparam("last"))
_ARC = _PUBLISHED.where(_RANKS)
_TWO_ARCS = _PUBLISHED.where(or_(_RANKS, Contribution.shuffle_rank <= bindparam("wrapped")))


def ring_pages(step: StepInfo) -> int:
    """Pages of the random order without filters."""
    return -(-step.shuffled // PAGE)


def _ring(step: StepInfo, page: int, start: int) -> Sequence[Row[Any]]:
    """The ranks from the visit's start on, wrapping at the end and stopping before the start again."""
    ranks, passed = step.shuffled, (page - 1) * PAGE
    if passed >= ranks:
        return ()
    first = (start + passed) % ranks
    last = first + min(PAGE, ranks - passed) - 1
    values = {"step_id": step.id, "first": first, "last": last}
    if last < ranks:
        rows = db.session.execute(_ARC, values).all()
    else:
        rows = db.session.execute(_TWO_ARCS, values | {"wrapped": last - ranks}).all()
    return sorted(rows, key=lambda row: (row.shuffle_rank - first) % ranks)


_CELLS = select(
    StepCounter.state, StepCounter.theme, StepCounter.zone, StepCounter.status, StepCounter.n
).where(
    StepCounter.step_id == bindparam("step_id"),
    StepCounter.state.in_(("published", "archived")),
    StepCounter.n > 0,
)


def _whole_step(step: StepInfo) -> Facets:
    """What `counters.facets` gives without filters, for a third of its cost: the cells are few and summed here."""
    total = archived = 0
    themes: dict[str, int] = {}
    zones: dict[str, int] = {}
    statuses: dict[str, int] = {}
    for state, theme, zone, status, n in db.session.execute(_CELLS, {"step_id": step.id}):
        if state == "archived":
            archived += n
            continue
        total += n
        themes[theme] = themes.get(theme, 0) + n
        zones[zone] = zones.get(zone, 0) + n
        statuses[status] = statuses.get(status, 0) + n
    return Facets(total, archived, themes, zones, statuses)


def facets(step: StepInfo, criteria: Criteria, visitor: Visitor | None) -> Facets:
    """Counts beside the filters, in one statement: the step's counters, or the rows that a search matches.

    A private collection is counted row by row too: its totals are nobody else's business.
    """
    public = not step.settings.get("private")
    if public and criteria == Criteria():
        return _whole_step(step)
    if public and not criteria.q:
        return counters.facets(
            step.id,
            criteria.state,
            theme=criteria.theme or None,
            zone=criteria.zone or None,
            status=criteria.status or None,
        )
    # Archived rows are counted in the same pass, for the link to them.
    readable: list[ColumnElement[bool]] = [
        Contribution.step_id == step.id,
        Contribution.state.in_({criteria.state, "archived"}),
    ]
    if not public:
        readable.append(access.visible_to(visitor, step=step))
    if criteria.q:
        readable.append(search.matches(criteria.q))
    columns = (Contribution.state, Contribution.theme, Contribution.zone_id, Contribution.status)
    rows = db.session.execute(
        select(*columns, func.count().label("n")).where(*readable).group_by(*columns)
    ).all()
    return _sum_facets(
        [(row.state, row.theme or "", str(row.zone_id or ""), row.status, row.n) for row in rows], criteria
    )


def _sum_facets(cells: list[tuple[str, str, str, str, int]], criteria: Criteria) -> Facets:
    chosen = (criteria.theme, criteria.zone, criteria.status)
    total = archived = 0
    sums: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for state, *values, n in cells:
        agrees = [not wanted or wanted == value for wanted, value in zip(chosen, values, strict=True)]
        if all(agrees):
            total += n * (state == criteria.state)
            archived += n * (state == "archived")
        if state != criteria.state:
            continue
        for position, value in enumerate(values):
            if all(agreed for other, agreed in enumerate(agrees) if other != position):
                sums[position][str(value)] += n
    return Facets(total, archived, dict(sums[0]), dict(sums[1]), dict(sums[2]))
