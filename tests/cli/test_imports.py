"""`parvis import`: what an operator types, reads and may undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import clock
from app.db.session import db
from app.participation import counters, votes
from app.participation.models import Contribution, Decision
from app.participation.steps import get_step_by_id
from tests.cli.conftest import Parvis, Ran
from tests.support import world as worlds
from tests.support.world import TenantWorld, make_step

GOOD = "cle,titre,texte\n1,Des bancs,À l’ombre\n2,Une fontaine,\n"

Bring = Callable[..., Ran]


@pytest.fixture
def step_id(rive: TenantWorld) -> UUID:
    return make_step(rive, slug="parcs")


@pytest.fixture
def bring(on_servers: Parvis, rive: TenantWorld, step_id: UUID, tmp_path: Path) -> Bring:
    """`bring(text, *options)` imports a file of that text into Rive's step."""
    file = tmp_path / "idees.csv"

    def run(
        text: str, *options: str, maps: str = "title=titre,body=texte,key=cle", command: str = "contributions"
    ) -> Ran:
        file.write_text(text, "utf-8")
        return on_servers(
            "import",
            command,
            "--tenant",
            rive.slug,
            "--step",
            "idees/parcs",
            str(file),
            "--map",
            maps,
            *options,
        )

    return run


def titles(tenant: TenantWorld) -> list[str]:
    with tenant.scope():
        return list(db.session.scalars(select(Contribution.title).order_by(Contribution.number)))


def test_a_file_is_imported_and_told(bring: Bring, rive: TenantWorld) -> None:
    ran = bring(GOOD)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "idees.csv: utf-8, comma, 3 columns",
        "2 lines for idees/parcs: 2 added, 0 rejected",
        "Numbers 1 to 2",
    ]
    assert titles(rive) == ["Des bancs", "Une fontaine"]


def test_imported_again_it_changes_nothing(bring: Bring, rive: TenantWorld) -> None:
    bring(GOOD)

    ran = bring(GOOD + "3,Des arbres,\n", "--json")

    assert {name: ran.data[name] for name in ("added", "updated", "unchanged", "done")} == {
        "added": 1,
        "updated": 0,
        "unchanged": 2,
        "done": True,
    }
    assert titles(rive) == ["Des bancs", "Une fontaine", "Des arbres"]


def test_a_dry_run_announces_and_writes_nothing(bring: Bring, rive: TenantWorld) -> None:
    ran = bring(GOOD, "--dry-run")

    assert ran.code == 0
    assert "2 lines for idees/parcs: 2 would be added, 0 rejected" in ran.out
    assert titles(rive) == []


