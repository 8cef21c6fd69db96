"""From the raw texts of a line to a `Row`, or to every reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import select

from app.db.session import db
from app.participation.importing import moments
from app.participation.importing.mapping import BoundMap
from app.participation.importing.reader import Record, Table
from app.participation.importing.report import BAD, DUPLICATE, MISSING, Rejection
from app.participation.importing.rows import Row, Stage
from app.participation.official import Status
from app.participation.search import fold
from app.tenancy.document.suggestions import closest
from app.territory.models import Zone
from app.ui.fields import clean

TITLE_MAX = 300
BODY_MAX = 20_000
LABEL_MAX = 120
PLACE_MAX = 200
KEY_MAX = 200
HIDDEN_TITLE = "Contribution masquée"

YES = frozenset({"1", "true", "t", "vrai", "v", "oui", "o", "yes", "y", "x"})
NO = frozenset({"", "0", "false", "f", "faux", "non", "n", "no"})


@dataclass(frozen=True)
class Surroundings:
    """What a line is judged against. authors: people of the platform by the name that signs, when there are any.

    author, status: for lines that give none.
    """

    zone_ids: Mapping[str, UUID]
    themes: Mapping[str, str]
    statuses: Mapping[str, str]
    timezone: tzinfo
    now: datetime
    author: str = ""
    status: str = ""
    authors: Mapping[str, UUID] = field(default_factory=dict)


def surroundings(
    *,
    themes: Iterable[str],
    statuses: Iterable[Status],
    timezone: tzinfo,
    now: datetime,
    author: str = "",
    status: str = "",
    authors: Mapping[str, UUID] | None = None,
) -> Surroundings:
    """Of the tenant in scope; its zones answer to their name, slug or code."""
    zone_ids: dict[str, UUID] = {}
    for zone in db.session.scalars(select(Zone).where(Zone.active).order_by(Zone.position)):
        for name in (zone.name, zone.slug, zone.code or ""):
            if name:
                zone_ids.setdefault(fold(name), zone.id)
    return Surroundings(
        zone_ids=zone_ids,
        themes={fold(theme): theme for theme in themes},
        statuses={fold(name): one.id for one in statuses for name in (one.label, one.id)},
        timezone=timezone,
        now=now,
        author=author,
        status=status,
        authors=authors or {},
    )


class _Missing(ValueError):
    """A compulsory value is not there."""


def judge(
    table: Table,
    bound: BoundMap,
    around: Surroundings,
    *,
    advance: Callable[[int], None] = lambda lines: None,
) -> tuple[list[Row], list[Rejection], list[str]]:
    """Every line of a table as a row or as a rejection, and sentences about what was assumed.

    advance: called with the number of lines just judged. A key met twice in the file is rejected the second time.
    """
    rows: list[Row] = []
    rejected = [Rejection(bad.line, BAD, bad.reason) for bad in table.bad]
    seen: dict[str, int] = {}
    unlisted: set[str] = set()
    for record in table.records:
        raw = bound.values(record)
        row, faults = _row(record, raw, around)
        key = row.key if row is not None else None
        if row is None:
            kind = MISSING if all(isinstance(fault, _Missing) for fault in faults) else BAD
            rejected.append(_rejection(record, raw, kind, "; ".join(map(str, faults))))
        elif key is not None and key in seen:
            reason = f"key {key!r} is already on line {seen[key]}"
            rejected.append(_rejection(record, raw, DUPLICATE, reason))
        else:
            if key is not None:
                seen[key] = record.line
            if row.theme and row.theme not in around.themes.values():
                unlisted.add(row.theme)
            rows.append(row)
        advance(1)
    notices = []
    if unlisted:
        notices.append(
            f"themes that the platform does not list, kept as they are: {', '.join(sorted(unlisted))}"
        )
    if "key" not in bound.targets:
        notices.append("no key: importing this file again would add every line again")
    return rows, rejected, notices


def _rejection(record: Record, raw: Mapping[str, str], kind: str, reason: str) -> Rejection:
    title = clean(raw.get("title", ""), multiline=False)[:80]
    return Rejection(
        record.line, kind, reason, key=clean(raw.get("key", ""), multiline=False)[:KEY_MAX], title=title
    )


def _row(record: Record, raw: Mapping[str, str], around: Surroundings) -> tuple[Row | None, list[ValueError]]:
    faults: list[ValueError] = []
    reader = _Line(raw, around, faults)
    hidden = reader.hidden()
    key = reader.text("key", KEY_MAX, required="key" in raw)
    title = reader.text("title", TITLE_MAX, required=not hidden) or HIDDEN_TITLE
    body = reader.text("body", BODY_MAX, multiline=True) or ""
    label = reader.text("author", LABEL_MAX) or around.author
    longitude, latitude = reader.point()
    created, published = reader.dates()
    stages = reader.stages(published)
    author_id = around.authors.get(label)
    row = Row(
        line=record.line,
        title=title,
        body=body,
        theme=reader.theme(),
        zone_id=reader.zone(),
        place=reader.text("place", PLACE_MAX),
        longitude=longitude,
        latitude=latitude,
        author_label=None if author_id else label or None,
        author_id=author_id,
        key=key,
        hidden=hidden,
        stages=stages,
        created_at=created,
        published_at=published,
    )
    return (None if faults else row), faults


class _Line:
    """Reads the targets of one line; what is wrong is added to `faults` and reading goes on, to tell all at once."""

    def __init__(self, raw: Mapping[str, str], around: Surroundings, faults: list[ValueError]) -> None:
        self.raw, self.around, self.faults = raw, around, faults

    def text(
        self, target: str, longest: int, *, required: bool = False, multiline: bool = False
    ) -> str | None:
        text = clean(self.raw.get(target, ""), multiline=multiline)
        if required and not text:
            self.faults.append(_Missing(f"{target} is empty"))
        elif len(text) > longest:
            self._bad(f"{target} has {len(text)} characters, expected at most {longest}")
        return text or None

    def hidden(self) -> bool:
        word = fold(self.raw.get("hidden", "").strip())
        if word not in YES and word not in NO:
            self._bad(f"hidden is {_shown(word)}, expected yes or no (oui, non, 1, 0)")
        return word in YES

    def theme(self) -> str | None:
        theme = self.text("theme", LABEL_MAX)
        return self.around.themes.get(fold(theme), theme) if theme else None

    def zone(self) -> UUID | None:
        name = self.text("zone", LABEL_MAX)
        if name is None:
            return None
        zone_id = self.around.zone_ids.get(fold(name))
        if zone_id is None:
            near = closest(fold(name), self.around.zone_ids)
            self._bad(
                f"zone is {_shown(name)}, no zone of this platform"
                + (f" (did you mean {near!r}?)" if near else "")
            )
        return zone_id

    def point(self) -> tuple[float | None, float | None]:
        longitude, latitude = self._degrees("longitude", 180), self._degrees("latitude", 90)
        given = [bool(self.raw.get(name, "").strip()) for name in ("longitude", "latitude")]
        if given[0] != given[1]:
            self._bad("longitude and latitude are only given together")
        return longitude, latitude

    def _degrees(self, target: str, largest: int) -> float | None:
        text = self.raw.get(target, "").strip()
        if not text:
            return None
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = math.nan
        if not abs(value) <= largest:
            self._bad(f"{target} is {_shown(text)}, expected degrees between -{largest} and {largest}")
        return value

    def dates(self) -> tuple[datetime, datetime]:
        """Deposited and published. One alone stands for both; neither is now."""
        age = self.raw.get("age_days", "").strip()
        created, published = self._moment("created_at"), self._moment("published_at")
        if age:
            try:
                created = self.around.now - timedelta(days=float(age.replace(",", ".")))
            except (ValueError, OverflowError):
                created = None
            if created is None or created > self.around.now:
                self._bad(f"age_days is {_shown(age)}, expected a number of days such as 12 or 0.5")
        created = created or published or self.around.now
        return created, max(published or created, created)

    def stages(self, published: datetime) -> tuple[Stage, ...]:
        name = self.text("status", LABEL_MAX) or self.around.status
        since = self._moment("status_at")
        if not name:
            return ()
        status = self.around.statuses.get(fold(name))
        if status is None:
            known = ", ".join(dict.fromkeys(self.around.statuses.values())) or "none"
            self._bad(f"status is {_shown(name)}, expected one of this application's: {known}")
            return ()
        return (Stage(status=status, at=since or published),)

    def _moment(self, target: str) -> datetime | None:
        text = self.raw.get(target, "").strip()
        if not text:
            return None
        try:
            at = moments.parse(text, self.around.timezone)
        except ValueError:
            self._bad(f"{target} is {_shown(text)}, {moments.EXPECTED}")
            return None
        if at > self.around.now:
            self._bad(f"{target} is {_shown(text)}, which has not come yet")
        return at

    def _bad(self, reason: str) -> None:
        self.faults.append(ValueError(reason))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def in_batches(rows: list[Row], size: int) -> Iterator[list[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
