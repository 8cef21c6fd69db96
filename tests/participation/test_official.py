"""The collectivité answers and says how far an idea got."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.db.audit import AuditEntry
from app.db.clock import FrozenClock
from app.db.errors import Conflict
from app.db.session import db
from app.participation import contributions, counters, moderate, official
from app.participation.errors import UnknownStatus
from app.participation.models import OfficialAnswer, StatusChange
from app.participation.official import Status
from tests.participation.deposits import count, deposit, news, reload
from tests.support.world import TenantWorld, make_step

STATUSES = (
    Status("study", "À l’étude", "Les services étudient votre idée.", "info"),
    Status("done", "Réalisée", "C’est fait.", "ok", done=True),
)


def answer(
    tenant: TenantWorld, idea: UUID, clock: FrozenClock, by: UUID | None, status: str | None
) -> OfficialAnswer:
    with tenant.scope():
        return official.answer(
            contributions.lock(idea),
            signatory="Hélène Brémont",
            signatory_title="Adjointe aux espaces verts",
            body="Six bancs seront posés en mars.",
            status=status,
            statuses=STATUSES,
            by=by,
            now=clock(),
        )


def set_status(
    tenant: TenantWorld, idea: UUID, clock: FrozenClock, status: str, note: str = ""
) -> StatusChange | None:
    with tenant.scope():
        return official.set_status(
            contributions.lock(idea), status, note=note, statuses=STATUSES, by=None, now=clock()
        )


def test_an_answer_is_signed_dated_and_moves_the_status(
    rive: TenantWorld, dora: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id)

    with news() as told:
        given = answer(rive, idea, clock, dora, "study")

    found = reload(rive, idea)
    assert (found.answered, found.status, found.status_at) == (True, "study", clock())
    assert (given.signatory, given.author_id, given.published_at) == ("Hélène Brémont", dora, clock())
    assert told == ["answer_published"]
    with rive.scope():
        assert [change.status for change in official.list_changes(idea)] == ["study"]
        assert counters.facets(step_id).statuses == {"study": 1}
        actions = db.session.scalars(db.select(AuditEntry.action).order_by(AuditEntry.action)).all()
        assert actions == ["contribution.answer", "contribution.set_status"]


def test_a_correction_is_another_answer(rive: TenantWorld, dora: UUID, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive))
    first = answer(rive, idea, clock, dora, None)
    clock.move(days=1)
    second = answer(rive, idea, clock, dora, None)

    with rive.scope():
        assert [row.id for row in official.list_answers(idea)] == [second.id, first.id]
    assert (reload(rive, idea).status, count(rive, StatusChange)) == ("", 0)


def test_077_a_status_outside_the_application_is_refused_and_removing_one_leaves_none(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    idea = deposit(rive, step_id)

    with pytest.raises(UnknownStatus):
        set_status(rive, idea, clock, "lauréat")
    with pytest.raises(UnknownStatus):
        answer(rive, idea, clock, None, "lauréat")
    assert (reload(rive, idea).answered, count(rive, OfficialAnswer)) == (False, 0)

    set_status(rive, idea, clock, "study")
    with news() as told:
        set_status(rive, idea, clock, "")

    found = reload(rive, idea)
    assert (found.status, found.status_at) == ("", None)
    assert told == ["status_changed"]
    with rive.scope():
        assert [change.status for change in official.list_changes(idea)] == ["study", ""]
        assert counters.facets(step_id).statuses == {"": 1}
        assert counters.recount() == []


def test_077_a_contribution_outside_the_pages_gets_no_status_and_no_answer(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    waiting, hidden = deposit(rive, step_id, pending_for="identity"), deposit(rive, step_id)
    with rive.scope():
        moderate.hide(contributions.lock(hidden), reason="off_topic", by=None, now=clock())

    for idea in (waiting, hidden):
        with pytest.raises(Conflict):
            set_status(rive, idea, clock, "study")
        with pytest.raises(Conflict):
            answer(rive, idea, clock, None, None)


def test_the_same_status_is_news_only_with_a_note(rive: TenantWorld, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive))
    set_status(rive, idea, clock, "study")

    assert set_status(rive, idea, clock, "study") is None
    clock.move(days=1)
    noted = set_status(rive, idea, clock, "study", " Réunion sur place le 3 mars. ")

    assert noted is not None
    assert noted.note == "Réunion sur place le 3 mars."
    with rive.scope():
        assert [change.note for change in official.list_changes(idea)] == ["", "Réunion sur place le 3 mars."]


def test_an_answer_given_with_the_current_status_adds_no_change(
    rive: TenantWorld, clock: FrozenClock
) -> None:
    idea = deposit(rive, make_step(rive))
    set_status(rive, idea, clock, "study")

    answer(rive, idea, clock, None, "study")

    assert count(rive, StatusChange) == 1


def test_a_status_declares_its_colour_and_its_id() -> None:
    with pytest.raises(ValueError, match="colour is 'rouge', expected one of ok, info"):
        Status("study", "À l’étude", "…", "rouge")
    with pytest.raises(ValueError, match="needs an id"):
        Status("", "Aucun", "…", "mute")
    assert official.find_status("", STATUSES) is None
    assert official.find_status("done", STATUSES) is STATUSES[1]
