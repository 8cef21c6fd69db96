"""What a step asks of people before their acts count: a register of requirements, each a page.

A requirement is missing or met for a visitor; the step's list gives the order of the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Requirement:
    """is_met: from what the visitor already proved, without a query. page: last part of its address
    (`/participer/<intention>/<page>/`). pending_for: what a contribution waiting for it says."""

    id: str
    page: str
    pending_for: str
    is_met: Callable[[Any], bool]


_register: dict[str, Requirement] = {}


def register(requirement: Requirement) -> None:
    _register[requirement.id] = requirement


def get(requirement_id: str) -> Requirement:
    """Raises KeyError for a requirement nobody registered (the document's validation refuses those first)."""
    return _register[requirement_id]


def known_ids() -> list[str]:
    return list(_register)


def missing(requirement_ids: Sequence[str], visitor: Any | None) -> list[Requirement]:
    """The requirements this visitor (None: nobody known) does not meet yet, in the step's order."""
    return [
        requirement
        for requirement in (_register[requirement_id] for requirement_id in requirement_ids)
        if visitor is None or not requirement.is_met(visitor)
    ]
