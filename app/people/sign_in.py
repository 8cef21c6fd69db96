"""Signing in with a link or a code sent by mail, and with a password.

Asking looks nobody up: a known and an unknown address cost the same statements and give the same answer. The link and
the code derive from the request's id, so the mail is rendered from that id alone and nothing secret is stored.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from app.db import outbox, signing
from app.db.context import require_tenant_id
from app.db.session import db
from app.people import merge, persons
from app.people import visitor as visitors
from app.people.addresses import email_key
from app.people.errors import InvitationNeeded
from app.people.events import SignInRequested
from app.people.models import Person, PersonSession, SignInRequest
from app.people.visitor import Visitor

PURPOSE = "sign-in"
LIFETIME = timedelta(minutes=20)
#: Wrong codes after which a request is dead.
CODE_TRIES = 5
#: A request keeps an address: it goes once nobody can expect its link to say anything.
KEPT = timedelta(days=7)

FRESH, EXPIRED, USED = "fresh", "expired", "used"


def link_path(request_id: UUID) -> str:
    """Address of the page the mail's link opens, without the tenant's prefix."""
    return f"/lien/{signing.sign(PURPOSE, str(request_id))}/"


def code_of(request_id: UUID) -> str:
    """The six figures that stand for the link."""
    return f"{int.from_bytes(signing.derive('code', str(request_id))[:8], 'big') % 1_000_000:06d}"


def read_token(token: str) -> UUID:
    """Raises BadToken: forged, damaged, or of another tenant. Age is the request's own affair."""
    value = signing.unsign(PURPOSE, token)
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise signing.BadToken(PURPOSE) from error


