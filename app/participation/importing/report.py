"""What an import did, or would do: every figure, every rejected line with its reason."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

#: Why a line is rejected, in the words of the report.
BAD, MISSING, DUPLICATE = "bad", "missing", "duplicate"
KINDS = (BAD, MISSING, DUPLICATE)

#: A spreadsheet would run a value that starts so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Rejection:
    """line: physical line of the file, from 1. kind: one of KINDS. key, title: raw, to find the line elsewhere."""

    line: int
    kind: str
    reason: str
    key: str = ""
    title: str = ""


@dataclass
class Report:
    """lines: records below the header. kept: already there in a state that a file does not change (withdrawn, erased).

    done: whether the file was imported; a dry run and a refusal write nothing.
    """

    file: str
    step: str
    encoding: str = ""
    delimiter: str = ""
    columns: list[str] = field(default_factory=list)
    lines: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    hidden: int = 0
    first_number: int | None = None
    last_number: int | None = None
    dry_run: bool = False
    done: bool = False
    notices: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    def reject(self, rejections: Iterable[Rejection]) -> None:
        self.rejected = sorted([*self.rejected, *rejections], key=lambda rejection: rejection.line)

    @property
    def by_kind(self) -> dict[str, int]:
        """How many lines are rejected for each kind of reason; every kind is there."""
        found = Counter(rejection.kind for rejection in self.rejected)
        return {kind: found[kind] for kind in KINDS}

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"rejected_by_kind": self.by_kind}

    def sentences(self) -> list[str]:
        """The report in words, one line each."""
        verb = "" if self.done else "would be "
        yes = [
            f"{count} {verb}{what}"
            for count, what in (
                (self.added, "added"),
                (self.updated, "updated"),
                (self.unchanged, "unchanged" if not verb else "left unchanged"),
                (self.kept, "kept as they are (withdrawn, erased or merged since)"),
            )
            if count or what == "added"
        ]
        sentences = [f"{self.file}: {self.encoding}, {self.delimiter}, {_count(len(self.columns), 'column')}"]
        sentences += [f"  note: {notice}" for notice in self.notices]
        sentences.append(
            f"{_count(self.lines, 'line')} for {self.step}: {', '.join(yes)}, {len(self.rejected)} rejected"
        )
        if self.hidden:
            sentences.append(f"  of which hidden: {self.hidden}")
        if self.rejected:
            kinds = {BAD: "bad", MISSING: "without a compulsory value", DUPLICATE: "in double"}
            told = ", ".join(f"{count} {kinds[kind]}" for kind, count in self.by_kind.items())
            sentences.append(f"Rejected lines: {told}")
        if self.first_number is not None:
            sentences.append(f"Numbers {self.first_number} to {self.last_number}")
        return sentences


def rejections_csv(report: Report) -> str:
    """The rejected lines as a CSV that spreadsheets open: UTF-8 with its mark, no formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("line", "kind", "reason", "key", "title"))
    for rejection in report.rejected:
        writer.writerow(
            [_harmless(str(value)) for value in (rejection.line, rejection.kind, rejection.reason)]
            + [_harmless(value) for value in (rejection.key, rejection.title)]
        )
    return "\ufeff" + out.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
