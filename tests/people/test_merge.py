"""A guest becomes somebody known: everything follows once, counts stay true, and erasure leaves nothing behind."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.db import signing
from app.db.errors import NotFound
from app.db.models import Base, TenantModel
from app.db.session import db
from app.participation import drafts, follows, votes
from app.participation.models import Comment, Draft, Follow, Photo, StepParticipation, Vote
from app.participation.steps import get_step_by_id
from app.people import holders, merge, passwords, persons, roles, sign_in
from app.people.models import Invitation, Person, PersonAttribute, PersonSession, SignInRequest
from tests.people import essai, mailbox
from tests.support import world as worlds


@pytest.fixture
def rive(app, make_tenant, monkeypatch):
    essai.lend(app, monkeypatch)
    return make_tenant("rive", modules={"essai": {"enabled": True}})


@pytest.fixture
def step(rive, clock):
    return worlds.make_step(rive, module="essai", kind="depot", segment="essais")


@pytest.fixture
def guest(rive):
    return worlds.make_person(rive, None)


def support(rive, step, contribution, person, clock, pending_for=None):
    with rive.scope():
        votes.support(
            get_step_by_id(step), contribution, person_id=person, now=clock(), pending_for=pending_for
        )


def test_everything_a_guest_did_becomes_the_person_s(rive, step, guest, amina, clock):
    mine = essai.make_contribution(rive, step, clock(), author_id=guest)
    other = essai.make_contribution(rive, step, clock())
    support(rive, step, other, guest, clock)
    with rive.scope():
        drafts.save(
            "essai.deposit",
            get_step_by_id(step),
            guest,
            {"title": "Un brouillon"},
            draft_id=None,
            now=clock(),
        )
        follows.follow(guest, step_id=step, now=clock())

    with rive.scope():
        assert merge.merge(guest, amina, now=clock())

    with rive.scope():
        assert db.session.get(Person, (rive.id, guest)) is None
        assert set(db.session.scalars(select(Vote.person_id))) == {amina}
        assert set(db.session.scalars(select(Draft.person_id))) == {amina}
        assert set(db.session.scalars(select(Follow.person_id))) == {amina}
    assert essai.read(rive, mine).author_id == amina
    assert essai.read(rive, other).supports == 1


def test_merging_twice_or_with_oneself_changes_nothing(rive, guest, amina, clock):
    with rive.scope():
        assert merge.merge(guest, amina, now=clock())
        assert not merge.merge(guest, amina, now=clock())
        assert not merge.merge(amina, amina, now=clock())
        assert persons.get_person(amina).display_name == "Amina R."


@pytest.mark.parametrize(
    ("theirs", "mine", "supports", "counted"),
    [
        (None, None, 1, True),
        (None, "identity", 1, True),
        ("identity", None, 1, True),
        ("identity", "identity", 0, False),
    ],
)
def test_two_supports_of_one_idea_become_one_and_the_count_says_so(
    rive, step, guest, amina, clock, theirs, mine, supports, counted
):
    idea = essai.make_contribution(rive, step, clock())
    support(rive, step, idea, guest, clock, pending_for=theirs)
    support(rive, step, idea, amina, clock, pending_for=mine)

    with rive.scope():
        merge.merge(guest, amina, now=clock())

    (vote,) = essai.list_votes(rive)
    assert (vote.person_id, vote.counted) == (amina, counted)
    assert essai.read(rive, idea).supports == supports
    with rive.scope():
        (spent,) = db.session.scalars(select(StepParticipation))
        assert (spent.person_id, spent.supports) == (amina, supports)
        assert votes.recount() == []


def test_supports_of_different_ideas_add_up(rive, step, guest, amina, clock):
    ideas = [essai.make_contribution(rive, step, clock()) for _ in range(3)]
    support(rive, step, ideas[0], guest, clock)
    support(rive, step, ideas[1], guest, clock)
    support(rive, step, ideas[1], amina, clock)
    support(rive, step, ideas[2], amina, clock)

    with rive.scope():
        merge.merge(guest, amina, now=clock())

    assert [essai.read(rive, idea).supports for idea in ideas] == [1, 1, 1]
    with rive.scope():
        assert db.session.scalars(select(StepParticipation.supports)).all() == [3]
        assert votes.recount() == []


def test_a_level_of_following_chosen_by_the_person_stays(rive, step, guest, amina, clock):
    with rive.scope():
        follows.follow(amina, step_id=step, level="none", now=clock())
        follows.follow(guest, step_id=step, level="all", now=clock())
        merge.merge(guest, amina, now=clock())

    with rive.scope():
        assert db.session.scalars(select(Follow.level)).all() == ["none"]


def test_on_a_shared_computer_what_was_promised_to_another_mailbox_waits_for_it(rive, step, browse, clock):
    shared = browse(rive)
    path = essai.deposit(shared, step, "L’idée d’Inès").headers["Location"]
    shared.get(f"{path}verifier/")
    shared.post(f"{path}verifier/")
    shared.post(f"{path}identite/", {"email": "ines@exemple.fr"})
    link = mailbox.last_link(rive)

    mailbox.enter(shared, "bruno@exemple.fr", "Bruno")
    before = [(one.state, one.author_id) for one in essai.deposited(rive)]
    phone = browse(rive)
    phone.get(link)
    phone.post(link)
    phone.get("/inscription/")
    phone.post("/inscription/", {"nom": "Inès R.", "charte": "1"})

    bruno, ines = mailbox.person_of(rive, "bruno@exemple.fr"), mailbox.person_of(rive, "ines@exemple.fr")
    assert before[0][0] == "pending"
    assert before[0][1] != bruno.id
    assert [(one.state, one.author_id) for one in essai.deposited(rive)] == [("published", ines.id)]


def test_every_table_that_names_a_person_has_a_holder(app):
    named = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.target_fullname == "person.id" for column in table.columns for key in column.foreign_keys)
    }
    held = {name for holder in holders.every() for name in holder.tables}

    assert named - held == set()


# --- erasure --------------------------------------------------------------------------------------------------

WORDS = (
    "Zéphyrine",
    "zephyrine.unique@exemple.fr",
    "Brouillon zéphyrin",
    "Intention zéphyrine",
    "Attente zéphyrine",
)


def dump(operator_engine, tenant_id) -> str:
    """Every value of every row of the tenant, as text."""
    tables = [
        mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantModel)
    ]
    with operator_engine.connect() as connection:
        return "\n".join(
            str(row[0])
            for table in sorted(set(tables))
            for row in connection.execute(
                text(f'select to_jsonb(t)::text from "{table}" t where tenant_id = :tenant'),
                {"tenant": tenant_id},
            )
        )


def test_after_erasure_nothing_names_the_person_and_every_count_stays(
    rive, step, browse, clock, operator_engine
):
    mailbox.enter(browse(rive), WORDS[1], WORDS[0])
    person = mailbox.person_of(rive, WORDS[1])
    browser = browse(rive, person.id)
    essai.deposit(browser, step, WORDS[3])
    mine = essai.make_contribution(rive, step, clock(), author_id=person.id, title="Une idée publiée")
    waiting = essai.make_contribution(
        rive, step, clock(), author_id=person.id, title=WORDS[4], pending_for="identity"
    )
    other = essai.make_contribution(rive, step, clock())
    support(rive, step, other, person.id, clock)
    with rive.scope():
        drafts.save(
            "essai.deposit", get_step_by_id(step), person.id, {"title": WORDS[2]}, draft_id=None, now=clock()
        )
        passwords.set_password(person.id, "barque tiroir jeudi lune", now=clock())
        roles.invite(WORDS[1], "analyst", now=clock())
        sign_in.ask(WORDS[1], now=clock())
        db.session.add(
            Photo(
                uploader_id=person.id,
                alt="Un banc",
                width=1,
                height=1,
                widths=[],
                colour="#000000",
                created_at=clock(),
            )
        )
        db.session.add(
            Comment(
                contribution_id=other,
                step_id=step,
                author_id=person.id,
                body="Commentaire zéphyrin retiré",
                state="withdrawn",
                created_at=clock(),
            )
        )
    assert all(word in dump(operator_engine, rive.id) for word in WORDS)

    with rive.scope():
        persons.erase(person.id, now=clock())
        persons.erase(person.id, now=clock())

    left = dump(operator_engine, rive.id)
    for word in (*WORDS, "Commentaire zéphyrin retiré"):
        assert word not in left
    assert essai.read(rive, mine).state == "published"
    assert (essai.read(rive, waiting).state, essai.read(rive, other).supports) == ("erased", 1)
    assert browser.get("/mon-espace/").status_code == 303
    with rive.scope():
        erased = db.session.get_one(Person, (rive.id, person.id))
        assert (erased.state, erased.display_name) == ("erased", None)
        for model in (PersonAttribute, PersonSession, SignInRequest, Invitation):
            assert db.session.scalars(select(model.id)).all() == []


def test_an_erased_address_may_open_a_new_account(rive, browse, clock):
    mailbox.enter(browse(rive), "ines@exemple.fr", "Inès")
    first = mailbox.person_of(rive, "ines@exemple.fr")
    with rive.scope():
        persons.erase(first.id, now=clock())

    mailbox.enter(browse(rive), "ines@exemple.fr", "Inès")

    assert mailbox.person_of(rive, "ines@exemple.fr").id != first.id


def test_erasing_stays_inside_the_platform(rive, levant, clock, amina):
    chloe = worlds.make_person(levant, "Chloé L.")
    with rive.scope(), pytest.raises(NotFound):
        persons.erase(chloe, now=clock())

    with levant.scope():
        assert persons.get_person(chloe).display_name == "Chloé L."


def test_an_export_holds_what_is_the_person_s_and_no_secret(rive, step, browse, clock):
    mailbox.enter(browse(rive), "ines@exemple.fr", "Inès")
    person = mailbox.person_of(rive, "ines@exemple.fr")
    mine = essai.make_contribution(rive, step, clock(), author_id=person.id, title="Une idée à moi")
    essai.make_contribution(rive, step, clock(), title="Celle d’une autre personne")
    with rive.scope():
        passwords.set_password(person.id, "barque tiroir jeudi lune", now=clock())
        exported = {
            name: rows for holder in holders.every() for name, rows in holder.export(person.id).items()
        }
        secret = passwords.find_secret(person.id)

    assert exported["person_attribute"][0]["value"] == "ines@exemple.fr"
    assert [row["id"] for row in exported["contribution"]] == [str(mine)]
    assert secret not in str(exported)
    assert "token_hash" not in str(exported)
    assert "Celle d’une autre" not in str(exported)


# --- guests ---------------------------------------------------------------------------------------------------


def test_guests_who_did_nothing_for_thirty_days_are_forgotten(rive, step, browse, clock):
    amina = worlds.make_person(rive, "Amina R.")
    essai.deposit(browse(rive), step, "Une intention oubliée")
    clock.move(days=30)
    with rive.scope():
        assert persons.purge_guests(now=clock()) == 0
    clock.move(days=1)
    with rive.scope():
        assert persons.purge_guests(now=clock()) == 1
        assert persons.purge_guests(now=clock()) == 0

    assert essai.intentions(rive) == []
    with rive.scope():
        assert persons.get_person(amina).display_name == "Amina R."


def test_reading_creates_nobody(rive, step, browse):
    browser = browse(rive)
    for path in ("/connexion/", "/connexion/mot-de-passe/", "/demarches/", "/mon-espace/", "/inscription/"):
        browser.get(path)

    assert mailbox.persons_of(rive) == []
    assert browser.sessions() == []


def test_a_token_signed_for_one_purpose_opens_nothing_else(rive, browse, clock):
    with rive.scope():
        asked = sign_in.ask("ines@exemple.fr", now=clock())
        forged = signing.sign("invitation", str(asked.id))
    browser = browse(rive)

    assert browser.get(f"/lien/{forged}/").status_code == 404
    assert browser.post(f"/lien/{forged}/").status_code == 404


def test_contributions_of_the_erased_are_signed_by_nobody(rive, step, clock, amina):
    mine = essai.make_contribution(rive, step, clock(), author_id=amina)
    with rive.scope():
        persons.erase(amina, now=clock())

    kept = essai.read(rive, mine)
    assert (kept.author_id, kept.author_label, kept.title) == (None, "Compte supprimé", "Un banc")
