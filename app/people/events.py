"""What the people room tells to whoever listens, ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.db.outbox import OutboxEvent


@dataclass(frozen=True)
class SignInRequested(OutboxEvent):
    """A link and a code were asked (again: the same two) for the address of a `SignInRequest`."""

    name: ClassVar[str] = "people.sign_in_requested"
    request_id: UUID


@dataclass(frozen=True)
class AccountOpened(OutboxEvent):
    """Somebody chose a public name and accepted the charter."""

    name: ClassVar[str] = "people.account_opened"
    person_id: UUID


@dataclass(frozen=True)
class PasswordChanged(OutboxEvent):
    """A password was set, changed or removed: its owner is told by mail."""

    name: ClassVar[str] = "people.password_changed"
    person_id: UUID
