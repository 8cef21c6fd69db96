"""A mail leaves whole, once, and nothing typed by anybody writes a header."""

from __future__ import annotations

import email
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask, g

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.notifications import mail as mails
from app.notifications.mail import Mail
from app.notifications.transport import FolderTransport, SmtpTransport, make_transport
from app.people import sign_in
from tests.notifications.conftest import MailServer, Post, html, plain, subject
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.world import TenantWorld

#: As long as a signed token is.
LONG = "IjAxYTIwNGVhLTlkZjQtNzJhMC1iZTM0LTBjZGFlNjE4Y2EwZiI.aB2-_9xyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyz"
TITLE = "Un arbre 🌳 place d’Armes\r\nBcc: victime@ailleurs.example\nX-Mal: oui"


def compose(world: TenantWorld, **values: object) -> EmailMessage:
    given = {
        "to": "amina@rive.example",
        "subject": "Bonjour",
        "title": "Bonjour",
        "lines": ["Un mot."],
        "key": "t:1",
    }
    with world.scope():
        return mails.compose(Mail(**(given | values)), g.tenant)  # type: ignore[arg-type]


def through_a_server(server: MailServer, message: EmailMessage) -> EmailMessage:
    SmtpTransport(server.url).send(message, key="k")
    return email.message_from_bytes(server.received[-1][2], policy=SMTP)


