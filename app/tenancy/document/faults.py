"""What is wrong with a document, said in one sentence per fault."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Keys of mappings and 0-based indexes of lists, from the root of the document.
Path = tuple[str | int, ...]

_LONGEST_QUOTE = 60
_NAMED_CHOICES = 12


@dataclass(frozen=True)
class Problem:
    """Something wrong at a path; the loader turns it into a Fault by finding the place in the file."""

    path: Path
    found: str
    expected: str
    # True when the key itself is wrong: the place is then the key's, not its value's.
    at_key: bool = False


@dataclass(frozen=True)
class Fault:
    """A problem with its place. line and column count from 1, columns in characters."""

    file: str
    line: int
    column: int
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.found}, expected {self.expected}"


def format_path(path: Path) -> str:
    """`("projects", 0, "slug")` as `projects[0].slug`; the root is called `document`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            # A hostile key must not break the one-line format of a fault.
            word = part if part.isprintable() and len(part) <= _LONGEST_QUOTE else quote(part)
            text += f".{word}" if text else word
    return text or "document"


def quote(text: str) -> str:
    """The text between double quotes, on one line, shortened when long."""
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in quoted)


def describe(value: Any) -> str:
    """A value of the document as the reader of a fault would name it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return quote(value)
        case int() | float():
            return f"the number {value}"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list():
            return "a list" if value else "an empty list"
    return type(value).__name__


def either(words: Iterable[object], *, last: str = "or") -> str:
    """`a, b or c`; long lists are cut."""
    named = [str(word) for word in words]
    if len(named) > _NAMED_CHOICES:
        return ", ".join(named[:_NAMED_CHOICES]) + ", …"
    if len(named) < 2:
        return "".join(named)
    return ", ".join(named[:-1]) + f" {last} " + named[-1]
