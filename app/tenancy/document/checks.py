"""Checks that look at more than one value: some are the core's, others come from rooms above (theme, territory)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from app.tenancy.document import moments
from app.tenancy.document.faults import Problem, describe, either, quote
from app.tenancy.document.schema import REQUIRED_TO_PUBLISH
from app.tenancy.document.suggestions import one_of

# The folder of the document, or None when it was not read from a file: then files are not looked at.
Folder = FilePath | None


@dataclass(frozen=True)
class Check:
    """A question asked of some top-level keys of the document.

    reads: the keys it looks at; it runs only when none of them has a fault already.
    run: called with those keys, complete with their defaults (a key without default may be absent), and the
    document's folder; returns what is wrong, at paths from the root.
    """

    name: str
    reads: tuple[str, ...]
    run: Callable[[Mapping[str, Any], Folder], Iterable[Problem]]


def theme_check(check_theme: Callable[[dict[str, Any]], str | None]) -> Check:
    """The theme engine's opinion: `check_theme` returns None, or the pair and ratio that fail."""

    def run(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
        refusal = check_theme(dict(document["theme"]))
        if refusal is not None:
            yield Problem(("theme",), " ".join(refusal.split()).rstrip("."), "colours with enough contrast")

    return Check("theme", ("theme",), run)


def _publication(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    if document["access"]["visibility"] != "public" or document["demo"]:
        return
    absent = [key for key in REQUIRED_TO_PUBLISH if key not in document["legal"]]
    if absent:
        found = f"no {either(absent, last='nor')}"
        yield Problem(("legal",), found, "them on a public platform (else access.visibility: closed)")


def _accessibility(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    statement = document["accessibility"]
    mention, rate = statement["mention"], statement.get("rate")
    if mention == "none":
        return
    if "audited_on" not in statement or rate is None:
        yield Problem(
            ("accessibility", "mention"),
            quote(mention),
            "none, as long as there is no audit (audited_on and rate)",
        )
    elif mention == "total" and rate < 100:
        yield Problem(("accessibility", "rate"), describe(rate), "100 for a total conformity")
    elif mention == "partial" and rate < 50:
        yield Problem(("accessibility", "rate"), describe(rate), "at least 50 for a partial conformity")


def _languages(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    if "locales" in document and document["locale"] not in document["locales"]:
        yield Problem(("locales",), f"no {document['locale']}", "the platform's own locale among them")


def _files(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    theme = document["theme"]
    for key in ("logo", "favicon"):
        if folder is not None and key in theme and not is_file_inside(folder, theme[key]):
            yield Problem(
                ("theme", key), f"no file {quote(theme[key])}", f"a file under {folder.name or '.'}/"
            )


def is_file_inside(folder: FilePath, relative: str) -> bool:
    """True when the path leads to a readable file of the folder, links followed."""
    try:
        target = (folder / relative).resolve()
        return target.is_relative_to(folder.resolve()) and target.is_file()
    except (OSError, ValueError):
        return False


def _project_themes(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    known = document["themes"]
    for number, project in enumerate(document["projects"]):
        for index, theme in enumerate(project["themes"]):
            if theme not in known:
                expected = one_of(known, word=theme) if known else "a theme listed in `themes`"
                yield Problem(("projects", number, "themes", index), quote(theme), expected)


def _projects(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    slugs: set[str] = set()
    for number, project in enumerate(document["projects"]):
        if project["slug"] in slugs:
            yield Problem(
                ("projects", number, "slug"),
                f"{quote(project['slug'])} again",
                "a slug of its own for each project",
            )
        slugs.add(project["slug"])


def _steps(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    taken: set[tuple[str, str]] = set()
    for number, project in enumerate(document["projects"]):
        for index, step in enumerate(project["steps"]):
            path = ("projects", number, "steps", index)
            key = (step["module"], step["slug"])
            if key in taken:
                yield Problem(
                    (*path, "slug"),
                    f"{quote(step['slug'])} again",
                    "a slug of its own for each step of an application",
                )
            taken.add(key)
            if step["timeless"] and "closes_at" in step:
                yield Problem(
                    (*path, "closes_at"), quote(step["closes_at"]), "no closing for a timeless step"
                )
            elif not step["timeless"] and "closes_at" not in step:
                yield Problem((*path, "closes_at"), "missing", "a closing, or `timeless: true`")
            elif not _in_order(step, document["timezone"]):
                yield Problem(
                    (*path, "closes_at"),
                    quote(step["closes_at"]),
                    f"a moment after opens_at ({step['opens_at']})",
                )
            for place, requirement in enumerate(step["requirements"]):
                if not _is_requirement(requirement):
                    yield Problem(
                        (*path, "requirements", place),
                        describe(requirement),
                        "a word, or a mapping with `kind`",
                    )


def _in_order(step: Mapping[str, Any], timezone: str) -> bool:
    if "opens_at" not in step or "closes_at" not in step:
        return True
    if moments.is_relative(step["opens_at"]) != moments.is_relative(step["closes_at"]):
        # Which comes first depends on the day the document is applied.
        return True
    opens, closes = moments.window(step, timezone=timezone, day=moments.ANY_DAY)
    return opens is None or closes is None or opens < closes


def _is_requirement(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("kind"), str) and bool(value["kind"].strip())
    return isinstance(value, str) and bool(value.strip())


CORE_CHECKS = (
    Check("publication", ("access", "legal", "demo"), _publication),
    Check("accessibility", ("accessibility",), _accessibility),
    Check("languages", ("locale", "locales"), _languages),
    Check("files", ("theme",), _files),
    Check("project themes", ("themes", "projects"), _project_themes),
    Check("projects", ("projects",), _projects),
    Check("steps", ("projects", "timezone"), _steps),
)
