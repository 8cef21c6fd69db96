"""What each column of a file becomes: `title=titre,body=texte+expose_des_motifs,theme="Mobilités"`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.participation.importing.errors import MappingRefused
from app.participation.importing.reader import Record
from app.tenancy.document.suggestions import closest

#: target -> what it is, for the command's help and the refusals.
TARGETS: Mapping[str, str] = {
    "title": "the title (compulsory, at most 300 characters)",
    "body": "the text (at most 20,000 characters); several columns become its paragraphs",
    "theme": "one of the platform's themes, or another label",
    "zone": "name, slug or code of one of the platform's zones",
    "place": "where, in words",
    "longitude": "degrees of WGS84, with latitude",
    "latitude": "degrees of WGS84, with longitude",
    "author": "name shown as the author's",
    "key": "what identifies the line, so that importing again changes nothing",
    "hidden": "yes or no: already moderated, only its place is shown",
    "status": "its progress, as the application names it",
    "status_at": "since when it has that status",
    "created_at": "when it was deposited",
    "published_at": "when it was published",
    "age_days": "days since it was deposited, instead of created_at",
}

#: Targets that are one value: two columns side by side would mean nothing.
SINGLE = frozenset(TARGETS) - {"title", "body", "place", "author", "key"}
_BETWEEN = {"body": "\n\n", "key": "/"}
_OPENING = {'"': '"', "'": "'", "[": "]"}

SUPPORTS = (
    "supports cannot be imported: each is the vote of a person of the platform, and the figure shown is always the "
    "number of votes"
)


@dataclass(frozen=True)
class Part:
    """A column of the file, or a constant text."""

    text: str
    is_column: bool


@dataclass(frozen=True)
class ColumnMap:
    """targets: parts of each target, in the order in which they are joined."""

    targets: Mapping[str, tuple[Part, ...]]

    def bind(self, columns: Sequence[str]) -> BoundMap:
        """Find the columns in a file's header. Raises MappingRefused naming every one that is missing or doubled."""
        faults = []
        for name in dict.fromkeys(
            part.text for parts in self.targets.values() for part in parts if part.is_column
        ):
            if columns.count(name) > 1:
                faults.append(f"two columns are called {name!r}: rename one")
            elif name not in columns:
                near = closest(name, columns)
                faults.append(
                    f"no column is called {name!r}" + (f" (did you mean {near!r}?)" if near else "")
                )
        if faults:
            found = ", ".join(repr(name) for name in columns)
            raise MappingRefused(f"{'; '.join(faults)}; the first line names: {found}")
        return BoundMap(
            {
                target: tuple((columns.index(part.text) if part.is_column else part.text) for part in parts)
                for target, parts in self.targets.items()
            }
        )


@dataclass(frozen=True)
class BoundMap:
    """Parts of each target as indexes of columns or constant texts."""

    targets: Mapping[str, tuple[int | str, ...]]

    def values(self, record: Record) -> dict[str, str]:
        """The raw text of each target; empty parts leave no separator behind."""
        found = {}
        for target, parts in self.targets.items():
            texts = [record.values[part] if isinstance(part, int) else part for part in parts]
            if len(texts) == 1:
                found[target] = texts[0]
            else:
                found[target] = _BETWEEN.get(target, " ").join(text for text in map(str.strip, texts) if text)
        return found


def parse(options: Iterable[str], *, required: str = "title") -> ColumnMap:
    """Read `--map` options, each one or several `target=column+column` separated by commas.

    A constant is quoted; a column whose name holds , + or = is written [name]. required: the target that must be
    there. Raises MappingRefused.
    """
    targets: dict[str, tuple[Part, ...]] = {}
    for pair in (pair for option in options for pair in _split(option, ",")):
        target, equals, expression = (text.strip() for text in pair.partition("="))
        if not equals or not target or not expression:
            raise MappingRefused(f"--map has {pair.strip()!r}, expected target=column")
        _check_target(target)
        if target in targets:
            raise MappingRefused(f"--map names {target} twice: join columns with +, as {target}=a+b")
        parts = tuple(_part(text) for text in _split(expression, "+"))
        if len(parts) > 1 and target in SINGLE:
            raise MappingRefused(f"--map gives {target} {len(parts)} values, expected one")
        targets[target] = parts
    if required not in targets:
        raise MappingRefused(f"--map does not say which column is the {required}: {required}=column")
    for one, other in (("longitude", "latitude"), ("latitude", "longitude"), ("status_at", "status")):
        if one in targets and other not in targets:
            raise MappingRefused(f"--map has {one} without {other}")
    if "age_days" in targets and targets.keys() & {"created_at", "published_at"}:
        raise MappingRefused("--map has age_days and a date: one of them")
    return ColumnMap(targets)


def _check_target(target: str) -> None:
    if target in TARGETS:
        return
    if target in ("supports", "votes", "soutiens"):
        raise MappingRefused(SUPPORTS)
    near = closest(target, TARGETS)
    meant = f" (did you mean {near}?)" if near else ""
    raise MappingRefused(f"--map has no target {target!r}{meant}; the targets are {', '.join(TARGETS)}")


def _part(text: str) -> Part:
    text = text.strip()
    if len(text) >= 2 and text[0] in _OPENING and text[-1] == _OPENING[text[0]]:
        return Part(text[1:-1].strip(), is_column=text[0] == "[")
    if not text:
        raise MappingRefused("--map has a + or a comma with nothing beside it")
    return Part(text, is_column=True)


def _split(text: str, separator: str) -> list[str]:
    """Cut at the separator outside quotes and brackets. One opens only where a value begins: d'ouverture is a word."""
    pieces, closing, begins = [""], "", True
    for letter in text:
        if closing:
            closing = "" if letter == closing else closing
        elif begins and letter in _OPENING:
            closing = _OPENING[letter]
        elif letter == separator:
            pieces.append("")
            begins = True
            continue
        begins = letter in "=+," or (begins and letter == " ")
        pieces[-1] += letter
    if closing:
        raise MappingRefused(f"--map has {pieces[-1].strip()!r}, where {closing} is missing")
    return pieces
