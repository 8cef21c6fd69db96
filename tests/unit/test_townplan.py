"""The drawn town: the same for the same seed, small, and free of any style."""

import gzip
import re
import xml.etree.ElementTree as ElementTree

import pytest

from app.ui import townplan

SEEDS = ["valmorin", "rive", "haut-layon", "departement-35", "l'île", ""]
DISTRICTS = [
    [(-1.70, 48.10), (-1.66, 48.10), (-1.66, 48.12), (-1.70, 48.12)],
    [(-1.66, 48.10), (-1.62, 48.10), (-1.62, 48.12), (-1.66, 48.12), (-1.66, 48.10)],
]


def drawn(inner):
    return ElementTree.fromstring(f"<svg>{inner}</svg>")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_is_well_formed_and_small(seed):
    inner = townplan.plan(seed)

    assert len(drawn(inner)) > 20
    assert len(inner) <= 16 * 1024
    assert len(gzip.compress(inner.encode())) <= 9 * 1024


def test_a_seed_always_draws_the_same_town_and_another_seed_another_one():
    first = townplan.plan("valmorin")
    townplan._plan.cache_clear()

    assert townplan.plan("valmorin") == first
    assert len({townplan.plan(seed) for seed in SEEDS}) == len(SEEDS)


def test_colours_come_from_classes_and_the_text_colour_alone():
    inner = townplan.plan("valmorin") + townplan.mini("valmorin", (-1.68, 48.11))

    assert "style" not in inner
    assert "#" not in inner
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', inner)) <= {"currentColor", "none"}


def test_a_plan_has_a_river_bridges_lit_blocks_and_stops():
    svg = drawn(townplan.plan("valmorin"))

    river = [shape for shape in svg if shape.get("stroke-width") == "62"]
    lit = svg.find("path[@class='tp-lit']")
    stops = [shape for shape in svg if shape.get("class") == "tp-hole"]
    assert len(river) == 1
    assert lit is not None
    assert lit.get("d", "").count("M") == 14
    assert len(stops) == 8


def test_no_block_stands_in_the_river():
    chance = townplan.Random("x")
    river = townplan._River(chance, 960, 640)

    lots = townplan._lots(chance, river, 960, 640, cell=58)

    assert len(lots) > 150
    assert not any(river.holds(x, y, 0) for lot in lots for x, y in lot)


def test_districts_give_their_stops_and_their_outlines():
    inner = townplan.plan("rive", rings=DISTRICTS)
    svg = drawn(inner)

    stops = [shape for shape in svg if shape.get("class") == "tp-hole"]
    assert inner != townplan.plan("rive")
    assert len(stops) == 2
    assert float(stops[0].get("cx", "")) < 480 < float(stops[1].get("cx", ""))
    assert 'stroke-dasharray="1 7"' in inner


def test_the_small_map_marks_its_point_where_it_is_among_the_districts():
    svg = drawn(townplan.mini("rive", (-1.62, 48.12), rings=DISTRICTS))
    circle = svg.find("circle[@class='mm-pt']")

    assert circle is not None
    assert float(circle.get("cx", "")) > 280
    assert svg.find("g[@class='quart']") is not None


def test_the_small_map_without_districts_puts_its_point_in_the_middle():
    circle = drawn(townplan.mini("rive", (-1.62, 48.12))).find("circle[@class='mm-pt']")

    assert circle is not None
    assert (circle.get("cx"), circle.get("cy")) == ("160", "85")
    assert "circle" not in townplan.mini("rive")


def test_a_degenerate_outline_is_ignored():
    assert townplan.plan("rive", rings=[[(0.0, 0.0), (1.0, 1.0)]]) == townplan.plan("rive")
