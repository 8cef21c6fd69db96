"""Each event is told to those it concerns: never to who did it, never to somebody gone, never against their choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import comments, contributions, events, follows, moderate, official
from app.participation.models import Comment, Contribution, Step
from app.people import events as people_events
from app.people import persons, sign_in
from app.people.models import PersonAttribute
from tests.notifications.conftest import Post, address, plain, subject
from tests.notifications.toy import STATUSES
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]


def get(world: TenantWorld, contribution_id: UUID) -> Contribution:
    return db.session.get_one(Contribution, (world.id, contribution_id))


def follow(world: TenantWorld, person_id: UUID, contribution_id: UUID, level: str = "essential") -> None:
    with world.scope():
        follows.follow(person_id, contribution_id=contribution_id, level=level, now=worlds.clock.now())


def comment(world: TenantWorld, step: UUID, about: UUID, by: UUID, body: str = "Bonne idée.", parent: UUID | None = None) -> UUID:
    with world.scope():
        made = comments.add(
            contributions.get_step_by_id(step),
            about,
            author_id=by,
            body=body,
            parent_id=parent,
            now=worlds.clock.now(),
            pending_for=None,
        )
        return made.id


def answer(world: TenantWorld, about: UUID, *, by: UUID | None = None, body: str = "Nous posons deux bancs.") -> None:
    with world.scope():
        official.answer(
            get(world, about),
            signatory="Claire Aubin",
            signatory_title="maire",
            body=body,
            status="etude",
            statuses=STATUSES,
            by=by,
            now=worlds.clock.now(),
        )


def set_status(world: TenantWorld, about: UUID, status: str, *, by: UUID | None = None, note: str = "") -> None:
    with world.scope():
        official.set_status(
            get(world, about), status, note=note, statuses=STATUSES, by=by, now=worlds.clock.now()
        )


def readers(rive: TenantWorld, post: Post) -> set[str]:
    """First names of those who received something."""
    post.run()
    assert len(post.readers()) == len(set(post.readers()))
    return {to.partition("@")[0] for to in post.readers()}


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


def test_061_the_receipt_can_be_off(rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock) -> None:
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
        rive, module="essai", kind="texte", segment="essais", moderation="before", notify_email="parcs@rive.example"
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
        moderate.hide(get(rive, banc), reason="off_topic", note="C’est un projet d’une autre commune.", by=bruno, now=worlds.clock.now())
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
            db.session.get_one(Comment, (rive.id, made)), reason="personal_attack", by=None, now=worlds.clock.now()
        )
    post.run()

    assert str(post.one()["To"]) == address(rive, "Bruno")
    assert subject(post.one()) == "Votre commentaire a été masqué"
    assert "Vous êtes tous nuls." in plain(post.one())
    assert "vous avez écrit ce commentaire" in plain(post.one())


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


def test_nobody_is_told_of_what_they_did(rive: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post) -> None:
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
    long = "Premier paragraphe.\n\nDeuxième, avec **force** :\n- un banc\n- un arbre\n\n" + "Encore un mot. " * 400

    answer(rive, banc, by=manager, body=long + "\n\nFin de la réponse.")

    assert readers(rive, post) == {"amina", "bruno", "carole"}
    mail = post.mails()[0]
    assert subject(mail) == "Ville de Rive répond à « Des bancs à l’ombre »"
    text = plain(mail)
    assert "Claire Aubin, maire répond à la contribution n° 1" in text
    assert "Avancement : À l’étude. Les services l’étudient." in text
    assert "> Premier paragraphe.\n> \n> Deuxième, avec force :" in text
    assert "Fin de la réponse." in text
    assert f"/1-des-bancs-a-l-ombre/#officiel" in text


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


def test_077_a_status_taken_away_or_changed_again_is_not_told(rive: TenantWorld, banc: UUID, post: Post) -> None:
    set_status(rive, banc, "etude")
    set_status(rive, banc, "faite")
    set_status(rive, banc, "faite", note="")
    post.run()
    assert [subject(mail) for mail in post.mails()] == ["« Des bancs à l’ombre » : réalisée"]
    post.empty()

    set_status(rive, banc, "")

    assert readers(rive, post) == set()


def test_an_author_who_stopped_following_hears_nothing_more(rive: TenantWorld, banc: UUID, step: UUID, person: MakePerson, post: Post) -> None:
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


def test_the_threshold_is_told_to_the_author(rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock) -> None:
    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais", threshold=300)
    made = deposit(rive, step, author=person("Amina"))
    post.run()
    post.empty()

    with rive.scope():
        events.outbox = None  # type: ignore[attr-defined]
        from app.db import outbox  # noqa: PLC0415

        outbox.post(events.ThresholdReached(made), now=clock())
    post.run()

    assert subject(post.one()) == "Votre contribution a réuni 300 personnes"
    assert "c’est le seuil de cette étape" in plain(post.one())


def test_an_opening_is_told_to_those_who_asked(
    rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock
) -> None:
    from app.db import outbox  # noqa: PLC0415

    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais", slug="parcs", opens_in=timedelta(hours=-1))
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
    from app.db import outbox  # noqa: PLC0415

    step = worlds.make_step(rive, module="essai", kind="texte", segment="essais")
    with rive.scope():
        follows.follow(person("Bruno"), step_id=step, now=clock())
        outbox.post(events.StepOpened(step), now=clock())
        outbox.post(events.StepOpened(UUID(int=7)), now=clock())
    clock.move(days=30)

    assert readers(rive, post) == set()
    assert post.waiting() == []


def test_each_change_of_password_is_a_mail_of_its_own(rive: TenantWorld, person: MakePerson, post: Post, clock: FrozenClock) -> None:
    from app.db import outbox  # noqa: PLC0415

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


def test_an_application_that_was_switched_off_writes_to_nobody(
    rive: TenantWorld, banc: UUID, person: MakePerson, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tenancy import modules  # noqa: PLC0415

    answer(rive, banc)
    monkeypatch.setattr(modules, "registry", dict)

    assert readers(rive, post) == set()


def test_another_tenant_s_people_hear_nothing(rive: TenantWorld, levant: TenantWorld, banc: UUID, post: Post) -> None:
    chloe = worlds.make_person(levant, "Chloé L.")
    with levant.scope():
        theirs = worlds.clock.now()
        follows.follow(chloe, contribution_id=None, step_id=None, project_id=worlds.uuid7(), now=theirs) if False else None

    answer(rive, banc)

    assert readers(rive, post) == {"amina"}
