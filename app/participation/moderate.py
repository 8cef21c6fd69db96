"""What moderators decide about a text, with a reason from the published rules. Decisions are only ever added."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.db import audit, outbox
from app.db.errors import Conflict, NotFound
from app.db.session import db
from app.participation import comments, contributions, events
from app.participation.errors import UnknownReason
from app.participation.models import Comment, Contribution, Decision

#: code -> sentence told to the author and written in the rules. The order gives the numbers 1 to 6 of the charter.
REASONS = MappingProxyType(
    {
        "personal_attack": "Le texte s’en prend à une personne au lieu de discuter ce qu’elle dit.",
        "unlawful": "Le texte contient des propos illicites, haineux ou discriminatoires.",
        "off_topic": "Le texte ne parle pas du sujet de cette démarche.",
        "advertising": "Le texte fait de la publicité ou du démarchage.",
        "personal_data": "Le texte donne des informations privées sur une personne.",
        "duplicate": "Le texte répète une contribution déjà en ligne.",
    }
)

#: code -> the words that follow « Contribution masquée le 4 mai : ».
LABELS = MappingProxyType(
    {
        "personal_attack": "attaque personnelle",
        "unlawful": "propos illicite ou haineux",
        "off_topic": "hors sujet",
        "advertising": "publicité ou démarchage",
        "personal_data": "données personnelles",
        "duplicate": "doublon",
    }
)


def number_of(reason: str) -> int:
    """Number of a reason in the charter, from 1. Raises UnknownReason."""
    return list(REASONS).index(_known(reason)) + 1


def hide(
    contribution: Contribution, *, reason: str, note: str = "", by: UUID | None, now: datetime
) -> Decision:
    """Take a published or archived contribution off the pages, leaving a stub with the reason.

    reason: a code of REASONS. note: a word to the author. by: who decides, None for a job or an import.
    Raises UnknownReason, Conflict when somebody hid or withdrew it meanwhile.
    """
    _known(reason)
    contribution = contributions.lock(contribution.id)
    previous = _state(contribution, "published", "archived")
    contributions.move_state(contribution, "hidden", now=now)
    decision = _decide("hide", contribution, previous=previous, reason=reason, note=note, by=by, now=now)
    outbox.post(events.ContributionHidden(contribution.id, decision.id), now=now)
    return decision


def restore(contribution: Contribution, *, note: str = "", by: UUID | None, now: datetime) -> Decision:
    """Bring a hidden contribution back to the state it had, published or archived. Raises Conflict."""
    contribution = contributions.lock(contribution.id)
    previous = _state(contribution, "hidden")
    hidden = last_decision(contribution.id)
    back = hidden.previous_state if hidden is not None and hidden.action == "hide" else None
    contributions.move_state(contribution, back or "published", now=now)
    decision = _decide("restore", contribution, previous=previous, reason="", note=note, by=by, now=now)
    outbox.post(events.ContributionRestored(contribution.id, decision.id), now=now)
    return decision


def accept(contribution: Contribution, *, note: str = "", by: UUID | None, now: datetime) -> Decision:
    """Publish a contribution that waited to be read. Raises Conflict when it waits for something else."""
    contribution = contributions.lock(contribution.id)
    previous = _waiting(contribution)
    contributions.move_state(contribution, "published", now=now)
    decision = _decide("accept", contribution, previous=previous, reason="", note=note, by=by, now=now)
    outbox.post(events.ContributionPublished(contribution.id), now=now)
    return decision


def reject(
    contribution: Contribution, *, reason: str, note: str = "", by: UUID | None, now: datetime
) -> Decision:
    """Refuse a contribution that waited to be read; its author keeps the text. Raises UnknownReason, Conflict."""
    _known(reason)
    contribution = contributions.lock(contribution.id)
    previous = _waiting(contribution)
    contributions.move_state(contribution, "rejected", now=now)
    decision = _decide("reject", contribution, previous=previous, reason=reason, note=note, by=by, now=now)
    outbox.post(events.ContributionRejected(contribution.id, decision.id), now=now)
    return decision


def hide_comment(
    comment: Comment, *, reason: str, note: str = "", by: UUID | None, now: datetime
) -> Decision:
    """Raises UnknownReason, Conflict unless the comment is published."""
    _known(reason)
    _locked_comment(comment, "published")
    comments.move(comment.id, "hidden", was=("published",))
    decision = _decide("hide", comment, previous="published", reason=reason, note=note, by=by, now=now)
    outbox.post(events.CommentHidden(comment.id, decision.id), now=now)
    return decision


def restore_comment(comment: Comment, *, note: str = "", by: UUID | None, now: datetime) -> Decision:
    """Raises Conflict unless the comment is hidden."""
    _locked_comment(comment, "hidden")
    comments.move(comment.id, "published", was=("hidden",))
    return _decide("restore", comment, previous="hidden", reason="", note=note, by=by, now=now)


def last_decision(contribution_id: UUID) -> Decision | None:
    """The newest decision about a contribution: what the stub shows."""
    return next(iter(_decisions(Decision.contribution_id == contribution_id, limit=1)), None)


def list_decisions(*, contribution_id: UUID | None = None, comment_id: UUID | None = None) -> list[Decision]:
    """Decisions about a contribution or a comment, newest first."""
    if (contribution_id is None) == (comment_id is None):
        raise ValueError("decisions are about a contribution or about a comment")
    target = Decision.comment_id == comment_id if comment_id else Decision.contribution_id == contribution_id
    return _decisions(target)


def _decisions(target: ColumnElement[bool], limit: int | None = None) -> list[Decision]:
    # Identifiers follow time: they part two decisions of one instant.
    query = select(Decision).where(target).order_by(Decision.at.desc(), Decision.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def _known(reason: str) -> str:
    if reason not in REASONS:
        raise UnknownReason
    return reason


def _state(contribution: Contribution, *expected: str) -> str:
    if contribution.state not in expected:
        raise Conflict
    return contribution.state


def _waiting(contribution: Contribution) -> str:
    if contribution.pending_for != "moderation":
        raise Conflict
    return _state(contribution, "pending")


def _locked_comment(comment: Comment, expected: str) -> None:
    # The contribution first: a reply being added holds it while it waits for the comment it answers.
    contributions.lock(comment.contribution_id)
    found = db.session.scalar(
        select(Comment)
        .where(Comment.id == comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.state != expected:
        raise Conflict


def _decide(
    action: str,
    target: Contribution | Comment,
    *,
    previous: str,
    reason: str,
    note: str,
    by: UUID | None,
    now: datetime,
) -> Decision:
    kind = "comment" if isinstance(target, Comment) else "contribution"
    decision = Decision(
        contribution_id=target.id if kind == "contribution" else None,
        comment_id=target.id if kind == "comment" else None,
        action=action,
        reason=reason,
        previous_state=previous,
        note=note.strip(),
        author_id=by,
        at=now,
    )
    db.session.add(decision)
    audit.record(
        f"{kind}.{action}",
        now=now,
        actor_id=by,
        actor_kind="person" if by else "system",
        target_kind=kind,
        target_id=target.id,
        reason=reason or None,
    )
    db.session.flush()
    return decision
