"""What happens to work that failed: later, then aside."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: Wait after the first failure, the second…; one failure more sets the work aside.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=48),
)
ATTEMPTS = len(WAITS) + 1

#: `due_at` of work set aside: never due, still counted and shown until somebody retries it.
PARKED = datetime(9999, 1, 1, tzinfo=UTC)

_ROOT = Path(__file__).resolve().parents[2]


def next_try(attempts: int, now: datetime) -> datetime:
    """attempts: failures so far, this one included."""
    return PARKED if attempts >= ATTEMPTS else now + WAITS[attempts - 1]


def error_name(error: BaseException) -> str:
    """The class alone: messages quote addresses and texts."""
    return type(error).__name__


def place_of(error: BaseException) -> str:
    """The line of our own code nearest to the failure, such as `app/notifications/mail.py:41`; "" when none is ours."""
    ours = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
            ours = f"{path.relative_to(_ROOT)}:{frame.lineno}"
    return ours
