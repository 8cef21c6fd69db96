"""`parvis jobs`: the work that waits."""

from __future__ import annotations

import click

from app.cli import environment, output
from app.cli.output import json_option


@click.group(epilog="Example: parvis jobs list")
def jobs() -> None:
    """Show the work that waits, and retry what was set aside."""


@jobs.command("list", epilog="Example: parvis jobs list --json")
@json_option
def list_(as_json: bool) -> None:
    """Count the waiting work by kind: waiting, due now, set aside after eight failures."""
    settings = environment.for_management()
    environment.drop_operator_credentials()
    with environment.application(settings):
        from app.jobs import backlog

        counts = backlog.counts()
    if as_json:
        output.data([count._asdict() for count in counts])
    else:
        output.table(
            ("KIND", "WAITING", "DUE", "SET ASIDE"),
            [(count.kind, count.waiting, count.due, count.parked) for count in counts],
        )


@jobs.command(epilog="Example: parvis jobs retry")
def retry() -> None:
    """Give everything that was set aside a new series of tries, starting now."""
    settings = environment.for_management()
    environment.drop_operator_credentials()
    with environment.application(settings):
        from app.jobs import backlog

        moved = backlog.retry_parked()
    output.note(f"{moved} will be tried again.")
