"""Reading a tenant document: every fault at once, each with its place; never an exception for what the file says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from app.tenancy.document import checks as core
from app.tenancy.document.checks import Check, Folder
from app.tenancy.document.composition import Manifests, judge_locked, judge_modules, judge_steps
from app.tenancy.document.faults import Fault, Problem, describe, format_path
from app.tenancy.document.fields import SECRET
from app.tenancy.document.judge import judge
from app.tenancy.document.normal import fill
from app.tenancy.document.positions import MAX_BYTES, START, Node, PlacedProblem, locate, plain, read
from app.tenancy.document.schema import DocumentSchema


@dataclass(frozen=True)
class Loaded:
    """document: the plain values as written, {} when the file cannot be read; to be used only when `ok`.
    faults: in the order of the file.
    """

    document: dict[str, Any]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def load(
    path: FilePath,
    *,
    manifests: Manifests,
    checks: Sequence[Check] = (),
    tolerate_unknown_modules: bool = False,
) -> Loaded:
    """Read and judge a file; paths inside it are relative to its folder. See `load_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return Loaded(
            {}, (Fault(str(path), 1, 1, "document", f"a file that cannot be read ({reason})", "a YAML file"),)
        )
    return load_bytes(
        data,
        file=str(path),
        folder=path.parent,
        manifests=manifests,
        checks=checks,
        tolerate_unknown_modules=tolerate_unknown_modules,
    )


def load_bytes(
    data: bytes,
    *,
    manifests: Manifests,
    file: str = "document.yaml",
    folder: Folder = None,
    checks: Sequence[Check] = (),
    tolerate_unknown_modules: bool = False,
) -> Loaded:
    """Judge the content of a tenant document.

    manifests: the applications installed. checks: those of the rooms above, run after the core's own.
    file: the name faults carry. folder: where its files are; None leaves files unchecked.
    tolerate_unknown_modules: keep, unjudged, what concerns applications that are not installed (start-up must survive
    the removal of one); otherwise they are faults.
    """
    root, placed = read(data)
    if root is None:
        return Loaded({}, _faults(file, None, placed, []))
    document = plain(root)
    if not isinstance(document, dict):
        problem = Problem((), describe(document), "a mapping that starts with `tenant:`")
        return Loaded({}, _faults(file, root, placed, [problem]))
    return Loaded(
        document,
        _faults(
            file,
            root,
            placed,
            judge_document(document, folder, manifests, checks, tolerate_unknown_modules, placed),
        ),
    )


def judge_document(
    document: dict[str, Any],
    folder: Folder,
    manifests: Manifests,
    checks: Sequence[Check] = (),
    tolerant: bool = False,
    placed: Sequence[PlacedProblem] = (),
) -> list[Problem]:
    """What is wrong with plain values, whatever they were read from (the back-office edits values, not text)."""
    problems = judge(DocumentSchema(), document)
    problems += judge_modules(document.get("modules"), manifests, tolerant=tolerant)
    problems += judge_steps(document.get("projects"), manifests, tolerant=tolerant)
    problems += judge_locked(document.get("locked"), manifests, tolerant=tolerant)
    paths = [*(problem.path for problem in problems), *(problem.path for problem in placed)]
    faulty = {str(path[0]) for path in paths if path}
    for check in (*core.CORE_CHECKS, *checks):
        if not faulty.intersection(check.reads):
            problems.extend(check.run(_with_defaults(document, check.reads), folder))
    return problems


def secrets_of(document: Any) -> set[str]:
    """The names of the `${secret:NAME}` a document refers to."""
    if isinstance(document, str):
        return set(SECRET.findall(document))
    children = (
        document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    )
    return {name for child in children for name in secrets_of(child)}


def with_secrets(document: Any, secret: Callable[[str], str]) -> Any:
    """A copy of the document with each `${secret:NAME}` replaced by `secret(NAME)`."""
    if isinstance(document, str):
        return SECRET.sub(lambda match: secret(match[1]), document)
    if isinstance(document, Mapping):
        return {key: with_secrets(value, secret) for key, value in document.items()}
    return [with_secrets(item, secret) for item in document] if isinstance(document, list) else document


def _with_defaults(document: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Those keys alone, completed; they are known to be without fault, the others are not looked at."""
    return fill(DocumentSchema(only=tuple(keys)), {key: document[key] for key in keys if key in document})


def _faults(
    file: str, root: Node | None, placed: Sequence[PlacedProblem], problems: Sequence[Problem]
) -> tuple[Fault, ...]:
    faults = [
        Fault(file, p.position.line, p.position.column, format_path(p.path), p.found, p.expected)
        for p in placed
    ]
    for problem in problems:
        position = START if root is None else locate(root, problem.path, at_key=problem.at_key)
        faults.append(
            Fault(
                file,
                position.line,
                position.column,
                format_path(problem.path),
                problem.found,
                problem.expected,
            )
        )
    unique = dict.fromkeys(faults)
    return tuple(sorted(unique, key=lambda fault: (fault.line, fault.column)))


__all__ = ["Check", "Fault", "Loaded", "judge_document", "load", "load_bytes", "secrets_of", "with_secrets"]
