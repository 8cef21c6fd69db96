"""`parvis import`: contributions from a file, and taking them out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli import environment, output
from app.cli.output import Refused, json_option

if TYPE_CHECKING:
    from flask import Flask

    from app.participation.importing.mapping import ColumnMap
    from app.participation.importing.report import Report
    from app.participation.importing.service import Options
    from app.participation.importing.undo import Removal
    from app.tenancy.registry import TenantConfig

DELIMITERS = {"auto": "auto", ",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
EXAMPLE = (
    "Example: parvis import contributions --tenant valmorin --step idees/cours-ecole ideas.csv "
    "--map title=titre,body=texte,key=id --dry-run"
)

_tenant = click.option("--tenant", "slug", required=True, help="The platform.")
_step = click.option(
    "--step",
    required=True,
    metavar="SEGMENT/SLUG",
    help="Where the contributions go; the slug alone when it is unique.",
)
_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
_map = click.option(
    "--map", "maps", multiple=True, required=True, metavar="TARGET=COLUMN[+COLUMN],…",
    help="What each column becomes; a constant is quoted: theme=\"Sport\".",
)  # fmt: skip
_encoding = click.option(
    "--encoding", type=click.Choice(["auto", "utf-8", "latin-1", "cp1252"]), default="auto"
)
_delimiter = click.option(
    "--delimiter",
    type=click.Choice(["auto", ",", ";", "|", "tab"]),
    default="auto",
    help="Between two values.",
)


@click.group(epilog=EXAMPLE)
def imports() -> None:
    """Bring in contributions from a file."""


@imports.command(epilog=EXAMPLE)
@_tenant
@_step
@_file
@_map
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--skip-bad", is_flag=True, help="Import the other lines when some are rejected.")
@_encoding
@_delimiter
@click.option("--author", default="", metavar="NAME", help="Name that signs lines without author.")
@click.option("--status", default="", help="Progress of lines without status.")
@click.option(
    "--hidden-reason",
    default="off_topic",
    show_default=True,
    help="Reason shown for hidden lines (code of the charter).",
)
@click.option(
    "--max-lines", type=click.IntRange(1), default=100_000, show_default=True, help="Refuse a longer file."
)
@click.option(
    "--report", "report_file", type=click.Path(path_type=Path, dir_okay=False, writable=True), metavar="CSV",
    help="Write the rejected lines there.",
)  # fmt: skip
@json_option
def contributions(
    slug: str,
    step: str,
    file: Path,
    maps: Sequence[str],
    dry_run: bool,
    skip_bad: bool,
    encoding: str,
    delimiter: str,
    author: str,
    status: str,
    hidden_reason: str,
    max_lines: int,
    report_file: Path | None,
    as_json: bool,
) -> None:
    """Import the lines of FILE as contributions of a step: all of them, or none if one is rejected.

    With key=COLUMN, importing again adds nothing twice: what changed is brought up to date. Supports cannot be
    imported, they are people's votes. docs/importing.md lists the targets.
    """
    from app.participation.importing import mapping
    from app.participation.importing.service import Options

    with _refusals():
        column_map = mapping.parse(maps)
    if report_file is not None and not report_file.parent.is_dir():
        raise click.UsageError(f"--report: the folder {str(report_file.parent)!r} does not exist")
    options = Options(
        encoding=encoding,
        delimiter=DELIMITERS[delimiter],
        author=author.strip(),
        status=status,
        hidden_reason=hidden_reason,
        max_lines=max_lines,
        skip_bad=skip_bad,
        dry_run=dry_run,
    )
    report = _run(slug, step, file, column_map, options)
    if report_file is not None:
        from app.participation.importing.report import rejections_csv

        report_file.write_text(rejections_csv(report), encoding="utf-8", newline="")
    _print(report, as_json=as_json)
    if report.rejected and not skip_bad:
        raise Refused(
            f"Nothing {'would be' if dry_run else 'was'} imported: {len(report.rejected)} of {report.lines} lines "
            "are rejected (--skip-bad imports the others)"
        )


def _run(slug: str, step: str, file: Path, column_map: ColumnMap, options: Options) -> Report:
    content = file.read_bytes()
    with (
        _tenant_of(slug) as (app, tenant),
        output.progress("Importing", 2 * max(1, content.count(b"\n"))) as advance,
    ):
        from app.db import clock
        from app.db.session import db
        from app.participation.importing.service import import_contributions

        report = import_contributions(
            content,
            column_map,
            options,
            file=file.name,
            step=step,
            tenant=tenant,
            manifests=app.extensions["modules"],
            now=clock.now(),
            advance=advance,
        )
        if report.done:
            db.session.commit()
        else:
            db.session.rollback()
    return report


@contextmanager
def _tenant_of(slug: str) -> Iterator[tuple[Flask, TenantConfig]]:
    """The application and the tenant, in whose scope the block works as the role app."""
    settings = environment.for_management()
    environment.drop_operator_credentials()
    from app.jobs.scope import job_scope

    with (
        environment.application(settings) as app,
        job_scope(environment.tenant_id_of(app, slug)) as tenant,
        _refusals(),
    ):
        yield app, tenant


@contextmanager
def _refusals() -> Iterator[None]:
    from app.participation.importing.errors import FileRefused, MappingRefused, StepRefused

    try:
        yield
    except MappingRefused as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    except (FileRefused, StepRefused) as error:
        raise Refused(str(error)) from error


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        output.data(report.as_json())
        return
    for sentence in report.sentences():
        click.echo(sentence)
    if report.rejected:
        output.table(
            ("LINE", "WHY", "REASON"),
            [(rejection.line, rejection.kind, rejection.reason) for rejection in report.rejected],
        )


@imports.command(
    epilog="Example: parvis import undo --tenant valmorin --step idees/cours-ecole ideas.csv --map key=id"
)
@_tenant
@_step
@_file
@_map
@click.option("--dry-run", is_flag=True, help="Say what would be removed and remove nothing.")
@click.option("--skip-used", is_flag=True, help="Remove the others when people did something with some.")
@_encoding
@_delimiter
@json_option
def undo(
    slug: str,
    step: str,
    file: Path,
    maps: Sequence[str],
    dry_run: bool,
    skip_used: bool,
    encoding: str,
    delimiter: str,
    as_json: bool,
) -> None:
    """Remove from a step what was imported from FILE, found again by key=COLUMN.

    What people supported, commented, follow or answered stays, and stops the removal.
    """
    with _tenant_of(slug):
        from app.db import clock
        from app.db.session import db
        from app.participation.importing import mapping, reader, targets
        from app.participation.importing import undo as undoing
        from app.ui.fields import clean

        column_map = mapping.parse(maps, required="key")
        target = targets.find_step(step)
        table = reader.read(file.read_bytes(), encoding=encoding, delimiter=DELIMITERS[delimiter])
        bound = column_map.bind(table.columns)
        keys = {clean(bound.values(record)["key"], multiline=False) for record in table.records} - {""}
        removal = undoing.remove(target, sorted(keys), now=clock.now(), skip_used=skip_used, dry_run=dry_run)
        if removal.done:
            db.session.commit()
        else:
            db.session.rollback()
    _print_removal(removal, as_json=as_json)
    if removal.used and not skip_used:
        raise Refused(
            f"Nothing {'would be' if dry_run else 'was'} removed: people did something with {len(removal.used)} "
            "contributions (--skip-used removes the others)"
        )


def _print_removal(removal: Removal, *, as_json: bool) -> None:
    if as_json:
        output.data(asdict(removal))
        return
    verb = "would be removed" if removal.dry_run else "removed"
    click.echo(
        f"{removal.keys} keys for {removal.step}: {removal.removed} {verb}, {len(removal.used)} in use, "
        f"{removal.unknown} not found"
    )
    if removal.used:
        output.table(("NUMBER", "IN USE"), removal.used)
