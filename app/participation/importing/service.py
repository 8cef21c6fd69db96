"""The whole way of a file: read, judged, compared, written or only told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.participation.importing import importer, reader, targets, values
from app.participation.importing.errors import MappingRefused
from app.participation.importing.mapping import ColumnMap
from app.participation.importing.report import Report
from app.participation.moderate import REASONS
from app.participation.search import fold
from app.tenancy.manifest import ModuleManifest
from app.tenancy.registry import TenantConfig

MAX_LINES = 100_000


@dataclass(frozen=True, kw_only=True)
class Options:
    """author, status: for lines that give none. skip_bad: import the other lines when some are rejected."""

    encoding: str = "auto"
    delimiter: str = "auto"
    author: str = ""
    status: str = ""
    hidden_reason: str = "off_topic"
    max_lines: int = MAX_LINES
    skip_bad: bool = False
    dry_run: bool = False


def import_contributions(
    content: bytes,
    column_map: ColumnMap,
    options: Options,
    *,
    file: str,
    step: str,
    tenant: TenantConfig,
    manifests: Mapping[str, ModuleManifest],
    now: datetime,
    advance: Callable[[int], None] = lambda lines: None,
) -> Report:
    """Import a file into a step of the tenant in scope; the caller commits when `report.done`, else rolls back.

    step: `segment/slug` or a slug. file: its name in the report. advance: called with the number of lines that made
    progress, twice for each line. Rejected lines are in the report and, without `skip_bad`, nothing is written.
    Raises FileRefused, MappingRefused, StepRefused.
    """
    target = targets.find_step(step)
    application = targets.application_of(manifests.get(target.module), target)
    if options.hidden_reason not in REASONS:
        raise MappingRefused(f"the reason {options.hidden_reason!r} is none of {', '.join(REASONS)}")
    table = reader.read(
        content, encoding=options.encoding, delimiter=options.delimiter, max_lines=options.max_lines
    )
    bound = column_map.bind(table.columns)
    around = values.surroundings(
        themes=tenant.themes,
        statuses=application.statuses,
        timezone=tenant.timezone,
        now=now,
        author=options.author,
        status=options.status,
    )
    _check_status(around, options.status)
    rows, rejected, notices = values.judge(table, bound, around, advance=advance)
    report = Report(
        file=file,
        step=f"{target.segment}/{target.slug}",
        encoding=table.encoding,
        delimiter=reader.DELIMITERS.get(table.delimiter, table.delimiter),
        columns=table.columns,
        lines=len(table.records) + len(table.bad),
        dry_run=options.dry_run,
        notices=[*table.notices, *notices],
    )
    report.reject(rejected)
    stops = bool(rejected) and not options.skip_bad
    told = set(bound.targets) | {name for name in ("author", "status") if getattr(options, name)}
    planned = importer.plan(target, rows, told, lock=not (options.dry_run or stops))
    report.added, report.updated = len(planned.new), len(planned.changes)
    report.unchanged, report.kept, report.hidden = planned.unchanged, planned.kept, planned.hidden
    if planned.hidden:
        report.notices.append(
            f"hidden lines show the reason « {REASONS[options.hidden_reason]} »; another: --hidden-reason"
        )
    if options.dry_run or stops:
        return report
    report.done = True
    if planned.new or planned.changes:
        written = importer.write(
            target, planned, application, hidden_reason=options.hidden_reason, now=now, advance=advance
        )
        if written.numbers is not None:
            report.first_number, report.last_number = written.numbers
    return report


def _check_status(around: values.Surroundings, status: str) -> None:
    if status and fold(status) not in around.statuses:
        known = ", ".join(dict.fromkeys(around.statuses.values())) or "none"
        raise MappingRefused(f"--status is {status!r}, expected one of this application's: {known}")
