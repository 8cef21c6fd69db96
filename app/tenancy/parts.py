"""What the rooms above add to a tenant's document: how to judge their keys, and what applying them writes.

The tenancy room knows neither colours nor polygons nor démarches; each room that does registers a part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.tenancy.document.checks import Check

#: (session, document complete with defaults, folder of the file or None, now): runs in the tenant's scope,
#: inside the transaction that writes the revision.
Write = Callable[[Session, Mapping[str, Any], Path | None, datetime], None]


@dataclass(frozen=True)
class Part:
    """files: from the document to the paths it names, so that a changed file is a changed document."""

    name: str
    checks: tuple[Check, ...] = ()
    write: Write | None = None
    files: Callable[[Mapping[str, Any]], list[str]] | None = None


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """In the order in which parts are to be written; registering a name again replaces it."""
    _parts[part.name] = part


def parts() -> list[Part]:
    return list(_parts.values())


def checks() -> list[Check]:
    return [check for part in _parts.values() for check in part.checks]
