"""Comments under a contribution: one level of replies, kept in counters, hidden ones leaving a stub.

Locks are always taken in this order: the contribution, then its comments. How pages read them is in `threads`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import and_, case, func, select, update

from app.db import outbox
from app.db.errors import InvalidInput, NotFound
from app.db.session import db
from app.participation import contributions, events
from app.participation.counters import Mismatch
from app.participation.errors import CommentGone, CommentsOff, NotCommentable
from app.participation.models import Comment, Contribution
from app.participation.steps import StepInfo
from app.participation.threads import SORTS, CommentPage, CommentRow, list_page
from app.ui import fields

__all__ = [
    "BODY_MAX",
    "SORTS",
    "CommentPage",
    "CommentRow",
    "add",
    "check",
    "complete",
    "list_page",
    "move",
    "parse_body",
    "recount",
    "withdraw",
]

BODY_MAX = 2000

_body = fields.text(max=BODY_MAX, required=True, missing="Écrivez votre commentaire", multiline=True)


def parse_body(raw: object) -> str:
    """The comment's text, cleaned. Raises InvalidInput naming the field `body`."""
    try:
        return str(_body.deserialize("" if raw is None else str(raw)))
    except ValidationError as error:
        raise InvalidInput({"body": [str(sentence) for sentence in error.messages]}) from None


def check(step: StepInfo, payload: Mapping[str, Any], now: datetime) -> None:
    """Raises CommentsOff, StepClosed, StepNotOpen."""
    if not step.settings.get("comments", True):
        raise CommentsOff
    issued = payload.get("_issued_at")
    step.check_open(now, form_issued_at=datetime.fromisoformat(issued) if issued else None)


def add(
    step: StepInfo,
    contribution_id: UUID,
    *,
    author_id: UUID,
    body: str,
    parent_id: UUID | None,
    now: datetime,
    pending_for: str | None,
) -> Comment:
    """Comment a published contribution, or reply to a comment of it. A reply to a reply joins the same thread.

    pending_for: what its author must still prove; only they see it until then.
    Raises NotFound, NotCommentable, CommentGone.
    """
    # Held from here on, so that what is answered cannot be hidden between this check and the end.
    state = db.session.scalar(
        select(Contribution.state)
        .where(Contribution.id == contribution_id, Contribution.step_id == step.id)
        .with_for_update(key_share=True)
    )
    if state is None:
        raise NotFound
    if state != "published":
        raise NotCommentable
    if parent_id is not None:
        parent = db.session.execute(
            select(Comment.id, Comment.parent_id).where(
                Comment.id == parent_id,
                Comment.contribution_id == contribution_id,
                Comment.state == "published",
            )
        ).one_or_none()
        if parent is None:
            raise CommentGone
        parent_id = parent.parent_id or parent.id
    comment = Comment(
        contribution_id=contribution_id,
        step_id=step.id,
        parent_id=parent_id,
        author_id=author_id,
        body=body,
        state="pending" if pending_for else "published",
        pending_for=pending_for,
        created_at=now,
    )
    db.session.add(comment)
    db.session.flush()
    if pending_for is None:
        _count(comment, 1)
        outbox.post(events.CommentPublished(comment_id=comment.id), now=now)
    return comment


def _count(comment: Comment, change: int) -> None:
    """Keep the contribution's public count and the thread's in step with a comment that appears or goes."""
    db.session.execute(
        update(Contribution)
        .where(Contribution.id == comment.contribution_id)
        .values(comments=Contribution.comments + change)
        .execution_options(synchronize_session=False)
    )
    if comment.parent_id is not None:
        db.session.execute(
            update(Comment)
            .where(Comment.id == comment.parent_id)
            .values(replies=Comment.replies + change)
            .execution_options(synchronize_session=False)
        )


def _locked(comment_id: UUID) -> tuple[Contribution, Comment]:
    contribution_id = db.session.scalar(select(Comment.contribution_id).where(Comment.id == comment_id))
    if contribution_id is None:
        raise NotFound
    contribution = contributions.lock(contribution_id)
    comment = db.session.scalars(
        select(Comment)
        .where(Comment.id == comment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return contribution, comment


def complete(step: StepInfo, comment_id: UUID, *, now: datetime, pending_for: str | None) -> Comment:
    """The author proved something more: publish, keep waiting, or say too late when the step closed (acceptance 15).

    A comment that waits for nothing any more is given back unchanged. Raises NotFound.
    """
    contribution, comment = _locked(comment_id)
    if comment.step_id != step.id:
        raise NotFound
    if comment.state != "pending" or comment.pending_for == "too_late":
        return comment
    if step.phase(now) != "open":
        comment.pending_for = "too_late"
    elif pending_for is not None:
        comment.pending_for = pending_for
    else:
        comment.state, comment.pending_for = "published", None
        _count(comment, 1)
        if contribution.state == "published":
            outbox.post(events.CommentPublished(comment_id=comment.id), now=now)
    db.session.flush()
    return comment


def move(comment_id: UUID, state: str, *, was: tuple[str, ...]) -> Comment:
    """Bring a comment from one of the states `was` to another, counters included; the row stays locked.

    A comment already in `state` is left as it is. Raises NotFound from any other state.
    """
    _, comment = _locked(comment_id)
    if comment.state == state:
        return comment
    if comment.state not in was:
        raise NotFound
    change = (state == "published") - (comment.state == "published")
    comment.state, comment.pending_for = state, None
    db.session.flush()
    if change:
        _count(comment, change)
    return comment


def withdraw(comment_id: UUID) -> Comment:
    """Its author takes it back: the words leave the page, a stub stays when somebody replied. Twice is once."""
    return move(comment_id, "withdrawn", was=("published", "pending"))


def recount() -> list[Mismatch]:
    """Compare the figures of contributions and threads with the comments themselves; nightly, never on a page."""
    published = func.count(case((Comment.state == "published", 1)))
    rows = db.session.execute(
        select(Contribution.id, Contribution.comments, published)
        .outerjoin(
            Comment,
            and_(Comment.tenant_id == Contribution.tenant_id, Comment.contribution_id == Contribution.id),
        )
        .group_by(Contribution.tenant_id, Contribution.id)
        .having(Contribution.comments != published)
    )
    faults = [Mismatch("contribution comments", *row) for row in rows]
    replies = (
        select(Comment.parent_id, published.label("n"))
        .where(Comment.parent_id.is_not(None))
        .group_by(Comment.parent_id)
        .subquery()
    )
    actual = func.coalesce(replies.c.n, 0)
    rows = db.session.execute(
        select(Comment.id, Comment.replies, actual)
        .outerjoin(replies, replies.c.parent_id == Comment.id)
        .where(Comment.replies != actual)
    )
    return faults + [Mismatch("comment replies", *row) for row in rows]
