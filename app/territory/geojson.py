"""GeoJSON files of zones, read strictly: what is doubtful is refused with the feature's number and name."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NoReturn

from app.territory.geometry import Point, Polygon, Ring, ZoneShape

MAX_BYTES = 16 * 1024 * 1024
MAX_ZONES = 5_000
MAX_POINTS = 500_000
_LONGEST_NAME = 120
_LONGEST_CODE = 40
# A centimetre; finer digits are noise of the tool that wrote the file.
_DECIMALS = 7
_REPORTED = 20

NAME_KEYS = ("nom", "name", "NOM", "NOM_CENTRE", "libelle", "label", "nom_quartier", "NOM_COM")
CODE_KEYS = ("code", "CODE", "insee", "code_insee", "INSEE_COM", "NUM_BUREAU")

_WGS84 = ("crs84", "epsg:4326", "epsg::4326", "epsg/0/4326")

__all__ = ["CODE_KEYS", "MAX_BYTES", "NAME_KEYS", "BadZones", "ZoneProblem", "ZoneShape", "parse"]


@dataclass(frozen=True)
class ZoneProblem:
    """feature: its number in the file, from 1, or None for the file as a whole. name: None when it has none."""

    feature: int | None
    name: str | None
    found: str
    expected: str

    def __str__(self) -> str:
        place = (
            ""
            if self.feature is None
            else f"feature {self.feature}{f' ({self.name})' if self.name else ''}: "
        )
        return f"{place}{self.found}, expected {self.expected}"


class BadZones(ValueError):
    """A file that cannot serve as zones. problems: at most twenty, in the file's order."""

    def __init__(self, problems: Sequence[ZoneProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def parse(
    data: bytes,
    *,
    name_keys: Sequence[str] = NAME_KEYS,
    code_keys: Sequence[str] = CODE_KEYS,
    same_name: Literal["refuse", "merge"] = "refuse",
) -> list[ZoneShape]:
    """The zones of a FeatureCollection of Polygon and MultiPolygon features, in the file's order.

    name_keys, code_keys: properties tried in turn; the others are dropped. same_name: "merge" makes one zone of all
    features with the same name (polling stations of one school); its code is kept only when they share it.
    A ring whose last point is not its first is closed; altitudes are dropped.
    Raises BadZones, whose message names every faulty feature.
    """
    reader = _Reader(name_keys, code_keys)
    shapes = reader.read(_decode(data))
    shapes = _merged(shapes) if same_name == "merge" else shapes
    problems = [*reader.problems, *_same_names(shapes)]
    if problems:
        problems.sort(key=lambda problem: problem.feature or 0)
        raise BadZones(problems[:_REPORTED])
    return [shape for _, shape in shapes]


class _Refused(Exception):
    """One feature is wrong; the others are still read."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found, expected)
        self.found, self.expected = found, expected


class _Reader:
    def __init__(self, name_keys: Sequence[str], code_keys: Sequence[str]) -> None:
        self.name_keys, self.code_keys = name_keys, code_keys
        self.problems: list[ZoneProblem] = []
        self.points = 0

    def read(self, collection: Any) -> list[tuple[int, ZoneShape]]:
        if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
            kind = collection.get("type") if isinstance(collection, dict) else None
            _refuse(
                f"the GeoJSON type {kind[:40]!r}" if isinstance(kind, str) else "no GeoJSON object",
                "a FeatureCollection",
            )
        _check_crs(collection.get("crs"))
        features = collection.get("features")
        if not isinstance(features, list) or not features:
            _refuse("no feature", "a list of features")
        if len(features) > MAX_ZONES:
            _refuse(f"{len(features)} features", f"at most {MAX_ZONES}")
        shapes: list[tuple[int, ZoneShape]] = []
        for number, feature in enumerate(features, start=1):
            name = None
            try:
                name = self.name_of(feature)
                shapes.append((number, self.shape(name, feature)))
            except _Refused as refusal:
                self.problems.append(ZoneProblem(number, name, refusal.found, refusal.expected))
        return shapes

    def name_of(self, feature: Any) -> str:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise _Refused("no Feature", "an object of type Feature")
        name = _first(feature.get("properties"), self.name_keys)
        if name is None:
            raise _Refused("no name", f"one of the properties {', '.join(self.name_keys)}")
        if len(name) > _LONGEST_NAME:
            raise _Refused(f"a name of {len(name)} characters", f"at most {_LONGEST_NAME}")
        if not name.isprintable():
            raise _Refused(
                "a name with characters that cannot be printed", "readable text (is the file really UTF-8?)"
            )
        return name

    def code_of(self, feature: dict[str, Any]) -> str | None:
        code = _first(feature.get("properties"), self.code_keys)
        if code is not None and (len(code) > _LONGEST_CODE or not code.isprintable()):
            raise _Refused("a code that is no short text", f"at most {_LONGEST_CODE} printable characters")
        return code

    def shape(self, name: str, feature: dict[str, Any]) -> ZoneShape:
        geometry = feature.get("geometry")
        geometry = geometry if isinstance(geometry, dict) else {}
        kind = geometry.get("type")
        if kind not in ("Polygon", "MultiPolygon"):
            found = f"the geometry {kind[:40]!r}" if isinstance(kind, str) else "no geometry"
            raise _Refused(found, "a Polygon or a MultiPolygon")
        coordinates = geometry.get("coordinates")
        polygons = [coordinates] if kind == "Polygon" else coordinates
        if not isinstance(polygons, list) or not polygons:
            raise _Refused("no coordinates", "at least one polygon")
        return ZoneShape(name, self.code_of(feature), [self.polygon(item) for item in polygons])

    def polygon(self, rings: Any) -> Polygon:
        if not isinstance(rings, list) or not rings:
            raise _Refused("a polygon without ring", "an outline")
        return [self.ring(ring) for ring in rings]

    def ring(self, positions: Any) -> Ring:
        if not isinstance(positions, list):
            raise _Refused("a ring that is no list", "a list of positions")
        self.points += len(positions)
        if self.points > MAX_POINTS:
            _refuse(f"more than {MAX_POINTS} positions", "a simplified file")
        ring: Ring = []
        for position in positions:
            point = _point(position)
            if not ring or ring[-1] != point:
                ring.append(point)
        if ring and ring[0] != ring[-1]:
            ring.append(ring[0])
        if len(ring) < 4:
            raise _Refused("a ring of fewer than three points", "a ring that encloses something")
        if _is_flat(ring):
            raise _Refused("a ring without area", "a ring that encloses something")
        return ring


def _point(position: Any) -> Point:
    if not isinstance(position, list) or len(position) < 2:
        raise _Refused("a position that is no pair of numbers", "[longitude, latitude]")
    if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in position[:2]):
        raise _Refused("a position that is no pair of numbers", "[longitude, latitude]")
    try:
        lon, lat = float(position[0]), float(position[1])
    except OverflowError:
        lon = lat = math.inf
    if abs(lon) > 180 or abs(lat) > 90:
        place = f"the position {lon:.6g}, {lat:.6g}"
        raise _Refused(
            f"{place}, which looks projected (Lambert-93 perhaps)",
            "degrees of longitude and latitude (WGS84)",
        )
    return (round(lon, _DECIMALS), round(lat, _DECIMALS))


def _is_flat(ring: Ring) -> bool:
    x0, y0 = ring[0]
    area = sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairwise(ring))
    return abs(area) < 1e-14


def _first(properties: Any, keys: Sequence[str]) -> str | None:
    """The first property that says something, as one line of text; numbers are accepted."""
    for key in keys if isinstance(properties, dict) else ():
        value = properties.get(key)
        if (
            isinstance(value, (str, int))
            and not isinstance(value, bool)
            and (text := " ".join(str(value).split()))
        ):
            return text
    return None


def _check_crs(crs: Any) -> None:
    """The member `crs` left GeoJSON in 2016, but files still have it, and then it may name a projection."""
    if not isinstance(crs, dict):
        return
    properties = crs.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and not name.lower().endswith(_WGS84):
        _refuse(f"coordinates in {name[:60]!r}", "degrees of longitude and latitude (WGS84, EPSG:4326)")


def _merged(shapes: list[tuple[int, ZoneShape]]) -> list[tuple[int, ZoneShape]]:
    groups: dict[str, list[tuple[int, ZoneShape]]] = {}
    for number, shape in shapes:
        groups.setdefault(shape.name.casefold(), []).append((number, shape))
    merged: list[tuple[int, ZoneShape]] = []
    for group in groups.values():
        number, first = group[0]
        codes = {shape.code for _, shape in group}
        polygons = [polygon for _, shape in group for polygon in shape.polygons]
        merged.append((number, ZoneShape(first.name, first.code if len(codes) == 1 else None, polygons)))
    return merged


def _same_names(shapes: list[tuple[int, ZoneShape]]) -> Iterator[ZoneProblem]:
    seen: dict[str, int] = {}
    what: tuple[tuple[str, Callable[[ZoneShape], str | None]], ...] = (
        ("name", lambda shape: shape.name),
        ("code", lambda shape: shape.code),
    )
    for label, value_of in what:
        seen.clear()
        for number, shape in shapes:
            value = value_of(shape)
            if value is None:
                continue
            first = seen.setdefault(value.casefold(), number)
            if first != number:
                yield ZoneProblem(
                    number,
                    shape.name,
                    f"the {label} of feature {first} again",
                    f"a {label} of its own for each zone",
                )


def _decode(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        _refuse(f"{len(data)} bytes", f"at most {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse(
            f"the byte 0x{data[error.start]:02X} at line {line}, which is not UTF-8 (Latin-1 perhaps)",
            "a file saved as UTF-8",
        )
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(f"invalid JSON at line {error.lineno}, column {error.colno} ({error.msg})", "a GeoJSON file")
    except (RecursionError, ValueError):
        _refuse("invalid JSON", "a GeoJSON file")


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _refuse(found: str, expected: str) -> NoReturn:
    raise BadZones([ZoneProblem(None, None, found, expected)])
