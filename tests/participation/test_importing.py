"""What an import writes, and what it changes when it comes again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import clock
from app.db.audit import AuditEntry
from app.db.session import db
from app.participation import contributions, moderate, official
from app.participation.models import Contribution, ContributionVersion, Decision, StatusChange, Step
from app.participation.steps import get_step_by_id
from modules.boite_a_idees.models import Idea
from modules.boite_a_idees.rules import STATUSES
from tests.participation.deposits import count, deposit, news, reload, step_of, support
from tests.participation.imports import MAP, bring, check_figures, csv, ideas
from tests.support.world import TenantWorld, make_project, make_step

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def step_id(rive: TenantWorld) -> UUID:
    return make_step(rive)


def test_an_imported_idea_is_like_a_deposited_one(rive: TenantWorld, step_id: UUID) -> None:
    deposit(rive, step_id)

    with news() as posted:
        report = bring(
            rive,
            step_id,
            csv(
                '7,Un pont,Le texte,mobilités,Nord,"0,5",0.25,realisee,2026-10-01,12,Place du Pont',
                header="cle,titre,texte,theme,zone,lon,lat,statut,depuis,age,lieu",
            ),
            f"{MAP},longitude=lon,latitude=lat,status=statut,status_at=depuis,age_days=age,place=lieu",
        )

    _, idea = [reload(rive, one.id) for one in _all(rive, step_id)]
    assert isinstance(idea, Idea)
    assert (idea.number, idea.slug, idea.import_key) == (2, "un-pont", "7")
    assert (report.first_number, report.last_number) == (2, 2)
    assert (idea.theme, idea.zone_id, idea.place) == ("Mobilités", rive.zones["nord"], "Place du Pont")
    assert (idea.longitude, idea.latitude) == (0.5, 0.25)
    assert idea.created_at == idea.published_at == clock.now() - timedelta(days=12)
    assert (idea.status, idea.status_at) == ("realisee", datetime(2026, 9, 30, 22, tzinfo=UTC))
    assert (idea.state, idea.supports, idea.comments, idea.versions) == ("published", 0, 0, 1)
    assert posted == []
    with rive.scope():
        assert [change.status for change in official.list_changes(idea.id)] == ["realisee"]
        entry = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "contributions.imported")
        ).one()
        assert entry.details == {"added": 1, "updated": 0, "hidden": 0}
    check_figures(rive)


def _all(tenant: TenantWorld, step_id: UUID) -> list[Contribution]:
    with tenant.scope():
        query = select(Contribution).where(Contribution.step_id == step_id).order_by(Contribution.number)
        return list(db.session.scalars(query))


def test_an_idea_without_status_starts_as_received(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv("1,Des bancs,,,"))
    bring(rive, step_id, csv("2,Des arbres,,,"), status="À l’étude")

    assert [(idea.status, idea.status_at is None) for idea in ideas(rive, step_id)] == [
        ("recue", True),
        ("etude", False),
    ]
    assert count(rive, StatusChange) == 1


def test_a_hidden_row_shows_only_its_place_with_a_reason(rive: TenantWorld, step_id: UUID) -> None:
    report = bring(
        rive,
        step_id,
        csv("1,,,,,oui", "2,Visible,,,,NON", "3,Masqué,,,,1", header="cle,titre,texte,theme,zone,masque"),
        f"{MAP},hidden=masque",
        hidden_reason="duplicate",
    )

    nameless, visible, hidden = ideas(rive, step_id)
    assert (nameless.title, nameless.state, nameless.shuffle_rank) == ("Contribution masquée", "hidden", None)
    assert (visible.state, hidden.state) == ("published", "hidden")
    assert (report.added, report.hidden) == (3, 2)
    with rive.scope():
        decision = moderate.last_decision(hidden.id)
        assert decision is not None
        assert (decision.reason, decision.author_id) == ("duplicate", None)
        moderate.restore(contributions.lock(hidden.id), by=None, now=clock.now())
    assert step_of(rive, step_id).contributions == 2
    check_figures(rive)


def test_the_words_of_a_file_are_cleaned_like_those_of_a_form(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv('1,  Des\tbancs\u200b\u202e ,"<b>gras</b>\r\n😀 مرحبا\x07",,'))

    idea = ideas(rive, step_id)[0]
    assert idea.title == "Des bancs"
    assert idea.body == "<b>gras</b>\n😀 مرحبا"


def test_a_step_closed_moderated_or_in_a_draft_takes_imports(rive: TenantWorld) -> None:
    project = make_project(rive, state="draft")
    closed = make_step(rive, project_id=project, closes_in=timedelta(days=-1), moderation="before")

    bring(rive, closed, csv("1,Des bancs,,,"))

    assert [idea.state for idea in ideas(rive, closed)] == ["published"]


def test_the_same_file_twice_changes_nothing(rive: TenantWorld, step_id: UUID) -> None:
    content = csv("1,Des bancs,Texte,Nature,nord", "2,Des arbres,,,")
    bring(rive, step_id, content)

    again = bring(rive, step_id, content)

    assert (again.added, again.updated, again.unchanged, again.done) == (0, 0, 2, True)
    assert step_of(rive, step_id).contributions == count(rive, Contribution) == 2
    assert count(rive, AuditEntry) == 1


def test_a_changed_row_is_brought_up_to_date_in_place(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv("1,Des bancs,Texte,Nature,nord", "2,Des arbres,,,"))
    before = ideas(rive, step_id)[0]
    support(rive, step_id, before.id, voters=2)

    report = bring(
        rive, step_id, csv("1,Vingt bancs,Texte,Mobilités,sud", "2,Des arbres,,,", "3,De l’eau,,,")
    )

    after = ideas(rive, step_id)[0]
    assert (report.added, report.updated, report.unchanged) == (1, 1, 1)
    assert (after.id, after.number, after.slug) == (before.id, 1, "vingt-bancs")
    assert (after.theme, after.zone_id, after.supports) == ("Mobilités", rive.zones["sud"], 2)
    assert (after.versions, after.edited_at) == (2, clock.now())
    with rive.scope():
        kept = db.session.scalars(select(ContributionVersion)).one()
        assert (kept.title, kept.supports) == ("Des bancs", 2)
    check_figures(rive)


def test_what_a_file_does_not_say_is_left_as_it_is(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv("1,Des bancs,Texte,Nature,nord"))
    idea = ideas(rive, step_id)[0]
    with rive.scope():
        official.set_status(
            contributions.lock(idea.id), "recevable", statuses=STATUSES, by=None, now=clock.now()
        )

    report = bring(rive, step_id, csv("1,Des bancs,,,"), "title=titre,key=cle")

    after = ideas(rive, step_id)[0]
    assert report.unchanged == 1
    assert (after.body, after.theme, after.status) == ("Texte", "Nature", "recevable")


def test_a_file_hides_what_was_published_and_never_brings_back_what_was_hidden(
    rive: TenantWorld, step_id: UUID
) -> None:
    maps, header = "title=titre,body=texte,key=cle,hidden=masque", "cle,titre,texte,masque"
    bring(rive, step_id, csv("1,Des bancs,Un texte,0", "2,Des arbres,,0", header=header), maps)

    hiding = bring(rive, step_id, csv("1,[modéré],,1", "2,Des arbres,,0", header=header), maps)
    back = bring(rive, step_id, csv("1,Des bancs,Un texte,0", header=header), maps)

    idea = ideas(rive, step_id)[0]
    assert (hiding.updated, hiding.hidden) == (1, 1)
    assert (back.unchanged, idea.state, idea.title, idea.body) == (1, "hidden", "Des bancs", "Un texte")
    assert step_of(rive, step_id).contributions == 1
    assert count(rive, Decision) == 1
    check_figures(rive)


def test_what_its_author_took_back_is_not_touched(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv("1,Des bancs,,,"))
    with rive.scope():
        contributions.withdraw(contributions.lock(ideas_ids(step_id)[0]), now=clock.now())

    report = bring(rive, step_id, csv("1,Encore des bancs,,,"))

    assert (report.kept, report.updated) == (1, 0)
    assert [(idea.title, idea.state) for idea in ideas(rive, step_id)] == [("Des bancs", "withdrawn")]


def ideas_ids(step_id: UUID) -> list[UUID]:
    return list(db.session.scalars(select(Contribution.id).where(Contribution.step_id == step_id)))


def test_the_same_key_in_another_step_or_at_another_tenant_is_another_contribution(
    rive: TenantWorld, levant: TenantWorld, step_id: UUID
) -> None:
    elsewhere = make_step(levant)
    bring(levant, elsewhere, csv("1,Chez Chloé,,,"))
    bring(rive, make_step(rive), csv("1,Autre étape,,,"))

    report = bring(rive, step_id, csv("1,Ici,,,"))

    assert report.added == 1
    assert [idea.title for idea in ideas(levant, elsewhere)] == ["Chez Chloé"]


def test_many_rows_change_every_figure_together(rive: TenantWorld, step_id: UUID) -> None:
    draw = random.Random(75)
    themes, zones = ["Nature", "Mobilités", ""], ["nord", "sud", ""]

    def content() -> bytes:
        return csv(*(f"{n},Idée {n},Texte,{draw.choice(themes)},{draw.choice(zones)}" for n in range(2500)))

    bring(rive, step_id, content())
    bring(rive, step_id, content())

    step = step_of(rive, step_id)
    assert (step.contributions, step.shuffled) == (2500, 2500)
    assert sorted(idea.shuffle_rank or 0 for idea in ideas(rive, step_id)) == list(range(2500))
    with rive.scope():
        assert db.session.get_one(Step, (rive.id, step_id)).next_number == 2501
    check_figures(rive)


def test_a_deposit_after_an_import_takes_the_next_number(rive: TenantWorld, step_id: UUID) -> None:
    bring(rive, step_id, csv("1,Un,,,", "2,Deux,,,"))

    idea = reload(rive, deposit(rive, step_id))

    assert (idea.number, idea.shuffle_rank) == (3, 2)
    with rive.scope():
        assert get_step_by_id(step_id).contributions == 3
