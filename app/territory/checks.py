"""What the territory asks of a tenant document: a zones file that can be read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.tenancy.document.checks import Check, is_file_inside
from app.tenancy.document.faults import Problem, quote
from app.territory import geojson


def read_zones(document: Mapping[str, Any], folder: Path) -> list[geojson.ZoneShape]:
    """The zones of a document without faults; [] when it names no file. Raises geojson.BadZones, OSError."""
    if "zones" not in document:
        return []
    with (folder / document["zones"]).open("rb") as file:
        return geojson.parse(file.read(geojson.MAX_BYTES + 1))


def _zones(document: Mapping[str, Any], folder: Path | None) -> Iterator[Problem]:
    if folder is None or "zones" not in document:
        return
    if not is_file_inside(folder, document["zones"]):
        yield Problem(
            ("zones",), f"no file {quote(document['zones'])}", "a GeoJSON file in the folder of this document"
        )
        return
    try:
        read_zones(document, folder)
    except OSError as error:
        yield Problem(
            ("zones",),
            f"a file that cannot be read ({(error.strerror or 'error').lower()})",
            "a GeoJSON file",
        )
    except geojson.BadZones as error:
        for problem in error.problems:
            said = str(problem).removesuffix(f", expected {problem.expected}")
            yield Problem(("zones",), said, problem.expected)


ZONES = Check("zones", ("zones",), _zones)
