"""What the room gives back, hands over and forgets about a person."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import comments, contributions, counters, drafts, follows, holders, moderate, official
from app.participation.models import (
    Comment,
    Contribution,
    ContributionVersion,
    Decision,
    Draft,
    Follow,
    Intention,
    IntentionCommit,
    OfficialAnswer,
    StatusChange,
)
from app.participation.official import Status
from app.participation.steps import get_step_by_id
from tests.participation.deposits import count, deposit, reload, support
from tests.support.world import TenantWorld, make_person, make_step

STATUSES = (Status("study", "À l’étude", "…", "info"),)
SECRET = "Ma rue, le 12 rue des Lilas"


@pytest.fixture
def idea(rive: TenantWorld, amina: UUID, clock: FrozenClock) -> UUID:
    """A supported idea of Amina, answered and moderated by her too, with a version, a draft and an intention."""
    step_id = make_step(rive, comments=True)
    made = deposit(rive, step_id, "Avant", body=SECRET, author=amina, place=SECRET)
    support(rive, step_id, made)
    with rive.scope():
        row = contributions.lock(made)
        contributions.edit(
            row,
            title="Après",
            body=SECRET,
            theme=None,
            zone_id=None,
            place=SECRET,
            photo_id=None,
            now=clock(),
        )
        moderate.hide(row, reason="off_topic", by=amina, now=clock())
        moderate.restore(row, by=amina, now=clock())
        official.answer(
            row,
            signatory="La maire",
            signatory_title="",
            body="Oui.",
            status="study",
            statuses=STATUSES,
            by=amina,
            now=clock(),
        )
        drafts.save("toy", get_step_by_id(step_id), amina, {"title": SECRET}, draft_id=None, now=clock())
        intention = Intention(
            act="toy",
            step_id=step_id,
            person_id=amina,
            payload={"title": SECRET},
            state="open",
            created_at=clock(),
            expires_at=clock(),
        )
        db.session.add(intention)
        db.session.flush()
        talk = {"author_id": amina, "parent_id": None, "now": clock()}
        comments.add(get_step_by_id(step_id), made, body=SECRET, pending_for=None, **talk)  # type: ignore[arg-type]
        db.session.add(IntentionCommit(id=intention.id, result={"path": SECRET}, committed_at=clock()))
    return made


def test_a_guest_s_things_become_the_account_s(
    rive: TenantWorld, amina: UUID, idea: UUID, clock: FrozenClock
) -> None:
    account = make_person(rive, "Amina R.")
    other = deposit(rive, reload(rive, idea).step_id)
    with rive.scope():
        follows.follow(account, contribution_id=idea, level="all", now=clock())
        follows.follow(amina, contribution_id=other, level="essential", now=clock())

    with rive.scope():
        for _ in range(2):
            holders.HOLDER.merge(amina, account, clock())

    with rive.scope():
        assert follows.level_of(account, contribution_id=idea) == "all"
        assert follows.level_of(account, contribution_id=other) == "essential"
        assert db.session.get_one(Contribution, (rive.id, idea)).author_id == account
        for model in (Draft, Intention, Follow):
            assert set(db.session.scalars(db.select(model.person_id))) == {account}
        for signed in (Decision, OfficialAnswer, StatusChange):
            assert set(db.session.scalars(db.select(signed.author_id))) == {account}


def test_an_erased_person_leaves_their_public_words_without_their_name(
    rive: TenantWorld, amina: UUID, idea: UUID, clock: FrozenClock
) -> None:
    waiting = deposit(rive, reload(rive, idea).step_id, SECRET, author=amina, pending_for="identity")

    with rive.scope():
        holders.HOLDER.erase(amina, clock())

    kept, gone = reload(rive, idea), reload(rive, waiting)
    assert (kept.author_id, kept.author_label, kept.body, kept.state) == (
        None,
        "Compte supprimé",
        SECRET,
        "published",
    )
    assert (gone.author_id, gone.title, gone.body, gone.slug, gone.state) == (
        None,
        "Contribution supprimée",
        "",
        "contribution-supprimee",
        "erased",
    )
    for model in (Draft, Intention, IntentionCommit, Follow):
        assert count(rive, model) == 0
    with rive.scope():
        for signed in (Decision, OfficialAnswer, StatusChange):
            assert set(db.session.scalars(db.select(signed.author_id))) == {None}
        said = db.session.scalars(db.select(Comment)).one()
        assert (said.body, said.author_id, said.author_label) == (SECRET, None, "Compte supprimé")
        assert counters.recount() == []


def test_who_asks_for_it_has_their_words_erased_too(
    rive: TenantWorld, amina: UUID, idea: UUID, clock: FrozenClock
) -> None:
    with rive.scope():
        assert holders.erase_texts(amina, now=clock()) == 2
        assert holders.erase_texts(amina, now=clock()) == 0
        holders.HOLDER.erase(amina, clock())

    row = reload(rive, idea)
    assert (row.state, row.title, row.body, row.place, row.slug) == (
        "erased",
        "Contribution supprimée",
        "",
        None,
        "contribution-supprimee",
    )
    assert (row.supports, row.number, row.comments, count(rive, ContributionVersion)) == (1, 1, 0, 0)
    with rive.scope():
        assert [(said.body, said.state) for said in db.session.scalars(db.select(Comment))] == [
            ("", "erased")
        ]
        assert counters.facets(row.step_id).total == 0
        assert counters.recount() == []


def test_an_export_holds_everything_and_nobody_else_s(rive: TenantWorld, amina: UUID, idea: UUID) -> None:
    deposit(rive, reload(rive, idea).step_id, "D’une autre", author=make_person(rive, "Idriss B."))

    with rive.scope():
        found = holders.HOLDER.export(amina)

    assert {table: len(rows) for table, rows in found.items()} == {
        "contribution": 1,
        "contribution_version": 1,
        "draft": 1,
        "follow": 1,
        "intention": 1,
        "decision": 2,
        "official_answer": 1,
        "status_change": 1,
        "comment": 1,
        "photo": 0,
        "vote": 0,
        "step_participation": 0,
    }
    assert found["contribution"][0]["title"] == "Après"
    assert found["contribution_version"][0]["title"] == "Avant"
    assert found["draft"][0]["fields"] == {"title": SECRET}