def test_one_bad_line_and_nothing_comes_in(bring: Bring, rive: TenantWorld, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"

    ran = bring(GOOD + "1,Encore,\n4,,\n", "--report", str(report))

    assert ran.code == 1
    assert ran.err == ("Nothing was imported: 2 of 4 lines are rejected (--skip-bad imports the others)\n")
    assert "4     duplicate  key '1' is already on line 2" in ran.out
    assert "5     missing    title is empty" in ran.out
    assert report.read_text("utf-8-sig").splitlines()[1:] == [
        "4,duplicate,key '1' is already on line 2,1,Encore",
        "5,missing,title is empty,4,",
    ]
    assert titles(rive) == []


def test_the_good_lines_come_in_when_asked(bring: Bring, rive: TenantWorld) -> None:
    ran = bring(GOOD + "4,,\n", "--skip-bad")

    assert ran.code == 0
    assert titles(rive) == ["Des bancs", "Une fontaine"]


@pytest.mark.parametrize(
    ("maps", "sentence"),
    [
        (
            "title=titres",
            "no column is called 'titres' (did you mean 'titre'?); the first line names: 'cle', 'titre', 'texte'",
        ),
        ("title=titre,supports=votes", "supports cannot be imported"),
        ("titre", "--map has 'titre', expected target=column"),
    ],
)
def test_a_mapping_that_cannot_be_is_wrong_usage(bring: Bring, maps: str, sentence: str) -> None:
    ran = bring(GOOD, maps=maps)

    assert ran.code == 2
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


def test_what_does_not_exist_is_refused_in_one_sentence(
    on_servers: Parvis, rive: TenantWorld, step_id: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "vide.csv"
    file.write_bytes(b"")

    def run(tenant: str, step: str) -> Ran:
        return on_servers(
            "import", "contributions", "--tenant", tenant, "--step", step, str(file), "--map", "title=a"
        )

    nowhere, unknown, empty = run("nulle-part", "parcs"), run(rive.slug, "parc"), run(rive.slug, "parcs")
    absent = on_servers(
        "import", "contributions", "--tenant", "x", "--step", "y", "absent.csv", "--map", "title=a"
    )

    assert [ran.code for ran in (nowhere, unknown, empty, absent)] == [1, 1, 1, 2]
    assert "no tenant is called 'nulle-part'" in nowhere.err
    assert unknown.err == "no step is called 'parc' (did you mean parcs?); the steps are idees/parcs\n"
    assert empty.err == "the file is empty\n"


def test_options_stand_for_what_the_lines_do_not_say(bring: Bring, rive: TenantWorld) -> None:
    ran = bring(
        "titre;masque\nDes bancs;non\nInsulte;oui\n",
        *("--author", "Ville de Rive", "--status", "recevable", "--hidden-reason", "personal_attack"),
        *("--delimiter", ";", "--encoding", "utf-8", "--json"),
        maps="title=titre,hidden=masque",
    )

    assert ran.data["hidden"] == 1
    with rive.scope():
        rows = db.session.execute(select(Contribution.author_label, Contribution.status).distinct()).all()
        assert [tuple(row) for row in rows] == [("Ville de Rive", "recevable")]
        assert db.session.scalars(select(Decision.reason)).all() == ["personal_attack"]


@pytest.mark.parametrize("option", [("--status", "en cours"), ("--hidden-reason", "boring")])
def test_an_option_that_names_nothing_is_wrong_usage(bring: Bring, option: tuple[str, str]) -> None:
    ran = bring(GOOD, *option)

    assert ran.code == 2
    assert "expected one of" in ran.err or "is none of" in ran.err


def test_what_nobody_touched_is_removed_again(bring: Bring, rive: TenantWorld, step_id: UUID) -> None:
    bring(GOOD)
    announced = bring(GOOD + "9,Absent,\n", "--dry-run", command="undo")

    ran = bring(GOOD, command="undo", maps="key=cle")

    assert announced.out == "3 keys for idees/parcs: 2 would be removed, 0 in use, 1 not found\n"
    assert ran.out == "2 keys for idees/parcs: 2 removed, 0 in use, 0 not found\n"
    assert (ran.code, titles(rive)) == (0, [])
    with rive.scope():
        assert counters.recount() == []
        assert get_step_by_id(step_id).contributions == 0


def test_what_people_supported_stays(bring: Bring, rive: TenantWorld, step_id: UUID, amina: UUID) -> None:
    bring(GOOD)
    with rive.scope():
        bench = db.session.scalars(select(Contribution.id).where(Contribution.number == 1)).one()
        votes.support(get_step_by_id(step_id), bench, person_id=amina, now=clock.now())

    refused, done = bring(GOOD, command="undo"), bring(GOOD, "--skip-used", command="undo")

    assert refused.code == 1
    assert refused.err.startswith("Nothing was removed: people did something with 1 contributions")
    assert "1       supported" in refused.out
    assert (done.code, titles(rive)) == (0, ["Des bancs"])
    with rive.scope():
        assert counters.recount() == []


def test_an_operator_of_one_platform_writes_nowhere_else(bring: Bring, levant: TenantWorld) -> None:
    elsewhere = make_step(levant, slug="parcs")
    worlds.make_person(levant, "Chloé L.")

    bring(GOOD)

    assert titles(levant) == []
    with levant.scope():
        assert get_step_by_id(elsewhere).contributions == 0


def test_the_help_shows_an_example(parvis: Parvis) -> None:
    for command in ("contributions", "undo"):
        told = parvis("import", command, "--help")
        assert told.code == 0
        assert "Example: parvis import" in " ".join(told.out.split())
