"""« Did you mean »: the known word closest to a mistyped one."""

import difflib
from collections.abc import Iterable

from app.tenancy.document.faults import either


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like `word`, or None when none does.

    Case, hyphens and underscores do not count: `Time-Zone` is `timezone`.
    """
    # Longer words are no typing slip, and difflib is quadratic.
    if len(word) > 80:
        return None
    by_shape = {_shape(candidate): candidate for candidate in known}
    matches = difflib.get_close_matches(_shape(word), list(by_shape), n=1, cutoff=0.6)
    return by_shape[matches[0]] if matches else None


def one_of(known: Iterable[str], *, word: str | None = None) -> str:
    """`one of a, b or c`, with the closest of them when `word` resembles one."""
    names = list(known)
    if not names:
        return "no key here"
    near = closest(word, names) if word is not None else None
    listed = either(names) if len(names) == 1 else f"one of {either(names)}"
    return f"{listed} (did you mean {near}?)" if near else listed


def _shape(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "")
