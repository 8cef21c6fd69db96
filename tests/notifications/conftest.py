"""A worker that delivers what waits, and the mailboxes of those it writes to."""

from __future__ import annotations

import email
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from flask import Flask
from sqlalchemy import select

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.jobs import delivery
from app.notifications.transport import FolderTransport
from app.people.models import Person
from tests.notifications import toy
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.world import TenantWorld


@pytest.fixture(autouse=True)
def _toy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.lend(app, monkeypatch)


@dataclass
class Post:
    """The worker of one tenant and the folder where its mails land."""

    world: TenantWorld
    folder: Path

    def run(self) -> list[str]:
        """Deliver what waits, and what follows from it; the outcome of each delivery."""
        outcomes: list[str] = []
        while waiting := [one for one in self.waiting() if one.attempts == 0]:
            outcomes += [self.deliver(one.id) for one in waiting]
        return outcomes

    def deliver(self, delivery_id: UUID) -> str:
        with self.world.app.app_context():
            return delivery.deliver(self.world.id, delivery_id)

    def waiting(self) -> list[outbox.Delivery]:
        with self.world.scope():
            rows = db.session.scalars(select(outbox.Delivery).where(outbox.Delivery.done_at.is_(None)))
            return list(rows.all())

    def mails(self) -> list[EmailMessage]:
        """By recipient, then subject."""
        found = [
            email.message_from_bytes(path.read_bytes(), policy=SMTP)
            for path in sorted(self.folder.glob("*.eml"))
        ]
        return sorted(found, key=lambda mail: (str(mail["To"]), str(mail["Subject"])))

    def readers(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mails()]

    def one(self) -> EmailMessage:
        [mail] = self.mails()
        return mail

    def empty(self) -> None:
        for path in self.folder.glob("*.eml"):
            path.unlink()


def plain(mail: EmailMessage) -> str:
    """The text part, no-break spaces as spaces."""
    return _body(mail, "plain")


def html(mail: EmailMessage) -> str:
    return _body(mail, "html")


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\u00a0", " ").replace("\r\n", "\n")


def subject(mail: EmailMessage) -> str:
    return str(mail["Subject"]).replace("\u00a0", " ")


def address(world: TenantWorld, name: str) -> str:
    """The address `person` gives to somebody of this name."""
    return f"{name.lower()}@{world.slug}.example"


@pytest.fixture
def post(app: Flask, rive: TenantWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Post:
    folder = tmp_path / "mail"
    monkeypatch.setitem(app.extensions, "mail", FolderTransport(folder))
    monkeypatch.setitem(app.extensions, "demo_mail", FolderTransport(folder))
    return Post(rive, folder)


@pytest.fixture
def person(rive: TenantWorld, clock: FrozenClock) -> Callable[..., UUID]:
    """`person("Amina")` has the address amina@<slug>.example. notify: as people choose it."""

    def make(name: str, *, notify: str = "each", **more: Any) -> UUID:
        made = worlds.make_person(rive, f"{name} R.", email=address(rive, name), **more)
        with rive.scope():
            db.session.get_one(Person, (rive.id, made)).notify = notify
        return made

    return make


@pytest.fixture
def step(rive: TenantWorld, clock: FrozenClock) -> UUID:
    return worlds.make_step(rive, module="essai", kind="texte", segment="essais")


@pytest.fixture
def banc(rive: TenantWorld, step: UUID, person: Callable[..., UUID], post: Post) -> UUID:
    """A contribution of Amina's, whose receipt was read already."""
    made = deposit(rive, step, author=person("Amina"))
    post.run()
    post.empty()
    return made


class MailServer:
    """A real SMTP server. refuse: the answer to recipients, "" to accept; refused: to this one only."""

    def __init__(self) -> None:
        self.refuse = self.refused = ""
        self.received: list[tuple[str, list[str], bytes]] = []
        # The controller knocks on the port it was given: it must know a real one.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse and self.refused in ("", address):
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.received.append(
            (str(envelope.mail_from), list(envelope.rcpt_tos), envelope.original_content or b"")
        )
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    yield server
    server.controller.stop()
