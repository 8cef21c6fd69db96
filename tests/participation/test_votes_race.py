"""Votes at once: what one person sends in parallel is one vote, what many send are all counted."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.db import clock as clocks
from app.db.errors import DomainError
from app.db.session import db
from app.participation import comments, contributions, moderate, votes
from app.participation.errors import NoSupport, NotVotable, SupportLimitReached
from app.participation.models import Comment, Contribution, Vote
from app.participation.steps import StepInfo, get_step_by_id
from tests.participation.deposits import deposit, news, reload
from tests.support.world import TenantWorld, make_person, make_step

VOTERS, ROUNDS = 16, 40


def at_once(*works: Callable[[], None]) -> list[BaseException]:
    """Run each work in a thread of its own, all starting together. Returns what they raised."""
    together, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            together.wait(timeout=30)
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return failures


def attempt(tenant: TenantWorld, step_id: UUID, act: Callable[[StepInfo, datetime], object]) -> object:
    with tenant.scope():
        return act(get_step_by_id(step_id), clocks.now())


def check_every_count(tenant: TenantWorld) -> None:
    with tenant.scope():
        assert votes.recount() == []
        assert comments.recount() == []


def test_toggles_by_parallel_voters_leave_counters_equal_to_their_rows(rive, clock):
    step_id = make_step(rive, support_limit=3, threshold=5)
    ideas = [deposit(rive, step_id, f"Idée {number}") for number in range(5)]
    voters = [make_person(rive, "Voisine V.") for _ in range(VOTERS)]

    def toggle(voter: UUID, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(ROUNDS):
            idea = chance.choice(ideas)
            act = votes.support if chance.random() < 0.6 else votes.withdraw
            with suppress(NoSupport, SupportLimitReached):
                attempt(
                    rive,
                    step_id,
                    lambda step, now, act=act, idea=idea: act(step, idea, person_id=voter, now=now),
                )

    with news() as told:
        failures = at_once(*(lambda v=voter, s=seed: toggle(v, s) for seed, voter in enumerate(voters)))

    assert failures == []
    check_every_count(rive)
    with rive.scope():
        per_person = db.session.execute(select(Vote.person_id, func.count()).group_by(Vote.person_id)).all()
        shown = dict(db.session.execute(select(Contribution.id, Contribution.supports)).all())
        reached = db.session.scalars(
            select(Contribution.id).where(Contribution.threshold_at.is_not(None))
        ).all()
    assert max(n for _, n in per_person) <= 3
    assert sum(shown.values()) == sum(n for _, n in per_person)
    assert len(told) == len(reached)


def test_the_same_support_sent_twelve_times_at_once_counts_once(rive, clock, amina):
    step_id = make_step(rive)
    idea = deposit(rive, step_id)
    changed = []

    def support() -> None:
        result = attempt(rive, step_id, lambda step, now: votes.support(step, idea, person_id=amina, now=now))
        changed.append(result.changed)

    failures = at_once(*[support] * 12)

    assert failures == []
    assert sorted(changed) == [False] * 11 + [True]
    assert reload(rive, idea).supports == 1
    check_every_count(rive)


def test_the_limit_is_not_passed_by_requests_that_cross(rive, clock, amina):
    step_id = make_step(rive, support_limit=3)
    ideas = [deposit(rive, step_id, f"Idée {number}") for number in range(12)]

    failures = at_once(
        *(
            lambda idea=idea: attempt(
                rive, step_id, lambda step, now: votes.support(step, idea, person_id=amina, now=now)
            )
            for idea in ideas
        )
    )

    assert [type(failure) for failure in failures] == [SupportLimitReached] * 9
    with rive.scope():
        assert db.session.scalar(select(func.count()).select_from(Vote)) == 3
    check_every_count(rive)


def test_a_support_and_the_proof_of_it_at_once_count_once(rive, clock, amina):
    step_id = make_step(rive)
    idea = deposit(rive, step_id)
    attempt(
        rive,
        step_id,
        lambda step, now: votes.support(step, idea, person_id=amina, now=now, pending_for="identity"),
    )

    def prove() -> None:
        attempt(
            rive,
            step_id,
            lambda step, now: votes.complete(step, idea, person_id=amina, now=now, pending_for=None),
        )

    def again() -> None:
        attempt(rive, step_id, lambda step, now: votes.support(step, idea, person_id=amina, now=now))

    failures = at_once(prove, again, prove, again)

    assert failures == []
    assert reload(rive, idea).supports == 1
    check_every_count(rive)


def test_the_threshold_crossed_by_many_at_once_is_news_once(rive, clock):
    step_id = make_step(rive, threshold=4)
    idea = deposit(rive, step_id)
    voters = [make_person(rive, "Voisine V.") for _ in range(12)]

    with news() as told:
        failures = at_once(
            *(
                lambda voter=voter: attempt(
                    rive, step_id, lambda step, now: votes.support(step, idea, person_id=voter, now=now)
                )
                for voter in voters
            )
        )

    assert failures == []
    assert told == ["threshold_reached"]
    assert reload(rive, idea).supports == 12


def test_a_comment_found_useful_by_many_at_once_has_them_all_and_each_once(rive, clock, bruno):
    step_id = make_step(rive)
    idea = deposit(rive, step_id)
    said = attempt(rive, step_id, lambda step, now: _say(step, idea, bruno, now))
    voters = [make_person(rive, "Voisine V.") for _ in range(8)]

    def useful(voter: UUID) -> None:
        attempt(
            rive,
            step_id,
            lambda step, now: votes.like(step, said, person_id=voter, useful=True, now=now),
        )

    failures = at_once(*(lambda v=voter: useful(v) for voter in voters for _ in range(2)))

    assert failures == []
    check_every_count(rive)
    with rive.scope():
        assert db.session.scalar(select(func.count()).select_from(Vote)) == 8


def _say(step: StepInfo, idea: UUID, author: UUID, now: datetime, parent: UUID | None = None) -> UUID:
    return comments.add(
        step, idea, author_id=author, body="D’accord.", parent_id=parent, now=now, pending_for=None
    ).id


@pytest.mark.parametrize("attempt_number", range(3))
def test_replies_withdrawals_and_moderation_cross_without_deadlock_or_lost_count(
    rive, clock, amina, bruno, attempt_number
):
    step_id = make_step(rive)
    idea = deposit(rive, step_id)
    roots = [attempt(rive, step_id, lambda step, now: _say(step, idea, amina, now)) for _ in range(4)]

    refusals: set[str] = set()

    @contextmanager
    def refused() -> Iterator[None]:
        try:
            yield
        except DomainError as refusal:
            refusals.add(refusal.code)

    def reply() -> None:
        for root in roots * 3:
            with refused():
                attempt(rive, step_id, lambda step, now, root=root: _say(step, idea, bruno, now, root))

    def hide_and_restore() -> None:
        for root in roots:
            with refused(), rive.scope():
                moderate.hide_comment(_comment(rive, root), reason="off_topic", by=bruno, now=clocks.now())
            with refused(), rive.scope():
                moderate.restore_comment(_comment(rive, root), by=bruno, now=clocks.now())

    def take_back() -> None:
        for root in roots[::-1]:
            with refused(), rive.scope():
                comments.withdraw(root)

    def like() -> None:
        for root in roots * 2:
            with refused():
                attempt(
                    rive,
                    step_id,
                    lambda step, now, root=root: votes.like(
                        step, root, person_id=bruno, useful=True, now=now
                    ),
                )

    def hide_the_idea() -> None:
        for _ in range(3):
            with rive.scope():
                moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clocks.now())
            with rive.scope():
                moderate.restore(contributions.lock(idea), by=None, now=clocks.now())

    failures = at_once(reply, reply, hide_and_restore, take_back, like, hide_the_idea)

    assert failures == []
    assert refusals <= {"comment_gone", "not_commentable", "conflict", "not_found"}
    check_every_count(rive)


def _comment(tenant: TenantWorld, comment_id: UUID) -> Comment:
    return db.session.get_one(Comment, (tenant.id, comment_id))


def test_supports_cross_the_hiding_of_their_idea(rive, clock, bruno):
    step_id = make_step(rive)
    idea = deposit(rive, step_id)
    voters = [make_person(rive, "Voisine V.") for _ in range(8)]
    refused = []

    def support(voter: UUID) -> None:
        try:
            attempt(rive, step_id, lambda step, now: votes.support(step, idea, person_id=voter, now=now))
        except NotVotable:
            refused.append(voter)

    def hide() -> None:
        with rive.scope():
            moderate.hide(contributions.lock(idea), reason="off_topic", by=bruno, now=clocks.now())

    failures = at_once(hide, *(lambda v=voter: support(v) for voter in voters))

    assert failures == []
    assert reload(rive, idea).supports == 8 - len(refused)
    check_every_count(rive)
