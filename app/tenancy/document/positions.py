"""YAML text to values that remember their place in the file.

Built on the parser's events, not on its constructor, for three reasons: every duplicate key is reported, not the first
one; aliases are counted before they are expanded; and words keep their meaning whatever `%YAML` line the file has
(`no`, `12:30`, `2026-05-01`, `0238791234` and `+33238791234` are text).
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from app.tenancy.document.faults import Path, describe, quote

MAX_BYTES = 512 * 1024
MAX_DEPTH = 40
# Counted after aliases are expanded: the guard against a few lines that unfold into gigabytes.
MAX_NODES = 50_000

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Escapes can write what the file itself may not contain; PostgreSQL stores neither NUL nor lone surrogates.
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, **dict.fromkeys(("null", "Null", "NULL"))}
_TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Position:
    """A place in the file; both count from 1."""

    line: int
    column: int


START = Position(1, 1)


@dataclass
class Node:
    """A value of the document: scalar, mapping or list, with the place where it starts.

    size: how many values it holds, itself included, aliases expanded.
    """

    position: Position
    scalar: str | int | float | bool | None = None
    entries: "dict[str, tuple[Position, Node]] | None" = None
    items: "list[Node] | None" = None
    size: int = 1


@dataclass(frozen=True)
class PlacedProblem:
    """A fault of the YAML itself, whose place is known before any path can be looked up."""

    position: Position
    path: Path
    found: str
    expected: str


class _Stop(Exception):
    """The rest of the file cannot be read; the reason is the last problem noted."""


def read(data: bytes) -> tuple[Node | None, list[PlacedProblem]]:
    """The root value of a YAML file (None when unreadable) and what is wrong with its YAML. Never raises."""
    problems: list[PlacedProblem] = []
    text = _decode(data, problems)
    if text is None:
        return None, problems
    builder = _Builder(problems)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _Stop:
        return None, problems
    except MarkedYAMLError as error:
        problems.append(_syntax_problem(error, text))
        return None, problems
    except Exception as error:
        # The scanner has bugs of its own on hostile text, and an operator must never see a traceback.
        problems.append(
            PlacedProblem(START, (), f"text that is no YAML ({type(error).__name__})", "a YAML mapping")
        )
        return None, problems
    root = builder.root
    if root is None or (root.entries is None and root.items is None and root.scalar is None):
        problems.append(PlacedProblem(START, (), "an empty file", "a mapping that starts with `tenant:`"))
        return None, problems
    return root, problems


def plain(node: Node) -> Any:
    """The value without places: dicts, lists and scalars, each alias copied."""
    if node.entries is not None:
        return {key: plain(child) for key, (_, child) in node.entries.items()}
    if node.items is not None:
        return [plain(child) for child in node.items]
    return node.scalar


def locate(root: Node, path: Path, *, at_key: bool = False) -> Position:
    """Where a path is written; of a path not in the file, where its nearest existing ancestor is."""
    node, position = root, root.position
    for part in path:
        if isinstance(part, str) and node.entries is not None and part in node.entries:
            key_position, node = node.entries[part]
        elif isinstance(part, int) and node.items is not None and 0 <= part < len(node.items):
            node = node.items[part]
            key_position = node.position
        else:
            return node.position
        position = key_position if at_key else node.position
    return position


@dataclass
class _Open:
    """A mapping or list being read. key: the one waiting for its value; skip: that key is refused."""

    node: Node
    path: Path
    anchor: str | None
    key: str | None = None
    key_position: Position = START
    expects_value: bool = False
    skip: bool = False


@dataclass
class _Builder:
    problems: list[PlacedProblem]
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    documents: int = 0

    def take(self, event: Event) -> None:
        position = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop(position, (), "a second document", "one document per file")
            case ScalarEvent():
                self.scalar(event, position)
            case AliasEvent():
                node = self.anchors.get(event.anchor)
                if node is None:
                    # Also the alias inside its own anchor, which would never end.
                    self.stop(
                        position,
                        self.path(),
                        f"the alias *{event.anchor}",
                        "an anchor written in full above it",
                    )
                self.place(node, position, alias=True)
            case MappingStartEvent() | SequenceStartEvent():
                self.open(event, position)
            case MappingEndEvent() | SequenceEndEvent():
                self.close()

    def path(self) -> Path:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if top.node.items is not None:
            return (*top.path, len(top.node.items))
        return (*top.path, top.key) if top.expects_value and top.key is not None else top.path

    def stop(self, position: Position, path: Path, found: str, expected: str) -> None:
        self.problems.append(PlacedProblem(position, path, found, expected))
        raise _Stop

    def note(self, position: Position, path: Path, found: str, expected: str) -> None:
        self.problems.append(PlacedProblem(position, path, found, expected))

    def awaits_key(self) -> bool:
        return (
            bool(self.stack) and self.stack[-1].node.entries is not None and not self.stack[-1].expects_value
        )

    def open(self, event: Any, position: Position) -> None:
        self.check_tag(event.tag, position)
        if self.awaits_key():
            self.stop(position, self.path(), "a mapping or a list as a key", "a word as key")
        if len(self.stack) >= MAX_DEPTH:
            self.stop(position, (), f"more than {MAX_DEPTH} levels of nesting", "a flatter document")
        is_mapping = isinstance(event, MappingStartEvent)
        node = Node(position, entries={}) if is_mapping else Node(position, items=[])
        self.stack.append(_Open(node, self.path(), event.anchor))

    def close(self) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = done.node
        self.place(done.node, done.node.position)

    def scalar(self, event: Any, position: Position) -> None:
        if self.awaits_key():
            self.key(event, position)
            return
        text: str = event.value
        is_plain = event.implicit[0]
        if event.tag is not None and event.tag != _TEXT_TAG:
            self.check_tag(event.tag, position)
        refused = _UNSTORABLE.search(text)
        if refused:
            self.note(
                position,
                self.path(),
                f"the character U+{ord(refused.group()):04X}",
                "text that can be printed",
            )
            text = _UNSTORABLE.sub("", text)
        if is_plain and not text and self.stack and self.stack[-1].expects_value:
            # The scanner places an absent value where the next word is.
            position = self.stack[-1].key_position
        node = Node(position, scalar=_resolve(text) if is_plain else text)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.place(node, position)

    def key(self, event: Any, position: Position) -> None:
        top = self.stack[-1]
        name: str = event.value
        value = _resolve(name) if event.implicit[0] else name
        path = (*top.path, name)
        top.skip = True
        if not isinstance(value, str):
            self.note(
                position, top.path, f"{describe(value)} as a key", "a word as key (quotes make text of it)"
            )
        elif name == "<<":
            self.note(position, top.path, "the merge key <<", "the keys written out")
        elif _UNSTORABLE.search(name):
            self.note(position, top.path, f"the key {quote(name)}", "a word as key")
        elif top.node.entries is not None and name in top.node.entries:
            first = top.node.entries[name][0]
            self.note(position, path, f"the same key again (first at line {first.line})", "each key once")
        else:
            top.skip = False
        top.key, top.key_position, top.expects_value = name, position, True

    def place(self, node: Node | None, position: Position, *, alias: bool = False) -> None:
        """Put a finished value where it belongs."""
        if node is None:
            return
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if alias and self.awaits_key():
            self.stop(position, top.path, "an alias as a key", "a word as key")
        top.node.size += node.size
        if top.node.size > MAX_NODES:
            self.stop(
                position, (), f"more than {MAX_NODES} values once aliases are expanded", "a smaller document"
            )
        if top.node.items is not None:
            top.node.items.append(node)
        elif top.node.entries is not None and top.key is not None:
            if not top.skip:
                top.node.entries[top.key] = (top.key_position, node)
            top.key, top.expects_value = None, False

    def check_tag(self, tag: str | None, position: Position) -> None:
        if tag is not None:
            self.note(position, self.path(), f"the tag {quote(str(tag))}", "a value without tag")


def _resolve(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not _INTEGER.fullmatch(text) and ("." in text or "e" in text.lower()):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _decode(data: bytes, problems: list[PlacedProblem]) -> str | None:
    if len(data) > MAX_BYTES:
        problems.append(PlacedProblem(START, (), f"{len(data)} bytes", f"at most {MAX_BYTES} bytes"))
        return None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        problems.append(PlacedProblem(START, (), "a file in UTF-16", "a file saved as UTF-8"))
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        position = _position_at(data[: error.start].decode("utf-8"))
        found = f"the byte 0x{data[error.start]:02X}, which is not UTF-8 (Latin-1 perhaps)"
        problems.append(PlacedProblem(position, (), found, "a file saved as UTF-8"))
        return None
    text = text.removeprefix("\ufeff")
    refused = _UNPRINTABLE.search(text)
    if refused:
        position = _position_at(text[: refused.start()])
        problems.append(
            PlacedProblem(
                position, (), f"the character U+{ord(refused.group()):04X}", "text that can be printed"
            )
        )
        return None
    return text


def _position_at(before: str) -> Position:
    lines = before.split("\n")
    return Position(len(lines), len(lines[-1]) + 1)


def _syntax_problem(error: MarkedYAMLError, text: str) -> PlacedProblem:
    mark = error.problem_mark or error.context_mark
    position = START if mark is None else Position(mark.line + 1, mark.column + 1)
    lines = text.split("\n")
    if (
        position.line <= len(lines)
        and lines[position.line - 1][position.column - 1 : position.column] == "\t"
    ):
        return PlacedProblem(position, (), "a tab", "spaces to indent")
    said = " ".join(str(part) for part in (error.context, error.problem) if part)
    return PlacedProblem(
        position, (), f"invalid YAML ({' '.join(said.split()) or 'unreadable'})", "valid YAML"
    )


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every value with its path, in document order."""
    yield path, node
    if node.entries is not None:
        for key, (_, child) in node.entries.items():
            yield from walk(child, (*path, key))
    for index, child in enumerate(node.items or ()):
        yield from walk(child, (*path, index))
