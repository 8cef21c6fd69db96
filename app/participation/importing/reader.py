"""A CSV file as it really arrives: its encoding, its separator, its quotes, its broken lines.

Nothing is guessed silently: what was assumed is in `Table.notices`, what could not be read in `Table.bad`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.participation.importing.errors import FileRefused
from app.ui.fields import clean

MAX_BYTES = 100 * 1024 * 1024
#: Longer than any text we accept, so that an over-long value is told as such and not as a broken line.
MAX_VALUE = 5_000_000
SAMPLE = 50

ENCODINGS = ("utf-8", "latin-1", "cp1252")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
#: What a UTF-8 text read as Latin shows for an accented letter or an apostrophe.
_TWICE = re.compile("Ã[©¨ª§\u00a0]|â€™")


@dataclass(frozen=True)
class Record:
    """line: physical line of the file on which the record starts, from 1. values: one per column."""

    line: int
    values: list[str]


@dataclass(frozen=True)
class BadLine:
    line: int
    reason: str


@dataclass
class Table:
    """columns: names of the header, in order. notices: what was assumed, one sentence each."""

    columns: list[str]
    records: list[Record]
    bad: list[BadLine]
    encoding: str
    delimiter: str
    notices: list[str] = field(default_factory=list)


def read(
    content: bytes, *, encoding: str = "auto", delimiter: str = "auto", max_lines: int | None = None
) -> Table:
    """Read a table whose first line names its columns.

    encoding: one of ENCODINGS or "auto" (a byte order mark, else UTF-8, else Windows' Latin). delimiter: one
    character or "auto". max_lines: records beyond which the file is refused. Raises FileRefused.
    """
    if len(content) > MAX_BYTES:
        raise FileRefused(f"the file is larger than {MAX_BYTES // 1024 // 1024} MB: cut it into several")
    if not content.strip():
        raise FileRefused("the file is empty")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused("the file is a spreadsheet or an archive: save it as CSV first")
    text, found, notices = _decode(content, encoding)
    # Unlike str.splitlines, only the ends of line of a CSV file count.
    lines = list(io.StringIO(text, newline=""))
    separator = _sniff(lines) if delimiter == "auto" else delimiter
    with _long_values():
        columns, records, bad = _table(lines, separator)
    if max_lines is not None and len(records) + len(bad) > max_lines:
        raise FileRefused(f"the file has {len(records) + len(bad)} lines, expected at most {max_lines}")
    if not records and not bad:
        raise FileRefused("the file has no line below its header")
    return Table(columns, records, bad, found, separator, notices)


def _decode(content: bytes, encoding: str) -> tuple[str, str, list[str]]:
    """The text, the name of its encoding, what was assumed."""
    notices = []
    marked = next((name for bom, name in _BOMS if content.startswith(bom)), "")
    if marked and encoding not in ("auto", "utf-8"):
        notices.append(
            f"the file says that it is {marked.removesuffix('-sig')}: --encoding {encoding} is ignored"
        )
    names = [marked] if marked else ["utf-8", "cp1252", "latin-1"] if encoding == "auto" else [encoding]
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            if name == names[-1]:
                raise FileRefused(
                    f"line {line} is not {name.removesuffix('-sig')}: choose another --encoding"
                ) from error
            if name == "utf-8":
                notices.append(f"line {line} is not utf-8")
        else:
            break
    name = name.removesuffix("-sig")
    if encoding == "auto" and not marked and name != "utf-8":
        notices[-1] += f": the file is read as {name}; if accents look wrong, choose another --encoding"
    twice = _TWICE.search(text) if name in ("utf-8", "utf-16") else None
    if twice:
        line = text.count("\n", 0, twice.start()) + 1
        notices.append(
            f"line {line} has accents that look like UTF-8 read as Latin ({twice[0]}): is it what you want?"
        )
    if "\x00" in text.partition("\n")[0]:
        raise FileRefused("the file is not text: its first line contains NUL bytes")
    return text, name, notices


class _long_values:
    """Python's limit is for the whole process: raise it for one reading only."""

    def __enter__(self) -> None:
        self.before = csv.field_size_limit(MAX_VALUE)

    def __exit__(self, *_: object) -> None:
        csv.field_size_limit(self.before)


def _sniff(lines: Sequence[str]) -> str:
    """The separator that cuts most of the first lines into as many values as the header; a comma for one column."""
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            with _long_values():
                rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), SAMPLE) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width > 1:
            alike = sum(len(row) == width for row in rows) / len(rows)
            best, score = max((best, score), (delimiter, (round(alike, 1), width)), key=lambda pair: pair[1])
    return best


def _table(lines: Sequence[str], delimiter: str) -> tuple[list[str], list[Record], list[BadLine]]:
    columns: list[str] | None = None
    records, bad = [], []
    for found in _records(lines, delimiter):
        if isinstance(found, BadLine):
            if columns is None:
                raise FileRefused(f"line {found.line}, which should name the columns: {found.reason}")
            bad.append(found)
            continue
        if not any(value.strip() for value in found.values):
            continue
        if columns is None:
            columns = [clean(name, multiline=False) for name in found.values]
            while not columns[-1]:
                columns.pop()
            continue
        values, width = found.values, len(columns)
        if len(values) > width and not any(value.strip() for value in values[width:]):
            values = values[:width]
        if len(values) != width:
            bad.append(BadLine(found.line, f"{len(values)} values, expected {width} as in the header"))
        elif any("\x00" in value for value in values):
            bad.append(BadLine(found.line, "a value contains a NUL byte"))
        else:
            records.append(Record(found.line, values))
    if columns is None:
        raise FileRefused("the file has no line that names its columns")
    return columns, records, bad


def _records(lines: Sequence[str], delimiter: str) -> Iterator[Record | BadLine]:
    """Each record with the line it starts on. After one that cannot be read, reading resumes on the line after its
    first: a quotation mark left open costs its own line and not all the lines it would swallow."""
    start = 0
    while start < len(lines):
        reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
        while True:
            first = start + reader.line_num
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(first + 1, _reason(str(error)))
                start = first + 1
                break
            yield Record(first + 1, values)


def _reason(message: str) -> str:
    if "end of data" in message or "larger than field limit" in message:
        return "a quotation mark opened on this line is never closed"
    if "expected after" in message:
        return "a quotation mark inside a quoted value is not doubled, or the value before it is not closed"
    return message
