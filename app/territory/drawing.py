"""Zones as SVG: fewer points, then coordinates of the page."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.territory.geometry import BBox, Point, Polygon, Ring, ZoneShape, bbox

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Projection:
    """Equirectangular, true to shape at the middle of the drawing. west, north: the corner at (left, top)."""

    west: float
    north: float
    left: float
    top: float
    x_scale: float
    y_scale: float

    def place(self, lon: float, lat: float) -> Point:
        """Where a point falls in the drawing, in its units, from the top left."""
        return (self.left + (lon - self.west) * self.x_scale, self.top + (self.north - lat) * self.y_scale)


@dataclass(frozen=True)
class ZonePath:
    """d: the `d` of an SVG path, to be filled with the even-odd rule so that holes show."""

    name: str
    code: str | None
    d: str


@dataclass(frozen=True)
class Drawing:
    """paths: one per shape, in the same order. projection: to place points on it."""

    width: int
    height: int
    paths: tuple[ZonePath, ...]
    projection: Projection


def project(shapes: Sequence[ZoneShape], width: int, height: int, *, padding: float = 0) -> Drawing:
    """The shapes drawn as large as they fit, centred, north up, in a box of width × height units.

    padding: units left free on every side. Raises ValueError when there is no shape.
    """
    projection = _fit(bbox(shapes), width, height, padding)
    paths = tuple(ZonePath(shape.name, shape.code, _path(shape.polygons, projection)) for shape in shapes)
    return Drawing(width, height, paths, projection)


def simplify(shapes: Sequence[ZoneShape], tolerance_m: float) -> list[ZoneShape]:
    """The shapes with fewer points, none further than `tolerance_m` metres from the line it left (Douglas-Peucker).

    Borders shared by two zones stay shared: each stretch between two junctions is simplified the same way for both.
    Holes and islets that collapse disappear; a zone never does.
    """
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    for shape in shapes:
        for polygon in shape.polygons:
            for ring in polygon:
                for a, b in pairwise(ring):
                    neighbours[a].add(b)
                    neighbours[b].add(a)
    junctions = {point for point, around in neighbours.items() if len(around) != 2}
    return [
        ZoneShape(shape.name, shape.code, _simplify_polygons(shape, junctions, tolerance_m))
        for shape in shapes
    ]


def _simplify_polygons(shape: ZoneShape, junctions: set[Point], tolerance_m: float) -> list[Polygon]:
    kept: list[Polygon] = []
    for polygon in shape.polygons:
        rings = [_simplify_ring(ring, junctions, tolerance_m) for ring in polygon]
        if rings[0] is not None:
            kept.append([ring for ring in rings if ring is not None])
    return kept or [max(shape.polygons, key=lambda polygon: len(polygon[0]))]


def _simplify_ring(ring: Ring, junctions: set[Point], tolerance_m: float) -> Ring | None:
    """None when fewer than three distinct points are left."""
    open_ring = ring[:-1]
    corners = [index for index, point in enumerate(open_ring) if point in junctions]
    if len(corners) < 2:
        # An islet, or an enclave whose outline is also its neighbour's hole: both must choose the same corners.
        first = corners[0] if corners else open_ring.index(min(open_ring))
        start = open_ring[first]
        furthest = max(range(len(open_ring)), key=lambda i: (_square(open_ring[i], start), open_ring[i]))
        corners = sorted({first, furthest})
    points: Ring = []
    for number, begin in enumerate(corners):
        end = corners[(number + 1) % len(corners)]
        stretch = open_ring[begin : end + 1] if begin < end else open_ring[begin:] + open_ring[: end + 1]
        points.extend(_simplify_stretch(stretch, tolerance_m)[:-1])
    return [*points, points[0]] if len(set(points)) >= 3 else None


def _simplify_stretch(stretch: Ring, tolerance_m: float) -> Ring:
    # Read in one direction whatever zone asks, so that ties are broken the same way.
    backwards = stretch[0] > stretch[-1] or (stretch[0] == stretch[-1] and stretch[1] > stretch[-2])
    line = stretch[::-1] if backwards else stretch
    squeeze = math.cos(math.radians((line[0][1] + line[-1][1]) / 2))
    tolerance = tolerance_m / _METRES_PER_DEGREE
    kept = {0, len(line) - 1}
    pending = [(0, len(line) - 1)]
    while pending:
        first, last = pending.pop()
        worst, distance = first, 0.0
        for index in range(first + 1, last):
            away = _distance(line[index], line[first], line[last], squeeze)
            if away > distance:
                worst, distance = index, away
        if distance > tolerance:
            kept.add(worst)
            pending += [(first, worst), (worst, last)]
    simple = [line[index] for index in sorted(kept)]
    return simple[::-1] if backwards else simple


def _distance(point: Point, a: Point, b: Point, squeeze: float) -> float:
    """From a point to the segment, in degrees of latitude."""
    px, py = (point[0] - a[0]) * squeeze, point[1] - a[1]
    dx, dy = (b[0] - a[0]) * squeeze, b[1] - a[1]
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, (px * dx + py * dy) / length)) if length else 0.0
    return math.hypot(px - along * dx, py - along * dy)


def _square(a: Point, b: Point) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _fit(box: BBox, width: int, height: int, padding: float) -> Projection:
    squeeze = math.cos(math.radians((box.south + box.north) / 2))
    # A hair's width instead of nothing: a degenerate box must not divide by zero.
    east_west, north_south = max((box.east - box.west) * squeeze, 1e-9), max(box.north - box.south, 1e-9)
    scale = min((width - 2 * padding) / east_west, (height - 2 * padding) / north_south)
    left, top = (width - east_west * scale) / 2, (height - north_south * scale) / 2
    return Projection(box.west, box.north, left, top, scale * squeeze, scale)


def _path(polygons: Sequence[Polygon], projection: Projection) -> str:
    parts: list[str] = []
    for polygon in polygons:
        for ring in polygon:
            points: list[str] = []
            for point in ring[:-1]:
                x, y = projection.place(*point)
                text = f"{_number(x)} {_number(y)}"
                # Points less than a tenth of a unit apart are one point on the page.
                if not points or points[-1] != text:
                    points.append(text)
            parts.append("M" + "L".join(points) + "Z")
    return "".join(parts)


def _number(value: float) -> str:
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0")
        if abs(value) < 0.05
        else f"{value:.1f}".removesuffix(".0")
    )
