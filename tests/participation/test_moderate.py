"""Moderators hide, restore, accept and reject, always with a trace."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from app.db.audit import AuditEntry
from app.db.clock import FrozenClock
from app.db.errors import Conflict
from app.db.session import db
from app.participation import comments, contributions, counters, moderate
from app.participation.errors import UnknownReason
from app.participation.models import Comment, Contribution, Decision
from app.participation.steps import get_step_by_id
from tests.participation.deposits import count, deposit, news, reload, step_of, support
from tests.support.world import TenantWorld, make_step


def held(idea: UUID) -> Contribution:
    return contributions.lock(idea)


def test_the_six_reasons_are_numbered_and_each_has_its_words() -> None:
    assert list(moderate.LABELS.values()) == [
        "attaque personnelle",
        "propos illicite ou haineux",
        "hors sujet",
        "publicité ou démarchage",
        "données personnelles",
        "doublon",
    ]
    assert list(moderate.REASONS) == list(moderate.LABELS)
    assert [moderate.number_of(code) for code in moderate.REASONS] == [1, 2, 3, 4, 5, 6]
    assert all(sentence.endswith(".") for sentence in moderate.REASONS.values())


def test_hiding_leaves_the_pages_and_the_counters_and_says_why(
    rive: TenantWorld, bruno: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, theme="Nature")
    support(rive, step_id, idea)

    with rive.scope(), news() as told:
        decision = moderate.hide(
            held(idea), reason="personal_attack", note=" Restons courtois. ", by=bruno, now=clock()
        )

    found = reload(rive, idea)
    assert (found.state, found.supports, found.shuffle_rank) == ("hidden", 1, None)
    assert (decision.action, decision.reason, decision.note) == (
        "hide",
        "personal_attack",
        "Restons courtois.",
    )
    assert (decision.author_id, decision.at, decision.previous_state) == (bruno, clock(), "published")
    assert told == ["contribution_hidden"]
    with rive.scope():
        assert counters.facets(step_id).themes == {}
        assert get_step_by_id(step_id).contributions == 0
        entry = db.session.scalars(db.select(AuditEntry)).one()
        assert (entry.action, entry.actor_id, entry.target_id) == ("contribution.hide", bruno, idea)
        assert entry.details == {"reason": "personal_attack"}


@pytest.mark.parametrize("state", ["published", "archived"])
def test_restoring_brings_back_the_very_state_and_counters(
    rive: TenantWorld, bruno: UUID, clock: FrozenClock, state: str
) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id, theme="Nature", status="received")
    with rive.scope():
        if state == "archived":
            contributions.archive(held(idea), now=clock())
        before = (counters.facets(step_id), get_step_by_id(step_id).contributions, held(idea).published_at)
    clock.move(days=1)

    with rive.scope(), news() as told:
        moderate.hide(held(idea), reason="off_topic", by=bruno, now=clock())
        moderate.restore(held(idea), note="Relue à tête reposée.", by=bruno, now=clock())

    with rive.scope():
        assert held(idea).state == state
        after = (counters.facets(step_id), get_step_by_id(step_id).contributions, held(idea).published_at)
        assert after == before
        assert counters.recount() == []
        trace = moderate.list_decisions(contribution_id=idea)
        assert [(row.action, row.reason, row.previous_state) for row in trace] == [
            ("restore", "", "hidden"),
            ("hide", "off_topic", state),
        ]
    assert told == ["contribution_hidden", "contribution_restored"]


def test_a_second_click_decides_nothing(rive: TenantWorld, bruno: UUID, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive))
    with rive.scope():
        moderate.hide(held(idea), reason="off_topic", by=bruno, now=clock())

    with pytest.raises(Conflict), rive.scope():
        moderate.hide(held(idea), reason="duplicate", by=bruno, now=clock())
    with rive.scope():
        moderate.restore(held(idea), by=bruno, now=clock())
    with pytest.raises(Conflict), rive.scope():
        moderate.restore(held(idea), by=bruno, now=clock())

    assert count(rive, Decision) == 2


def test_a_page_read_before_somebody_else_decided_does_not_decide_twice(
    rive: TenantWorld, bruno: UUID, clock: FrozenClock
) -> None:
    idea = deposit(rive, make_step(rive))

    def meanwhile() -> None:
        with rive.scope():
            moderate.hide(held(idea), reason="duplicate", by=bruno, now=clock())

    with rive.scope():
        as_read = db.session.get_one(Contribution, (rive.id, idea))
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join(timeout=20)
        assert as_read.state == "published"
        with pytest.raises(Conflict):
            moderate.hide(as_read, reason="off_topic", by=bruno, now=clock())

    assert count(rive, Decision) == 1


@pytest.mark.parametrize("reason", ["", "parce que", "7"])
def test_a_reason_outside_the_rules_is_refused(rive: TenantWorld, clock: FrozenClock, reason: str) -> None:
    step_id = make_step(rive, moderation="before")
    idea = deposit(rive, step_id)

    with rive.scope():
        for decide in (moderate.hide, moderate.reject):
            with pytest.raises(UnknownReason, match="unknown_reason"):
                decide(held(idea), reason=reason, by=None, now=clock())

    assert count(rive, Decision) == 0


def test_accepting_publishes_what_waited_to_be_read(
    rive: TenantWorld, bruno: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive, moderation="before")
    idea = deposit(rive, step_id)
    clock.move(hours=5)

    with rive.scope(), news() as told:
        moderate.accept(held(idea), by=bruno, now=clock())

    found = reload(rive, idea)
    assert (found.state, found.pending_for, found.published_at) == ("published", None, clock())
    assert (found.shuffle_rank, step_of(rive, step_id).contributions) == (0, 1)
    assert told == ["contribution_published"]


def test_rejecting_keeps_the_text_and_tells_why(rive: TenantWorld, bruno: UUID, clock: FrozenClock) -> None:
    step_id = make_step(rive, moderation="before")
    idea = deposit(rive, step_id, "Un slogan")

    with rive.scope(), news() as told:
        decision = moderate.reject(held(idea), reason="advertising", by=bruno, now=clock())

    found = reload(rive, idea)
    assert (found.state, found.pending_for, found.title) == ("rejected", None, "Un slogan")
    assert (decision.action, decision.previous_state) == ("reject", "pending")
    assert told == ["contribution_rejected"]
    with rive.scope():
        last = moderate.last_decision(idea)
        assert last is not None
        assert last.id == decision.id
        assert counters.recount() == []


@pytest.mark.parametrize("pending_for", ["identity", "requirements", "too_late"])
def test_moderators_do_not_decide_what_waits_for_its_author(
    rive: TenantWorld, clock: FrozenClock, pending_for: str
) -> None:
    idea = deposit(rive, make_step(rive), pending_for=pending_for)

    with rive.scope():
        with pytest.raises(Conflict):
            moderate.accept(held(idea), by=None, now=clock())
        with pytest.raises(Conflict):
            moderate.reject(held(idea), reason="off_topic", by=None, now=clock())


def test_a_comment_is_hidden_and_restored_with_its_counts(
    rive: TenantWorld, amina: UUID, bruno: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive, comments=True)
    idea = deposit(rive, step_id)
    with rive.scope():
        step = get_step_by_id(step_id)
        common = {"author_id": amina, "now": clock(), "pending_for": None}
        first = comments.add(step, idea, body="D’accord.", parent_id=None, **common)  # type: ignore[arg-type]
        reply = comments.add(step, idea, body="Pas moi.", parent_id=first.id, **common)  # type: ignore[arg-type]

    with rive.scope(), news() as told:
        moderate.hide_comment(
            db.session.get_one(Comment, (rive.id, reply.id)), reason="personal_attack", by=bruno, now=clock()
        )

    with rive.scope():
        parent, hidden = (db.session.get_one(Comment, (rive.id, row.id)) for row in (first, reply))
        assert (parent.replies, hidden.state, held(idea).comments) == (0, "hidden", 1)
        with pytest.raises(Conflict):
            moderate.hide_comment(hidden, reason="off_topic", by=bruno, now=clock())
        moderate.restore_comment(hidden, by=bruno, now=clock())
        with pytest.raises(Conflict):
            moderate.restore_comment(hidden, by=bruno, now=clock())
    with rive.scope():
        parent, shown = (db.session.get_one(Comment, (rive.id, row.id)) for row in (first, reply))
        assert (parent.replies, shown.state, held(idea).comments) == (1, "published", 2)
        trace = moderate.list_decisions(comment_id=reply.id)
        assert [row.action for row in trace] == ["restore", "hide"]
    assert told == ["comment_hidden"]


def test_decisions_are_about_one_thing() -> None:
    with pytest.raises(ValueError, match="about a contribution or about a comment"):
        moderate.list_decisions()
