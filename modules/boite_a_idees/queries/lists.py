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
    Select,
    func,
    select,
)

from app.db.session import db
from app.participation import access, counters, search, shuffle
from app.participation.counters import Facets
from app.participation.models import (
    Contribution,
)
from app.participation.steps import StepInfo
from app.people.models import Person
from app.people.visitor import Visitor

PAGE = 20
#: Characters of a text that a card may need for its two lines.
EXCERPT = 240


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


def _cards() -> Select[Any]:
    return select(
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
        Contribution.published_at,
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
    """One page of PAGE ideas, in one statement. start: the visit's place in the random order (`shuffle.start`)."""
    if sort == "aleatoire":
        return db.session.execute(
            shuffle.window(
                _cards(),
                step.id,
                criteria=[*_readable(step, criteria, visitor)[2:], *_filters(criteria)],
                start=start,
                page=page,
                size=PAGE,
            )
        ).all()
    order = orders(sort, criteria.q)
    # Rows passed over are not joined to their authors: only the page's are.
    wanted = (
        select(Contribution.tenant_id, Contribution.id)
        .where(*_readable(step, criteria, visitor), *_filters(criteria))
        .order_by(*order)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .subquery()
    )
    return db.session.execute(
        _cards()
        .join(wanted, (wanted.c.tenant_id == Contribution.tenant_id) & (wanted.c.id == Contribution.id))
        .order_by(*order)
    ).all()


def facets(step: StepInfo, criteria: Criteria, visitor: Visitor | None) -> Facets:
    """Counts beside the filters, in one statement: the step's counters, or the rows that a search matches.

    A private collection is counted row by row too: its totals are nobody else's business.
    """
    if not criteria.q and not step.settings.get("private"):
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
    if step.settings.get("private"):
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
