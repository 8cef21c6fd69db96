"""News of the participation room, as other rooms hear it: ids only, posted in the transaction of the act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.db.outbox import OutboxEvent


@dataclass(frozen=True)
class ContributionSubmitted(OutboxEvent):
    """Received. pending_for: what it waits for; None when it was published at once (ContributionPublished follows)."""

    name: ClassVar[str] = "participation.contribution_submitted"
    contribution_id: UUID
    pending_for: str | None


@dataclass(frozen=True)
class ContributionPublished(OutboxEvent):
    """Everybody can read it from now on, for the first time."""

    name: ClassVar[str] = "participation.contribution_published"
    contribution_id: UUID


@dataclass(frozen=True)
class ContributionEdited(OutboxEvent):
    """Its author changed what people could already read."""

    name: ClassVar[str] = "participation.contribution_edited"
    contribution_id: UUID


@dataclass(frozen=True)
class ContributionWithdrawn(OutboxEvent):
    name: ClassVar[str] = "participation.contribution_withdrawn"
    contribution_id: UUID


@dataclass(frozen=True)
class ContributionHidden(OutboxEvent):
    name: ClassVar[str] = "participation.contribution_hidden"
    contribution_id: UUID
    decision_id: UUID


@dataclass(frozen=True)
class ContributionRestored(OutboxEvent):
    name: ClassVar[str] = "participation.contribution_restored"
    contribution_id: UUID
    decision_id: UUID


@dataclass(frozen=True)
class ContributionRejected(OutboxEvent):
    """A moderator read it before publication and refused it."""

    name: ClassVar[str] = "participation.contribution_rejected"
    contribution_id: UUID
    decision_id: UUID


@dataclass(frozen=True)
class CommentPublished(OutboxEvent):
    name: ClassVar[str] = "participation.comment_published"
    comment_id: UUID


@dataclass(frozen=True)
class CommentHidden(OutboxEvent):
    name: ClassVar[str] = "participation.comment_hidden"
    comment_id: UUID
    decision_id: UUID


@dataclass(frozen=True)
class AnswerPublished(OutboxEvent):
    """The collectivité answered; when the answer came with a status, no StatusChanged follows: one act, one mail."""

    name: ClassVar[str] = "participation.answer_published"
    answer_id: UUID


@dataclass(frozen=True)
class StatusChanged(OutboxEvent):
    name: ClassVar[str] = "participation.status_changed"
    change_id: UUID


@dataclass(frozen=True)
class ThresholdReached(OutboxEvent):
    name: ClassVar[str] = "participation.threshold_reached"
    contribution_id: UUID


@dataclass(frozen=True)
class StepOpened(OutboxEvent):
    name: ClassVar[str] = "participation.step_opened"
    step_id: UUID
