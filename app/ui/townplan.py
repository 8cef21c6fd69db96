"""The town as its own illustration: a street plan drawn from a seed, the same at every visit.

Nothing here is a map of a real place: the seed (the tenant's slug) decides of streets, river and lit blocks. When the
outlines of the districts are known they are projected over it, one stop each, and the drawing becomes that town's.
Colours belong to `static/css/site/drawings.css`; shapes carry opacities and classes only.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

Point = tuple[float, float]
Ring = Sequence[Point]

_STREET = 4.5  # half the width of a street, pixels
_ALLEY = 1.6
_RIVER = 31.0  # half the river's width
_BANK = 9.0
_LIT = 14
_STOPS = 8
_TONES = (0.055, 0.085, 0.125)


def plan(seed: str, *, rings: Sequence[Ring] | None = None, width: int = 960, height: int = 640) -> str:
    """The inside of `<svg class="tp" viewBox="0 0 {width} {height}">`, at most 16 KB.

    rings: one outline per district as (longitude, latitude) in degrees, closed or not; the largest of a district
    made of several.
    """
    return _plan(seed, _frozen(rings), width, height)


def mini(
    seed: str,
    point: Point | None = None,
    *,
    rings: Sequence[Ring] | None = None,
    width: int = 320,
    height: int = 170,
) -> str:
    """The inside of `<svg class="mm" viewBox="0 0 320 170">`: the small map beside a contribution.

    point: (longitude, latitude). With rings the districts are drawn and the point is where it should be; without
    them the picture is only an evocation of its surroundings and the point is at the centre. None: no point.
    """
    return _mini(seed, point, _frozen(rings), width, height)


def _frozen(rings: Sequence[Ring] | None) -> tuple[tuple[Point, ...], ...]:
    return tuple(tuple((float(x), float(y)) for x, y, *_ in ring) for ring in rings or () if len(ring) > 2)


@lru_cache(maxsize=256)
def _plan(seed: str, rings: tuple[tuple[Point, ...], ...], width: int, height: int) -> str:
    chance = Random(f"plan:{seed}")  # noqa: S311 - a drawing, not a secret
    river = _River(chance, width, height)
    lots = _lots(chance, river, width, height, cell=58)
    lit = _choose_lit(chance, lots, width)
    tones: list[list[str]] = [[], [], []]
    for lot in lots:
        if lot not in lit:
            tones[min(2, int(chance.random() ** 1.6 * 3))].append(_path(lot))
    outlines = _project(rings, width, height) if rings else []
    stops = [_middle(ring) for ring in outlines][:_STOPS] or _stops(chance, river, width, height)
    parts = [river.drawn()]
    for opacity, paths in zip(_TONES, tones, strict=True):
        parts.append(
            f'<path d="{"".join(paths)}" fill="currentColor" fill-opacity="{opacity}" stroke="currentColor" '
            f'stroke-opacity="{opacity}" stroke-width="3" stroke-linejoin="round"/>'
        )
    lit_paths = "".join(_path(lot) for lot in lit)
    parts.append(f'<path class="tp-lit" d="{lit_paths}" fill-opacity=".88"/>')
    if outlines:
        drawn = "".join(_path(ring) for ring in outlines)
        parts.append(
            f'<path d="{drawn}" fill="none" stroke="currentColor" stroke-opacity=".42" stroke-width="2" '
            'stroke-dasharray="1 7" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    parts += [river.bridges(chance), *(_stop(x, y, chance) for x, y in stops)]
    return "".join(parts)


@lru_cache(maxsize=2048)
def _mini(
    seed: str, point: Point | None, rings: tuple[tuple[Point, ...], ...], width: int, height: int
) -> str:
    parts = [f'<path class="mm-s" d="M0 0h{width}v{height}H0z"/>']
    if rings:
        project = _projection(rings, width, height, margin=8)
        drawn = "".join(_path([project(corner) for corner in ring]) for ring in rings)
        parts.append(f'<g class="quart"><path d="{drawn}"/></g>')
        where = project(point) if point else None
    else:
        chance = Random(f"mini:{seed}:{point}")  # noqa: S311 - a drawing, not a secret
        river = _River(chance, width, height, half=15.0)
        classes: dict[str, list[str]] = {"mm-a": [], "mm-b": [], "mm-p": []}
        for lot in _lots(chance, river, width, height, cell=34):
            dice = chance.random()
            classes["mm-a" if dice < 0.55 else "mm-b" if dice < 0.9 else "mm-p"].append(_path(lot))
        parts += [f'<path class="{name}" d="{"".join(paths)}"/>' for name, paths in classes.items()]
        parts.append(f'<path class="mm-w" d="{river.line()}" stroke-width="30"/>')
        where = (width / 2, height / 2) if point else None
    if where:
        x, y = where
        parts.append(
            f'<circle class="mm-z" cx="{x:.0f}" cy="{y:.0f}" r="34"/>'
            f'<circle class="mm-pt" cx="{x:.0f}" cy="{y:.0f}" r="6.5"/>'
        )
    return "".join(parts)


@dataclass(frozen=True)
class _Wave:
    base: float
    slope: float
    height: float
    length: float
    phase: float

    def y(self, x: float) -> float:
        return self.base + self.slope * x + self.height * math.sin(x / self.length + self.phase)


class _River:
    """A band that crosses the frame from left to right."""

    def __init__(self, chance: Random, width: int, height: int, half: float = _RIVER) -> None:
        rise = chance.uniform(-0.22, -0.06) if chance.random() < 0.6 else chance.uniform(0.06, 0.2)
        self.half = half
        self._width = width
        self._wave = _Wave(
            base=height * 0.55 - rise * width * 0.5,
            slope=rise,
            height=chance.uniform(0.09, 0.15) * height,
            length=width / chance.uniform(5.2, 6.6),
            phase=chance.uniform(0, 6.28),
        )

    def holds(self, x: float, y: float, margin: float) -> bool:
        steep = math.hypot(1, self._lean(x))
        return abs(y - self._wave.y(x)) < (self.half + margin) * steep

    def point(self, x: float) -> Point:
        return x, self._wave.y(x)

    def line(self) -> str:
        step = max(12, self._width // 32)
        return "M" + " ".join(
            f"{x} {self._wave.y(x):.0f}" for x in range(-step, self._width + 2 * step, step)
        )

    def drawn(self) -> str:
        line = self.line()
        return (
            f'<path d="{line}" fill="none" stroke="currentColor" stroke-opacity=".13" stroke-width="{self.half * 2:g}" '
            'stroke-linejoin="round"/>'
            f'<path d="{line}" fill="none" stroke="currentColor" stroke-opacity=".24" stroke-width="1.5" '
            'stroke-dasharray="2 14" stroke-linecap="round"/>'
        )

    def bridges(self, chance: Random) -> str:
        path = ""
        for share in (0.36, 0.63, 0.87):
            x = self._width * (share + chance.uniform(-0.04, 0.04))
            y = self._wave.y(x)
            lean = self._lean(x)
            reach = (self.half + _BANK) / math.hypot(1, lean)
            path += f"M{x + lean * reach:.0f} {y - reach:.0f} {x - lean * reach:.0f} {y + reach:.0f}"
        return (
            f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity=".34" stroke-width="7" '
            'stroke-linecap="round"/>'
        )

    def _lean(self, x: float) -> float:
        return (self._wave.y(x + 1) - self._wave.y(x - 1)) / 2


def _lots(chance: Random, river: _River, width: int, height: int, *, cell: int) -> list[list[Point]]:
    """Street blocks, most of them cut in two to four, none in the river."""
    columns, rows = width // cell + 2, height // cell + 2
    tilt, bend = chance.uniform(-0.09, 0.09), chance.uniform(0.25, 0.5) * cell
    phase = chance.uniform(0, 6.28)

    def corner(column: int, row: int) -> Point:
        x, y = (column - 0.5) * cell, (row - 0.5) * cell
        jitter = cell * 0.11
        return (
            x + tilt * (y - height / 2) + bend * math.sin(y / 150 + phase) + chance.uniform(-jitter, jitter),
            y
            - tilt * (x - width / 2)
            + bend * math.sin(x / 190 + phase * 2)
            + chance.uniform(-jitter, jitter),
        )

    corners = [[corner(column, row) for row in range(rows + 1)] for column in range(columns + 1)]
    lots: list[list[Point]] = []
    scale = cell / 58
    for column in range(columns):
        for row in range(rows):
            block = [
                corners[column][row],
                corners[column + 1][row],
                corners[column + 1][row + 1],
                corners[column][row + 1],
            ]
            for lot in _cut(chance, _shrink(block, _STREET * scale), depth=0, gap=_ALLEY * scale):
                if _is_dry(lot, river) and _is_seen(lot, width, height):
                    lots.append([(round(x), round(y)) for x, y in lot])
    return lots


def _cut(chance: Random, block: list[Point], *, depth: int, gap: float) -> list[list[Point]]:
    if depth == 2 or chance.random() > (0.72, 0.42)[depth]:
        return [block]
    share = chance.uniform(0.38, 0.62)
    a, b, c, d = block
    if chance.random() < 0.5:
        top, bottom = _between(a, b, share), _between(d, c, share)
        halves = [[a, top, bottom, d], [top, b, c, bottom]]
    else:
        left, right = _between(a, d, share), _between(b, c, share)
        halves = [[a, b, right, left], [left, right, c, d]]
    return [lot for half in halves for lot in _cut(chance, _shrink(half, gap), depth=depth + 1, gap=gap)]


def _shrink(block: list[Point], by: float) -> list[Point]:
    """Each corner moved towards the middle; good enough for four-sided blocks that are nearly rectangles."""
    mx, my = _middle(block)
    return [
        (x + math.copysign(min(by, abs(mx - x)), mx - x), y + math.copysign(min(by, abs(my - y)), my - y))
        for x, y in block
    ]


def _between(first: Point, second: Point, share: float) -> Point:
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def _middle(ring: Sequence[Point]) -> Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def _is_dry(lot: list[Point], river: _River) -> bool:
    return not any(river.holds(x, y, _BANK * river.half / _RIVER) for x, y in [*lot, _middle(lot)])


def _is_seen(lot: list[Point], width: int, height: int) -> bool:
    return any(-4 < x < width + 4 and -4 < y < height + 4 for x, y in lot)


def _choose_lit(chance: Random, lots: list[list[Point]], width: int) -> list[list[Point]]:
    """A few blocks in accent, on the right: the left of the hero is under the title."""
    candidates = [lot for lot in lots if _middle(lot)[0] > width * 0.3 and _area(lot) > 500]
    return chance.sample(candidates, min(_LIT, len(candidates)))


def _area(ring: Sequence[Point]) -> float:
    following = [*ring[1:], ring[0]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(ring, following, strict=True))) / 2


def _stops(chance: Random, river: _River, width: int, height: int) -> list[Point]:
    found: list[Point] = []
    for _ in range(200):
        x, y = chance.uniform(0.3, 0.98) * width, chance.uniform(0.08, 0.92) * height
        far = all(math.hypot(x - u, y - v) > 120 for u, v in found)
        if far and not river.holds(x, y, 18):
            found.append((x, y))
        if len(found) == _STOPS:
            break
    return found


def _stop(x: float, y: float, chance: Random) -> str:
    at = f'cx="{x:.0f}" cy="{y:.0f}"'
    return (
        f'<circle {at} r="{chance.choice((16, 19, 24))}" fill="currentColor" fill-opacity=".2"/>'
        f'<circle {at} r="7" fill="currentColor"/><circle class="tp-hole" {at} r="2.5"/>'
    )


def _path(ring: Sequence[Point]) -> str:
    return "M" + " ".join(f"{x:.0f} {y:.0f}" for x, y in ring) + "z"


def _project(rings: Sequence[Ring], width: int, height: int) -> list[list[Point]]:
    project = _projection(rings, width, height, margin=-20)
    return [_thin([project(corner) for corner in ring]) for ring in rings]


def _projection(rings: Sequence[Ring], width: int, height: int, *, margin: float) -> Callable[[Point], Point]:
    """Longitude and latitude to pixels: the outlines fill the frame, less the margin, without distortion."""
    corners = [corner for ring in rings for corner in ring]
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(
        (width - 2 * margin) / max((east - west) * squeeze, 1e-9),
        (height - 2 * margin) / max(north - south, 1e-9),
    )
    left = (width - (east - west) * squeeze * scale) / 2
    top = (height - (north - south) * scale) / 2

    def project(corner: Point) -> Point:
        return left + (corner[0] - west) * squeeze * scale, top + (north - corner[1]) * scale

    return project


def _thin(ring: list[Point]) -> list[Point]:
    """Corners closer than 6 pixels to the last kept one are dropped: nobody would see them."""
    kept = [ring[0]]
    for corner in ring[1:]:
        if math.dist(corner, kept[-1]) >= 6:
            kept.append(corner)
    return kept
