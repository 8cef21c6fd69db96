"""People: found by address, given an account, erased."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from flask import g
from sqlalchemy import exists, func, select, update

from app.db import audit, outbox
from app.db.context import require_tenant_id
from app.db.errors import NotFound
from app.db.session import db
from app.people import holders
from app.people.addresses import email_key
from app.people.events import AccountOpened
from app.people.lists import FIRST_NAMES, SHARED_MAILBOXES
from app.people.models import Person, PersonAttribute, PersonSession
from app.people.visitor import GUEST_DAYS, Visitor

EMAIL = "email"


def get_person(person_id: UUID) -> Person:
    """Raises NotFound, for an erased person too."""
    person = db.session.get(Person, (require_tenant_id(), person_id))
    if person is None or person.state != "active":
        raise NotFound
    return person


def find_by_email(key: str) -> Person | None:
    """The person who proved this address (`email_key` form)."""
    return db.session.scalar(
        select(Person)
        .join(
            PersonAttribute,
            (PersonAttribute.tenant_id == Person.tenant_id) & (PersonAttribute.person_id == Person.id),
        )
        .where(
            PersonAttribute.kind == EMAIL,
            PersonAttribute.verified_key == key,
            Person.state == "active",
        )
    )


def lock_mailbox(key: str) -> None:
    """Hold this address until the transaction ends: two links of one mailbox opened at once make one person."""
    digest = hashlib.sha256(f"{require_tenant_id()}:{key}".encode()).digest()
    db.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))


def verified_email(person_id: UUID) -> str | None:
    """The proven address as its owner wrote it."""
    return db.session.scalar(
        select(PersonAttribute.value)
        .where(
            PersonAttribute.person_id == person_id,
            PersonAttribute.kind == EMAIL,
            PersonAttribute.verified_key.is_not(None),
        )
        .order_by(PersonAttribute.verified_at.desc())
        .limit(1)
    )


def is_guest(person_id: UUID) -> bool:
    """Active, and neither an address proven nor an account opened: nobody can sign in as this person yet."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Person.id == person_id,
                    Person.state == "active",
                    Person.charter_at.is_(None),
                    ~exists().where(
                        PersonAttribute.tenant_id == Person.tenant_id,
                        PersonAttribute.person_id == Person.id,
                        PersonAttribute.verified_key.is_not(None),
                    ),
                )
            )
        )
    )


def hold_guest(person_id: UUID) -> bool:
    """The same as `is_guest`, the row being held until the transaction ends: two mailboxes proven at once for one
    guest find it a guest once."""
    held = db.session.scalar(select(Person.id).where(Person.id == person_id).with_for_update())
    return held is not None and is_guest(person_id)


def new_person(*, now: datetime) -> Person:
    person = Person(created_at=now, acted_on=now.date())
    db.session.add(person)
    db.session.flush()
    return person


def verify_email(person: Person, address: str, *, now: datetime) -> None:
    """Write that the person owns this address; the caller holds `lock_mailbox` and found nobody else with it."""
    db.session.add(
        PersonAttribute(
            person_id=person.id,
            kind=EMAIL,
            value=address,
            verified_key=email_key(address),
            verified_at=now,
            created_at=now,
        )
    )
    db.session.flush()


def open_account(
    visitor: Visitor, *, name: str, zone_id: UUID | None, newsletter: bool, now: datetime
) -> Visitor:
    """Give the visitor a public name and record the charter; every browser where they proved their address follows.

    Doing it twice changes the name only.
    """
    person = get_person(visitor.person_id)
    first = person.charter_at is None
    person.display_name, person.zone_id = name, zone_id
    person.charter_at = person.charter_at or now
    if newsletter:
        person.newsletter_at = person.newsletter_at or now
    db.session.execute(
        update(PersonSession)
        .where(PersonSession.person_id == person.id, PersonSession.level == "confirmed")
        .values(level="account")
        .execution_options(synchronize_session=False)
    )
    db.session.flush()
    if first:
        outbox.post(AccountOpened(person_id=person.id), now=now)
    level = "account" if visitor.level == "confirmed" else visitor.level
    changed = replace(visitor, display_name=name, zone_id=zone_id, has_account=True, level=level)
    g.visitor = changed
    return changed


def update_profile(
    visitor: Visitor, *, name: str, zone_id: UUID | None, newsletter: bool, now: datetime
) -> Visitor:
    person = get_person(visitor.person_id)
    person.display_name, person.zone_id = name, zone_id
    person.newsletter_at = (person.newsletter_at or now) if newsletter else None
    db.session.flush()
    changed = replace(visitor, display_name=name, zone_id=zone_id)
    g.visitor = changed
    return changed


def set_notify(person_id: UUID, choice: str) -> None:
    """choice: one of models.NOTIFY."""
    get_person(person_id).notify = choice
    db.session.flush()


def suggest_name(address: str) -> str:
    """A public name in the manner of « Inès R. » from an address, "" when nothing plausible is read in it."""
    local = address.rpartition("@")[0].partition("+")[0].lower()
    parts = [part for part in re.split(r"[._-]", local) if part]
    parts = [re.sub(r"\d+$", "", part) for part in parts]
    if not parts or any(not re.fullmatch(r"[^\W\d_]{1,20}", part) for part in parts):
        return ""
    if any(part in SHARED_MAILBOXES for part in parts) or len(parts) > 3:
        return ""
    first = parts[0]
    if len(first) < 3 or (len(parts) == 1 and first not in FIRST_NAMES):
        return ""
    shown = FIRST_NAMES.get(first, first.capitalize())
    return f"{shown} {parts[-1][0].upper()}." if len(parts) > 1 else shown


def erase(person_id: UUID, *, now: datetime) -> None:
    """Leave nothing that names or tells the person; what they published stays, unsigned, and every count with it.

    Doing it twice changes nothing. Raises NotFound for somebody this tenant never had.
    """
    if db.session.get(Person, (require_tenant_id(), person_id)) is None:
        raise NotFound
    for holder in holders.every():
        holder.erase(person_id, now)
    db.session.flush()
    db.session.expire_all()
    audit.record("person.erased", now=now, actor_kind="system", target_kind="person", target_id=person_id)


def purge_guests(*, now: datetime, limit: int = 500) -> int:
    """Erase guests who did nothing for GUEST_DAYS days; returns how many, at most `limit`."""
    before = (now - timedelta(days=GUEST_DAYS)).date()
    found = db.session.scalars(
        select(Person.id)
        .where(
            Person.state == "active",
            Person.charter_at.is_(None),
            Person.acted_on < before,
            ~exists().where(
                PersonAttribute.tenant_id == Person.tenant_id,
                PersonAttribute.person_id == Person.id,
                PersonAttribute.verified_key.is_not(None),
            ),
            ~exists().where(
                PersonSession.tenant_id == Person.tenant_id,
                PersonSession.person_id == Person.id,
                PersonSession.seen_on >= before,
            ),
        )
        .order_by(Person.id)
        .limit(limit)
    ).all()
    for person_id in found:
        erase(person_id, now=now)
    return len(found)
