"""Supports and likes: one person, one thing, one vote; every refusal by its name; counters equal to their rows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.errors import NotFound
from app.db.session import db
from app.db.types import uuid7
from app.participation import comments, contributions, moderate, votes
from app.participation.errors import (
    DiscussionClosed,
    NoSupport,
    NotVotable,
    StepNotOpen,
    SupportKept,
    SupportLimitReached,
    VotingClosed,
)
from app.participation.models import Contribution, StepParticipation, Vote
from app.participation.steps import get_step_by_id
from app.participation.votes import SupportResult
from tests.participation.deposits import change_step, count, deposit, news, reload, statements, support
from tests.support.world import TenantWorld, make_person, make_step


@pytest.fixture
def step_id(rive: TenantWorld, clock: FrozenClock) -> UUID:
    return make_step(rive)


@pytest.fixture
def idea(rive: TenantWorld, step_id: UUID) -> UUID:
    return deposit(rive, step_id)


def give(tenant: TenantWorld, step_id: UUID, idea: UUID, person: UUID, **options: object) -> SupportResult:
    with tenant.scope():
        return votes.support(get_step_by_id(step_id), idea, person_id=person, now=clocks.now(), **options)  # type: ignore[arg-type]


def take_back(tenant: TenantWorld, step_id: UUID, idea: UUID, person: UUID) -> SupportResult:
    with tenant.scope():
        return votes.withdraw(get_step_by_id(step_id), idea, person_id=person, now=clocks.now())


def finish(
    tenant: TenantWorld, step_id: UUID, idea: UUID, person: UUID, pending_for: str | None = None
) -> str | None:
    with tenant.scope():
        return votes.complete(
            get_step_by_id(step_id), idea, person_id=person, now=clocks.now(), pending_for=pending_for
        )


def supports(tenant: TenantWorld, idea: UUID) -> int:
    return reload(tenant, idea).supports


def given(tenant: TenantWorld, step_id: UUID, person: UUID) -> int:
    with tenant.scope():
        found = db.session.scalar(
            select(StepParticipation.supports).where(
                StepParticipation.step_id == step_id, StepParticipation.person_id == person
            )
        )
    return found or 0


def check_counts(tenant: TenantWorld) -> None:
    with tenant.scope():
        assert votes.recount() == []


# --- giving ---------------------------------------------------------------------------------------------------


def test_081_a_support_counts_and_a_second_click_changes_nothing(rive, step_id, idea, amina):
    first = give(rive, step_id, idea, amina)
    second = give(rive, step_id, idea, amina)

    assert first == SupportResult(1, counted=True, changed=True)
    assert second == SupportResult(1, counted=True, changed=False)
    assert (supports(rive, idea), count(rive, Vote), given(rive, step_id, amina)) == (1, 1, 1)
    check_counts(rive)


def test_a_support_is_four_statements(rive, step_id, idea, amina, clock):
    with rive.scope():
        step = get_step_by_id(step_id)
        with statements() as seen:
            votes.support(step, idea, person_id=amina, now=clock())

    assert len(seen) == 4


def test_the_same_person_supports_several_ideas(rive, step_id, amina):
    ideas = [deposit(rive, step_id, f"Idée {number}") for number in range(3)]

    for idea in ideas:
        give(rive, step_id, idea, amina)

    assert [supports(rive, idea) for idea in ideas] == [1, 1, 1]
    assert given(rive, step_id, amina) == 3
    with rive.scope():
        assert votes.supported_by(amina, [*ideas, uuid7()]) == dict.fromkeys(ideas, True)
        assert votes.supported_by(make_person(rive), ideas) == {}


def test_082_over_the_limit_the_server_refuses_and_a_support_taken_back_frees_one(rive, clock, amina):
    step_id = make_step(rive, support_limit=2)
    ideas = [deposit(rive, step_id, f"Idée {number}") for number in range(3)]
    give(rive, step_id, ideas[0], amina)
    give(rive, step_id, ideas[1], amina)

    with pytest.raises(SupportLimitReached) as refused:
        give(rive, step_id, ideas[2], amina)
    again = give(rive, step_id, ideas[1], amina)
    take_back(rive, step_id, ideas[0], amina)
    give(rive, step_id, ideas[2], amina)

    assert refused.value.sentence() == (
        "Vous avez déjà donné vos 2 soutiens. Retirez-en un pour soutenir cette contribution."
    )
    assert again.changed is False
    assert [supports(rive, idea) for idea in ideas] == [0, 1, 1]
    check_counts(rive)


def test_the_sentence_of_a_limit_of_one_is_in_the_singular():
    with pytest.raises(SupportLimitReached) as refused:
        votes.check_vote(1, limit=1)

    assert refused.value.sentence() == (
        "Vous avez déjà donné votre soutien. Retirez-le pour soutenir cette contribution."
    )


@pytest.mark.parametrize(("taken", "limit"), [(0, 1), (2, 3), (0, None), (10_000, None)])
def test_under_the_limit_or_without_one_a_vote_is_possible(taken, limit):
    votes.check_vote(taken, limit=limit)


@pytest.mark.parametrize(("taken", "limit"), [(1, 1), (3, 3), (4, 3)])
def test_at_the_limit_it_is_not(taken, limit):
    with pytest.raises(SupportLimitReached):
        votes.check_vote(taken, limit=limit)


# --- what cannot be supported ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", ["hidden", "withdrawn", "pending", "archived", "merged", "rejected", "draft"]
)
@pytest.mark.parametrize("pending_for", [None, "identity"])
def test_085_only_a_published_contribution_is_supported(rive, step_id, idea, amina, state, pending_for):
    with rive.scope():
        waits = "moderation" if state == "pending" else None
        db.session.execute(update(Contribution).values(state=state, pending_for=waits))

    with pytest.raises(NotVotable):
        give(rive, step_id, idea, amina, pending_for=pending_for)

    assert (supports(rive, idea), count(rive, Vote), given(rive, step_id, amina)) == (0, 0, 0)


def test_085_nor_one_of_another_step_of_another_platform_or_of_nowhere(rive, levant, step_id, amina, clock):
    elsewhere = deposit(rive, make_step(rive), "Ailleurs")
    theirs = deposit(levant, make_step(levant), "À Levant")

    for idea in (elsewhere, theirs, uuid7()):
        for pending_for in (None, "identity"):
            with pytest.raises(NotVotable):
                give(rive, step_id, idea, amina, pending_for=pending_for)

    assert count(rive, Vote) == 0
    assert (supports(rive, elsewhere), supports(levant, theirs)) == (0, 0)


def test_085_before_opening_a_support_is_refused_with_the_date(rive, clock, amina):
    step_id = make_step(rive, opens_in=timedelta(days=1))
    idea = deposit(rive, step_id)

    with pytest.raises(StepNotOpen) as refused:
        give(rive, step_id, idea, amina)
    clock.move(days=1)
    opened = give(rive, step_id, idea, amina)

    assert refused.value.sentence() == (
        "La participation n’est pas encore ouverte. Elle ouvre le lundi 23 novembre 2026, 11\u00a0h."
    )
    assert opened.counted


def test_085_at_the_very_second_of_closing_it_is_closed(rive, clock, amina):
    step_id = make_step(rive, closes_in=timedelta(days=1))
    idea, other = deposit(rive, step_id), deposit(rive, step_id, "Autre")
    clock.move(days=1, microseconds=-1)
    last = give(rive, step_id, idea, amina)
    clock.move(microseconds=1)

    with pytest.raises(VotingClosed) as refused:
        give(rive, step_id, other, amina)

    assert last.counted
    assert refused.value.sentence() == (
        "La participation est close depuis le lundi 23 novembre 2026, 11\u00a0h."
        " Votre soutien n’a pas été compté."
    )
    assert (supports(rive, idea), supports(rive, other)) == (1, 0)


# --- taking back ----------------------------------------------------------------------------------------------


def test_a_support_taken_back_leaves_nothing(rive, step_id, idea, amina):
    give(rive, step_id, idea, amina)

    result = take_back(rive, step_id, idea, amina)

    assert result == SupportResult(0, counted=False, changed=True)
    assert (supports(rive, idea), count(rive, Vote), given(rive, step_id, amina)) == (0, 0, 0)


def test_086_removing_a_support_one_does_not_have_is_an_error(rive, step_id, idea, amina, bruno):
    give(rive, step_id, idea, bruno)

    with pytest.raises(NoSupport) as refused:
        take_back(rive, step_id, idea, amina)

    assert refused.value.sentence() == "Vous n’aviez pas soutenu cette contribution : rien n’a changé."
    assert supports(rive, idea) == 1


def test_086_removing_on_a_closed_step_is_refused_and_the_support_stays(rive, step_id, idea, amina, clock):
    give(rive, step_id, idea, amina)
    clock.move(days=20)

    with pytest.raises(SupportKept) as refused:
        take_back(rive, step_id, idea, amina)

    assert refused.value.sentence().endswith("Votre soutien reste compté.")
    assert supports(rive, idea) == 1


def test_a_support_of_an_idea_hidden_since_can_be_taken_back(rive, clock, amina, bruno):
    step_id = make_step(rive, support_limit=1)
    idea, other = deposit(rive, step_id), deposit(rive, step_id, "Autre")
    give(rive, step_id, idea, amina)
    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=bruno, now=clock())

    result = take_back(rive, step_id, idea, amina)
    give(rive, step_id, other, amina)

    assert result.supports == 0
    assert (supports(rive, idea), supports(rive, other)) == (0, 1)
    check_counts(rive)


def test_a_support_is_not_taken_back_through_another_step(rive, step_id, idea, amina):
    give(rive, step_id, idea, amina)

    with pytest.raises(NoSupport):
        take_back(rive, make_step(rive), idea, amina)

    assert supports(rive, idea) == 1


# --- pending --------------------------------------------------------------------------------------------------


def test_a_support_waits_for_the_identity_then_counts_once(rive, step_id, idea, amina):
    first = give(rive, step_id, idea, amina, pending_for="identity")
    second = give(rive, step_id, idea, amina, pending_for="identity")
    before = supports(rive, idea)
    halfway = finish(rive, step_id, idea, amina, "requirements")
    done = finish(rive, step_id, idea, amina)
    again = finish(rive, step_id, idea, amina)

    assert first == SupportResult(0, counted=False, changed=True)
    assert second == SupportResult(0, counted=False, changed=False)
    assert (before, halfway, done, again) == (0, "requirements", None, None)
    assert (supports(rive, idea), given(rive, step_id, amina)) == (1, 1)
    check_counts(rive)


def test_a_support_that_waits_counts_when_it_is_given_again_with_everything_proven(
    rive, step_id, idea, amina
):
    give(rive, step_id, idea, amina, pending_for="identity")

    result = give(rive, step_id, idea, amina)

    assert result == SupportResult(1, counted=True, changed=True)
    assert finish(rive, step_id, idea, amina) is None
    assert supports(rive, idea) == 1
    check_counts(rive)


def test_015_confirmed_after_the_closing_it_is_too_late_and_stays_uncounted(
    rive, step_id, idea, amina, clock
):
    give(rive, step_id, idea, amina, pending_for="identity")
    clock.move(days=20)

    waiting = finish(rive, step_id, idea, amina)

    assert waiting == "too_late"
    assert (supports(rive, idea), given(rive, step_id, amina)) == (0, 0)
    with rive.scope():
        vote = db.session.scalars(select(Vote)).one()
        assert (vote.counted, vote.pending_for) == (False, "too_late")
        assert votes.supported_by(amina, [idea]) == {idea: False}


def test_a_support_that_waits_and_would_pass_the_limit_is_not_counted(rive, clock, amina):
    step_id = make_step(rive, support_limit=1)
    idea, other = deposit(rive, step_id), deposit(rive, step_id, "Autre")
    give(rive, step_id, idea, amina, pending_for="identity")
    give(rive, step_id, other, amina)

    still = finish(rive, step_id, idea, amina, "requirements")
    late = finish(rive, step_id, idea, amina)

    assert (still, late) == ("requirements", "too_late")
    assert (supports(rive, idea), supports(rive, other), given(rive, step_id, amina)) == (0, 1, 1)
    check_counts(rive)


def test_a_support_of_an_idea_hidden_meanwhile_is_not_counted(rive, step_id, idea, amina, clock):
    give(rive, step_id, idea, amina, pending_for="identity")
    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clock())

    assert finish(rive, step_id, idea, amina) == "too_late"
    assert (supports(rive, idea), given(rive, step_id, amina)) == (0, 0)
    check_counts(rive)


def test_a_support_that_waits_can_be_taken_back_and_does_not_come_back(rive, step_id, idea, amina):
    give(rive, step_id, idea, amina, pending_for="identity")

    taken = take_back(rive, step_id, idea, amina)

    assert taken == SupportResult(0, counted=False, changed=True)
    assert finish(rive, step_id, idea, amina) == "withdrawn"
    assert count(rive, Vote) == 0


# --- the threshold --------------------------------------------------------------------------------------------


def test_the_threshold_is_news_once_however_often_it_is_crossed(rive, clock, amina, bruno, dora):
    step_id = make_step(rive, threshold=2)
    idea, other = deposit(rive, step_id), deposit(rive, step_id, "Autre")

    with news() as told:
        give(rive, step_id, idea, amina)
        below = list(told)
        give(rive, step_id, idea, bruno)
        reached = list(told)
        for _ in range(2):
            take_back(rive, step_id, idea, bruno)
            give(rive, step_id, idea, bruno)
        give(rive, step_id, idea, dora)
        give(rive, step_id, other, amina)

    assert (below, reached) == ([], ["threshold_reached"])
    assert told == ["threshold_reached"]
    assert reload(rive, idea).threshold_at == clock()
    assert reload(rive, other).threshold_at is None


def test_a_pending_support_reaches_the_threshold_only_when_it_counts(rive, clock, amina, bruno):
    step_id = make_step(rive, threshold=2)
    idea = deposit(rive, step_id)
    give(rive, step_id, idea, amina)

    with news() as told:
        give(rive, step_id, idea, bruno, pending_for="identity")
        waiting = list(told)
        finish(rive, step_id, idea, bruno)

    assert (waiting, told) == ([], ["threshold_reached"])


def test_a_threshold_lowered_since_is_news_at_the_next_support(rive, clock, amina, bruno):
    step_id = make_step(rive, threshold=50)
    idea = deposit(rive, step_id)
    support(rive, step_id, idea, 3)
    with rive.scope():
        settings = get_step_by_id(step_id).settings
    change_step(rive, step_id, settings=settings | {"threshold": 2})

    with news() as told:
        give(rive, step_id, idea, amina)
        give(rive, step_id, idea, bruno)

    assert told == ["threshold_reached"]


# --- likes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def said(rive: TenantWorld, step_id: UUID, idea: UUID, bruno: UUID, clock: FrozenClock) -> UUID:
    with rive.scope():
        made = comments.add(
            get_step_by_id(step_id),
            idea,
            author_id=bruno,
            body="D’accord.",
            parent_id=None,
            now=clock(),
            pending_for=None,
        )
    return made.id


def useful(tenant: TenantWorld, step_id: UUID, comment: UUID, person: UUID, yes: bool = True) -> int:
    with tenant.scope():
        return votes.like(get_step_by_id(step_id), comment, person_id=person, useful=yes, now=clocks.now())


def test_finding_a_comment_useful_twice_is_once_and_so_is_taking_it_back(rive, step_id, said, amina, dora):
    counts = [
        useful(rive, step_id, said, amina),
        useful(rive, step_id, said, amina),
        useful(rive, step_id, said, dora),
        useful(rive, step_id, said, amina, False),
        useful(rive, step_id, said, amina, False),
    ]

    assert counts == [1, 1, 2, 1, 1]
    assert count(rive, Vote) == 1
    assert given(rive, step_id, amina) == 0
    check_counts(rive)


def test_only_a_published_comment_of_this_step_is_found_useful(
    rive, levant, step_id, said, amina, clock, chloe
):
    other_step = make_step(rive)
    with rive.scope():
        hidden = comments.add(
            get_step_by_id(step_id),
            deposit(rive, step_id),
            author_id=amina,
            body="Masqué.",
            parent_id=None,
            now=clock(),
            pending_for=None,
        )
        comments.move(hidden.id, "hidden", was=("published",))

    for tenant, step, comment, person in (
        (rive, step_id, hidden.id, amina),
        (rive, other_step, said, amina),
        (rive, step_id, uuid7(), amina),
        (levant, make_step(levant), said, chloe),
    ):
        with pytest.raises(NotFound):
            useful(tenant, step, comment, person)

    assert count(rive, Vote) == 0


def test_once_the_step_is_closed_opinions_stay_as_they_are(rive, step_id, said, amina, dora, clock):
    useful(rive, step_id, said, amina)
    clock.move(days=20)

    for person, yes in ((amina, False), (dora, True)):
        with pytest.raises(DiscussionClosed, match="step_closed"):
            useful(rive, step_id, said, person, yes)

    check_counts(rive)
    assert count(rive, Vote) == 1


# --- the nightly proof ----------------------------------------------------------------------------------------


def test_the_recount_names_each_figure_that_lies(rive, levant, step_id, idea, said, amina):
    give(rive, step_id, idea, amina)
    useful(rive, step_id, said, amina)
    theirs = deposit(levant, make_step(levant))
    with levant.scope():
        db.session.execute(update(Contribution).values(supports=9))
    with rive.scope():
        for table, supports_shown in (("contribution", 5), ("comment", 0), ("step_participation", 7)):
            db.session.execute(
                db.text(f"update {table} set supports = :n where tenant_id = :tenant"),
                {"n": supports_shown, "tenant": rive.id},
            )

        found = votes.recount()

    assert [(one.what, one.counter, one.rows) for one in found] == [
        ("contribution supports", 5, 1),
        ("comment supports", 0, 1),
        ("person supports", 7, 1),
    ]
    assert (found[0].id, found[1].id) == (idea, said)
    assert theirs not in {one.id for one in found}
