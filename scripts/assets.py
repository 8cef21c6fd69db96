"""Refresh the third-party files kept in the repository: `make assets`. Needs npm and a network; nobody else does.

Each package is pinned by version and by the integrity of its archive. The files are copied as published, and
written down in `app/ui/static/vendor.json` with their own hash, which a test compares with the folder. To move to
a newer version, change the version below, run with `--pins` to print the integrity the registry announces, and
copy it here after a look at the changes.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "app" / "ui" / "static"
TESTS_VENDOR = ROOT / "tests" / "vendor"


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, Path] = field(default_factory=dict)  # path inside the package -> where it goes


def _font(family: str, integrity: str) -> Package:
    file = f"{family}-latin-wght-normal.woff2"
    return Package(
        f"@fontsource-variable/{family}",
        "5.3.0",
        "OFL-1.1",
        integrity,
        {f"files/{file}": STATIC / "fonts" / file, "LICENSE": STATIC / "licences" / f"{family}.txt"},
    )


LUCIDE = Package(
    "lucide-static",
    "1.62.0",
    "ISC",
    "sha512-WBZA/m2PvkFpMGHDtsBck5P2A9G4ehLlYu4GwwICcmEm1BvYVgj00lCDxKRWLlbMlOibLaiwdQ88G5pHkSWgwA==",
    {"LICENSE": STATIC / "licences" / "lucide-static.txt"},
)
PACKAGES = (
    _font(
        "bricolage-grotesque",
        "sha512-TLi9Q4hJjS2UvoTMRSS2nHu6c4R56lAw60NR9QYtVRCHn0XtsFpiEhNffZ8Glsoxu6wEEwLKBP8lb94J52PNBA==",
    ),
    _font(
        "atkinson-hyperlegible-next",
        "sha512-UnLzNUy1RWoLDfydAatP4NaRm99X/WbQEph7q/PymJnCFIOOwKOx3pBmp5ys8trO0dM+CKGuJgeZP9fAR4mQpA==",
    ),
    _font(
        "fraunces",
        "sha512-9BYGySn4AHEJdgp9Z28tQ3X+laJMEOITXkQarZXeloWQZDq5oOvXJ3kDA8c7MGIfpogIaZfjrQBqmda8POOCKA==",
    ),
    _font(
        "source-sans-3",
        "sha512-dpi0GZk7EQe2tYpg6Q0Fx0OmUgnuGu+0rHPgtXqtKhglYmJuP7jZ12Mu1uN+NfRaJRY1Emn8AQJEWzmoZ4wa9g==",
    ),
    _font(
        "familjen-grotesk",
        "sha512-R9W0xEZRIHUV658cuOGRMAIcqX1QJ8p5/W6Boooa6zAw1BAozU//mr8C0VNggSE26/VHPwj2XNyMAG6yUJmjxA==",
    ),
    _font(
        "figtree",
        "sha512-VRVodD7OiG7apQwE8/2fMjaqpY/a0qRJqL5HtYj8CKIVps+9amaFcdfKmDIf7iqYQx6iPLlArVXAfKeIZmVcNQ==",
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "0BSD",
        "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        {
            "dist/htmx.min.js": STATIC / "vendor" / "htmx.min.js",
            "LICENSE": STATIC / "licences" / "htmx.org.txt",
        },
    ),
    Package(
        "leaflet",
        "1.9.4",
        "BSD-2-Clause",
        "sha512-nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb+FA74PA==",
        {
            "dist/leaflet.js": STATIC / "vendor" / "leaflet.js",
            "dist/leaflet.css": STATIC / "vendor" / "leaflet.css",
            # The stylesheet names these three; our own markers are drawn in SVG.
            "dist/images/layers.png": STATIC / "vendor" / "images" / "layers.png",
            "dist/images/layers-2x.png": STATIC / "vendor" / "images" / "layers-2x.png",
            "dist/images/marker-icon.png": STATIC / "vendor" / "images" / "marker-icon.png",
            "LICENSE": STATIC / "licences" / "leaflet.txt",
        },
    ),
    LUCIDE,
    Package(
        "axe-core",
        "4.14.1",
        "MPL-2.0",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        {
            "axe.min.js": TESTS_VENDOR / "axe.min.js",
            "LICENSE": TESTS_VENDOR / "axe-core-LICENSE.txt",
        },
    ),
)

# Our name -> Lucide's. Ours say what the icon means here, so that a drawing can change without touching a template.
ICONS = {
    "accessibility": "person-standing",
    "arrow": "arrow-right",
    "ask": "message-circle-question-mark",
    "back": "arrow-left",
    "bag": "shopping-bag",
    "ban": "ban",
    "basket": "shopping-basket",
    "bell": "bell",
    "building": "landmark",
    "bulb": "lightbulb",
    "calendar": "calendar",
    "camera": "camera",
    "chart": "chart-column",
    "chat": "message-circle",
    "check": "check",
    "checkc": "circle-check",
    "chevron-down": "chevron-down",
    "chevron-left": "chevron-left",
    "chevron-right": "chevron-right",
    "chevron-up": "chevron-up",
    "clip": "paperclip",
    "clock": "clock",
    "coin": "circle-euro",
    "copy": "copy",
    "doc": "file",
    "download": "download",
    "edit": "pencil",
    "external": "external-link",
    "eye": "eye",
    "eye-off": "eye-off",
    "filter": "list-filter",
    "flag": "flag",
    "folder": "folder-plus",
    "grid": "layout-grid",
    "heart": "heart",
    "help": "circle-question-mark",
    "history": "history",
    "home": "house",
    "image": "image",
    "info": "info",
    "key": "key-round",
    "kid": "baby",
    "link": "link",
    "list": "list",
    "lock": "lock",
    "logout": "log-out",
    "mail": "mail",
    "map": "map",
    "menu": "menu",
    "merge": "merge",
    "minus": "minus",
    "minusc": "circle-minus",
    "moon": "moon",
    "more": "ellipsis",
    "paint": "palette",
    "phone": "phone",
    "pin": "map-pin",
    "plus": "plus",
    "print": "printer",
    "puzzle": "puzzle",
    "reply": "reply",
    "reset": "rotate-ccw",
    "save": "save",
    "scale": "scale",
    "search": "search",
    "send": "send",
    "server": "server",
    "settings": "settings",
    "share": "share-2",
    "shield": "shield",
    "star": "star",
    "sun": "sun",
    "table": "table-2",
    "tag": "tag",
    "target": "locate-fixed",
    "text": "file-text",
    "tool": "wrench",
    "trash": "trash-2",
    "undo": "undo-2",
    "unlock": "lock-open",
    "up": "thumbs-up",
    "upload": "upload",
    "user": "user",
    "users": "users",
    "vote": "vote",
    "warn": "triangle-alert",
    "x": "x",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Refresh the third-party files kept in the repository.")
    parser.add_argument("--pins", action="store_true", help="print the registry's integrity of each version")
    if parser.parse_args().pins:
        for package in PACKAGES:
            print(f"{package.name} {package.version} {_announced(package)}")
        return
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            archive = _fetch(package, Path(folder))
            entries += _copy(package, archive)
            if package is LUCIDE:
                entries.append(_write_sprite(archive))
    listing = json.dumps(sorted(entries, key=lambda entry: entry["file"]), indent=1) + "\n"
    (STATIC / "vendor.json").write_text(listing, encoding="utf-8")
    print(f"{len(entries)} files written")


def sha384(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def _announced(package: Package) -> str:
    return _npm("view", f"{package.name}@{package.version}", "dist.integrity").strip()


def _fetch(package: Package, folder: Path) -> Path:
    """Download the archive and compare it with the pin; stops the script when they differ."""
    told = json.loads(
        _npm("pack", f"{package.name}@{package.version}", "--json", "--pack-destination", str(folder))
    )
    archive = folder / str(told[0]["filename"]).replace("@", "").replace("/", "-")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.integrity:
        sys.exit(f"{package.name} {package.version}: archive is {digest}, expected {package.integrity}")
    return archive


def _npm(*words: str) -> str:
    # The words are this file's own, and npm is whichever one the maintainer uses.
    return subprocess.run(["npm", *words], check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S607


def _copy(package: Package, archive: Path) -> list[dict[str, str]]:
    entries = []
    for inside, target in package.files.items():
        content = _read(archive, inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        entries.append(_entry(package, target, content))
    return entries


def _entry(package: Package, target: Path, content: bytes) -> dict[str, str]:
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "file": target.relative_to(ROOT).as_posix(),
        "sha384": sha384(content),
    }


def _write_sprite(archive: Path) -> dict[str, str]:
    symbols = [
        _symbol(name, _read(archive, f"icons/{source}.svg").decode()) for name, source in ICONS.items()
    ]
    notice = f"<!-- {LUCIDE.name} {LUCIDE.version}, {LUCIDE.licence} licence -->"
    content = f'<svg xmlns="http://www.w3.org/2000/svg">{notice}\n' + "\n".join(symbols) + "\n</svg>\n"
    target = STATIC / "sprite.svg"
    target.write_text(content, encoding="utf-8")
    return _entry(LUCIDE, target, content.encode())


def _symbol(name: str, svg: str) -> str:
    """The drawing alone: colour, width and ends of the strokes belong to the class `i` of the page."""
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if drawing is None:
        sys.exit(f"the icon {name} is not an SVG file")
    shapes = re.sub(r"\s+", " ", drawing[1]).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def _read(archive: Path, inside: str) -> bytes:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"package/{inside}")
        if member is None:
            sys.exit(f"{archive.name} holds no {inside}")
        return member.read()


if __name__ == "__main__":
    main()
