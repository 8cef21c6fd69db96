"""Who may be written to, how they want to hear, and the link that lets them change it without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.db import signing
from app.db.session import db
from app.people import roles
from app.people.models import Person, PersonAttribute
from app.people.visitor import Visitor

#: What the signed link is for; it never expires, because a mail is read years later.
PURPOSE = "notifications"


@dataclass(frozen=True)
class Reader:
    """A person with a proven address. notify: none, digest or each."""

    person_id: UUID
    email: str
    notify: str

    def visitor(self) -> Visitor:
        """The reader as pages would know them, signed in: what they may not read there is not written to them."""
        return Visitor(
            person_id=self.person_id,
            session_id=self.person_id,
            level="account",
            display_name=None,
            zone_id=None,
            has_account=True,
            roles=frozenset(roles.list_roles(self.person_id)),
        )

    def stop_path(self) -> str:
        """Address of the page where this reader, and nobody else, changes their choice; without prefix."""
        return f"/mon-espace/notifications/{signing.sign(PURPOSE, str(self.person_id))}/"


def read_token(token: str) -> UUID:
    """The person of a `stop_path`. Raises BadToken: forged, damaged, or of another tenant."""
    value = signing.unsign(PURPOSE, token)
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise signing.BadToken(PURPOSE) from error


def find_reader(person_id: UUID | None) -> Reader | None:
    """None for somebody erased, unknown, or who never proved an address."""
    if person_id is None:
        return None
    row = db.session.execute(
        select(Person.id, Person.notify, PersonAttribute.value)
        .join(
            PersonAttribute,
            (PersonAttribute.tenant_id == Person.tenant_id) & (PersonAttribute.person_id == Person.id),
        )
        .where(
            Person.id == person_id,
            Person.state == "active",
            PersonAttribute.kind == "email",
            PersonAttribute.verified_key.is_not(None),
        )
        .order_by(PersonAttribute.verified_at.desc())
        .limit(1)
    ).one_or_none()
    return Reader(row.id, row.value, row.notify) if row else None
