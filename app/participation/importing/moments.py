"""Dates as open data writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

EXPECTED = "expected a date such as 2026-11-22, 22/11/2026 18:30 or seconds since 1970"
EARLIEST = 1900

_FRENCH = re.compile(
    r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})"
    r"(?:[ T,]+(?:à )?(?P<hour>\d{1,2})[:hH](?P<minute>\d{2})?(?::(?P<second>\d{2}))?)?"
)
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(.*)")


def parse(text: str, zone: tzinfo) -> datetime:
    """Aware UTC instant of a date or a moment; without an offset it is the platform's time, without an hour midnight.

    A year or a month alone is its first day. Raises ValueError.
    """
    text = text.strip()
    found = _number(text, zone) if text.isascii() and text.isdigit() else _written(text, zone)
    if found.year < EARLIEST:
        raise ValueError(text)
    return found


def _number(text: str, zone: tzinfo) -> datetime:
    try:
        if len(text) == 4:
            return _at(zone, int(text))
        if len(text) == 8:
            return _at(zone, int(text[:4]), int(text[4:6]), int(text[6:]))
        if 9 <= len(text) <= 10:
            return datetime.fromtimestamp(int(text), UTC)
        if 12 <= len(text) <= 13:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error
    raise ValueError(text)


def _written(text: str, zone: tzinfo) -> datetime:
    if french := _FRENCH.fullmatch(text):
        part = {name: int(value or 0) for name, value in french.groupdict().items()}
        return _at(zone, *(part[name] for name in ("year", "month", "day", "hour", "minute", "second")))
    if month := _MONTH.fullmatch(text):
        return _at(zone, int(month[1]), int(month[2]))
    if slashed := _SLASHED.fullmatch(text):
        text = f"{slashed[1]}-{slashed[2]:0>2}-{slashed[3]:0>2}{slashed[4]}"
    found = datetime.fromisoformat(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _at(
    zone: tzinfo, year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    # The first years have no UTC instant before them: too early to convert, and refused anyway.
    if year < EARLIEST:
        raise ValueError(year)
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
