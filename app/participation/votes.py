"""Supports: one person, one contribution, one vote, whatever is clicked at once.

The row (step, person) of `step_participation` is locked while a vote is checked, so parallel requests of one person
queue there and can pass no limit; the unique key of `vote` has the last word. A public count moves in the statement
after the one that writes or removes its row, in the same transaction: it is always the number of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, String, Uuid, and_, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db import outbox
from app.db.errors import NotFound
from app.db.session import db
from app.db.types import UtcDateTime
from app.participation import events
from app.participation.counters import Mismatch
from app.participation.errors import (
    DiscussionClosed,
    NoSupport,
    NotVotable,
    SupportKept,
    SupportLimitReached,
    VotingClosed,
)
from app.participation.models import Comment, Contribution, StepParticipation, Vote
from app.participation.steps import StepInfo


def check_vote(taken: int, *, limit: int | None) -> None:
    """Raise SupportLimitReached when one more support would pass the step's limit.

    taken: supports this person already gives in the step. limit: None when there is none.
    """
    if limit is not None and taken >= limit:
        raise SupportLimitReached(limit=limit)


@dataclass(frozen=True)
class SupportResult:
    """supports: the contribution's public count after the act. counted: whether this vote is in it.
    changed: False for a second click."""

    supports: int
    counted: bool
    changed: bool


def _lock(step_id: UUID, person_id: UUID) -> int:
    """Hold this person's row of the step until the transaction ends; returns the supports they give."""
    row = insert(StepParticipation).values(step_id=step_id, person_id=person_id, supports=0)
    taken = db.session.execute(
        # The update changes nothing: it takes the row's lock in the statement that may create it.
        row.on_conflict_do_update(
            constraint="uq_step_participation_person", set_={"supports": StepParticipation.supports}
        ).returning(StepParticipation.supports)
    ).scalar_one()
    return int(taken)


def _spend(step_id: UUID, person_id: UUID, change: int) -> None:
    db.session.execute(
        update(StepParticipation)
        .where(StepParticipation.step_id == step_id, StepParticipation.person_id == person_id)
        .values(supports=StepParticipation.supports + change)
        .execution_options(synchronize_session=False)
    )


def _write(
    target: type[Contribution] | type[Comment],
    target_id: UUID,
    step: StepInfo,
    *,
    person_id: UUID,
    pending_for: str | None,
    now: datetime,
) -> bool:
    """Insert the vote if its target is published in this step and the person has none there yet."""
    column = "contribution_id" if target is Contribution else "comment_id"
    # One statement reads the target and writes the vote: an id of another step or platform inserts nothing.
    row = select(
        target.tenant_id,
        target.step_id,
        target.id,
        literal(person_id, Uuid()),
        literal(pending_for is None, Boolean()),
        literal(pending_for, String()),
        literal(now, UtcDateTime()),
    ).where(target.id == target_id, target.step_id == step.id, target.state == "published")
    names = ["tenant_id", "step_id", column, "person_id", "counted", "pending_for", "created_at"]
    written = db.session.execute(
        insert(Vote).from_select(names, row).on_conflict_do_nothing().returning(Vote.id)
    ).scalar_one_or_none()
    return written is not None


