"""Points, zones and drawings, in degrees of WGS84, longitude first. No zone may cross the 180th meridian."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

Point = tuple[float, float]
# Closed: the last point is the first again. The first ring of a polygon is its outline, the others are holes.
Ring = list[Point]
Polygon = list[Ring]

_METRES_PER_DEGREE = 111_320.0


class BBox(NamedTuple):
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class ZoneShape:
    """A zone: its name, its code (always text: `2A004`, `01004`) when it has one, its polygons."""

    name: str
    code: str | None
    polygons: list[Polygon]

    @cached_property
    def bbox(self) -> BBox:
        points = [point for polygon in self.polygons for point in polygon[0]]
        longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
        return BBox(min(longitudes), min(latitudes), max(longitudes), max(latitudes))

    def as_json(self) -> dict[str, Any]:
        """What `Zone.shape` stores."""
        return {
            "polygons": [[[list(point) for point in ring] for ring in polygon] for polygon in self.polygons]
        }

    @classmethod
    def from_json(cls, name: str, code: str | None, shape: Mapping[str, Any]) -> "ZoneShape":
        """The inverse of `as_json`."""
        polygons = [
            [[(float(x), float(y)) for x, y in ring] for ring in polygon] for polygon in shape["polygons"]
        ]
        return cls(name, code, polygons)


def bbox(shapes: Iterable[ZoneShape]) -> BBox:
    """The smallest box around all shapes. Raises ValueError when there is none."""
    boxes = [shape.bbox for shape in shapes]
    return BBox(
        min(b.west for b in boxes),
        min(b.south for b in boxes),
        max(b.east for b in boxes),
        max(b.north for b in boxes),
    )


def contains(shape: ZoneShape, lon: float, lat: float) -> bool:
    """Whether the point is in the zone and in none of its holes.

    A point on a border shared by two zones is in exactly one of them, always the same.
    """
    box = shape.bbox
    if not (box.west <= lon <= box.east and box.south <= lat <= box.north):
        return False
    return any(_is_inside(polygon, lon, lat) for polygon in shape.polygons)


def zone_of(lon: float, lat: float, shapes: Iterable[ZoneShape]) -> ZoneShape | None:
    """The first shape that contains the point, None when the point is outside the territory."""
    return next((shape for shape in shapes if contains(shape, lon, lat)), None)


def centroid(shape: ZoneShape) -> Point:
    """The centre of gravity, holes deducted; it may lie outside a crescent (see `inner_point`)."""
    # Relative to a corner of the zone: products of raw degrees would lose the last digits.
    west, south = shape.bbox.west, shape.bbox.south
    total = x_moment = y_moment = 0.0
    for polygon in shape.polygons:
        for index, ring in enumerate(polygon):
            area, x, y = _moments([(lon - west, lat - south) for lon, lat in ring])
            sign = math.copysign(1.0, area) * (1 if index == 0 else -1)
            total, x_moment, y_moment = total + sign * area, x_moment + sign * x, y_moment + sign * y
    if total <= 0:
        return ((shape.bbox.west + shape.bbox.east) / 2, (shape.bbox.south + shape.bbox.north) / 2)
    return (west + x_moment / (3 * total), south + y_moment / (3 * total))


def inner_point(shape: ZoneShape) -> Point:
    """A point inside the zone: its centroid, or the middle of the widest stretch at (or near) its height."""
    centre = centroid(shape)
    if contains(shape, *centre):
        return centre
    box = shape.bbox
    for latitude in (centre[1], *(box.south + (box.north - box.south) * step / 17 for step in range(1, 17))):
        crossings = sorted(
            x for polygon in shape.polygons for ring in polygon for x in _crossings(ring, latitude)
        )
        stretches = [
            (right - left, (left + right) / 2)
            for left, right in zip(crossings[::2], crossings[1::2], strict=False)
        ]
        for _, longitude in sorted(stretches, reverse=True):
            if contains(shape, longitude, latitude):
                return (longitude, latitude)
    return shape.polygons[0][0][0]


def distance_m(a: Point, b: Point) -> float:
    """Metres between two near points (exact to 0.5 % up to some hundred kilometres in France)."""
    scale = math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot((a[0] - b[0]) * scale, a[1] - b[1]) * _METRES_PER_DEGREE


def _is_inside(polygon: Polygon, lon: float, lat: float) -> bool:
    # Even-odd over outline and holes together: each hole turns the answer round.
    return sum(1 for ring in polygon for x in _crossings(ring, lat) if x > lon) % 2 == 1


def _crossings(ring: Sequence[Point], lat: float) -> Iterable[float]:
    """Longitudes where the ring crosses a parallel. Edges own their lower end, not their upper one."""
    for a, b in pairwise(ring):
        if (a[1] > lat) != (b[1] > lat):
            # Always computed from the lower end: two zones find the same number on the border they share.
            low, high = (a, b) if a[1] < b[1] else (b, a)
            yield low[0] + (lat - low[1]) / (high[1] - low[1]) * (high[0] - low[0])


def _moments(ring: Sequence[Point]) -> tuple[float, float, float]:
    """Sums over the edges: twice the signed area, then six times its moments along each axis."""
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = x1 * y2 - x2 * y1
        area, x, y = area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    return area, x, y
