"""Each event is told to those it concerns: never to who did it, never to somebody gone, never against their choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.db import outbox
from app.db.clock import FrozenClock
from app.db.session import db
from app.notifications.events import MailDue
from app.notifications.news import BUILDERS
from app.participation import events, follows, moderate
from app.participation.models import Step
from app.people import persons
from app.people.models import PersonAttribute
from app.tenancy import modules
from tests.notifications.conftest import Post, plain, subject
from tests.notifications.doings import answer, comment, follow, get, readers, set_status
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]


def test_073_a_comment_goes_to_the_author_to_who_follows_everything_and_to_who_is_replied_to(
    rive: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post
) -> None:
    bruno, carole, dora = person("Bruno"), person("Carole"), person("Dora")
    follow(rive, carole, banc, "all")
    follow(rive, dora, banc, "essential")

    first = comment(rive, step, banc, bruno, "Et des arbres ?")
    assert readers(rive, post) == {"amina", "carole"}
    post.empty()

    comment(rive, step, banc, carole, "Oui, des tilleuls.", parent=first)
    assert readers(rive, post) == {"amina", "bruno"}
    to_amina, to_bruno = post.mails()
    assert subject(to_bruno) == "Carole R. répond à votre commentaire sous « Des bancs à l’ombre »"
    assert "vous avez commenté" in plain(to_bruno)
    assert subject(to_amina) == "Carole R. répond à un commentaire sous « Des bancs à l’ombre »"
    assert "vous avez déposé" in plain(to_amina)
    assert "Oui, des tilleuls." in plain(to_bruno)


def test_nobody_is_told_of_what_they_did(
    rive: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post
) -> None:
    with rive.scope():
        amina = get(rive, banc).author_id
    assert amina is not None

    comment(rive, step, banc, amina)
    answer(rive, banc, by=amina)
    set_status(rive, banc, "faite", by=amina)

    assert readers(rive, post) == set()


def test_an_answer_goes_whole_to_the_author_and_every_follower(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post
) -> None:
    manager = person("Marc", role="manager")
    for name, level in (("Bruno", "essential"), ("Carole", "all"), ("Dora", "none")):
        follow(rive, person(name), banc, level)
    follow(rive, manager, banc)
    long = (
        "Premier paragraphe.\n\nDeuxième, avec **force** :\n- un banc\n- un arbre\n\n"
        + "Encore un mot. " * 400
    )

    answer(rive, banc, by=manager, body=long + "\n\nFin de la réponse.")

    assert readers(rive, post) == {"amina", "bruno", "carole"}
    mail = post.mails()[0]
    assert subject(mail) == "Ville de Rive répond à « Des bancs à l’ombre »"
    text = plain(mail)
    assert "Claire Aubin, maire, répond à la contribution n° 1" in text
    assert "Avancement : À l’étude. Les services l’étudient." in text
    assert "> Premier paragraphe.\n> \n> Deuxième, avec force :" in text
    assert "Fin de la réponse." in text
    assert "/1-des-bancs-a-l-ombre/#officiel" in text


def test_an_answer_with_its_status_is_one_mail(rive: TenantWorld, banc: UUID, post: Post) -> None:
    answer(rive, banc)

    post.run()

    assert len(post.mails()) == 1


def test_078_a_status_goes_to_the_author_and_the_followers(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post
) -> None:
    follow(rive, person("Bruno"), banc)

    set_status(rive, banc, "faite", note="Deux bancs sont posés.")

    assert readers(rive, post) == {"amina", "bruno"}
    to_amina, to_bruno = post.mails()
    assert subject(to_amina) == "« Des bancs à l’ombre » : réalisée"
    assert "Avancement : Réalisée." in plain(to_amina)
    assert "Deux bancs sont posés." in plain(to_amina)
    assert "vous avez déposé cette contribution" in plain(to_amina)
    assert "vous suivez cette contribution" in plain(to_bruno)


def test_077_a_status_taken_away_or_changed_again_is_not_told(
    rive: TenantWorld, banc: UUID, post: Post
) -> None:
    set_status(rive, banc, "etude")
    set_status(rive, banc, "faite")
    set_status(rive, banc, "faite", note="")
    post.run()
    assert [subject(mail) for mail in post.mails()] == ["« Des bancs à l’ombre » : réalisée"]
    post.empty()

    set_status(rive, banc, "")

    assert readers(rive, post) == set()


def test_an_author_who_stopped_following_hears_nothing_more(
    rive: TenantWorld, banc: UUID, step: UUID, person: MakePerson, post: Post
) -> None:
    with rive.scope():
        follows.unfollow(get(rive, banc).author_id, contribution_id=banc, now=worlds.clock.now())  # type: ignore[arg-type]

    answer(rive, banc)
    comment(rive, step, banc, person("Bruno"))

    assert readers(rive, post) == set()


@pytest.mark.parametrize(("choice", "told"), [("each", {"amina"}), ("digest", set()), ("none", set())])
def test_news_follow_the_choice_of_each(
    rive: TenantWorld, step: UUID, person: MakePerson, post: Post, choice: str, told: set[str]
) -> None:
    made = deposit(rive, step, author=person("Amina", notify=choice))
    post.run()
    assert len(post.mails()) == 1, "an answer to one's own act always leaves"
    post.empty()

    answer(rive, made)
    set_status(rive, made, "faite")
    comment(rive, step, made, person("Bruno"))
    assert {to.partition("@")[0] for to in (post.run(), post.readers())[1]} == told
    post.empty()

    with rive.scope():
        moderate.hide(get(rive, made), reason="off_topic", by=None, now=worlds.clock.now())
    assert readers(rive, post) == {"amina"}


def test_the_gone_and_the_unproven_are_never_written_to(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post
) -> None:
    erased, unproven = person("Bruno"), person("Carole")
    for one in (erased, unproven):
        follow(rive, one, banc)
    answer(rive, banc)
    with rive.scope():
        db.session.execute(
            db.update(PersonAttribute)
            .where(PersonAttribute.person_id == unproven)
            .values(verified_key=None, verified_at=None)
        )
        persons.erase(erased, now=worlds.clock.now())

    assert readers(rive, post) == {"amina"}


def test_followers_hear_nothing_of_a_text_taken_off_meanwhile(
    rive: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post
) -> None:
    follow(rive, person("Carole"), banc, "all")
    answer(rive, banc)
    set_status(rive, banc, "faite")
    comment(rive, step, banc, person("Bruno"))
    with rive.scope():
        moderate.hide(get(rive, banc), reason="off_topic", by=None, now=worlds.clock.now())

    assert readers(rive, post) == {"amina"}
    assert subject(post.one()) == "Votre contribution n° 1 a été masquée"


def test_066_a_private_collection_writes_to_its_author_and_the_team_only(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais", private=True)
    made = deposit(rive, step, author=person("Amina"))
    follow(rive, person("Bruno"), made)
    follow(rive, person("Dora", role="administrator"), made)
    post.run()
    post.empty()

    answer(rive, made)

    assert readers(rive, post) == {"amina", "dora"}


def test_an_opening_is_told_to_those_who_asked(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(
        rive, module="essai", kind="texte", segment="essais", slug="parcs", opens_in=timedelta(hours=-1)
    )
    bruno, carole = person("Bruno"), person("Carole")
    with rive.scope():
        project = db.session.get_one(Step, (rive.id, step)).project_id
        follows.follow(bruno, step_id=step, now=clock())
        follows.follow(carole, project_id=project, now=clock())
        follows.follow(person("Dora"), step_id=step, level="none", now=clock())
        outbox.post(events.StepOpened(step), now=clock())

    assert readers(rive, post) == {"bruno", "carole"}
    mail = post.mails()[0]
    assert subject(mail) == "C’est ouvert : Vos idées"
    assert "jusqu’au samedi 12 décembre 2026, 11 h" in plain(mail)
    assert f"/t/{rive.slug}/essais/parcs/" in plain(mail)


def test_an_opening_told_too_late_is_not_told(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais")
    with rive.scope():
        follows.follow(person("Bruno"), step_id=step, now=clock())
        outbox.post(events.StepOpened(step), now=clock())
        outbox.post(events.StepOpened(UUID(int=7)), now=clock())
    clock.move(days=30)

    assert readers(rive, post) == set()
    assert post.waiting() == []


def test_an_application_that_was_switched_off_writes_to_nobody(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(rive, banc)
    monkeypatch.setattr(modules, "registry", dict)

    assert readers(rive, post) == set()


def test_ids_of_another_tenant_tell_nothing(
    rive: TenantWorld, levant: TenantWorld, banc: UUID, post: Post, clock: FrozenClock
) -> None:
    chloe = worlds.make_person(levant, "Chloé L.")
    with levant.scope():
        for kind in BUILDERS.keys() - {"password_changed"}:
            outbox.post(MailDue(kind=kind, ref=banc, person_id=chloe), now=clock())

    outcomes = Post(levant, post.folder).run()

    assert set(outcomes) == {"done"}
    assert post.mails() == []