def _count(step: StepInfo, contribution_id: UUID, *, now: datetime) -> int:
    """One more in the public count of a published contribution; its threshold is news once. Raises NotVotable."""
    row = db.session.execute(
        update(Contribution)
        .where(
            Contribution.id == contribution_id,
            Contribution.step_id == step.id,
            Contribution.state == "published",
        )
        .values(supports=Contribution.supports + 1)
        .returning(Contribution.supports, Contribution.threshold_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotVotable
    threshold = step.settings.get("threshold")
    if threshold and row.supports >= threshold and row.threshold_at is None:
        db.session.execute(
            update(Contribution)
            .where(Contribution.id == contribution_id)
            .values(threshold_at=now)
            .execution_options(synchronize_session=False)
        )
        outbox.post(events.ThresholdReached(contribution_id=contribution_id), now=now)
    return int(row.supports)


def support(
    step: StepInfo, contribution_id: UUID, *, person_id: UUID, now: datetime, pending_for: str | None = None
) -> SupportResult:
    """Support a published contribution of an open step; a second call changes nothing.

    pending_for: what the person must still prove; the vote is then kept and not counted. A vote kept earlier counts
    from the first call without it. Raises VotingClosed, StepNotOpen, NotVotable, SupportLimitReached.
    """
    step.check_open(now, text=False)
    taken = _lock(step.id, person_id)
    if _write(Contribution, contribution_id, step, person_id=person_id, pending_for=pending_for, now=now):
        check_vote(taken, limit=step.settings.get("support_limit"))
    else:
        vote = _existing(step, contribution_id, person_id)
        if vote.counted or pending_for is not None:
            return SupportResult(vote.supports, vote.counted, changed=False)
        check_vote(taken, limit=step.settings.get("support_limit"))
        _mark(contribution_id, person_id, counted=True, pending_for=None)
    if pending_for is not None:
        supports = db.session.scalar(select(Contribution.supports).where(Contribution.id == contribution_id))
        return SupportResult(supports or 0, counted=False, changed=True)
    _spend(step.id, person_id, 1)
    return SupportResult(_count(step, contribution_id, now=now), counted=True, changed=True)


def _existing(step: StepInfo, contribution_id: UUID, person_id: UUID) -> Any:
    """The person's vote (counted) with the contribution's count (supports). Raises NotVotable without a vote."""
    row = db.session.execute(
        select(Contribution.supports, Vote.counted)
        .join(Vote, and_(Vote.tenant_id == Contribution.tenant_id, Vote.contribution_id == Contribution.id))
        .where(
            Contribution.id == contribution_id,
            Contribution.step_id == step.id,
            Vote.person_id == person_id,
        )
    ).one_or_none()
    if row is None:
        raise NotVotable
    return row


def _mark(contribution_id: UUID, person_id: UUID, *, counted: bool, pending_for: str | None) -> None:
    db.session.execute(
        update(Vote)
        .where(Vote.contribution_id == contribution_id, Vote.person_id == person_id)
        .values(counted=counted, pending_for=pending_for)
        .execution_options(synchronize_session=False)
    )


def withdraw(step: StepInfo, contribution_id: UUID, *, person_id: UUID, now: datetime) -> SupportResult:
    """Take a support back while the step is open, even from a contribution hidden or archived since.

    Raises NoSupport, SupportKept once the step is closed, StepNotOpen.
    """
    try:
        step.check_open(now, text=False)
    except VotingClosed as closed:
        raise SupportKept(**closed.details) from None
    _lock(step.id, person_id)
    counted = db.session.execute(
        delete(Vote)
        .where(Vote.step_id == step.id, Vote.contribution_id == contribution_id, Vote.person_id == person_id)
        .returning(Vote.counted)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if counted is None:
        raise NoSupport
    if counted:
        _spend(step.id, person_id, -1)
    supports = db.session.execute(
        update(Contribution)
        .where(Contribution.id == contribution_id)
        .values(supports=Contribution.supports - int(counted))
        .returning(Contribution.supports)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return SupportResult(int(supports), counted=False, changed=True)


def complete(
    step: StepInfo, contribution_id: UUID, *, person_id: UUID, now: datetime, pending_for: str | None
) -> str | None:
    """The person proved something more. Returns what the vote still waits for, None when it counts from now on.

    `too_late`: the step closed, the limit was reached or the contribution left the page meanwhile; the vote is kept
    and not counted. `withdrawn`: the person took it back meanwhile.
    """
    taken = _lock(step.id, person_id)
    counted = db.session.scalar(
        select(Vote.counted).where(
            Vote.step_id == step.id, Vote.contribution_id == contribution_id, Vote.person_id == person_id
        )
    )
    if counted is None:
        return "withdrawn"
    if counted:
        return None
    limit = step.settings.get("support_limit")
    waits = pending_for
    if step.phase(now) != "open" or (waits is None and limit is not None and taken >= limit):
        waits = "too_late"
    elif waits is None:
        try:
            _count(step, contribution_id, now=now)
            _spend(step.id, person_id, 1)
        except NotVotable:
            waits = "too_late"
    _mark(contribution_id, person_id, counted=waits is None, pending_for=waits)
    return waits


def supported_by(person_id: UUID, contribution_ids: Iterable[UUID]) -> dict[UUID, bool]:
    """Which of these contributions the person supports, and whether that support counts already."""
    rows = db.session.execute(
        select(Vote.contribution_id, Vote.counted).where(
            Vote.person_id == person_id, Vote.contribution_id.in_(list(contribution_ids))
        )
    )
    return {row.contribution_id: row.counted for row in rows}


def check_like(step: StepInfo, now: datetime) -> None:
    """Raises DiscussionClosed, StepNotOpen."""
    try:
        step.check_open(now, text=False)
    except VotingClosed as closed:
        raise DiscussionClosed(**closed.details) from None


def like(step: StepInfo, comment_id: UUID, *, person_id: UUID, useful: bool, now: datetime) -> int:
    """Say that a published comment is useful, or take it back; saying it twice changes nothing.

    Returns the comment's count. Raises NotFound, DiscussionClosed, StepNotOpen.
    """
    check_like(step, now)
    change = 0
    if useful:
        if _write(Comment, comment_id, step, person_id=person_id, pending_for=None, now=now):
            change = 1
    else:
        removed = db.session.execute(
            delete(Vote)
            .where(Vote.step_id == step.id, Vote.comment_id == comment_id, Vote.person_id == person_id)
            .returning(Vote.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        change = -int(removed is not None)
    supports = db.session.execute(
        update(Comment)
        .where(Comment.id == comment_id, Comment.step_id == step.id, Comment.state == "published")
        .values(supports=Comment.supports + change)
        .returning(Comment.supports)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if supports is None:
        raise NotFound
    return int(supports)


def recount() -> list[Mismatch]:
    """Compare every count of supports with the votes themselves, for the tenant in scope; nightly, never on a page."""
    faults = []
    counted = func.count(case((Vote.counted, 1)))
    for model, column in ((Contribution, Vote.contribution_id), (Comment, Vote.comment_id)):
        rows = db.session.execute(
            select(model.id, model.supports, counted)
            .outerjoin(Vote, and_(Vote.tenant_id == model.tenant_id, column == model.id))
            .group_by(model.tenant_id, model.id)
            .having(model.supports != counted)
        )
        faults += [Mismatch(f"{model.__tablename__} supports", *row) for row in rows]
    given = db.session.execute(
        select(StepParticipation.id, StepParticipation.supports, counted)
        .outerjoin(
            Vote,
            and_(
                Vote.tenant_id == StepParticipation.tenant_id,
                Vote.step_id == StepParticipation.step_id,
                Vote.person_id == StepParticipation.person_id,
                Vote.contribution_id.is_not(None),
            ),
        )
        .group_by(StepParticipation.tenant_id, StepParticipation.id)
        .having(StepParticipation.supports != counted)
    )
    return faults + [Mismatch("person supports", *row) for row in given]
