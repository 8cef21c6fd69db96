"""Files of zones: what is read, what is refused, and with which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tenancy.document.loader import load
from app.territory import geojson
from app.territory.checks import ZONES, read_zones

SQUARE = [[2.0, 47.0], [2.1, 47.0], [2.1, 47.1], [2.0, 47.1], [2.0, 47.0]]
HOLE = [[2.02, 47.02], [2.02, 47.08], [2.08, 47.08], [2.08, 47.02], [2.02, 47.02]]


def moved(ring: list[list[float]], east: float) -> list[list[float]]:
    return [[lon + east, lat] for lon, lat in ring]


def feature(name: object = "Rive droite", *, geometry: Any = None, **properties: object) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"nom": name, **properties},
        "geometry": geometry or {"type": "Polygon", "coordinates": [SQUARE]},
    }


def collection(*features: Any, **members: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(geojson.BadZones) as refused:
        geojson.parse(data)
    return str(refused.value)


def test_polygons_with_holes_and_islands_are_read() -> None:
    island = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [moved(SQUARE, 1)]]}

    shapes = geojson.parse(
        collection(feature("Rive"), feature(" Les \n Îles ", geometry=island, code="2A004", extra="x" * 999))
    )

    assert [(shape.name, shape.code, len(shape.polygons)) for shape in shapes] == [
        ("Rive", None, 1),
        ("Les Îles", "2A004", 2),
    ]
    assert shapes[1].polygons[0][1][0] == (2.02, 47.02)
    assert shapes[0].as_json() == {"polygons": [[SQUARE]]}


def test_codes_stay_text_with_their_zeros_and_letters() -> None:
    codes = ["01004", "2A004", "2b033", "97411", 84]
    features = [feature(f"Zone {n}", code=code) for n, code in enumerate(codes)]

    assert [shape.code for shape in geojson.parse(collection(*features))] == [
        "01004",
        "2A004",
        "2b033",
        "97411",
        "84",
    ]


def test_an_open_ring_is_closed_repeated_points_and_altitudes_go() -> None:
    ring = [[2, 47, 110.5], [2.1, 47, 0], [2.1, 47, 0], [2.1, 47.1, 3]]

    [shape] = geojson.parse(collection(feature(geometry={"type": "Polygon", "coordinates": [ring]})))

    assert shape.polygons == [[[(2.0, 47.0), (2.1, 47.0), (2.1, 47.1), (2.0, 47.0)]]]


def test_names_are_looked_for_where_asked() -> None:
    data = collection(feature(None, NOM_CENTRE="", quartier="Est"))

    assert [shape.name for shape in geojson.parse(data, name_keys=("quartier",))] == ["Est"]


def test_features_of_one_name_may_be_merged() -> None:
    east = {"type": "Polygon", "coordinates": [moved(SQUARE, 0.1)]}
    data = collection(
        feature("École", code="1"), feature("Halle", code="2"), feature("école", geometry=east, code="3")
    )

    merged = geojson.parse(data, same_name="merge")

    assert [(shape.name, shape.code, len(shape.polygons)) for shape in merged] == [
        ("École", None, 2),
        ("Halle", "2", 1),
    ]
    assert (
        refusal(data)
        == "feature 3 (école): the name of feature 1 again, expected a name of its own for each zone"
    )


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_old_files_may_name_the_reference_system_when_it_is_the_right_one(crs: str) -> None:
    assert len(geojson.parse(collection(feature(), crs={"type": "name", "properties": {"name": crs}}))) == 1


def test_a_projected_file_is_named_as_such() -> None:
    lambert = [[652000.0, 6862000.0], [653000.0, 6862000.0], [653000.0, 6863000.0]]
    geometry = {"type": "Polygon", "coordinates": [lambert]}

    assert refusal(collection(feature(), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}})) == (
        "coordinates in 'urn:ogc:def:crs:EPSG::2154', expected degrees of longitude and latitude (WGS84, EPSG:4326)"
    )
    assert refusal(collection(feature(geometry=geometry))) == (
        "feature 1 (Rive droite): the position 652000, 6.862e+06, which looks projected (Lambert-93 perhaps), "
        "expected degrees of longitude and latitude (WGS84)"
    )


def test_every_faulty_feature_is_named() -> None:
    said = refusal(
        collection(
            feature(""),
            feature("A", geometry={"type": "Point", "coordinates": [2, 47]}),
            feature("B", geometry={"type": "GeometryCollection", "geometries": []}),
            feature("C", geometry={"type": "Polygon", "coordinates": [SQUARE[:2]]}),
            feature("D"),
            feature("d"),
            feature(
                "E", geometry={"type": "Polygon", "coordinates": [[[2, 47], [2.1, 47], [2.2, 47], [2, 47]]]}
            ),
            {"type": "Feature", "properties": {"nom": "F"}, "geometry": None},
            feature("G", geometry={"type": "MultiPolygon", "coordinates": []}),
            feature("H", geometry={"type": "Polygon", "coordinates": [[[2, "47"], [2, 48], [3, 48]]]}),
            feature("I" * 121),
            feature("J", geometry={"type": "Polygon", "coordinates": [[[10**400, 0], [2, 48], [3, 48]]]}),
        )
    )

    keys = ", ".join(geojson.NAME_KEYS)
    assert said.split("; ") == [
        f"feature 1: no name, expected one of the properties {keys}",
        "feature 2 (A): the geometry 'Point', expected a Polygon or a MultiPolygon",
        "feature 3 (B): the geometry 'GeometryCollection', expected a Polygon or a MultiPolygon",
        "feature 4 (C): a ring of fewer than three points, expected a ring that encloses something",
        "feature 6 (d): the name of feature 5 again, expected a name of its own for each zone",
        "feature 7 (E): a ring without area, expected a ring that encloses something",
        "feature 8 (F): no geometry, expected a Polygon or a MultiPolygon",
        "feature 9 (G): no coordinates, expected at least one polygon",
        "feature 10 (H): a position that is no pair of numbers, expected [longitude, latitude]",
        "feature 11: a name of 121 characters, expected at most 120",
        "feature 12 (J): the position inf, inf, which looks projected (Lambert-93 perhaps), "
        "expected degrees of longitude and latitude (WGS84)",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "invalid JSON at line 1, column 1 (Expecting value), expected a GeoJSON file"),
        (b"[" * 100_000, "invalid JSON, expected a GeoJSON file"),
        (b'{"type": NaN}', "invalid JSON, expected a GeoJSON file"),
        (b"[]", "no GeoJSON object, expected a FeatureCollection"),
        (b'{"type": "Feature"}', "the GeoJSON type 'Feature', expected a FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no feature, expected a list of features"),
        (
            b'{"type":\n "\xe9"}',
            "the byte 0xE9 at line 2, which is not UTF-8 (Latin-1 perhaps), expected a file saved as UTF-8",
        ),
        (
            b" " * (geojson.MAX_BYTES + 1),
            f"{geojson.MAX_BYTES + 1} bytes, expected at most {geojson.MAX_BYTES}",
        ),
    ],
    ids=["empty", "deep", "constant", "list", "feature", "no feature", "latin-1", "huge"],
)
def test_a_bad_file_is_refused_as_a_whole(data: bytes, said: str) -> None:
    assert refusal(data) == said


def test_names_that_no_page_could_show_are_refused() -> None:
    data = collection(feature("Cl\x82teaux"), feature("\ud800"), feature("Ok", code="\x00"))

    assert refusal(data).count("feature") == 3


def test_too_many_points_ask_for_a_simplified_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "MAX_POINTS", 8)

    assert (
        refusal(collection(feature("A"), feature("B"))) == "more than 8 positions, expected a simplified file"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "coordinates", "nom"]), inner)
    ),
    max_leaves=15,
)


def read_or_refuse(data: bytes) -> tuple[list[geojson.ZoneShape], tuple[geojson.ZoneProblem, ...]]:
    try:
        return geojson.parse(data), ()
    except geojson.BadZones as refused:
        return [], refused.problems


@given(JSON, JSON, JSON)
@settings(max_examples=200, deadline=None)
def test_any_content_is_read_or_refused(properties: Any, kind: Any, coordinates: Any) -> None:
    shaped = {"type": "MultiPolygon" if kind else "Polygon", "coordinates": coordinates}
    data = collection(
        {"type": "Feature", "properties": properties, "geometry": shaped}, feature(kind), crs=properties
    )

    shapes, problems = read_or_refuse(data)

    assert bool(shapes) is not bool(problems)


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(geojson.BadZones):
        geojson.parse(data)


# ---- In a tenant document

DOCUMENT = "tenant: rive\nname: Rive\nkind: commune\ndemo: true\nzones: quartiers.geojson\n"


def document_faults(folder: Path) -> list[str]:
    (folder / "rive.yaml").write_text(DOCUMENT)
    loaded = load(folder / "rive.yaml", manifests={}, checks=[ZONES])
    return [str(fault).partition("rive.yaml:")[2] for fault in loaded.faults]


def test_a_document_names_a_file_that_must_hold_zones(tmp_path: Path) -> None:
    assert document_faults(tmp_path) == [
        '5:8: zones: no file "quartiers.geojson", expected a GeoJSON file in the folder of this document'
    ]

    (tmp_path / "quartiers.geojson").write_bytes(collection(feature("A"), feature("A")))
    assert document_faults(tmp_path) == [
        "5:8: zones: feature 2 (A): the name of feature 1 again, expected a name of its own for each zone"
    ]

    (tmp_path / "quartiers.geojson").write_bytes(collection(feature("A"), feature("B")))
    assert document_faults(tmp_path) == []
    assert [shape.name for shape in read_zones({"zones": "quartiers.geojson"}, tmp_path)] == ["A", "B"]
    assert read_zones({}, tmp_path) == []
