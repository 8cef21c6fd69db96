"""Who is making this request: nobody known, or a person on one of their browsers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Request, Response, g, request
from flask import session as browser
from sqlalchemy import String, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db import clock, signing
from app.db.context import current_tenant_id
from app.db.session import db
from app.db.types import UtcDateTime
from app.people.models import LEVELS, Person, PersonRole, PersonSession
from app.tenancy.web import tenant_of

GUEST_DAYS = 30
SHORT_SESSION = timedelta(hours=12)
LONG_SESSION = timedelta(days=30)


@dataclass(frozen=True)
class Visitor:
    """A person as pages and policies need it; loaded in one statement.

    level: what was proven on this browser (people.models.LEVELS). roles: (role, project or None) pairs.
    """

    person_id: UUID
    session_id: UUID
    level: str
    display_name: str | None
    zone_id: UUID | None
    has_account: bool
    roles: frozenset[tuple[str, UUID | None]] = frozenset()
    managing: bool = False

    @property
    def is_guest(self) -> bool:
        return self.level == "guest"

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    @property
    def name(self) -> str:
        return self.display_name or "Vous"

    def at_least(self, level: str) -> bool:
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def has_role(self, *roles: str, project_id: UUID | None = None) -> bool:
        """Holds one of these roles for every démarche, or for this one."""
        return any(role in roles and (scope is None or scope == project_id) for role, scope in self.roles)


def cookie_name() -> str:
    return f"parvis_{g.tenant.slug}"


def cookie_path() -> str:
    return f"{g.base_path}/"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _granted(column: Any) -> Any:
    """The column of the person's roles as one array; both arrays are in the same order."""
    return (
        select(func.array_agg(aggregate_order_by(column, PersonRole.role, PersonRole.project_id)))
        .where(PersonRole.tenant_id == Person.tenant_id, PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )


#: Built once: every request of somebody known begins with it.
_SESSION = (
    select(
        PersonSession.id.label("session_id"),
        PersonSession.level,
        PersonSession.seen_on,
        Person.id.label("person_id"),
        Person.display_name,
        Person.zone_id,
        Person.charter_at,
        _granted(PersonRole.role).label("roles"),
        _granted(PersonRole.project_id).label("projects"),
    )
    .join(Person, (Person.id == PersonSession.person_id) & (Person.tenant_id == PersonSession.tenant_id))
    .where(
        PersonSession.token_hash == bindparam("token", type_=String),
        PersonSession.revoked_at.is_(None),
        PersonSession.expires_at > bindparam("at", type_=UtcDateTime),
        Person.state == "active",
    )
)


def load(req: Request, *, now: datetime) -> Visitor | None:
    """The visitor of this request, or None. No cookie: no statement. Touches `seen_on` once a day."""
    if tenant_of(req) is None:
        return None
    token = req.cookies.get(cookie_name())
    if not token or len(token) > 100:
        return None
    row = db.session.execute(_SESSION, {"token": _hash(token), "at": now}).one_or_none()
    if row is None:
        return None
    if row.seen_on != now.date():
        db.session.execute(
            update(PersonSession).where(PersonSession.id == row.session_id).values(seen_on=now.date())
        )
        # Coming back is a sign of life: a guest who still visits is not purged.
        db.session.execute(update(Person).where(Person.id == row.person_id).values(acted_on=now.date()))
    roles = frozenset(
        (role, project) for role, project in zip(row.roles or (), row.projects or (), strict=True) if role
    )
    if row.level == "guest":
        roles = frozenset()
    return Visitor(
        person_id=row.person_id,
        session_id=row.session_id,
        level=row.level,
        display_name=row.display_name,
        zone_id=row.zone_id,
        has_account=row.display_name is not None and row.charter_at is not None,
        roles=roles,
        managing=bool(roles) and req.cookies.get(f"{cookie_name()}_gestion") == "1",
    )


def current() -> Visitor | None:
    """The visitor of the request being served; loaded on first use."""
    if current_tenant_id() is None:
        return None
    if "visitor" not in g:
        g.visitor = load(request, now=clock.now())
    found: Visitor | None = g.visitor
    return found


def start_session(
    person: Person,
    *,
    level: str,
    now: datetime,
    remember: bool = False,
    device: str | None = None,
    token: str | None = None,
) -> Visitor:
    """Open a session for this person on the browser being served and make it the current visitor.

    An earlier session of this browser ends (a new token after each sign-in: no session fixation).
    The cookie is written by `write_cookie` when the response leaves. token: only for who must be able to compute it
    again (`take_up`); random otherwise.
    """
    previous = current()
    if previous is not None:
        db.session.execute(
            update(PersonSession).where(PersonSession.id == previous.session_id).values(revoked_at=now)
        )
    token = token or secrets.token_urlsafe(32)
    session = PersonSession(
        person_id=person.id,
        token_hash=_hash(token),
        level=level,
        device=device if device is not None else device_label(request.user_agent.string),
        remember=remember,
        created_at=now,
        seen_on=now.date(),
        expires_at=now + (LONG_SESSION if remember or level == "guest" else SHORT_SESSION),
    )
    db.session.add(session)
    db.session.flush()
    g.new_session_token = (token, session.expires_at if remember or level == "guest" else None)
    roles = frozenset(
        (row.role, row.project_id)
        for row in db.session.execute(
            select(PersonRole.role, PersonRole.project_id).where(PersonRole.person_id == person.id)
        )
    )
    g.visitor = Visitor(
        person_id=person.id,
        session_id=session.id,
        level=level,
        display_name=person.display_name,
        zone_id=person.zone_id,
        has_account=person.has_account,
        roles=roles,
    )
    visitor: Visitor = g.visitor
    return visitor


def take_up(session_id: UUID, token: str, *, now: datetime) -> bool:
    """Send a valid session's cookie again to the browser that can compute its token; False otherwise."""
    row = db.session.execute(
        select(PersonSession.expires_at, PersonSession.remember).where(
            PersonSession.id == session_id,
            PersonSession.token_hash == _hash(token),
            PersonSession.revoked_at.is_(None),
            PersonSession.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return False
    g.new_session_token = (token, row.expires_at if row.remember else None)
    return True


def browser_token(purpose: str, reference: str) -> str | None:
    """A session token that this browser alone can have again: both clicks of a double click compute the same one.

    None when the browser holds no anti-forgery token, which every form it was shown gave it.
    """
    secret = browser.get("csrf_token")
    if not secret:
        return None
    digest = hmac.new(signing.derive(purpose, reference), str(secret).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ensure_guest(*, now: datetime, form_token: UUID | None = None) -> Visitor:
    """The current visitor, or a guest created now. Only on a POST: reading creates nobody.

    form_token: id drawn with the form; the second click of a double click, sent before the first one's cookie came
    back, finds the first one's guest.
    """
    found = current()
    if found is not None:
        return found
    token = browser_token("guest", str(form_token)) if form_token else None
    if token is not None:
        lock = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big", signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(lock)))
        row = db.session.execute(
            select(PersonSession.id, PersonSession.person_id, PersonSession.expires_at).where(
                PersonSession.token_hash == _hash(token),
                PersonSession.level == "guest",
                PersonSession.revoked_at.is_(None),
                PersonSession.expires_at > now,
            )
        ).one_or_none()
        if row is not None:
            g.new_session_token = (token, row.expires_at)
            g.visitor = Visitor(row.person_id, row.id, "guest", None, None, has_account=False)
            again: Visitor = g.visitor
            return again
        used = db.session.scalar(select(PersonSession.id).where(PersonSession.token_hash == _hash(token)))
        token = None if used else token
    person = Person(created_at=now, acted_on=now.date())
    db.session.add(person)
    db.session.flush()
    return start_session(person, level="guest", now=now, token=token)


def end_session(visitor: Visitor, *, now: datetime) -> None:
    db.session.execute(
        update(PersonSession).where(PersonSession.id == visitor.session_id).values(revoked_at=now)
    )
    g.visitor = None
    g.new_session_token = ("", None)


def write_cookie(response: Response) -> Response:
    """Send the new session's cookie, or erase it after signing out."""
    new = g.pop("new_session_token", None)
    if new is None:
        return response
    token, expires = new
    common: dict[str, Any] = {
        "path": cookie_path(),
        "httponly": True,
        "secure": request.is_secure,
        "samesite": "Lax",
    }
    if token:
        response.set_cookie(cookie_name(), token, expires=expires, **common)
    else:
        response.delete_cookie(cookie_name(), **common)
        response.delete_cookie(f"{cookie_name()}_gestion", **common)
    return response


_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
_BROWSERS = (("Firefox", "Firefox"), ("Edg/", "Edge"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def device_label(user_agent: str) -> str:
    """Words a person recognises in a list of their sessions ("Firefox sur Windows"); nothing finer is kept."""
    browser = next((label for mark, label in _BROWSERS if mark in user_agent), "Navigateur")
    system = next((name for name in _SYSTEMS if name in user_agent), None)
    return f"{browser} sur {system}" if system else browser
