"""What authors hear of their own acts: received, read, hidden and why; links that sign in; changes of password."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import contributions, events, moderate
from app.participation.models import Comment
from app.people import events as people_events
from app.people import persons, sign_in
from tests.notifications.conftest import Post, address, plain, subject
from tests.notifications.doings import comment, follow, get, readers
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]


def test_061_a_deposit_is_acknowledged_and_the_team_is_told(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(
        rive, module="essai", kind="texte", segment="essais", slug="parcs", notify_email="parcs@rive.example"
    )

    deposit(rive, step, "Des bancs à l’ombre", author=person("Amina"))
    post.run()

    receipt, agents = post.mails()
    assert str(receipt["To"]) == address(rive, "Amina")
    assert subject(receipt) == "Votre contribution n° 1 est enregistrée"
    assert "« Des bancs à l’ombre », est bien enregistrée" in plain(receipt)
    assert "Elle est en ligne." in plain(receipt)
    assert f"/t/{rive.slug}/essais/parcs/1-des-bancs-a-l-ombre/" in plain(receipt)
    assert str(agents["To"]) == "parcs@rive.example"
    assert subject(agents) == "Nouveau dépôt n° 1 : Des bancs à l’ombre"
    assert "Quelques bancs sous les arbres suffiraient." in plain(agents)


def test_061_the_receipt_can_be_off(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais", receipt=False)

    deposit(rive, step, author=person("Amina"))

    assert readers(rive, post) == set()


def test_before_an_address_is_proven_nobody_is_told_and_then_once(
    rive: TenantWorld, step: UUID, person: MakePerson, post: Post
) -> None:
    guest = worlds.make_person(rive, None)
    made = deposit(rive, step, author=guest, pending_for="identity")
    assert readers(rive, post) == set()

    with rive.scope():
        persons.verify_email(persons.get_person(guest), address(rive, "Ines"), now=worlds.clock.now())
        contributions.complete(
            contributions.get_step_by_id(step), made, now=worlds.clock.now(), pending_for=None
        )

    assert readers(rive, post) == {"ines"}


def test_a_text_read_before_publication_is_announced_then_told_online(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(
        rive,
        module="essai",
        kind="texte",
        segment="essais",
        moderation="before",
        notify_email="parcs@rive.example",
    )
    made = deposit(rive, step, author=person("Amina"))
    post.run()
    receipt, agents = post.mails()
    assert "Notre équipe la relit sous 48 heures." in plain(receipt)
    assert "Elle attend votre relecture." in plain(agents)
    post.empty()

    with rive.scope():
        moderate.accept(get(rive, made), by=None, now=worlds.clock.now())
    post.run()

    assert subject(post.one()) == "Votre contribution est en ligne"
    assert str(post.one()["To"]) == address(rive, "Amina")


def test_065_the_author_of_a_hidden_text_hears_why_and_what_to_do(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post
) -> None:
    bruno = person("Bruno", role="moderator")
    follow(rive, person("Carole"), banc, "all")

    with rive.scope():
        moderate.hide(
            get(rive, banc),
            reason="off_topic",
            note="C’est un projet d’une autre commune.",
            by=bruno,
            now=worlds.clock.now(),
        )
    post.run()

    mail = post.one()
    assert str(mail["To"]) == address(rive, "Amina")
    assert subject(mail) == "Votre contribution n° 1 a été masquée"
    text = plain(mail)
    assert "Raison : Le texte ne parle pas du sujet de cette démarche." in text
    assert "C’est un projet d’une autre commune." in text
    assert "Une personne de notre équipe a pris cette décision d’après les règles de modération." in text
    assert "répondez à ce message : une autre personne relira la décision" in text
    assert str(mail["Reply-To"]) == "contact@rive.example"
    assert "Bruno" not in text
    assert mail["List-Unsubscribe"] is None


def test_a_restored_text_is_told_and_so_is_a_refused_one(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    with rive.scope():
        moderate.hide(get(rive, banc), reason="duplicate", by=None, now=clock())
    post.run()
    assert "Cette décision suit les règles de modération." in plain(post.one())
    post.empty()
    with rive.scope():
        moderate.restore(get(rive, banc), by=None, now=clock.move(minutes=1))
    post.run()
    assert subject(post.one()) == "Votre contribution n° 1 est de nouveau en ligne"
    post.empty()

    before = worlds.make_step(rive, module="essai", kind="texte", segment="essais", moderation="before")
    refused = deposit(rive, before, author=person("Bertille"))
    post.run()
    post.empty()
    with rive.scope():
        moderate.reject(get(rive, refused), reason="unlawful", by=None, now=clock())
    post.run()
    assert subject(post.one()) == "Votre contribution n° 1 n’a pas été publiée"


def test_the_author_of_a_hidden_comment_hears_why(
    rive: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post
) -> None:
    bruno = person("Bruno")
    made = comment(rive, step, banc, bruno, "Vous êtes tous nuls.")
    post.run()
    post.empty()

    with rive.scope():
        moderate.hide_comment(
            db.session.get_one(Comment, (rive.id, made)),
            reason="personal_attack",
            by=None,
            now=worlds.clock.now(),
        )
    post.run()

    assert str(post.one()["To"]) == address(rive, "Bruno")
    assert subject(post.one()) == "Votre commentaire a été masqué"
    assert "Vous êtes tous nuls." in plain(post.one())
    assert "vous avez écrit ce commentaire" in plain(post.one())


def test_the_threshold_is_told_to_the_author(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais", threshold=300)
    made = deposit(rive, step, author=person("Amina"))
    post.run()
    post.empty()

    with rive.scope():
        outbox.post(events.ThresholdReached(made), now=clock())
    post.run()

    assert subject(post.one()) == "Votre contribution a réuni 300 personnes"
    assert "c’est le seuil de cette étape" in plain(post.one())


def test_each_change_of_password_is_a_mail_of_its_own(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    amina = person("Amina", notify="none")
    with rive.scope():
        for _ in range(2):
            outbox.post(people_events.PasswordChanged(amina), now=clock())

    post.run()

    assert [subject(mail) for mail in post.mails()] == ["Votre mot de passe a changé"] * 2


def test_a_link_and_its_code_arrive_and_a_second_asking_is_a_second_mail(
    rive: TenantWorld, post: Post, clock: FrozenClock
) -> None:
    with rive.scope():
        asked = sign_in.ask("ines@rive.example", now=clock())
        link, code = sign_in.link_path(asked.id), sign_in.code_of(asked.id)
    post.run()
    first = post.one()
    assert subject(first) == "Votre lien de connexion"
    assert f"http://localhost:8000/t/{rive.slug}{link}" in plain(first)
    assert code in plain(first)
    assert "valable 20 minutes" in plain(first)
    assert first["List-Unsubscribe"] is None

    with rive.scope():
        sign_in.send_again(sign_in.get_request(asked.id), now=clock.move(minutes=2))  # type: ignore[arg-type]
    post.run()

    assert len({str(mail["Message-ID"]) for mail in post.mails()}) == 2


def test_a_used_link_is_not_sent(rive: TenantWorld, post: Post, clock: FrozenClock) -> None:
    with rive.scope():
        asked = sign_in.ask("ines@rive.example", now=clock())
        asked.used_at = clock()

    assert readers(rive, post) == set()
