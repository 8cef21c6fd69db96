"""The démarches of a file: written once, then changed only where the file changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.participation.models import Project, Step
from app.tenancy.errors import TenancyError
from tests.tenancy.files import NOW, PROJECT, STEP, PlatformFile


def with_step(**changes: object) -> list[dict[str, object]]:
    return [PROJECT | {"steps": [STEP | changes]}]


def test_relative_dates_are_counted_from_the_first_application(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()
    opened, closes = rive_file.step().opens_at, rive_file.step().closes_at
    assert opened == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    assert closes == datetime(2026, 11, 28, 17, 0, tzinfo=UTC)

    rive_file.document["name"] = "Rive-sur-Mer"
    rive_file.document["projects"] = with_step(title="Vos idées pour les parcs")
    rive_file.apply(now=NOW + timedelta(days=3))

    assert (rive_file.step().opens_at, rive_file.step().closes_at) == (opened, closes)
    assert rive_file.step().title == "Vos idées pour les parcs"


def test_dates_that_cross_on_the_day_of_application_are_refused(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = with_step(opens_at="+10d", closes_at="2026-11-25T18:00")

    with pytest.raises(
        TenancyError, match=r"step parcs of parcs would close on 2026-11-25 17:00 UTC and open on"
    ):
        rive_file.apply()

    assert rive_file.tenant() is None


def test_what_was_edited_on_the_platform_stays_until_the_file_changes_it(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()
    later = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
    rive_file.edit_on_the_platform(Step, closes_at=later, summary="Écrit sur la page", settings={"limit": 9})
    rive_file.edit_on_the_platform(Project, question="Une autre question ?")

    rive_file.document["projects"] = with_step(title="Nouveau titre")
    rive_file.apply()

    step = rive_file.step()
    assert (step.closes_at, step.summary, step.settings, step.title) == (
        later,
        "Écrit sur la page",
        {"limit": 9},
        "Nouveau titre",
    )
    assert rive_file.project().question == "Une autre question ?"

    rive_file.document["projects"] = with_step(closes_at="2026-12-24T18:00", settings={"limit": 5})
    rive_file.apply()
    step = rive_file.step()
    assert step.closes_at == datetime(2026, 12, 24, 17, 0, tzinfo=UTC)
    assert step.settings == {"limit": 5}


def test_a_key_that_left_goes_back_to_what_it_means_when_absent(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()

    rive_file.document["projects"] = [{key: value for key, value in PROJECT.items() if key != "question"}]
    rive_file.apply()

    assert rive_file.project().question == ""


def test_a_step_keeps_its_life_when_it_moves_to_another_demarche(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()
    rive_file.edit_on_the_platform(Step, next_number=12)

    rive_file.document["projects"] = [
        PROJECT | {"steps": []},
        {"slug": "eau", "title": "L’eau", "steps": [STEP]},
    ]
    rive_file.apply()

    step = rive_file.step()
    eau = next(project for project in rive_file.rows(Project) if project.slug == "eau")
    assert (step.next_number, step.project_id) == (12, eau.id)


def test_two_applications_may_give_a_step_the_same_name(rive_file: PlatformFile) -> None:
    vote = {"slug": "parcs", "title": "Votez", "module": "votation", "kind": "vote", "closes_at": "+9d"}
    rive_file.document["modules"] = {"boite_a_idees": True, "votation": True}
    rive_file.document["projects"] = [PROJECT | {"steps": [STEP, vote]}]
    rive_file.apply()
    later = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)
    [deposit] = [step for step in rive_file.rows(Step) if step.module == "boite_a_idees"]

    rive_file.document["projects"] = [PROJECT | {"steps": [STEP, vote | {"title": "Votez !"}]}]
    rive_file.apply(now=later)

    titles = {step.module: step.title for step in rive_file.rows(Step)}
    assert titles == {"boite_a_idees": "Vos idées", "votation": "Votez !"}
    assert deposit.closes_at == datetime(2026, 11, 28, 17, 0, tzinfo=UTC)
