"""What rooms above hear at sign-in: this room knows nothing of acts, they know what waited for the person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app.people.visitor import Visitor

#: (visitor just signed in, intention named by the link or None, now) to where the person goes next, or None.
AfterSignIn = Callable[[Visitor, UUID | None, datetime], str | None]
#: (intention named by a link) to the title of what was begun, or None when it is gone.
Describe = Callable[[UUID], str | None]

_after_sign_in: list[AfterSignIn] = []
_describe: list[Describe] = []


def after_sign_in(hook: AfterSignIn) -> None:
    if hook not in _after_sign_in:
        _after_sign_in.append(hook)


def describe_with(hook: Describe) -> None:
    if hook not in _describe:
        _describe.append(hook)


def signed_in(visitor: Visitor, intention_id: UUID | None, *, now: datetime) -> str | None:
    """Run every hook; the first path given (with the tenant's prefix) is where the person goes."""
    paths = [hook(visitor, intention_id, now) for hook in _after_sign_in]
    return next((path for path in paths if path), None)


def describe(intention_id: UUID | None) -> str | None:
    """Title of what the person had begun, for the page a mail's link opens."""
    if intention_id is None:
        return None
    return next((found for found in (hook(intention_id) for hook in _describe) if found), None)
