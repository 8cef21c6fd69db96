"""Dates of a document: with an offset, local to the platform, or counted from the day it is applied."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EXPECTED = (
    'a date and time such as 2026-05-31T18:00 or 2026-05-31T18:00+02:00, or days from the start such as "+6d"'
)

# A day alone is refused: nobody agrees whether "until the 31st" includes the 31st.
_ABSOLUTE = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?")
_RELATIVE = re.compile(r"([+-])(\d{1,4})d(?: (\d{2}:\d{2}))?")
#: A day to compare two relative moments by; any would do.
ANY_DAY = date(2026, 1, 1)


def is_moment(text: str) -> bool:
    try:
        resolve(text, timezone="UTC", day=ANY_DAY, at=time())
    except (ValueError, OverflowError):
        return False
    return True


def is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_relative(text: str) -> bool:
    return _RELATIVE.fullmatch(text) is not None


def resolve(text: str, *, timezone: str, day: date, at: time) -> datetime:
    """The moment a text means, aware, UTC.

    timezone: of the platform, for texts without offset. day: the day the document is applied, there.
    at: local time of a relative text that names none (`+6d`, as opposed to `+6d 18:00`).
    Raises ValueError for a text of another shape or an impossible date.
    """
    zone = ZoneInfo(timezone)
    absolute = _ABSOLUTE.fullmatch(text)
    if absolute:
        offset = (absolute[3] or "").replace("Z", "+00:00")
        moment = datetime.fromisoformat(f"{absolute[1]}T{absolute[2]}{offset}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    relative = _RELATIVE.fullmatch(text)
    if not relative:
        raise ValueError(f"{text!r} is no date: expected {EXPECTED}")
    days = int(relative[1] + relative[2])
    clock = time.fromisoformat(relative[3]) if relative[3] else at
    return datetime.combine(day + timedelta(days=days), clock, zone).astimezone(UTC)


def window(step: Mapping[str, Any], *, timezone: str, day: date) -> tuple[datetime | None, datetime | None]:
    """When a step of the document opens and closes, aware, UTC.

    opens_at None: as soon as it is applied. closes_at None: the step is timeless.
    Relative days without a time open at 00:00 and close at 23:59, local.
    """
    opens, closes = step.get("opens_at"), step.get("closes_at")
    return (
        resolve(opens, timezone=timezone, day=day, at=time(0, 0)) if opens else None,
        resolve(closes, timezone=timezone, day=day, at=time(23, 59)) if closes else None,
    )
