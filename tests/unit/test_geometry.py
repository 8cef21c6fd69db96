"""Which zone a point is in, where a zone's middle is, and how zones are drawn."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.territory import drawing, geometry
from app.territory.geometry import Point, Polygon, ZoneShape


def rectangle(west: float, south: float, east: float, north: float) -> list[Point]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def zone(*polygons: Polygon, name: str = "zone") -> ZoneShape:
    return ZoneShape(name, None, list(polygons))


RING = zone([rectangle(0, 0, 8, 8), rectangle(2, 2, 6, 6)])
# A pond in the hole: an island of the zone inside its own hole.
POND = zone([rectangle(0, 0, 8, 8), rectangle(2, 2, 6, 6)], [rectangle(3, 3, 5, 5)])
CRESCENT = zone([[(0, 0), (10, 0), (10, 10), (0, 10), (0, 9), (9, 9), (9, 1), (0, 1), (0, 0)]])


@pytest.mark.parametrize(
    ("point", "in_ring", "in_pond"),
    [
        ((1, 1), True, True),
        ((4, 4), False, True),
        ((2.5, 4), False, False),
        ((9, 4), False, False),
        ((-0.001, 4), False, False),
        ((7.999, 7.999), True, True),
    ],
)
def test_a_hole_is_outside_and_an_island_in_it_is_inside(point: Point, in_ring: bool, in_pond: bool) -> None:
    assert geometry.contains(RING, *point) is in_ring
    assert geometry.contains(POND, *point) is in_pond


def test_the_direction_in_which_rings_are_written_does_not_matter() -> None:
    backwards = zone([ring[::-1] for ring in RING.polygons[0]])

    points = [(x / 2, y / 2) for x in range(-1, 18) for y in range(-1, 18)]

    assert [geometry.contains(RING, *p) for p in points] == [geometry.contains(backwards, *p) for p in points]


def test_a_point_on_a_shared_border_is_in_exactly_one_zone() -> None:
    corner = (1.7, 1.3)
    quarters = [
        zone([[(0, 0), (4, 0), corner, (0, 0)]], name="south"),
        zone([[(4, 0), (4, 4), corner, (4, 0)]], name="east"),
        zone([[(4, 4), (0, 4), corner, (4, 4)]], name="north"),
        zone([[(0, 4), (0, 0), corner, (0, 4)]], name="west"),
    ]

    for step in range(1, 100):
        along = step / 100
        for end in ((0, 0), (4, 0), (4, 4), (0, 4)):
            point = (end[0] + along * (corner[0] - end[0]), end[1] + along * (corner[1] - end[1]))
            assert sum(geometry.contains(quarter, *point) for quarter in quarters) == 1
    assert sum(geometry.contains(quarter, *corner) for quarter in quarters) == 1


def test_the_zone_of_a_point_is_the_first_that_has_it() -> None:
    shapes = [zone([rectangle(0, 0, 2, 2)], name="A"), zone([rectangle(2, 0, 4, 2)], name="B")]

    found = [geometry.zone_of(lon, 1, shapes) for lon in (1, 3, 5)]

    assert [shape and shape.name for shape in found] == ["A", "B", None]


# Multiples of 1/64: additions are exact, so that a moved zone is the same zone.
GRID = st.integers(0, 640).map(lambda n: n / 64)
RINGS = st.lists(st.tuples(GRID, GRID), min_size=3, max_size=9, unique=True).map(
    lambda points: [*points, points[0]]
)


@given(RINGS, GRID, GRID, st.integers(-40, 40), st.integers(-40, 40))
@settings(max_examples=200, deadline=None)
def test_moving_everything_changes_nothing(
    ring: list[Point], lon: float, lat: float, east: int, north: int
) -> None:
    moved = [(x + east, y + north) for x, y in ring]

    here, there = (
        geometry.contains(zone([ring]), lon, lat),
        geometry.contains(zone([moved]), lon + east, lat + north),
    )

    assert here is there


@given(RINGS, GRID, GRID)
@settings(max_examples=200, deadline=None)
def test_the_hole_of_a_zone_is_where_a_zone_of_that_shape_would_be(
    hole: list[Point], lon: float, lat: float
) -> None:
    outline = rectangle(-1, -1, 11, 11)

    assert geometry.contains(zone([outline, hole]), lon, lat) is not geometry.contains(zone([hole]), lon, lat)


@given(RINGS)
@settings(max_examples=200, deadline=None)
def test_an_inner_point_is_inside(ring: list[Point]) -> None:
    shape = zone([ring])
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))

    point = geometry.inner_point(shape)

    if abs(twice_area) > 8:
        assert geometry.contains(shape, *point)
    box = shape.bbox
    assert box.west <= point[0] <= box.east
    assert box.south <= point[1] <= box.north


def test_centroids_and_inner_points() -> None:
    assert geometry.centroid(zone([rectangle(2, 47, 4, 48)])) == pytest.approx((3, 47.5))
    assert geometry.centroid(RING) == pytest.approx((4, 4))
    assert geometry.centroid(zone([rectangle(0, 0, 2, 2)], [rectangle(4, 0, 10, 2)])) == pytest.approx(
        (5.5, 1)
    )
    assert not geometry.contains(CRESCENT, *geometry.centroid(CRESCENT))
    assert geometry.inner_point(CRESCENT) == (9.5, pytest.approx(5))
    assert geometry.inner_point(RING)[0] in (1, 7)


def test_boxes_and_distances() -> None:
    assert POND.bbox == (0, 0, 8, 8)
    assert geometry.bbox([POND, zone([rectangle(-3, 9, -2, 10)])]) == (-3, 0, 8, 10)
    assert geometry.distance_m((1.909, 47.902), (1.909, 48.902)) == pytest.approx(111_320)
    # Rennes to Saint-Malo.
    assert geometry.distance_m((-1.6778, 48.1173), (-2.0257, 48.6493)) == pytest.approx(64_500, rel=0.01)
    with pytest.raises(ValueError, match="empty"):
        geometry.bbox([])


def test_a_shape_survives_its_storage() -> None:
    assert ZoneShape.from_json("zone", None, POND.as_json()) == POND


# ---- Drawing


def wavy(start: Point, end: Point, bumps: int, height: float) -> list[Point]:
    """A border of two zones, not straight; its ends are exact."""
    inner = [
        (start[0] + height * (1 if n % 2 else -1), start[1] + (end[1] - start[1]) * n / bumps)
        for n in range(1, bumps)
    ]
    return [start, *inner, end]


BORDER = wavy((1.0, 0.0), (1.0, 1.0), 40, 0.0002)
WEST = zone([[(0.0, 0.0), *BORDER, (0.0, 1.0), (0.0, 0.0)]], name="West")
EAST = zone([[(2.0, 1.0), *BORDER[::-1], (2.0, 0.0), (2.0, 1.0)]], name="East")


def test_a_shared_border_stays_shared_when_simplified() -> None:
    west, east = drawing.simplify([WEST, EAST], 100)

    assert set(west.polygons[0][0]) == {(0, 0), (1, 0), (1, 1), (0, 1)}
    assert set(east.polygons[0][0]) == {(1, 0), (2, 0), (2, 1), (1, 1)}
    finer = drawing.simplify([WEST, EAST], 1)
    assert [set(shape.polygons[0][0]) for shape in finer] == [
        set(WEST.polygons[0][0]),
        set(EAST.polygons[0][0]),
    ]


def test_an_enclave_keeps_the_outline_of_the_hole_it_fills() -> None:
    outline = [(3.0, 5.0), (3.001, 4.0), (3.0, 3.0), (5.0, 3.0), (5.0, 5.0), (4.0, 5.002), (3.0, 5.0)]
    around = zone([rectangle(0, 0, 8, 8), outline])
    inside = zone([[*outline[2:-1][::-1], *outline[:2][::-1], outline[4]]])

    around, inside = drawing.simplify([around, inside], 300)

    assert len(set(inside.polygons[0][0])) == 4
    assert set(around.polygons[0][1]) == set(inside.polygons[0][0])


def test_islets_disappear_but_never_a_whole_zone() -> None:
    speck = rectangle(5, 5, 5.0001, 5.0001)

    both, alone = drawing.simplify([zone([rectangle(0, 0, 1, 1)], [speck]), zone([speck])], 1000)

    assert len(both.polygons) == 1
    assert alone.polygons == [[speck]]


def to_segment(point: Point, a: Point, b: Point) -> float:
    length = math.dist(a, b)
    if length == 0:
        return math.dist(point, a)
    along = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length**2
    along = max(0.0, min(1.0, along))
    return math.dist(point, (a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])))


@given(st.lists(st.tuples(GRID, GRID), min_size=3, max_size=25, unique=True), st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_no_point_left_is_further_than_the_tolerance(points: list[Point], tolerance_km: int) -> None:
    ring = [*points, points[0]]

    [simple] = drawing.simplify([zone([ring])], tolerance_km * 1000)

    kept = simple.polygons[0][0]
    assert kept[0] == kept[-1]
    assert set(kept) <= set(ring)
    degrees = tolerance_km * 1000 / 111_320
    for point in ring:
        # Squeezed east-west as the tolerance is; these zones lie near the equator.
        nearest = min(to_segment(point, a, b) for a, b in pairwise(kept))
        assert nearest <= degrees * 1.03 + 1e-9


def numbers(d: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", d)]


def test_zones_are_drawn_north_up_centred_and_in_shape() -> None:
    # At 60° north a degree of longitude is half a degree of latitude: this one is a square on the ground.
    shape = ZoneShape("Place", "2A004", [[rectangle(10, 59.95, 10.2, 60.05)]])

    picture = drawing.project([shape], 300, 100, padding=10)

    [path] = picture.paths
    assert (path.name, path.code) == ("Place", "2A004")
    assert path.d == "M110 90L190 90L190 10L110 10Z"
    assert picture.projection.place(10.1, 60) == (pytest.approx(150), pytest.approx(50))


def test_holes_and_islands_are_sub_paths() -> None:
    [path] = drawing.project([POND], 100, 100).paths

    assert (path.d.count("M"), path.d.count("Z")) == (3, 3)
    assert all(0 <= number <= 100 for number in numbers(path.d))


def test_points_that_fall_together_are_drawn_once_and_zero_has_no_sign() -> None:
    shape = zone([[(0.0, 0.0), (8.0, 0.0), (8.0, 0.0001), (8.0, 8.0), (0.0, 8.0), (0.0, 0.0)]])

    [path] = drawing.project([shape], 100, 100).paths

    assert path.d.count("L") == 3
    assert "-0" not in path.d


@given(RINGS, RINGS, st.integers(20, 900), st.integers(20, 900))
@settings(max_examples=100, deadline=None)
def test_a_drawing_never_leaves_its_box(one: list[Point], two: list[Point], width: int, height: int) -> None:
    picture = drawing.project([zone([one]), zone([two])], width, height, padding=4)

    values = [numbers(path.d) for path in picture.paths]
    assert all(3.9 <= x <= width - 3.9 for numbers_of in values for x in numbers_of[::2])
    assert all(3.9 <= y <= height - 3.9 for numbers_of in values for y in numbers_of[1::2])