def test_a_mail_arrives_in_both_forms_with_every_header(
    mail_server: MailServer, rive: TenantWorld, clock: FrozenClock
) -> None:
    message = compose(
        rive,
        subject="Votre contribution : « Été » – 12 €",
        lines=["Ça coûte 12 € : d’accord ?"],
        stop_path=f"/mon-espace/notifications/{LONG}/",
    )

    got = through_a_server(mail_server, message)

    domain = f"{rive.slug}.example"
    assert mail_server.received[0][:2] == (f"ne-pas-repondre@{domain}", ["amina@rive.example"])
    assert got.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in got.iter_parts()} == {"utf-8"}
    assert "Ça coûte 12 € : d’accord ?" in plain(got)
    assert "Ça coûte 12 € : d’accord ?" in html(got)
    assert subject(got) == "Votre contribution : « Été » – 12 €"
    assert str(got["From"]) == f"Ville de Rive <ne-pas-repondre@{domain}>"
    assert str(got["Reply-To"]) == "contact@rive.example"
    assert str(got["Message-ID"]).endswith(f"@{domain}>")
    assert str(got["Auto-Submitted"]) == "auto-generated"
    assert parsedate_to_datetime(str(got["Date"])) == clock()
    stop = f"http://localhost:8000/t/{rive.slug}/mon-espace/notifications/{LONG}/"
    assert str(got["List-Unsubscribe"]) == f"<{stop}>"
    assert str(got["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert stop in plain(got)
    assert stop in html(got)
    raw = mail_server.received[0][2]
    assert f"List-Unsubscribe: <{stop}>\r\n".encode() in raw
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 998


def test_a_title_cannot_write_a_header(mail_server: MailServer, rive: TenantWorld) -> None:
    got = through_a_server(mail_server, compose(rive, subject=f"Nouveau dépôt : {TITLE}", title=TITLE))

    assert (
        subject(got) == "Nouveau dépôt : Un arbre 🌳 place d’Armes Bcc : victime@ailleurs.example X-Mal : oui"
    )
    assert got["Bcc"] is None
    assert got["X-Mal"] is None
    assert mail_server.received[0][1] == ["amina@rive.example"]


def test_a_long_subject_is_cut_and_still_one_header(mail_server: MailServer, rive: TenantWorld) -> None:
    got = through_a_server(mail_server, compose(rive, subject="é🌳 " * 200))

    assert len(subject(got)) <= mails.SUBJECT_MAX
    assert subject(got).endswith("…")


def test_html_in_a_title_stays_text(rive: TenantWorld) -> None:
    message = compose(rive, title="<script>alert(1)</script>", quote="<img src=x onerror=y>")

    assert "<script>" not in html(message)
    assert "&lt;script&gt;" in html(message)
    assert "<img" not in html(message)
    assert "<script>alert(1)</script>" in plain(message)


def test_the_name_of_a_platform_is_quoted(
    make_tenant: Callable[..., TenantWorld], mail_server: MailServer
) -> None:
    odd = make_tenant("odd", name='Ville d’"Armes", <centre>; été')

    got = through_a_server(mail_server, compose(odd))

    [sender] = got["From"].addresses
    assert sender.display_name == 'Ville d’"Armes", <centre>; été'
    assert sender.addr_spec == f"ne-pas-repondre@{odd.slug}.example"


def test_without_a_contact_nobody_is_told_to_reply(make_tenant: Callable[..., TenantWorld]) -> None:
    silent = make_tenant("muet", legal={})

    assert compose(silent)["Reply-To"] is None


def test_a_domain_with_accents_is_written_as_servers_read_it(
    mail_server: MailServer, rive: TenantWorld
) -> None:
    through_a_server(mail_server, compose(rive, to="amina@exémple.example"))

    assert mail_server.received[0][1] == ["amina@xn--exmple-cva.example"]


def test_the_same_mail_twice_has_one_identity_and_one_file(
    rive: TenantWorld, tmp_path: Path, clock: FrozenClock
) -> None:
    folder = FolderTransport(tmp_path)
    first, second = compose(rive), compose(rive)
    other = compose(rive, key="t:2")

    folder.send(first, key="k")
    clock.move(minutes=5)
    folder.send(second, key="k")
    folder.send(other, key="k")

    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
    assert len(list(tmp_path.iterdir())) == 2


def test_two_tenants_never_share_an_identity(rive: TenantWorld, levant: TenantWorld) -> None:
    assert (
        str(compose(rive)["Message-ID"]).partition("@")[0]
        != str(compose(levant)["Message-ID"]).partition("@")[0]
    )


def test_a_refused_mail_is_sent_later_and_once(
    app: Flask,
    rive: TenantWorld,
    step: UUID,
    person: Callable[..., UUID],
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    post: Post,
    clock: FrozenClock,
) -> None:
    monkeypatch.setitem(app.extensions, "mail", SmtpTransport(mail_server.url))
    mail_server.refuse = "451 Try again later"
    deposit(rive, step, author=person("Amina"))

    assert "failed" in post.run()
    [kept] = post.waiting()
    assert (kept.attempts, kept.error) == (1, "SMTPRecipientsRefused")
    assert mail_server.received == []

    mail_server.refuse = ""
    clock.move(minutes=2)
    assert post.deliver(kept.id) == "done"
    assert post.deliver(kept.id) == "already"
    assert len(mail_server.received) == 1
    assert post.waiting() == []


def test_a_server_that_is_down_is_tried_again(
    app: Flask,
    rive: TenantWorld,
    step: UUID,
    person: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
    post: Post,
) -> None:
    monkeypatch.setitem(app.extensions, "mail", SmtpTransport("smtp://127.0.0.1:9"))
    deposit(rive, step, author=person("Amina"))

    assert "failed" in post.run()
    assert [one.error for one in post.waiting()] == ["ConnectionRefusedError"]


def test_a_mistyped_address_of_the_team_does_not_hold_the_receipt(
    app: Flask,
    rive: TenantWorld,
    person: Callable[..., UUID],
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    post: Post,
) -> None:
    monkeypatch.setitem(app.extensions, "mail", SmtpTransport(mail_server.url))
    mail_server.refuse, mail_server.refused = "550 No such user", "equipe@rive.example"
    step = worlds.make_step(
        rive, module="essai", kind="texte", segment="essais", notify_email="equipe@rive.example"
    )

    deposit(rive, step, author=person("Amina"))
    post.run()

    assert [to for _, to, _ in mail_server.received] == [[f"amina@{rive.slug}.example"]]
    assert [one.handler for one in post.waiting()] == ["notifications.agents"]


def test_a_demonstration_never_writes_to_a_server(
    app: Flask,
    make_tenant: Callable[..., TenantWorld],
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    post: Post,
) -> None:
    monkeypatch.setitem(app.extensions, "mail", SmtpTransport(mail_server.url))
    demo = make_tenant("demo", demo=True)

    with demo.scope():
        mails.send(Mail("amina@rive.example", "Bonjour", "Bonjour", ["Un mot."], "t:1"))

    assert mail_server.received == []
    assert post.readers() == ["amina@rive.example"]


def test_the_settings_of_the_server_are_read_and_refused() -> None:
    plain_url = SmtpTransport("smtp://ines%40rive:p%3Aw@mail.example:587?tls=required")
    assert (plain_url.host, plain_url.port, plain_url.user, plain_url.password) == (
        "mail.example",
        587,
        "ines@rive",
        "p:w",
    )
    assert SmtpTransport("smtps://mail.example").port == 465
    assert SmtpTransport("smtp://mail.example").port == 25
    with pytest.raises(ValueError, match="PARVIS_MAIL_URL has tls=maybe, expected tls=required or tls=off"):
        SmtpTransport("smtp://mail.example?tls=maybe")


@pytest.mark.parametrize("more", ["?tls=required", ""])
def test_a_password_never_leaves_in_clear(mail_server: MailServer, rive: TenantWorld, more: str) -> None:
    url = mail_server.url.replace("smtp://", "smtp://" if more else "smtp://ines:secret@") + more

    with pytest.raises(smtplib.SMTPNotSupportedError, match="no STARTTLS"):
        SmtpTransport(url).send(compose(rive), key="k")

    assert mail_server.received == []


def test_without_a_server_mails_are_kept(tmp_path: Path) -> None:
    assert isinstance(make_transport(None, tmp_path), FolderTransport)
    assert isinstance(make_transport("smtp://mail.example", tmp_path), SmtpTransport)


def test_what_waits_and_what_is_logged_names_nobody(
    rive: TenantWorld, step: UUID, person: Callable[..., UUID], post: Post, capfd: pytest.CaptureFixture[str]
) -> None:
    amina = person("Amina")
    deposit(rive, step, "Titre très reconnaissable", author=amina)
    with rive.scope():
        sign_in.ask("bruno@rive.example", now=worlds.clock.now())

    post.run()

    assert len(post.mails()) == 2
    with rive.scope():
        kept = [str(event.payload) for event in db.session.scalars(db.select(outbox.Event))]
    said = "\n".join([*kept, capfd.readouterr().err])
    for secret in ("Amina", "amina@", "bruno@", "reconnaissable", "Bruno"):
        assert secret not in said
    assert "mail_sent" in said
