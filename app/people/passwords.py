"""Passwords: argon2id, and a rule said in words. Who has none signs in by link."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.db import outbox
from app.db.session import db
from app.people.events import PasswordChanged
from app.people.lists import COMMON_PASSWORDS, RUNS
from app.people.models import Credential, Person, PersonAttribute

KIND = "password"
MINIMUM, MAXIMUM = 12, 200

RULE = (
    "12 caractères au moins. Plusieurs mots sans rapport se retiennent bien : « barque tiroir jeudi lune »."
    " Pas votre nom, pas votre e-mail, pas de suite connue."
)
TOO_SHORT = "Allongez ce mot de passe : il faut au moins 12 caractères"
TOO_LONG = "Raccourcissez ce mot de passe : le maximum est de 200 caractères"
TOO_COMMON = (
    "Ce mot de passe est trop connu : choisissez-en un autre, par exemple plusieurs mots sans rapport"
)
HAS_NAME = "Ce mot de passe contient votre nom ou votre e-mail : choisissez-en un autre"

# 19 MiB and two passes: what OWASP advises for a server that answers many people at once.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def refusal(password: str, *, email: str = "", name: str = "") -> str | None:
    """The sentence why this password is too weak for this person, None when it is good."""
    if len(password) < MINIMUM:
        return TOO_SHORT
    if len(password) > MAXIMUM:
        return TOO_LONG
    folded = _fold(password)
    letters = re.sub(r"[^a-z]", "", folded)
    if letters in COMMON_PASSWORDS or _repeats(folded) or _is_run(folded):
        return TOO_COMMON
    local = email.rpartition("@")[0]
    for part in re.split(r"[^a-z0-9]+", f"{_fold(local)} {_fold(name)}"):
        # What is left once the name is taken out must be a password in itself.
        if len(part) >= 4 and part in folded and len(folded.replace(part, "")) < MINIMUM:
            return HAS_NAME
    return None


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _repeats(text: str) -> bool:
    """One piece of at most five characters again and again, or fewer than five different characters."""
    return len(set(text)) < 5 or any(
        (text[:size] * (len(text) // size + 1))[: len(text)] == text for size in range(1, 6)
    )


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in RUNS)


def hash_password(password: str) -> str:
    return _hasher.hash(password)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def matches(secret: str | None, password: str) -> bool:
    """Compare with the stored hash; without one, the same work is done on a hash nobody knows."""
    try:
        _hasher.verify(secret or _nobody(), password[: MAXIMUM + 1])
    except (VerificationError, InvalidHashError):
        return False
    return secret is not None


def find_signed(email_key: str, password: str) -> Person | None:
    """The person of this proven address and password. One statement and one hash, whoever is asked for."""
    row = db.session.execute(
        select(Person, Credential)
        .join(
            PersonAttribute,
            (PersonAttribute.tenant_id == Person.tenant_id) & (PersonAttribute.person_id == Person.id),
        )
        .outerjoin(
            Credential,
            (Credential.tenant_id == Person.tenant_id)
            & (Credential.person_id == Person.id)
            & (Credential.kind == KIND),
        )
        .where(
            PersonAttribute.kind == "email",
            PersonAttribute.verified_key == email_key,
            Person.state == "active",
        )
    ).one_or_none()
    credential: Credential | None = row[1] if row else None
    if not matches(credential.secret if credential else None, password) or row is None or credential is None:
        return None
    if _hasher.check_needs_rehash(credential.secret):
        credential.secret = hash_password(password)
        db.session.flush()
    person: Person = row[0]
    return person


def find_secret(person_id: UUID) -> str | None:
    return db.session.scalar(
        select(Credential.secret).where(Credential.person_id == person_id, Credential.kind == KIND)
    )


def set_password(person_id: UUID, password: str, *, now: datetime) -> None:
    """Set or replace the person's password; the caller checked it with `refusal`."""
    secret = hash_password(password)
    row = insert(Credential).values(person_id=person_id, kind=KIND, secret=secret, created_at=now)
    db.session.execute(
        row.on_conflict_do_update(
            constraint="uq_credential_person_kind",
            set_={"secret": row.excluded.secret, "created_at": row.excluded.created_at},
        )
    )
    outbox.post(PasswordChanged(person_id=person_id), now=now)


def remove_password(person_id: UUID, *, now: datetime) -> None:
    """Back to links alone; nothing happens when there was no password."""
    removed = db.session.execute(
        delete(Credential)
        .where(Credential.person_id == person_id, Credential.kind == KIND)
        .returning(Credential.id)
    ).scalar_one_or_none()
    if removed is not None:
        outbox.post(PasswordChanged(person_id=person_id), now=now)