def ask(
    address: str,
    *,
    now: datetime,
    purpose: str = "sign_in",
    guest: Visitor | None = None,
    intention_id: UUID | None = None,
    next_path: str | None = None,
    remember: bool = False,
) -> SignInRequest:
    """Send a link and a code to this address, whoever it belongs to.

    guest: the guest of the browser that asks; what they did follows the address once it is proven.
    intention_id: what to resume. next_path: where to go afterwards, without the tenant's prefix.
    """
    key = email_key(address)
    if intention_id is not None:
        # The address was mistyped: the link already sent to another one must not give this participation away.
        db.session.execute(
            delete(SignInRequest)
            .where(
                SignInRequest.intention_id == intention_id,
                SignInRequest.email_key != key,
                SignInRequest.used_at.is_(None),
            )
            .execution_options(synchronize_session=False)
        )
    asked = SignInRequest(
        email=address,
        email_key=key,
        purpose=purpose,
        person_id=guest.person_id if guest is not None and guest.is_guest else None,
        intention_id=intention_id,
        next_path=next_path,
        remember=remember,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(asked)
    db.session.flush()
    outbox.post(SignInRequested(request_id=asked.id), now=now)
    return asked


def send_again(asked: SignInRequest, *, now: datetime) -> SignInRequest:
    """The same mail once more, valid for another 20 minutes; a new request when the first one is used, dead or expired.

    Wrong codes already typed still count: asking again gives no more tries. An expired link never lives again.
    """
    if state_of(asked, now) == FRESH:
        asked.created_at, asked.expires_at = now, now + LIFETIME
        db.session.flush()
        outbox.post(SignInRequested(request_id=asked.id), now=now)
        return asked
    again = SignInRequest(
        email=asked.email,
        email_key=asked.email_key,
        purpose=asked.purpose,
        person_id=asked.person_id,
        intention_id=asked.intention_id,
        next_path=asked.next_path,
        remember=asked.remember,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(again)
    db.session.flush()
    outbox.post(SignInRequested(request_id=again.id), now=now)
    return again


def find(request_id: UUID, *, lock: bool = False) -> SignInRequest | None:
    """lock: hold the row, so that of two clicks exactly one consumes the link."""
    query = select(SignInRequest).where(SignInRequest.id == request_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def find_for_intention(intention_id: UUID, person_id: UUID, *, lock: bool = False) -> SignInRequest | None:
    """The last request made for this intention by its owner."""
    query = (
        select(SignInRequest)
        .where(SignInRequest.intention_id == intention_id, SignInRequest.person_id == person_id)
        .order_by(SignInRequest.created_at.desc(), SignInRequest.id.desc())
        .limit(1)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def state_of(asked: SignInRequest, now: datetime) -> str:
    """FRESH, EXPIRED or USED. At `expires_at` it is expired."""
    if asked.used_at is not None:
        return USED
    return FRESH if now < asked.expires_at else EXPIRED


@dataclass(frozen=True)
class CodeCheck:
    """left: tries that remain after a wrong code."""

    right: bool
    left: int = 0


def check_code(asked: SignInRequest, typed: str, *, now: datetime) -> CodeCheck:
    """Compare what was typed with the code of this request, which the caller holds locked and found FRESH.

    Spaces and dashes are ignored. The fifth wrong code kills the request, its link with it.
    """
    figures = "".join(letter for letter in typed if letter.isdecimal())
    if hmac.compare_digest(figures.encode(), code_of(asked.id).encode()):
        return CodeCheck(right=True)
    asked.code_attempts += 1
    left = CODE_TRIES - asked.code_attempts
    if left <= 0:
        asked.used_at = now
    db.session.flush()
    return CodeCheck(right=False, left=max(0, left))


def consume(asked: SignInRequest, *, now: datetime, invited_only: bool = False) -> Visitor:
    """The link was opened or the code was right: sign its owner in on this browser.

    The caller holds the request locked and found it FRESH. invited_only: unknown addresses are refused.
    Raises InvitationNeeded.
    """
    here = visitors.current()
    persons.lock_mailbox(asked.email_key)
    person = persons.find_by_email(asked.email_key)
    asker_id = asked.person_id if asked.person_id and persons.hold_guest(asked.person_id) else None
    if person is None:
        if invited_only:
            raise InvitationNeeded
        person = persons.get_person(asker_id) if asker_id else persons.new_person(now=now)
        persons.verify_email(person, asked.email, now=now)
    elif asker_id is not None:
        merge.merge(asker_id, person.id, now=now)
    asked.used_at = now
    visitor = enter(person, key=asked.email_key, here=here, now=now, remember=asked.remember, asked=asked)
    asked.session_id = visitor.session_id
    db.session.flush()
    return visitor


def enter(
    person: Person,
    *,
    key: str,
    here: Visitor | None,
    now: datetime,
    remember: bool = False,
    asked: SignInRequest | None = None,
) -> Visitor:
    """Open this browser's session for the person, who just proved the mailbox or the password.

    here: who the browser was until now; a guest's acts follow, unless they were promised to another mailbox.
    """
    if here is not None and _follows(here, person.id, key):
        merge.merge(here.person_id, person.id, now=now)
    # Until now the guest's other browsers proved nothing: whoever sits there does not become this person.
    db.session.execute(
        update(PersonSession)
        .where(
            PersonSession.person_id == person.id,
            PersonSession.level == "guest",
            PersonSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    person = persons.get_person(person.id)
    person.acted_on = now.date()
    return visitors.start_session(
        person,
        level="account" if person.has_account else "confirmed",
        now=now,
        remember=remember,
        token=_session_token(asked.id) if asked is not None else None,
    )


def _follows(here: Visitor, person_id: UUID, key: str) -> bool:
    """This browser's guest is to become the person."""
    if not here.is_guest or here.person_id == person_id or not persons.hold_guest(here.person_id):
        return False
    return not promised_elsewhere(here.person_id, key)


def promised_elsewhere(guest_id: UUID, key: str) -> bool:
    """The guest of a shared computer gave another address for what they did: it waits for that one."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    SignInRequest.person_id == guest_id,
                    SignInRequest.purpose == "act",
                    SignInRequest.email_key != key,
                )
            )
        )
    )


def _session_token(request_id: UUID) -> str | None:
    """The session a link opens on this browser; the second click of a double click can lose the first one's cookie."""
    return visitors.browser_token("session", str(request_id))


def resume_same_browser(asked: SignInRequest, *, now: datetime) -> bool:
    """The link was used already: true when this browser is the one that used it and its session still holds.

    The cookie is sent again when the browser lost it.
    """
    if asked.session_id is None:
        return False
    here = visitors.current()
    if here is not None and here.session_id == asked.session_id:
        return True
    token = _session_token(asked.id)
    return token is not None and visitors.take_up(asked.session_id, token, now=now)


def purge(*, now: datetime) -> int:
    """Forget requests older than KEPT, and the addresses they hold."""
    gone = db.session.execute(
        delete(SignInRequest)
        .where(SignInRequest.expires_at < now - KEPT)
        .returning(SignInRequest.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def get_request(request_id: UUID) -> SignInRequest | None:
    """For the mail: None when the address was corrected or forgotten meanwhile."""
    return db.session.get(SignInRequest, (require_tenant_id(), request_id))
