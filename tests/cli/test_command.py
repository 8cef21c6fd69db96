"""The command itself: help that helps, codes that scripts rely on, nothing read that is not needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import COMMANDS, cli
from tests.cli.conftest import Parvis

ROOT = Path(__file__).resolve().parents[2]


def every_command() -> Iterator[tuple[str, click.Command]]:
    def walk(
        path: str, command: click.Command, parent: click.Context | None
    ) -> Iterator[tuple[str, click.Command]]:
        context = click.Context(command, info_name=path, parent=parent)
        yield path, command
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                yield from walk(f"{path} {name}", child, context)

    yield from walk("parvis", cli, None)


@pytest.mark.parametrize(("path", "command"), [pytest.param(*each, id=each[0]) for each in every_command()])
def test_every_command_says_what_it_does_with_an_example(path: str, command: click.Command) -> None:
    context = click.Context(command, info_name=path)
    shown = command.get_help(context)

    assert command.help, path
    assert f"{path.split()[-1]}" in (command.epilog or ""), path
    assert "Example" in shown


def test_what_the_summary_promises_is_there() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert cli.get_command(context, name) is not None, name
    assert {"demo", "serve", "worker", "scheduler", "db", "tenant", "user", "modules", "policy"} <= set(
        cli.list_commands(context)
    )


def test_a_command_of_an_absent_file_does_not_exist(parvis: Parvis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "ghost", ("app.cli.ghost:ghost", "Is not there."))

    assert "ghost" not in parvis("--help").out
    assert parvis("ghost").code == 2


def test_help_reads_neither_the_application_nor_its_libraries() -> None:
    program = (
        "import sys; from app.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('flask', 'sqlalchemy', 'redis', 'rich', 'config.settings') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tenat",), "parvis: No such command 'tenat'"),
        (("tenant", "apply"), "parvis tenant apply: Missing argument 'FILE'"),
        (("demo", "--port", "0"), "parvis demo: Invalid value for '--port'"),
        (
            ("user", "invite", "a@b.fr", "--tenant", "x", "--role", "king"),
            "parvis user invite: Invalid value for '--role'",
        ),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(
    parvis: Parvis, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = parvis(*arguments)

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(sentence)
    assert ran.err.rstrip().endswith("--help")
    assert len(ran.err.splitlines()) == 1


def test_a_bad_setting_is_one_sentence_and_code_1(parvis: Parvis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_LOG_FORMAT", "text")

    ran = parvis("tenant", "list")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == 'PARVIS_LOG_FORMAT is "text", expected console or json\n'


def test_a_database_away_is_one_sentence(
    parvis: Parvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = f"postgresql://parvis_operator@/parvis?host={tmp_path}"
    monkeypatch.setenv("PARVIS_DATABASE_URL", nowhere)
    monkeypatch.setenv("PARVIS_OPERATOR_DATABASE_URL", nowhere)
    monkeypatch.setenv("PARVIS_REDIS_URL", "redis://localhost:1/0")

    ran = parvis("tenant", "list")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("The database cannot be used: ")
    assert len(ran.err.splitlines()) == 1


def test_the_operators_commands_need_the_operators_role(
    on_servers: Parvis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARVIS_OPERATOR_DATABASE_URL")

    ran = on_servers("tenant", "list")

    assert ran.code == 1
    assert ran.err.startswith("PARVIS_OPERATOR_DATABASE_URL is not set")


def test_the_database_is_checked_and_upgraded(on_servers: Parvis) -> None:
    upgraded, checked, told = (
        on_servers("db", "upgrade"),
        on_servers("db", "check"),
        on_servers("db", "check", "--json"),
    )

    assert (upgraded.code, checked.code, told.code) == (0, 0, 0)
    assert "the newest" in checked.err
    assert told.data["good"] is True
    assert told.data["revision"] == told.data["expected"]


def test_a_role_that_is_not_the_applications_is_refused(
    on_servers: Parvis, monkeypatch: pytest.MonkeyPatch, servers: object
) -> None:
    monkeypatch.setenv("PARVIS_DATABASE_URL", servers.owner_url)  # type: ignore[attr-defined]

    ran = on_servers("db", "check")

    assert ran.code == 1
    assert "which owns tables" in ran.err


def test_the_work_that_waits_is_counted(on_servers: Parvis) -> None:
    ran = on_servers("jobs", "list", "--json")

    assert ran.code == 0
    assert all(set(row) == {"kind", "waiting", "due", "parked"} for row in ran.data)
    assert "will be tried again." in on_servers("jobs", "retry").err
