"""Roles: granted, taken back, offered by a one-time link."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.db import audit, signing
from app.db.session import db
from app.people import persons, sign_in
from app.people import visitor as visitors
from app.people.addresses import email_key
from app.people.models import ROLES, Invitation, PersonRole
from app.people.visitor import Visitor

PURPOSE = "invitation"
LIFETIME = timedelta(days=7)


def invite(email: str, role: str, *, now: datetime) -> str:
    """Offer a role of the tenant in scope to an address: the path of its one-time link, without the tenant's prefix.

    Valid seven days; inviting again makes another link. Raises ValueError for an unknown role or a malformed address.
    """
    if role not in ROLES:
        raise ValueError(f"role is {role!r}, expected one of {', '.join(ROLES)}")
    invitation = Invitation(
        email=email.strip(), email_key=email_key(email), role=role, created_at=now, expires_at=now + LIFETIME
    )
    db.session.add(invitation)
    db.session.flush()
    audit.record(
        "role.offered",
        now=now,
        actor_kind="operator",
        target_kind="invitation",
        target_id=invitation.id,
        role=role,
    )
    return f"/lien/{signing.sign(PURPOSE, str(invitation.id))}/"


def read_token(token: str) -> UUID:
    """Raises BadToken."""
    value = signing.unsign(PURPOSE, token)
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise signing.BadToken(PURPOSE) from error


def find_invitation(invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    query = select(Invitation).where(Invitation.id == invitation_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def is_open(invitation: Invitation, now: datetime) -> bool:
    """At `expires_at` it is over."""
    return invitation.used_at is None and now < invitation.expires_at


def accept(invitation: Invitation, *, now: datetime) -> Visitor:
    """The link was opened by whoever the operator gave it to: address and role are theirs, this browser signed in.

    The caller holds the invitation locked and found it open.
    """
    here = visitors.current()
    persons.lock_mailbox(invitation.email_key)
    person = persons.find_by_email(invitation.email_key)
    if person is None:
        person = persons.new_person(now=now)
        persons.verify_email(person, invitation.email, now=now)
    grant(person.id, invitation.role, now=now)
    invitation.used_at = now
    db.session.flush()
    return sign_in.enter(person, key=invitation.email_key, here=here, now=now)


def grant(
    person_id: UUID, role: str, *, now: datetime, project_id: UUID | None = None, by: UUID | None = None
) -> None:
    """project_id: None for every démarche. Granting twice changes nothing."""
    done = db.session.execute(
        insert(PersonRole)
        .values(person_id=person_id, role=role, project_id=project_id, granted_by=by, granted_at=now)
        .on_conflict_do_nothing(constraint="uq_person_role_grant")
        .returning(PersonRole.id)
    ).scalar_one_or_none()
    if done is not None:
        audit.record(
            "role.granted", now=now, actor_id=by, target_kind="person", target_id=person_id, role=role
        )


def revoke(
    person_id: UUID, role: str, *, now: datetime, project_id: UUID | None = None, by: UUID | None = None
) -> None:
    """Taking back a role that is not held changes nothing."""
    gone = db.session.execute(
        delete(PersonRole)
        .where(
            PersonRole.person_id == person_id,
            PersonRole.role == role,
            PersonRole.project_id.is_not_distinct_from(project_id),
        )
        .returning(PersonRole.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        audit.record(
            "role.revoked", now=now, actor_id=by, target_kind="person", target_id=person_id, role=role
        )


def list_roles(person_id: UUID) -> list[tuple[str, UUID | None]]:
    found = db.session.execute(
        select(PersonRole.role, PersonRole.project_id)
        .where(PersonRole.person_id == person_id)
        .order_by(PersonRole.role)
    )
    return [(row.role, row.project_id) for row in found]
