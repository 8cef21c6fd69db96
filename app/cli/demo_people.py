"""Whom somebody at the terminal may be on a demonstration platform: a citizen, a moderator, an administrator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.db.session import db
from app.people import persons, roles, sign_in
from app.people.addresses import email_key
from app.people.models import Person, SignInRequest
from app.tenancy.registry import TenantConfig

#: A link works once; a demonstration prints new ones each time it starts.
LINK_LIFE = timedelta(hours=12)


class Role(NamedTuple):
    """label: as printed. mailbox: before the @ of the invented address. name: public name."""

    label: str
    mailbox: str
    name: str
    role: str | None


CAST = (
    Role("a citizen", "camille.riviere", "Camille R.", None),
    Role("a moderator", "malo.kerbrat", "Malo K.", "moderator"),
    Role("an administrator", "adele.fournier", "Adèle F.", "administrator"),
)


def sign_in_links(config: TenantConfig, *, now: datetime) -> list[tuple[str, str]]:
    """(label, path without prefix) of a fresh link for each of the cast, for the tenant in scope; commits."""
    domain = config.closed_to_domains[0] if config.closed_to_domains else f"{config.slug}.example"
    links = []
    for member in CAST:
        address = f"{member.mailbox}@{domain}"
        _ensure(address, member, now)
        asked = SignInRequest(
            email=address,
            email_key=email_key(address),
            purpose="sign_in",
            remember=False,
            created_at=now,
            expires_at=now + LINK_LIFE,
        )
        db.session.add(asked)
        db.session.flush()
        links.append((member.label, sign_in.link_path(asked.id)))
    db.session.commit()
    return links


def _ensure(address: str, member: Role, now: datetime) -> Person:
    """The person of this address, with an account and the role; made once."""
    key = email_key(address)
    persons.lock_mailbox(key)
    person = persons.find_by_email(key)
    if person is None:
        person = persons.new_person(now=now)
        person.display_name, person.charter_at = member.name, now
        persons.verify_email(person, address, now=now)
    if member.role is not None:
        roles.grant(person.id, member.role, now=now)
    return person
