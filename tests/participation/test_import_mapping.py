"""What a mapping may say, and the dates that open data writes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from app.participation.importing import mapping, moments, reader, targets
from app.participation.importing.errors import MappingRefused, StepRefused
from tests.participation.imports import csv
from tests.support.world import TenantWorld, make_step


@pytest.mark.parametrize(
    ("maps", "sentence"),
    [
        (["body=texte"], "does not say which column is the title"),
        (["title"], "--map has 'title', expected target=column"),
        (["title=titre,titel=x"], "no target 'titel' (did you mean title?)"),
        (["title=titre,supports=votes"], "supports cannot be imported: each is the vote of a person"),
        (["title=titre", "title=nom"], "names title twice: join columns with +"),
        (["title=titre,theme=a+b"], "gives theme 2 values, expected one"),
        (["title=titre,longitude=x"], "has longitude without latitude"),
        (["title=titre,age_days=a,created_at=b"], "age_days and a date"),
        (["title=titre+"], "nothing beside it"),
        (['title="titre'], 'where " is missing'),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(maps: list[str], sentence: str) -> None:
    with pytest.raises(MappingRefused) as refused:
        mapping.parse(maps)

    assert sentence in str(refused.value)


def test_a_missing_column_is_named_with_the_nearest_and_those_there_are() -> None:
    table = reader.read(csv("1,a,b,c,d"))

    with pytest.raises(MappingRefused) as refused:
        mapping.parse(["title=Titres,body=corps"]).bind(table.columns)

    assert str(refused.value) == (
        "no column is called 'Titres' (did you mean 'titre'?); no column is called 'corps'; "
        "the first line names: 'cle', 'titre', 'texte', 'theme', 'zone'"
    )


def test_two_columns_of_one_name_are_a_fault_only_when_asked_for() -> None:
    table = reader.read(b"titre,note,note\na,b,c\n")

    assert mapping.parse(["title=titre"]).bind(table.columns).values(table.records[0]) == {"title": "a"}
    with pytest.raises(MappingRefused, match="two columns are called 'note': rename one"):
        mapping.parse(["title=note"]).bind(table.columns)


def test_columns_constants_and_odd_names_are_told_apart() -> None:
    table = reader.read(b'date d\'ouverture,a+b,"nom, prenom"\nx,y,z\n')
    bound = mapping.parse(
        ["title=date d'ouverture+[a+b]+'!', author=[nom, prenom]", 'theme="Vie, ville"']
    ).bind(table.columns)

    assert bound.values(table.records[0]) == {"title": "x y !", "author": "z", "theme": "Vie, ville"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-09-26T02:27:55+0200", "2015-09-26T00:27:55+00:00"),
        ("2015-09-26 02:27", "2015-09-26T00:27:00+00:00"),
        ("2015-12-26", "2015-12-25T23:00:00+00:00"),
        ("2015/9/6", "2015-09-05T22:00:00+00:00"),
        ("26/09/2015", "2015-09-25T22:00:00+00:00"),
        ("26.09.2015 à 18h30", "2015-09-26T16:30:00+00:00"),
        ("2015-05", "2015-04-30T22:00:00+00:00"),
        ("2014", "2013-12-31T23:00:00+00:00"),
        ("20150926", "2015-09-25T22:00:00+00:00"),
        ("1443256075", "2015-09-26T08:27:55+00:00"),
        ("1443256075000", "2015-09-26T08:27:55+00:00"),
    ],
)
def test_dates_of_open_data_are_understood(text: str, expected: str) -> None:
    assert moments.parse(text, ZoneInfo("Europe/Paris")).isoformat() == expected


@pytest.mark.parametrize("text", ["", "hier", "12", "26/09/15", "0001-01-01", "9" * 11, "NON LANCÉE", "²³"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its message is the text itself)
        moments.parse(text, ZoneInfo("Europe/Paris"))


def test_a_step_is_named_by_its_slug_when_it_is_the_only_one(rive: TenantWorld) -> None:
    make_step(rive, slug="parcs")
    make_step(rive, slug="parcs", segment="consultations", module="consultation", kind="textes")

    with rive.scope():
        assert targets.find_step("idees/parcs").segment == "idees"
        with pytest.raises(StepRefused, match="choose consultations/parcs or idees/parcs"):
            targets.find_step("parcs")
        with pytest.raises(StepRefused, match=r"did you mean idees/parcs\?"):
            targets.find_step("idees/parc")
        with pytest.raises(StepRefused, match="consultation, which is not installed"):
            targets.application_of(None, targets.find_step("consultations/parcs"))
