"""Comments as pages read them: threads, their first replies, the page on which one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import Comment, Decision, Vote
from app.people.models import Person
from app.people.visitor import Visitor

#: Threads of one page of the discussion, and replies of one page of a thread.
PAGE = 20
#: Replies shown under a thread; a longer one has a page of its own.
FIRST_REPLIES = 10
#: The last page anybody can ask for: an offset costs what it skips.
LAST_PAGE = 1000
SORTS = ("recents", "apprecies")


@dataclass
class CommentRow:
    """A comment as a page shows it. body: '' for what is hidden or withdrawn. reason: code of the decision.

    author: None when there is no name to show. useful: whether the visitor found it useful. replies: the first ones,
    and the visitor's own that wait; more: how many are left out.
    """

    id: UUID
    parent_id: UUID | None
    state: str
    pending_for: str | None
    body: str
    author: str | None
    author_id: UUID | None
    supports: int
    reply_count: int
    created_at: datetime
    reason: str | None
    mine: bool
    useful: bool
    replies: list[CommentRow] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class CommentPage:
    """rows: at most PAGE threads, or replies of one thread. has_next: whether more remain.

    moderated: hidden words are in the rows, for somebody who may restore them.
    """

    rows: list[CommentRow]
    page: int
    has_next: bool
    moderated: bool = False


def _own_pending(visitor: Visitor | None) -> ColumnElement[bool]:
    if visitor is None:
        return false()
    return and_(Comment.state == "pending", Comment.author_id == visitor.person_id)


def _shown(visitor: Visitor | None) -> ColumnElement[bool]:
    """What anybody reads, if only as a stub, and what its author alone still sees."""
    return or_(
        Comment.state.in_(("published", "hidden")),
        and_(Comment.state.in_(("withdrawn", "erased")), Comment.replies > 0),
        _own_pending(visitor),
    )


def list_page(
    contribution_id: UUID,
    *,
    sort: str = "recents",
    page: int = 1,
    visitor: Visitor | None = None,
    show_hidden: bool = False,
) -> CommentPage:
    """One page of threads with their first replies, in two statements whatever their number.

    sort: one of SORTS, anything else is `recents`. page: from 1. show_hidden: a moderator reads hidden words.
    """
    page = min(max(page, 1), LAST_PAGE)
    known = visitor is not None
    values = _viewer(visitor) | {"contribution": contribution_id, "skipped": (page - 1) * PAGE}
    raw = db.session.execute(_page_of_threads(sort == "apprecies", known), values)
    rows = [_row(one, visitor, show_hidden) for one in raw]
    shown, has_next = rows[:PAGE], len(rows) > PAGE
    if shown:
        _add_replies(shown, visitor, show_hidden)
    return CommentPage(shown, page, has_next, show_hidden)


class _Anybody:
    """Stands for the visitor in statements that are built once."""

    person_id = bindparam("viewer", type_=Uuid)


def _viewer(visitor: Visitor | None) -> dict[str, Any]:
    return {} if visitor is None else {"viewer": visitor.person_id}


@lru_cache
def _page_of_threads(liked_first: bool, known: bool) -> Select[*tuple[Any, ...]]:
    """Parameters: contribution, skipped, and viewer for somebody known. Building it costs as much as running it."""
    viewer: Any = _Anybody if known else None
    order: tuple[Any, ...] = (Comment.created_at.desc(), Comment.id.desc())
    if liked_first:
        order = (Comment.supports.desc(), *order)
    return (
        _select(viewer)
        .where(
            Comment.contribution_id == bindparam("contribution", type_=Uuid),
            Comment.parent_id.is_(None),
            _shown(viewer),
        )
        .order_by(*order)
        .limit(PAGE + 1)
        .offset(bindparam("skipped", type_=Integer))
    )


@lru_cache
def _first_replies(known: bool) -> Select[*tuple[Any, ...]]:
    """Parameters: parents, and viewer for somebody known."""
    viewer: Any = _Anybody if known else None
    placed = (
        select(
            Comment.tenant_id,
            Comment.id,
            func.row_number()
            .over(partition_by=Comment.parent_id, order_by=(Comment.created_at, Comment.id))
            .label("place"),
            func.count().over(partition_by=Comment.parent_id).label("total"),
        )
        .where(Comment.parent_id.in_(bindparam("parents", expanding=True, type_=Uuid)), _shown(viewer))
        .subquery()
    )
    return (
        _select(viewer, placed.c.total)
        .join(placed, and_(placed.c.tenant_id == Comment.tenant_id, placed.c.id == Comment.id))
        .where(or_(placed.c.place <= FIRST_REPLIES, _own_pending(viewer)))
        .order_by(Comment.created_at, Comment.id)
    )


def _add_replies(rows: Sequence[CommentRow], visitor: Visitor | None, show_hidden: bool) -> None:
    threads = {row.id: row for row in rows}
    values = _viewer(visitor) | {"parents": list(threads)}
    for raw in db.session.execute(_first_replies(visitor is not None), values):
        head = threads[raw.parent_id]
        head.replies.append(_row(raw, visitor, show_hidden))
        head.more = raw.total - len(head.replies)


def thread(
    root_id: UUID, *, page: int = 1, visitor: Visitor | None = None, show_hidden: bool = False
) -> tuple[CommentRow, CommentPage]:
    """One thread: its first comment and a page of replies, oldest first. Raises NotFound."""
    page = min(max(page, 1), LAST_PAGE)
    roots = _rows(
        _select(visitor).where(Comment.id == root_id, Comment.parent_id.is_(None), _shown(visitor)),
        visitor,
        show_hidden,
    )
    if not roots:
        raise NotFound
    rows = _rows(
        _select(visitor)
        .where(Comment.parent_id == root_id, _shown(visitor))
        .order_by(Comment.created_at, Comment.id)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE),
        visitor,
        show_hidden,
    )
    return roots[0], CommentPage(rows[:PAGE], page, len(rows) > PAGE, show_hidden)


def get(comment_id: UUID, visitor: Visitor | None) -> Comment:
    """In any state but somebody else's pending one. Raises NotFound."""
    found = db.session.scalar(
        select(Comment).where(
            Comment.id == comment_id, or_(Comment.state != "pending", _own_pending(visitor))
        )
    )
    if found is None:
        raise NotFound
    return found


