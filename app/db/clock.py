"""The one place that reads the time. Services never do: they receive `now`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def _system_clock() -> datetime:
    return datetime.now(UTC)


_clock: Clock = _system_clock


def now() -> datetime:
    """Aware UTC instant given by the injected clock (the system's by default)."""
    return _clock()


class FrozenClock:
    """A clock for tests and demonstrations: stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError(f"a clock needs an aware datetime, got {at!r}")
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **delta: float) -> datetime:
        """Advance by `timedelta(**delta)` and return the new instant."""
        self.at += timedelta(**delta)
        return self.at


@contextmanager
def using(clock: Clock) -> Iterator[Clock]:
    """Replace the process's clock for the duration of the block."""
    global _clock
    previous, _clock = _clock, clock
    try:
        yield clock
    finally:
        _clock = previous
