"""Handing a mail to a server, or keeping it in a folder when there is none."""

from __future__ import annotations

import email
import os
import secrets
import smtplib
import ssl
from collections.abc import Iterator, Set
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.db import clock

#: Seconds given to the mail server; a slow one must not hold a worker.
TIMEOUT = 20

#: Header of a kept mail: its tenant and what it is about, ids only. Never sent to anybody.
KEY_HEADER = "X-Parvis-Key"


class Transport(Protocol):
    def send(self, message: EmailMessage, *, key: str) -> None:
        """key: `<tenant>:<kind>:<ids…>`, which tells this mail from all others.

        Raises OSError or smtplib.SMTPException; the delivery is then tried again later.
        """


class FolderTransport:
    """Each mail is one `.eml` file, named by its Message-ID: sending the same mail again writes the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, *, key: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        stamp = clock.now().strftime("%Y%m%d-%H%M%S")
        target = next(self.folder.glob(f"*-{name}.eml"), self.folder / f"{stamp}-{name}.eml")
        # Whoever reads the folder meanwhile sees the whole mail or none.
        aside = self.folder / f".{name}.{secrets.token_hex(4)}"
        aside.write_bytes(f"{KEY_HEADER}: {key}\r\n".encode("ascii") + message.as_bytes())
        os.replace(aside, target)

    def forget(self, tenant: str, *, refs: Set[str], addresses: Set[str]) -> None:
        """Remove the kept mails of this tenant that went to these addresses or are about these ids."""
        for path, kept in self._kept():
            owner, *about = str(kept.get(KEY_HEADER, "")).split(":")
            if owner == tenant and (not refs.isdisjoint(about) or _mailbox(kept) in addresses):
                path.unlink(missing_ok=True)

    def _kept(self) -> Iterator[tuple[Path, EmailMessage]]:
        for path in self.folder.glob("*.eml"):
            try:
                yield path, email.message_from_bytes(path.read_bytes(), policy=SMTP)
            except FileNotFoundError:
                continue


def _mailbox(message: EmailMessage) -> str:
    to = message["To"]
    return str(to.addresses[0].addr_spec).lower() if to is not None and to.addresses else ""


class SmtpTransport:
    """smtp://user:password@host:587 with STARTTLS when the server offers it; smtps:// for TLS from the first byte.

    `?tls=required` refuses a server without STARTTLS; `?tls=off` never uses it (a relay on the same machine, whose
    certificate nobody signed). A password never leaves in clear unless `tls=off` says so.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError for a `tls` that is neither."""
        parts = urlsplit(url)
        self.host = parts.hostname or "localhost"
        self.implicit_tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.implicit_tls else 25)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self.tls = parse_qs(parts.query, keep_blank_values=True).get("tls", [""])[-1]
        if self.tls not in ("", "required", "off"):
            raise ValueError(f"PARVIS_MAIL_URL has tls={self.tls}, expected tls=required or tls=off")

    def send(self, message: EmailMessage, *, key: str) -> None:
        with self._connect() as server:
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.implicit_tls:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            server.ehlo()
            if self.tls != "off" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif self.tls == "required" or (self.tls != "off" and self.user):
                raise smtplib.SMTPNotSupportedError(
                    "the mail server offers no STARTTLS, which tls=required or a password needs"
                )
        except BaseException:
            server.close()
            raise
        return server


def make_transport(url: str | None, folder: Path) -> Transport:
    """url: PARVIS_MAIL_URL; None keeps mails in the folder."""
    return SmtpTransport(url) if url else FolderTransport(folder)