class Place(NamedTuple):
    """Where a comment is read: page of the discussion (recent first), or page of a thread of its own.

    thread: the thread's first comment when the comment is among the replies that the discussion leaves out.
    """

    page: int
    thread: UUID | None = None


def place(comment: Comment, visitor: Visitor | None) -> Place | None:
    """None when the visitor sees nothing of this comment, not even a stub."""
    if db.session.scalar(select(Comment.id).where(Comment.id == comment.id, _shown(visitor))) is None:
        return None
    root = comment
    if comment.parent_id is not None:
        older = _number_of(
            Comment.parent_id == comment.parent_id,
            or_(
                Comment.created_at < comment.created_at,
                and_(Comment.created_at == comment.created_at, Comment.id < comment.id),
            ),
            visitor,
        )
        if older >= FIRST_REPLIES and comment.state != "pending":
            return Place(older // PAGE + 1, comment.parent_id)
        root = db.session.scalars(select(Comment).where(Comment.id == comment.parent_id)).one()
    newer = _number_of(
        and_(Comment.contribution_id == root.contribution_id, Comment.parent_id.is_(None)),
        or_(
            Comment.created_at > root.created_at,
            and_(Comment.created_at == root.created_at, Comment.id > root.id),
        ),
        visitor,
    )
    return Place(newer // PAGE + 1)


def _number_of(among: ColumnElement[bool], where: ColumnElement[bool], visitor: Visitor | None) -> int:
    found = db.session.scalar(select(func.count()).select_from(Comment).where(among, where, _shown(visitor)))
    return int(found or 0)


_author = aliased(Person)


def _select(visitor: Visitor | None, *more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    reason = (
        select(Decision.reason)
        .where(
            Decision.tenant_id == Comment.tenant_id,
            Decision.comment_id == Comment.id,
            Decision.action == "hide",
        )
        .order_by(Decision.at.desc(), Decision.id.desc())
        .limit(1)
        .correlate(Comment)
        .scalar_subquery()
    )
    useful: ColumnElement[bool] = literal(False)
    if visitor is not None:
        useful = (
            select(Vote.id)
            .where(
                Vote.tenant_id == Comment.tenant_id,
                Vote.comment_id == Comment.id,
                Vote.person_id == visitor.person_id,
            )
            .correlate(Comment)
            .exists()
        )
    return select(
        Comment.id,
        Comment.parent_id,
        Comment.state,
        Comment.pending_for,
        Comment.body,
        Comment.author_id,
        Comment.author_label,
        Comment.supports,
        Comment.replies,
        Comment.created_at,
        _author.display_name,
        case((Comment.state == "hidden", reason)).label("reason"),
        useful.label("useful"),
        *more,
    ).outerjoin(_author, and_(_author.tenant_id == Comment.tenant_id, _author.id == Comment.author_id))


def _rows(query: Select[*tuple[Any, ...]], visitor: Visitor | None, show_hidden: bool) -> list[CommentRow]:
    return [_row(raw, visitor, show_hidden) for raw in db.session.execute(query)]


def _row(raw: Any, visitor: Visitor | None, show_hidden: bool) -> CommentRow:
    readable = ("published", "pending", "hidden") if show_hidden else ("published", "pending")
    return CommentRow(
        id=raw.id,
        parent_id=raw.parent_id,
        state=raw.state,
        pending_for=raw.pending_for,
        body=raw.body if raw.state in readable else "",
        author=raw.author_label or raw.display_name,
        author_id=raw.author_id,
        supports=raw.supports,
        reply_count=raw.replies,
        created_at=raw.created_at,
        reason=raw.reason,
        mine=visitor is not None and raw.author_id == visitor.person_id,
        useful=raw.useful,
    )
