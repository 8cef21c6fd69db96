"""French typography, dates, amounts and counts for templates: plain functions, called dozens of times a page.

Dates are aware; a naive one raises ValueError, because it would silently be read in the server's own zone.
Every space inside a figure, a unit or before a double sign is U+00A0.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

from markupsafe import Markup, escape

NBSP = "\u00a0"

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
SHORT_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avril",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)

# --- typography -----------------------------------------------------------------------------------------------

_UNITS = "km|cm|mm|m²|m³|m|ha|kg|g|t|l|h|min|s|Ko|Mo|Go|kWh|MWh|°C|k€|M€|€|%"
# Sign by sign, so that a text without any of these is left after one quick scan.
_WORTH_IT = re.compile(r"['«»:;!?%€]|&#39;|\d \w|n° |M\. |Mme ")
_URL = re.compile(r"((?:https?://|www\.)[^\s<>\"]+)", re.IGNORECASE)
_MARKUP = re.compile(r"(<[^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{1,31});)")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_«])")
_ESCAPED_APOSTROPHE = re.compile(r"(?<=[^\W\d_])&#39;(?=[^\W\d_«])")
# Both patterns begin with plain characters, which the engine finds ten times faster than a look-behind.
_SPACED = re.compile(
    r" (?:(?=[:;!?»€%])|(?<=« )"
    rf"|(?<=\d )(?=\d{{3}}(?!\d)|(?:{_UNITS})(?!\w))|(?<=\d h )(?=\d\d(?!\d))"
    r"|(?<=n° )(?=\d)|(?:(?<=\bM\. )|(?<=\bMme ))(?=[^\W\d_]))"
)
_IS_GLUED = re.compile(r"[\w).…!?][:;!?»%€]|«\S")
_GLUED = re.compile(
    r"(?<=«)(?=[^\s\u00a0\u202f])"
    r"|(?<=[^\s\u00a0\u202f«(])(?=»)"
    r"|(?<=\d)(?=[%€])"
    r"|(?<=[\w)»])(?=[!?]{1,3}(?:\s|$))"
    r"|(?<=[^\W\d_])(?=[;:](?:\s|$))"
)


def _prose(text: str) -> str:
    if "'" in text:
        text = _APOSTROPHE.sub("’", text)
    text = _SPACED.sub(NBSP, text)
    return _GLUED.sub(NBSP, text) if _IS_GLUED.search(text) else text


def _around_urls(text: str) -> str:
    if "://" not in text and "www." not in text.lower():
        return _prose(text)
    parts = _URL.split(text)
    parts[::2] = [_prose(part) for part in parts[::2]]
    return "".join(parts)


def typo(text: object) -> str:
    """Text with no-break spaces where French wants them and curly apostrophes.

    Markup stays Markup: tags, attributes and entities are left alone, so are addresses. None is "".
    """
    if text is None:
        return ""
    if not isinstance(text, str):
        text = str(text)
    if _WORTH_IT.search(text) is None:
        return text
    if not isinstance(text, Markup):
        return _around_urls(text)
    source = _ESCAPED_APOSTROPHE.sub("’", str(text))
    if "<" not in source and "&" not in source:
        return Markup(_around_urls(source))  # noqa: S704 - was Markup, gains spaces only
    parts = _MARKUP.split(source)
    parts[::2] = [_around_urls(part) for part in parts[::2]]
    return Markup("".join(parts))  # noqa: S704 - was Markup, gains spaces only


# --- dates ----------------------------------------------------------------------------------------------------


def _local(moment: datetime, tz: tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone, expected an aware datetime")
    return moment.astimezone(tz)


def _day(value: date, tz: tzinfo) -> date:
    return _local(value, tz).date() if isinstance(value, datetime) else value


def _number_of_day(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def hour(moment: datetime, tz: tzinfo) -> str:
    """As in "14 h 32", or "9 h" on the hour."""
    local = _local(moment, tz)
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}" if local.minute else f"{local.hour}{NBSP}h"


def date_full(moment: datetime, tz: tzinfo) -> str:
    """As in "vendredi 27 novembre 2026, 23 h 59"."""
    day = _local(moment, tz).date()
    return f"{WEEKDAYS[day.weekday()]} {date_long(day, tz)}, {hour(moment, tz)}"


def date_long(value: date, tz: tzinfo = UTC) -> str:
    """As in "3 octobre 2026"; tz is read for datetimes only."""
    day = _day(value, tz)
    return f"{_number_of_day(day)} {MONTHS[day.month - 1]} {day.year}"


def date_short(value: date, tz: tzinfo = UTC, *, now: datetime | None = None) -> str:
    """As in "27 nov. 2026"; the year is left out when it is that of `now`."""
    day = _day(value, tz)
    text = f"{_number_of_day(day)} {SHORT_MONTHS[day.month - 1]}"
    return text if now is not None and _day(now, tz).year == day.year else f"{text} {day.year}"


def day_month(value: date, tz: tzinfo = UTC) -> str:
    """As in "3 octobre", for the stops of a fil."""
    day = _day(value, tz)
    return f"{_number_of_day(day)} {MONTHS[day.month - 1]}"


def date_box(value: date, tz: tzinfo = UTC) -> tuple[str, str]:
    """("02", "déc."), the two lines of an agenda square."""
    day = _day(value, tz)
    return f"{day.day:02d}", SHORT_MONTHS[day.month - 1]


def ago(moment: datetime, now: datetime) -> str:
    """As in "il y a 2 jours"; whole units, rounded down; the future (a clock ahead of ours) reads "à l’instant"."""
    seconds = int((now - moment).total_seconds())
    if seconds < 60:
        return "à l’instant"
    if seconds < 3600:
        return f"il y a {count(seconds // 60, 'minute')}"
    if seconds < 86_400:
        return f"il y a {count(seconds // 3600, 'heure')}"
    days = seconds // 86_400
    if days < 31:
        return f"il y a {count(days, 'jour')}"
    if days < 365:
        return f"il y a {days // 30}{NBSP}mois"
    return f"il y a {count(days // 365, 'an')}"


def left(closes_at: datetime, now: datetime, tz: tzinfo = UTC) -> str:
    """As in "Encore 6 jours": whole days of 24 hours left, never rounded up.

    Under 24 hours the hour is said: "Dernier jour : jusqu’à 18 h", or "Jusqu’à demain, 9 h". Past: "Terminé".
    """
    remaining = closes_at - now
    if remaining.total_seconds() <= 0:
        return "Terminé"
    if remaining.days >= 1:
        return f"Encore {count(remaining.days, 'jour')}"
    at = hour(closes_at, tz)
    if _day(closes_at, tz) == _day(now, tz):
        return f"Dernier jour{NBSP}: jusqu’à {at}"
    return f"Jusqu’à demain, {at}"


def time_tag(value: date, text: str) -> Markup:
    """`<time datetime="2026-11-12T09:00:00+00:00">text</time>`; a date alone gives a date alone."""
    if isinstance(value, datetime):
        stamp = _local(value, value.tzinfo or UTC).isoformat(timespec="seconds")
    else:
        stamp = value.isoformat()
    return Markup(f'<time datetime="{stamp}">{escape(text)}</time>')  # noqa: S704 - escaped just here


# --- figures and names ----------------------------------------------------------------------------------------


def number(value: int | float) -> str:
    """As in "9 240", "1,5", "−3"."""
    text = f"{value:,}".replace(",", NBSP).replace(".", ",")
    return text.replace("-", "−")


def amount_eur(cents: int) -> str:
    """Cents to "300 000 €", or "12,50 €" when there are cents."""
    euros, rest = divmod(abs(cents), 100)
    text = number(euros) + (f",{rest:02d}" if rest else "")
    return f"{'−' if cents < 0 else ''}{text}{NBSP}€"


def plural(value: int | float, singular: str, many: str | None = None) -> str:
    """The word alone: singular under 2, as French has it. `many` defaults to singular + "s"."""
    return singular if -2 < value < 2 else many or f"{singular}s"


def count(value: int, singular: str, many: str | None = None) -> str:
    """As in "152 annonces", "1 annonce", "0 annonce"."""
    return f"{number(value)}{NBSP}{plural(value, singular, many)}"


def percent(part: float, whole: float) -> int:
    """Whole percentage from 0 to 100; 100 is kept for complete, 0 for none; a whole of 0 gives 0."""
    if whole <= 0 or part <= 0:
        return 0
    if part >= whole:
        return 100
    return min(99, max(1, round(100 * part / whole)))


def file_size(size: int) -> str:
    """Bytes to "820 Ko" or "1,2 Mo"."""
    if size < 1_000_000:
        return f"{number(max(1, round(size / 1000)))}{NBSP}Ko"
    return f"{number(round(size / 1_000_000, 1)).removesuffix(',0')}{NBSP}Mo"


_SMALL_WORDS = frozenset(
    {"de", "du", "des", "la", "le", "les", "d", "l", "et", "en", "aux", "au", "à", "sur"}
)
_WORDS = re.compile(r"[^\W_]+")


def initials(name: str | None) -> str:
    """One or two capitals: "Inès R." gives "IR", "Ville de Valmorin" gives "VV"; no letter at all gives "?"."""
    words = _WORDS.findall((name or "")[:80])
    words = [word for word in words if word.lower() not in _SMALL_WORDS] or words
    if not words:
        return "?"
    first, last = str(words[0]), str(words[-1])
    return (first[0] + (last[0] if len(words) > 1 else "")).upper()


#: Names Jinja gives templates; the dates take the tenant's zone: `{{ idea.created_at|date_long(tz) }}`.
JINJA_FILTERS = (
    "typo",
    "number",
    "amount_eur",
    "initials",
    "file_size",
    "hour",
    "date_full",
    "date_long",
    "date_short",
    "day_month",
    "ago",
    "left",
)
JINJA_GLOBALS = ("count", "plural", "percent", "time_tag", "date_box")
