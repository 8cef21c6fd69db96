"""A mail in the colours of its platform: plain text first, the same in HTML, rendered from ids at delivery."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from uuid import UUID, uuid5

import structlog
from flask import current_app, g, render_template

from app.db import clock
from app.notifications.transport import Transport
from app.tenancy.registry import TenantConfig
from app.tenancy.web import external_url
from app.ui.filters import typo
from app.ui.web import derive_theme

log = structlog.get_logger(__name__)

#: Names our Message-IDs; the same (event, reader) always gives the same one, so that a repeat is recognised.
NAMESPACE = UUID("5b0f9a52-0a0e-5c51-9d65-6f1b6b8f2f10")

#: Characters of a subject: a title may have 300, a list of mails shows a third.
SUBJECT_MAX = 160

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Policy(EmailPolicy):
    """Headers as servers want them; an address of ours stays one word, however long.

    The library encodes a word that does not fit in a line, and no mail reader decodes an encoded List-Unsubscribe.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() == "list-unsubscribe":
            return self.fold(name, value).encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


POLICY = _Policy(linesep="\r\n")


@dataclass(frozen=True)
class Item:
    """One thing of a digest: its title, the path of its page, what happened to it."""

    title: str
    path: str
    lines: list[str]


@dataclass(frozen=True)
class Mail:
    """What somebody reads. lines: paragraphs of plain text. quote: words of a contribution, shown apart.

    button: (label, path of the tenant). code: figures to type. why: why they receive it. key: what makes it unique,
    `<kind>:<ids…>`. stop_path: the page that stops mails of this sort, for those that can be stopped.
    """

    to: str
    subject: str
    title: str
    lines: list[str]
    key: str
    button: tuple[str, str] | None = None
    code: str = ""
    quote: str = ""
    items: list[Item] = field(default_factory=list)
    why: str = ""
    stop_path: str = ""
    more: list[tuple[str, str]] = field(default_factory=list)


def one_line(text: str) -> str:
    """A header's text: nothing in it can start another header."""
    # Not str.split(): it would also eat the no-break spaces of French.
    line = " ".join(part for part in _CONTROL.sub(" ", text).split(" ") if part)
    return line if len(line) <= SUBJECT_MAX else line[: SUBJECT_MAX - 1].rstrip() + "…"


def deliverable(address: str) -> str:
    """The address with its domain as servers write it (`a@exémple.fr` goes to `a@xn--exmple-cva.fr`)."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def send(mail: Mail) -> None:
    """Render and hand over. Raises what the transport raises; the delivery is then tried again."""
    config: TenantConfig = g.tenant
    message = compose(mail, config)
    # A demonstration writes to nobody, whatever server the deployment has.
    transport: Transport = current_app.extensions["demo_mail" if config.is_demo else "mail"]
    transport.send(message, key=f"{config.id}:{mail.key}")
    log.info("mail_sent", kind=mail.key.partition(":")[0])


def compose(mail: Mail, config: TenantConfig) -> EmailMessage:
    """The message, headers and both bodies. Needs an application context with `g.tenant` set."""
    message = EmailMessage(policy=POLICY)
    domain = config.hosts[0] if config.hosts else f"{config.slug}.{current_app.config['BASE_DOMAIN']}"
    message["From"] = Address(one_line(config.name), "ne-pas-repondre", domain)
    reply_to = config.document["legal"].get("email")
    if reply_to:
        message["Reply-To"] = reply_to
    message["To"] = deliverable(mail.to)
    message["Subject"] = one_line(typo(mail.subject))
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{uuid5(NAMESPACE, f'{config.id}:{mail.key}')}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = config.document["locale"]
    if mail.stop_path:
        message["List-Unsubscribe"] = f"<{external_url(mail.stop_path)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    values = _values(mail, config)
    # Quoted-printable: some relays still spoil lines of eight bits, or longer than 998.
    message.set_content(render_template("mail/mail.txt", **values), cte="quoted-printable")
    message.add_alternative(
        render_template("mail/mail.html", **values), subtype="html", cte="quoted-printable"
    )
    return message


def _values(mail: Mail, config: TenantConfig) -> dict[str, object]:
    legal = config.document["legal"]
    colours = config.cache.get("mail_colours")
    if colours is None:
        colours = config.cache["mail_colours"] = derive_theme(config.document["theme"]).light
    return {
        "mail": mail,
        "platform_name": config.name,
        "publisher": legal.get("publisher") or "",
        "address": legal.get("address") or "",
        "button_url": external_url(mail.button[1]) if mail.button else "",
        "items": [(item.title, external_url(item.path), item.lines) for item in mail.items],
        "more": [(label, external_url(path)) for label, path in mail.more],
        "stop_url": external_url(mail.stop_path) if mail.stop_path else "",
        "colour": colours,
        "locale": config.document["locale"],
    }
