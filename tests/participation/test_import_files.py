"""Files as they really are: odd quotes, odd encodings, broken lines, each told with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.db.audit import AuditEntry
from app.participation import contributions
from app.participation.importing import reader
from app.participation.importing.errors import FileRefused
from app.participation.importing.report import rejections_csv
from app.participation.models import Contribution
from tests.participation.deposits import count, step_of
from tests.participation.imports import bring, check_figures, csv, ideas
from tests.support.world import TenantWorld, make_step

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def files(fixtures_folder: Path) -> Path:
    return fixtures_folder / "imports"


@pytest.fixture
def step_id(rive: TenantWorld) -> UUID:
    return make_step(rive)


def test_long_quoted_texts_come_in_whole(rive: TenantWorld, step_id: UUID, files: Path) -> None:
    report = bring(
        rive,
        step_id,
        (files / "propositions.csv").read_bytes(),
        "title=titre,body=texte+motifs,key=id,hidden=corbeille,created_at=cree_le,author=auteur",
        author="Un habitant",
    )

    first, second, third, hidden = ideas(rive, step_id)
    assert (report.added, report.hidden, report.rejected) == (4, 1, [])
    assert (report.encoding, report.delimiter) == ("utf-8", "comma")
    assert first.body == (
        'L’article 10 est remplacé :\n« Art. 10 - Les informations "publiques" ; et les autres »\n\n'
        "Objectif : créer un droit."
    )
    assert second.title == "Un titre; avec un point-virgule et l'\"usage\" d'un mot"
    assert (second.body, third.body) == ("Seulement des motifs.", "")
    assert [idea.author_label for idea in (first, third)] == ["u00001", "Un habitant"]
    assert [idea.number for idea in (first, second, third, hidden)] == [1, 2, 3, 4]
    assert first.created_at == datetime(2015, 9, 26, 0, 27, 55, tzinfo=UTC)
    assert second.created_at == datetime(2015, 9, 26, 8, 30, tzinfo=UTC)
    assert hidden.created_at == datetime(2015, 8, 31, 22, 0, tzinfo=UTC)
    assert [idea.state for idea in (first, second, third, hidden)] == [*["published"] * 3, "hidden"]
    check_figures(rive)


def test_a_windows_file_is_read_and_its_encoding_is_announced(
    rive: TenantWorld, step_id: UUID, files: Path
) -> None:
    report = bring(
        rive,
        step_id,
        (files / "windows.csv").read_bytes(),
        "title=intitulé,theme=thématique,place=lieu,published_at=mise à jour,key=numéro",
    )

    school, budget = ideas(rive, step_id)
    assert (report.encoding, report.delimiter) == ("cp1252", "semicolon")
    assert "the file is read as cp1252" in report.notices[0]
    assert school.title == "Rénover l’école du cœur de ville"
    assert school.slug == "renover-l-ecole-du-coeur-de-ville"
    assert school.place == "Place de l'Église (côté marché)"
    assert (school.theme, budget.theme) == ("Mobilités", "Sport")
    assert any("Sport" in notice for notice in report.notices)
    assert budget.published_at == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        ("\ufefftitre\tâge\nUn\t1\n".encode(), "utf-8", "\t"),
        ("titre|âge\nUn|1\n".encode("utf-16"), "utf-16", "|"),
        ("titre,âge\nUn,1\n".encode("latin-1") + b"\x81,2\n", "latin-1", ","),
        ("titre;âge\nUn, deux;1\nTrois, quatre, cinq;2\n".encode(), "utf-8", ";"),
        (b"titre\nUne seule colonne\n", "utf-8", ","),
    ],
)
def test_encodings_and_separators_are_recognised(content: bytes, encoding: str, delimiter: str) -> None:
    table = reader.read(content)

    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert table.columns[0] == "titre"
    assert not table.bad


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file has no line that names its columns"),
        (b"titre,texte\n", "the file has no line below its header"),
        (b"PK\x03\x04rest", "save it as CSV first"),
        (b"ti\x00tre\nx\n", "its first line contains NUL bytes"),
        (b'"titre,texte\nUn,deux\n', "line 1, which should name the columns: a quotation mark"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        reader.read(content)


def test_a_wrong_encoding_names_its_line() -> None:
    with pytest.raises(FileRefused, match="line 3 is not utf-8: choose another --encoding"):
        reader.read("titre\nun\nété\n".encode("latin-1"), encoding="utf-8")


def test_an_accent_converted_twice_is_pointed_at() -> None:
    table = reader.read("titre\nUn\nL'Ã©cole\n".encode())

    assert table.notices == [
        "line 3 has accents that look like UTF-8 read as Latin (Ã©): is it what you want?"
    ]


def test_a_longer_file_than_allowed_is_refused(rive: TenantWorld, step_id: UUID) -> None:
    with pytest.raises(FileRefused, match="the file has 3 lines, expected at most 2"):
        bring(rive, step_id, csv("1,a,,,", "2,b,,,", "3,c,,,"), max_lines=2)


def test_75_every_bad_line_is_told_with_its_physical_line_and_nothing_is_imported(
    rive: TenantWorld, step_id: UUID, files: Path
) -> None:
    report = bring(rive, step_id, (files / "broken.csv").read_bytes(), "title=titre,key=id,age_days=age")

    assert [(one.line, one.kind, one.reason) for one in report.rejected] == [
        (
            3,
            "bad",
            "a quotation mark inside a quoted value is not doubled, or the value before it is not closed",
        ),
        (5, "bad", "4 values, expected 3 as in the header"),
        (6, "bad", "1 values, expected 3 as in the header"),
        (
            7,
            "bad",
            "a quotation mark inside a quoted value is not doubled, or the value before it is not closed",
        ),
        (9, "bad", "a value contains a NUL byte"),
        (10, "duplicate", "key '1' is already on line 2"),
        (11, "missing", "title is empty"),
        (12, "missing", "key is empty"),
        (13, "bad", "age_days is 'demain', expected a number of days such as 12 or 0.5"),
    ]
    assert report.by_kind == {"bad": 6, "missing": 2, "duplicate": 1}
    assert (report.added, report.done) == (3, False)
    assert ideas(rive, step_id) == []


def test_75_the_good_lines_come_in_when_asked(rive: TenantWorld, step_id: UUID, files: Path) -> None:
    content = (files / "broken.csv").read_bytes()

    report = bring(rive, step_id, content, "title=titre,key=id,age_days=age", skip_bad=True)

    assert [idea.title for idea in ideas(rive, step_id)] == ["Des bancs", "Une fontaine", "Des arbres"]
    assert (report.added, len(report.rejected), report.done) == (3, 9, True)
    check_figures(rive)


def test_75_a_dry_run_says_everything_and_writes_nothing(rive: TenantWorld, step_id: UUID) -> None:
    content = csv("1,Des bancs,,,", "2,,,,", "2,,,,")

    report = bring(rive, step_id, content, dry_run=True, skip_bad=True)

    assert (report.added, report.done) == (1, False)
    assert [one.kind for one in report.rejected] == ["missing", "missing"]
    assert count(rive, Contribution) == count(rive, AuditEntry) == 0
    assert step_of(rive, step_id).contributions == 0


def test_a_file_without_keys_warns_that_it_would_come_in_twice(rive: TenantWorld, step_id: UUID) -> None:
    report = bring(rive, step_id, csv("1,Des bancs,,,"), "title=titre")

    assert report.notices == ["no key: importing this file again would add every line again"]


def test_a_quotation_mark_left_open_costs_its_line_and_not_the_rest(rive: TenantWorld, step_id: UUID) -> None:
    report = bring(rive, step_id, csv('1,"Ouvert,,,', "2,Suivant,,,", "3,Dernier,,,"), skip_bad=True)

    assert [(one.line, one.reason) for one in report.rejected] == [
        (2, "a quotation mark opened on this line is never closed")
    ]
    assert [idea.title for idea in ideas(rive, step_id)] == ["Suivant", "Dernier"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("title", "x" * 301, "title has 301 characters, expected at most 300"),
        ("body", "x" * 20_001, "body has 20001 characters, expected at most 20000"),
        ("zone", "norrd", "zone is 'norrd', no zone of this platform (did you mean 'nord'?)"),
        ("longitude", "653000", "longitude is '653000', expected degrees between -180 and 180"),
        ("hidden", "peut-être", "hidden is 'peut-etre', expected yes or no (oui, non, 1, 0)"),
        ("status", "en cours", "status is 'en cours', expected one of this application's: recue, recevable"),
        ("created_at", "31/02/2026", "created_at is '31/02/2026', expected a date such as 2026-11-22"),
        ("created_at", "2026-11-23", "created_at is '2026-11-23', which has not come yet"),
        ("age_days", "-1", "age_days is '-1', expected a number of days"),
    ],
)
def test_each_wrong_value_has_its_sentence(
    rive: TenantWorld, step_id: UUID, column: str, value: str, reason: str
) -> None:
    maps = {"title": "titre", column: "valeur"}
    if column == "longitude":
        maps["latitude"] = '"48.1"'

    report = bring(
        rive,
        step_id,
        csv(f"Des bancs,{value}", header="titre,valeur"),
        ",".join(f"{target}={expression}" for target, expression in maps.items()),
    )

    assert report.rejected[0].reason.startswith(reason)
    assert len(report.rejected) == 1


def test_texts_at_their_limit_come_in_and_the_limits_of_the_form_do_not_bind(
    rive: TenantWorld, step_id: UUID
) -> None:
    report = bring(rive, step_id, csv(f"1,{'é' * 300},{'m' * 20_000},,", "2,Bref,,,"))

    long, short = ideas(rive, step_id)
    assert report.rejected == []
    assert (len(long.title), len(long.body), short.body) == (300, 20_000, "")
    assert len(long.slug) <= contributions.SLUG_LENGTH


def test_the_report_of_rejected_lines_opens_in_a_spreadsheet_without_running(
    rive: TenantWorld, step_id: UUID
) -> None:
    report = bring(rive, step_id, csv('=cmd(),"=HYPERLINK(""x"")",,,nulle part'))

    assert rejections_csv(report).splitlines() == [
        "\ufeffline,kind,reason,key,title",
        '2,bad,"zone is \'nulle part\', no zone of this platform",\'=cmd(),"\'=HYPERLINK(""x"")"',
    ]
