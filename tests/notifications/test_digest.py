"""Once a week, one mail with what happened; nothing happened, no mail; never twice for one week."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.notifications import digest
from app.notifications.events import DigestDue
from app.participation import follows, moderate
from app.participation.models import Step
from app.people.models import Person
from tests.notifications.conftest import Post, address, html, plain, subject
from tests.notifications.doings import answer, comment, follow, get, set_status
from tests.participation.deposits import deposit
from tests.support.statements import count_statements
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]

#: Monday 23 November 2026, 8:10 in Paris.
MONDAY = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)


def send(world: TenantWorld, now: datetime) -> None:
    with world.scope():
        digest.send_digests(world.config, now)


def due(world: TenantWorld) -> int:
    with world.scope():
        names = db.session.scalars(db.select(outbox.Event.name))
        return sum(name == DigestDue.name for name in names)


@pytest.fixture
def week(rive: TenantWorld, step: UUID, person: MakePerson, post: Post, clock: FrozenClock) -> UUID:
    """Amina, who reads once a week, wrote something; Bruno and the city spoke of it."""
    made = deposit(rive, step, author=person("Amina", notify="digest"))
    bruno = person("Bruno", notify="none")
    comment(rive, step, made, bruno)
    comment(rive, step, made, bruno, "Et un arbre.")
    answer(rive, made)
    set_status(rive, made, "faite")
    post.run()
    post.empty()
    return made


def test_one_mail_gathers_the_week(rive: TenantWorld, week: UUID, post: Post, clock: FrozenClock) -> None:
    clock.at = MONDAY
    send(rive, clock())
    post.run()

    mail = post.one()
    assert str(mail["To"]) == address(rive, "Amina")
    assert subject(mail) == "Votre semaine sur Ville de Rive"
    text = plain(mail)
    assert "* « Des bancs à l’ombre »\n" in text
    assert "  - Réponse de Claire Aubin, maire.\n" in text
    assert "  - Avancement : Réalisée. C’est devenu réalité.\n" in text
    assert "  - 2 nouveaux commentaires.\n" in text
    assert "/1-des-bancs-a-l-ombre/\n" in text
    assert "« Des bancs à l’ombre »</a>" in html(mail)
    assert "List-Unsubscribe=One-Click" in str(mail["List-Unsubscribe-Post"])


def test_running_again_sends_nothing_more(
    rive: TenantWorld, week: UUID, post: Post, clock: FrozenClock
) -> None:
    clock.at = MONDAY
    for _ in range(3):
        send(rive, clock())
        clock.move(minutes=20)
    clock.move(days=1)
    send(rive, clock())

    post.run()

    assert due(rive) == 1
    assert len(post.mails()) == 1


def test_two_schedulers_at_once_send_one(rive: TenantWorld, week: UUID, clock: FrozenClock) -> None:
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        send(rive, MONDAY)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert due(rive) == 1


def test_a_quiet_week_sends_nothing_and_the_next_one_tells_its_own(
    rive: TenantWorld, step: UUID, week: UUID, post: Post, clock: FrozenClock
) -> None:
    clock.at = MONDAY
    send(rive, clock())
    post.run()
    post.empty()

    clock.at = MONDAY + timedelta(days=7)
    send(rive, clock())
    post.run()
    assert post.mails() == []
    assert post.waiting() == []

    clock.move(days=2)
    answer(rive, week)
    clock.at = MONDAY + timedelta(days=14)
    send(rive, clock())
    post.run()
    assert "Réponse de Claire Aubin" in plain(post.one())
    assert "commentaire" not in plain(post.one())


@pytest.mark.parametrize(
    ("when", "sent"),
    [
        (datetime(2026, 11, 22, 22, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 6, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 24, 22, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 24, 23, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 29, 9, 0, tzinfo=UTC), 0),
    ],
)
def test_it_leaves_on_monday_at_eight_or_on_tuesday_if_monday_was_missed(
    rive: TenantWorld, week: UUID, when: datetime, sent: int, clock: FrozenClock
) -> None:
    send(rive, when)

    assert due(rive) == sent


def test_only_those_who_chose_it_receive_it(
    rive: TenantWorld, week: UUID, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    for name, notify, level in (
        ("Carole", "digest", "essential"),
        ("Dora", "each", "all"),
        ("Emile", "none", "all"),
        ("Fanny", "digest", "none"),
        ("Gilles", "digest", ""),
    ):
        one = person(name, notify=notify)
        if level:
            follow(rive, one, week, level)
    clock.at = MONDAY
    send(rive, clock())
    post.run()

    assert post.readers() == [address(rive, "Amina"), address(rive, "Carole")]


def test_who_changed_their_mind_meanwhile_is_respected(
    rive: TenantWorld, week: UUID, post: Post, clock: FrozenClock
) -> None:
    clock.at = MONDAY
    send(rive, clock())
    with rive.scope():
        db.session.execute(db.update(Person).values(notify="none"))

    post.run()

    assert post.mails() == []


def test_one_s_own_acts_are_no_news(
    rive: TenantWorld, step: UUID, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    amina = person("Amina", notify="digest")
    made = deposit(rive, step, author=amina)
    comment(rive, step, made, amina)
    answer(rive, made, by=amina)
    post.run()
    post.empty()

    clock.at = MONDAY
    send(rive, clock())
    post.run()

    assert post.mails() == []


def test_what_was_taken_off_is_not_in_it(
    rive: TenantWorld, week: UUID, post: Post, clock: FrozenClock
) -> None:
    with rive.scope():
        moderate.hide(get(rive, week), reason="off_topic", by=None, now=clock())
    post.run()
    post.empty()
    clock.at = MONDAY
    send(rive, clock())
    post.run()

    assert post.mails() == []


def test_an_opening_is_in_it(
    rive: TenantWorld, step: UUID, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    with rive.scope():
        follows.follow(person("Bruno", notify="digest"), step_id=step, now=clock())
        db.session.get_one(Step, (rive.id, step)).opens_at = clock() - timedelta(days=3)
    clock.at = MONDAY
    send(rive, clock())
    post.run()

    assert "* Vos idées\n  - C’est ouvert jusqu’au samedi 12 décembre 2026, 11 h.\n" in plain(post.one())


def test_a_long_week_is_cut_and_costs_no_more(
    rive: TenantWorld, step: UUID, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    amina = person("Amina", notify="digest")
    made = [deposit(rive, step, f"Idée {number}", author=amina) for number in range(23)]
    for one in made:
        answer(rive, one)
    post.run()
    post.empty()
    clock.at = MONDAY
    send(rive, clock())
    with count_statements() as seen:
        post.run()

    text = plain(post.one())
    assert text.count("Réponse de Claire Aubin") == digest.MAX_ITEMS
    assert "Et 3 autres nouvelles :" in text
    assert len(seen) < 40, "\n".join(seen)


def test_the_week_sent_is_written_on_the_person(rive: TenantWorld, week: UUID, clock: FrozenClock) -> None:
    send(rive, MONDAY)

    with rive.scope():
        found = dict(db.session.execute(db.select(Person.display_name, Person.digest_sent_on)).all())
    assert found == {"Amina R.": date(2026, 11, 23), "Bruno R.": None}
