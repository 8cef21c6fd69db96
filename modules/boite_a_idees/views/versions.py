"""The texts an idea had before, each compared word by word with the one that replaced it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from flask import redirect, render_template
from werkzeug.wrappers import Response

from app.db.errors import NotFound
from app.participation import contributions
from app.people import visitor as visitors
from app.tenancy.web import tenant
from modules.boite_a_idees.views.page import TINT, address, blueprint, crumbs, step
from modules.boite_a_idees.views.reading import readable
from modules.boite_a_idees.wording import wording_of

_WORD = re.compile(r"\S+|\s+")


@blueprint.get("/<int:number>-<slug>/versions/")
def versions(number: int, slug: str) -> Response | str:
    """Every text the idea had, each compared word by word with the one it replaced."""
    here, visitor = step(), visitors.current()
    row, seen = readable(here, number, visitor)
    if seen == "stub":
        raise NotFound
    if row.slug != slug:
        return redirect(f"{address(here, row)}versions/", 301)
    kept = contributions.list_versions(row.id)
    texts = [(row.title, row.body)] + [(version.title, version.body) for version in kept]
    shown = []
    for position, (title, body) in enumerate(texts):
        before = texts[position + 1] if position + 1 < len(texts) else None
        since = kept[position].replaced_at if position < len(kept) else row.published_at or row.created_at
        shown.append(
            {
                "number": len(texts) - position,
                "current": position == 0,
                "since": since,
                "supports": kept[position - 1].supports if position else row.supports,
                "title": list(diff(before[0], title)) if before else [("", title)],
                "body": list(diff(before[1], body)) if before else [("", body)],
                "first": before is None,
            }
        )
    return render_template(
        "boite_a_idees/versions.html",
        tint=TINT,
        tz=tenant().timezone,
        step=here,
        idea=row,
        here=address(here, row),
        words=wording_of(here.settings),
        crumbs=crumbs((row.title, address(here, row)), ("Versions", "")),
        versions=shown,
    )


def diff(before: str, after: str) -> Iterator[tuple[str, str]]:
    """(mark, words) pieces of `after` against `before`: mark is ins, del or ''.

    Paragraphs are paired first, then words inside those that changed: a long text stays cheap to compare.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "", "".join(new[c:d])
        else:
            yield from _words("".join(old[a:b]), "".join(new[c:d]))


def _words(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = _split(before), _split(after)
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield "", "".join(new[c:d])
            continue
        if b > a:
            yield "del", "".join(old[a:b])
        if d > c:
            yield "ins", "".join(new[c:d])


def _split(text: str) -> list[str]:
    """Words and the blanks between them, so that a new line end does not make a word new."""
    return _WORD.findall(text)
