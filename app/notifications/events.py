"""One mail to one person, as an event of its own: a thousand followers are a thousand deliveries, retried alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.db.outbox import OutboxEvent


@dataclass(frozen=True)
class MailDue(OutboxEvent):
    """kind: which news (a key of `news.BUILDERS`). ref: id of what it is about. person_id: who reads it."""

    name: ClassVar[str] = "notifications.mail_due"
    kind: str
    ref: UUID
    person_id: UUID


@dataclass(frozen=True)
class DigestDue(OutboxEvent):
    """week: the Monday it is sent on, ISO 8601; it tells of the seven days before."""

    name: ClassVar[str] = "notifications.digest_due"
    week: str
    person_id: UUID
