"""Static files under names that carry their content: `css/site.css` is served as `css/site.1f2e3d4c.css`, for ever.

There is no build step. The folder is read once, when the first name is asked for: a stylesheet takes in the parts
it imports, loses its comments and white space, and the `url(…)` it holds become hashed names (relative, so that a
platform under a prefix works too); then each file is hashed and compressed in memory, about 1 MB in all. A plain
name answers as well, but is checked again at each visit: it is what a script's own `import "./other.js"` asks for.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
PREFIX = "/static"

FOREVER = "public, max-age=31536000, immutable"
CHECKED = "no-cache"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_COMPRESSED = {".css", ".js", ".svg", ".json", ".txt", ".webmanifest"}
_IMPORT = re.compile(r'@import "([^"]+)"(?: layer\(([\w-]+)\))?;')
_URL = re.compile(r"""url\(\s*(["']?)([^"')]+)\1\s*\)""")
_STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')|/\*.*?\*/', re.DOTALL)
_ICON = re.compile(rb'<symbol id="i-([a-z0-9-]+)"')


@dataclass(frozen=True)
class Asset:
    name: str  # as in the folder: "css/site.css"
    hashed: str  # as served: "css/site.1f2e3d4c.css"
    content_type: str
    content: bytes
    compressed: bytes | None  # gzip, when it is worth it
    immutable: bool = True  # False when it was asked for under its plain name

    def answer(self, accept_encoding: str = "", if_none_match: str = "") -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a request with these two headers."""
        etag = f'"{self.hashed.rsplit(".", 2)[-2]}"'
        headers = {"Cache-Control": FOREVER if self.immutable else CHECKED, "ETag": etag}
        if self.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
        if etag in if_none_match:
            return 304, headers, b""
        body = self.content
        if self.compressed is not None and "gzip" in accept_encoding:
            body = self.compressed
            headers["Content-Encoding"] = "gzip"
        headers["Content-Type"] = self.content_type
        headers["Content-Length"] = str(len(body))
        headers["X-Content-Type-Options"] = "nosniff"
        return 200, headers, body


class Manifest:
    """The files of one folder. Built once; a change on disk is seen by the next Manifest only.

    Raises FileNotFoundError when a stylesheet names a file that is not there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_name: dict[str, Asset] = {}
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                self._add(path.relative_to(root).as_posix())
        self._by_hashed = {asset.hashed: asset for asset in self._by_name.values()}

    def names(self) -> list[str]:
        return list(self._by_name)

    def get(self, name: str) -> Asset:
        """The file of that plain name. Raises FileNotFoundError: a template named something that is not there."""
        try:
            return self._by_name[name]
        except KeyError:
            raise FileNotFoundError(f"static file {name} is not in {self._root.name}/") from None

    def find(self, path: str) -> Asset | None:
        """The file a browser asks for, by its hashed or plain name below the prefix; None when there is none."""
        path = path.lstrip("/")
        if path in self._by_hashed:
            return self._by_hashed[path]
        asset = self._by_name.get(path)
        if asset is None:
            return None
        return Asset(
            asset.name, asset.hashed, asset.content_type, asset.content, asset.compressed, immutable=False
        )

    def _add(self, name: str) -> Asset:
        if name in self._by_name:
            return self._by_name[name]
        content = (self._root / name).read_bytes()
        stem, suffix = posixpath.splitext(name)
        if suffix == ".css":
            folder = posixpath.dirname(name)
            content = self._resolve(minify_css(self._inline(content.decode(), folder)), folder).encode()
        digest = hashlib.sha256(content).hexdigest()[:8]
        compressed = gzip.compress(content, mtime=0) if suffix in _COMPRESSED else None
        asset = Asset(name, f"{stem}.{digest}{suffix}", _content_type(name), content, compressed)
        self._by_name[name] = asset
        return asset

    def _inline(self, css: str, folder: str) -> str:
        def part(found: re.Match[str]) -> str:
            text = (self._root / folder / found[1]).read_text(encoding="utf-8")
            return f"@layer {found[2]} {{{text}}}" if found[2] else text

        return _IMPORT.sub(part, css)

    def _resolve(self, css: str, folder: str) -> str:
        def hashed(found: re.Match[str]) -> str:
            target = found[2]
            if target.startswith(("#", "/", "data:", "http:", "https:")):
                return found[0]
            name = posixpath.normpath(posixpath.join(folder, target))
            return f"url({posixpath.relpath(self._add(name).hashed, folder or '.')})"

        return _URL.sub(hashed, css)


def hashed(name: str) -> str:
    """The served name of a static file: `fonts/x.woff2` -> `fonts/x.1f2e3d4c.woff2`. Raises FileNotFoundError."""
    return _manifest().get(name).hashed


def url(name: str, prefix: str = PREFIX) -> str:
    """The address of a static file; prefix: where the folder answers, `/t/<slug>/static` behind a prefix."""
    return f"{prefix}/{hashed(name)}"


def find(path: str) -> Asset | None:
    """The file behind a request's path below `/static/`, or None."""
    return _manifest().find(path)


def icons() -> frozenset[str]:
    """The names the sprite can draw: `check` for `sprite.svg#i-check`."""
    return frozenset(name.decode() for name in _ICON.findall(_manifest().get("sprite.svg").content))


def reload() -> None:
    """Read the folder again at the next question: for a developer who is editing a stylesheet."""
    _manifest.cache_clear()


def minify_css(source: str) -> str:
    """The stylesheet without comments and needless white space. Text between quotes is left as it is."""
    kept: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        if found[1] is None:
            return " "
        kept.append(found[1])
        return f"\x00{len(kept) - 1}\x00"

    css = _STRING_OR_COMMENT.sub(set_aside, source)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    # Not the space before a colon: `.card :focus` is not `.card:focus`.
    css = re.sub(r":\s+", ":", css)
    css = re.sub(r"\s*!\s*important", "!important", css)
    css = css.replace(";}", "}").strip()
    return re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], css)


def _content_type(name: str) -> str:
    suffix = posixpath.splitext(name)[1]
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


@lru_cache(maxsize=1)
def _manifest() -> Manifest:
    return Manifest(STATIC)
