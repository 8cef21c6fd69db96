"""A text typed and not sent is kept for its author alone."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.db.clock import FrozenClock
from app.db.errors import NotFound
from app.participation import drafts
from app.participation.models import Draft
from app.participation.steps import get_step_by_id
from tests.participation.deposits import count
from tests.support.world import TenantWorld, make_person, make_step

ACT = "boite_a_idees.propose"


def save(
    tenant: TenantWorld,
    step_id: UUID,
    person: UUID,
    clock: FrozenClock,
    draft: UUID | None = None,
    **fields: str,
) -> UUID:
    with tenant.scope():
        return drafts.save(ACT, get_step_by_id(step_id), person, fields, draft_id=draft, now=clock()).id


def test_058_a_draft_keeps_what_was_typed_however_little(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)

    first = save(rive, step_id, amina, clock, title="Des ba", body="", csrf_token="x", jeton="y", emis="z")
    clock.move(minutes=1)
    again = save(rive, step_id, amina, clock, first, title="Des bancs", body="Le soleil…")

    with rive.scope():
        draft = drafts.get(first, amina)
        assert draft.fields == {"title": "Des bancs", "body": "Le soleil…"}
        assert (draft.act, draft.updated_at) == (ACT, clock())
    assert (again, count(rive, Draft)) == (first, 1)


def test_nobody_else_reads_changes_or_deletes_a_draft(
    rive: TenantWorld, levant: TenantWorld, amina: UUID, chloe: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    mine = save(rive, step_id, amina, clock, title="À moi")
    other = make_person(rive, "Idriss B.")

    theirs = save(rive, step_id, other, clock, mine, title="À lui")
    with rive.scope():
        drafts.discard(mine, other)

    with rive.scope():
        assert theirs != mine
        assert drafts.get(mine, amina).fields == {"title": "À moi"}
        for draft, person in ((mine, other), (theirs, amina), (uuid4(), amina)):
            with pytest.raises(NotFound):
                drafts.get(draft, person)
    with levant.scope(), pytest.raises(NotFound):
        drafts.get(mine, amina)


def test_a_text_sent_after_its_draft_is_gone_is_kept_all_the_same(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    gone = save(rive, step_id, amina, clock, title="Un")
    with rive.scope():
        drafts.discard(gone, amina)
    assert count(rive, Draft) == 0

    kept = save(rive, step_id, amina, clock, gone, title="Deux")
    elsewhere = save(rive, make_step(rive), amina, clock, kept, title="Trois")

    assert elsewhere != kept
    with rive.scope():
        assert drafts.get(kept, amina).fields == {"title": "Deux"}


def test_drafts_are_listed_last_touched_first(rive: TenantWorld, amina: UUID, clock: FrozenClock) -> None:
    step_id = make_step(rive)
    first = save(rive, step_id, amina, clock, title="Un")
    clock.move(minutes=1)
    second = save(rive, step_id, amina, clock, title="Deux")
    clock.move(minutes=1)
    save(rive, step_id, amina, clock, first, title="Un, repris")

    with rive.scope():
        assert [draft.id for draft in drafts.list_of(amina)] == [first, second]
