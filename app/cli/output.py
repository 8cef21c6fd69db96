"""How commands speak: data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="Print data for a program.")


class Refused(click.ClickException):
    """The command says no; the sentence tells why and what to do. Exit code 1."""


def data(value: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def note(sentence: str) -> None:
    """Say something to the person at the terminal."""
    click.echo(sentence, err=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their longest value; nothing is cut."""
    texts = [list(header), *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[index]) for row in texts) for index in range(len(header))]
    for row in texts:
        click.echo("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, silent when that is not a terminal. Yields `advance(steps)`. total: None when unknown."""
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    # 66 ms that only terminals pay.
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps: bar.update(task, advance=steps)


def track(label: str, values: Sequence[T]) -> Iterator[T]:
    """Each value in turn, with a bar."""
    with progress(label, len(values)) as advance:
        for value in values:
            yield value
            advance(1)
