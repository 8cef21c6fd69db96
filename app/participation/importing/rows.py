"""What an imported line is once it is understood, and how an application makes its contributions of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.participation.models import Contribution
from app.participation.official import Status
from app.participation.steps import StepInfo


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A status reached. note: the sentence its history shows."""

    status: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One contribution to be. line: where it comes from, 0 when from no file.

    stages: statuses reached, oldest first; the last one is the present one. number: None to take the step's next.
    author_id: the person who wrote it, when it is somebody of the platform; else author_label signs it.
    threshold_reached_at: for what is loaded with its supports.
    """

    line: int
    title: str
    body: str = ""
    theme: str | None = None
    zone_id: UUID | None = None
    place: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    author_label: str | None = None
    author_id: UUID | None = None
    key: str | None = None
    hidden: bool = False
    stages: tuple[Stage, ...] = ()
    created_at: datetime
    published_at: datetime
    number: int | None = None
    threshold_reached_at: datetime | None = None


OwnValues = Callable[[StepInfo, Row], Mapping[str, Any]]


def _nothing(step: StepInfo, row: Row) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class ImportShape:
    """How an application's contributions come from a file: what its manifest names in `imports`.

    contribution_type: the class written. own_values(step, row): every column of its own table.
    first_status: the progress of a contribution about which the file says nothing.
    """

    contribution_type: type[Contribution]
    own_values: OwnValues = field(default=_nothing)
    first_status: str = ""


@dataclass(frozen=True)
class Application:
    """What the importer knows of the application of a step."""

    shape: ImportShape
    statuses: tuple[Status, ...]
