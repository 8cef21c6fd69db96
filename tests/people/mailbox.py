"""What a person finds in their mailbox, read from the requests themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event, select

from app.db.session import db
from app.people import sign_in
from app.people.models import Person, PersonAttribute, PersonSession, SignInRequest
from tests.support.browser import Browser
from tests.support.world import TenantWorld


def requests_of(world: TenantWorld) -> list[SignInRequest]:
    """Oldest first."""
    with world.scope():
        return list(db.session.scalars(select(SignInRequest).order_by(SignInRequest.id)))


def last_link(world: TenantWorld) -> str:
    """Path of the link in the last mail, without the tenant's prefix."""
    asked = requests_of(world)[-1]
    with world.scope():
        return sign_in.link_path(asked.id)


def last_code(world: TenantWorld) -> str:
    asked = requests_of(world)[-1]
    with world.scope():
        return sign_in.code_of(asked.id)


def wrong_code(world: TenantWorld) -> str:
    return f"{(int(last_code(world)) + 1) % 1_000_000:06d}"


def person_of(world: TenantWorld, email: str) -> Person | None:
    with world.scope():
        return db.session.scalar(
            select(Person)
            .join(PersonAttribute, PersonAttribute.person_id == Person.id)
            .where(PersonAttribute.verified_key == email)
        )


def persons_of(world: TenantWorld) -> list[Person]:
    with world.scope():
        return list(db.session.scalars(select(Person).order_by(Person.id)))


def live_sessions(world: TenantWorld, level: str | None = None) -> list[PersonSession]:
    with world.scope():
        query = select(PersonSession).where(PersonSession.revoked_at.is_(None))
        return list(db.session.scalars(query.where(PersonSession.level == level) if level else query))


def enter(browser: Browser, email: str, name: str | None = "Inès R.") -> None:
    """Sign in by link, and open the account when it is the first time."""
    browser.get("/connexion/")
    browser.post("/connexion/", {"email": email})
    link = last_link(browser.world)
    browser.get(link)
    answer = browser.post(link)
    assert answer.status_code == 303, answer.text
    if name and answer.headers["Location"].startswith(f"{browser.world.path}/inscription/"):
        browser.get("/inscription/")
        assert browser.post("/inscription/", {"nom": name, "charte": "1"}).status_code == 303


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Every SQL text the application sends while the block runs, transaction control apart."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def neutral(text: str, address: str) -> str:
    """A page without what differs between two visitors: the address typed and the signed tokens."""
    return re.sub(r'value="[^"]{40,}"', "", text.replace(address, "ADRESSE"))
