"""What the weight gate asks of a page: its size in gzip, where its files come from, what its policy lets run."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from werkzeug.test import TestResponse

from tests.support.html import Page

KB = 1024


@dataclass(frozen=True)
class Budget:
    """Kilobytes in gzip (ux §6.5)."""

    html: float
    css: float = 14
    js: float = 24
    fonts: float = 80


HOME = Budget(html=20)
READING = Budget(html=18)
FORM = Budget(html=15)
BACK_OFFICE = Budget(html=30, css=18, js=60)
#: Own scripts, whatever the page.
OWN_JS = 6
#: Requests before the largest picture is painted.
REQUESTS = 12


def budget_of(endpoint: str, path: str, page: Page) -> Budget:
    if endpoint == "site.home":
        return HOME
    if path.startswith(("/admin/", "/operateur/")):
        return BACK_OFFICE
    is_form = any(attributes.get("id") == "formulaire" for attributes in page.all("form"))
    return FORM if is_form else READING


#: Address of the page's own host -> the bytes a browser receives, compressed when it may be.
Fetch = Callable[[str], bytes]


def weights(path: str, source: str, fetch: Fetch) -> dict[str, float]:
    """Kilobytes a first visit downloads by kind, and how many requests come before the page is painted."""
    page = Page(source)
    links = [(attributes.get("rel", "").split(), attributes) for attributes in page.all("link")]
    sheets = [attributes["href"] for rel, attributes in links if "stylesheet" in rel]
    scripts = [attributes["src"] for attributes in page.all("script") if attributes.get("src")]
    scripts += [attributes["href"] for rel, attributes in links if "modulepreload" in rel]
    scripts = _with_imports(path, scripts, fetch)
    fonts = {urljoin(path, one["href"]) for rel, one in links if "preload" in rel and one.get("as") == "font"}
    for sheet in sheets:
        address = urljoin(path, sheet)
        text = _plain(fetch(address)).decode()
        fonts |= {urljoin(address, found) for found in _URL.findall(text) if found.endswith(".woff2")}
    pictures = [one["src"] for one in page.all("img") if one.get("src") and one.get("loading") != "lazy"]
    own = [script for script in scripts if "/vendor/" not in script]
    return {
        "html": len(gzip.compress(source.encode(), 6)) / KB,
        "css": sum(len(fetch(urljoin(path, sheet))) for sheet in sheets) / KB,
        "js": sum(len(fetch(script)) for script in scripts) / KB,
        "own_js": sum(len(fetch(script)) for script in own) / KB,
        "fonts": sum(len(fetch(font)) for font in fonts) / KB,
        "requests": 1 + len(sheets) + len(scripts) + len(fonts) + len(set(pictures)),
    }


_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
_IMPORT = re.compile(r"""^\s*import\s[^"'(]*["']([^"']+)["']""", re.MULTILINE)


def _with_imports(path: str, scripts: list[str], fetch: Fetch) -> list[str]:
    """The scripts and every module they import before they run."""
    found: list[str] = []
    todo = [urljoin(path, script) for script in scripts]
    while todo:
        script = todo.pop(0)
        if script not in found:
            found.append(script)
            todo += [urljoin(script, name) for name in _IMPORT.findall(_plain(fetch(script)).decode())]
    return found


def _plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def overweight(path: str, source: str, budget: Budget, fetch: Fetch) -> list[str]:
    found = weights(path, source, fetch)
    limits = {
        "html": budget.html,
        "css": budget.css,
        "js": budget.js,
        "own_js": OWN_JS,
        "fonts": budget.fonts,
        "requests": REQUESTS,
    }
    return [
        f"{kind}: {found[kind]:.1f}, at most {limit}" for kind, limit in limits.items() if found[kind] > limit
    ]


# --- what a page may hold -------------------------------------------------------------------------------------


def foreign(address: str, allowed: tuple[str, ...] = ()) -> bool:
    """Whether a browser would ask another host for it. allowed: hosts of the tenant's declared tiles."""
    parts = urlsplit(address)
    if parts.scheme == "data":
        return False
    host = parts.hostname or ""
    return bool(parts.scheme or parts.netloc or address.startswith("//")) and host not in allowed


def markup_faults(source: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """What the strict policy would refuse, or what would call another host."""
    page, faults = Page(source), []
    for name, attributes, line in page.elements:
        for attribute, value in attributes.items():
            if attribute == "style":
                faults.append(f"line {line}: style attribute on <{name}>: {value[:60]}")
            elif attribute.startswith("on"):
                faults.append(f"line {line}: {attribute} on <{name}>")
            elif attribute == "srcdoc":
                faults.append(f"line {line}: srcdoc on <{name}>")
            elif value.strip().lower().startswith(("javascript:", "vbscript:", "data:text/html")):
                faults.append(f"line {line}: {attribute}={value[:40]} on <{name}>")
    for name, content, line in page.inline:
        if not (name == "script" and "application/" in _type_of(page, line)):
            faults.append(f"line {line}: inline <{name}>: {content[:60]}")
    faults += [f"<{name}> asks {address}" for name, address in page.resources() if foreign(address, allowed)]
    return faults


def _type_of(page: Page, line: int) -> str:
    return next(
        (one.get("type", "") for name, one, at in reversed(page.elements) if name == "script" and at <= line),
        "",
    )


def sheet_faults(text: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """Stylesheets that call another host."""
    addresses = _URL.findall(text) + re.findall(r"""@import\s+["']([^"']+)["']""", text)
    return [f"asks {address}" for address in addresses if foreign(address, allowed)]


#: Answers with a policy of their own, and why.
OWN_POLICY = {"site.logo": "a drawing of the tenant's, shown alone in a sandbox where no script runs"}

#: Directives every page must have, with what each may name.
_STRICT = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "font-src": {"'self'"},
    "img-src": {"'self'", "data:", "blob:"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'", "'self'"},
    "frame-ancestors": {"'none'"},
}
#: Directives a page may add.
_ALSO = {
    "manifest-src": {"'self'"},
    "worker-src": {"'self'"},
    "object-src": {"'none'"},
    "upgrade-insecure-requests": set(),
}


def policy_faults(answer: TestResponse, allowed: tuple[str, ...] = ()) -> list[str]:
    """Where the Content-Security-Policy of an answer is absent or looser than strict. allowed: hosts of tiles."""
    written = answer.headers.getlist("Content-Security-Policy")
    if len(written) != 1:
        return [f"{len(written)} Content-Security-Policy headers, expected one"]
    directives = {
        words[0]: set(words[1:]) for words in (part.split() for part in written[0].split(";")) if words
    }
    faults = [f"policy without {name}" for name in _STRICT if name not in directives]
    for name, sources in directives.items():
        may = (_STRICT | _ALSO).get(name)
        if may is None:
            faults.append(f"policy names {name}, which nothing here needs")
            continue
        tiles = {source for source in sources if name == "img-src" and urlsplit(source).hostname in allowed}
        faults += [f"{name} allows {source}" for source in sorted(sources - may - tiles)]
    return faults


# --- templates ------------------------------------------------------------------------------------------------

#: Mail readers know no other way to give a mail its colours than a style attribute.
EXEMPT = "templates/mail/"

_TEMPLATE_FAULTS = {
    "style attribute": re.compile(r"<[a-zA-Z][^<>]*\sstyle\s*=", re.DOTALL),
    "inline style": re.compile(r"<style\b"),
    "inline script": re.compile(r"<script\b(?![^>]*\ssrc\s*=)(?![^>]*application/(ld\+)?json)[^>]*>"),
    "event attribute": re.compile(r"<[a-zA-Z][^<>]*\son[a-z]+\s*=", re.DOTALL),
    "script address": re.compile(r"""(href|src|action)\s*=\s*["']\s*javascript:""", re.IGNORECASE),
    "foreign resource": re.compile(
        r"""<(script|link|img|iframe|source|video|audio)\b[^<>]*(src|href)\s*=\s*["'](https?:)?//"""
    ),
}


def template_faults(root: Path) -> list[str]:
    """What the templates and drawings of every room and application write that a strict policy refuses."""
    faults = []
    files = [
        *root.glob("app/**/templates/**/*"),
        *root.glob("modules/**/templates/**/*"),
        *root.glob("app/**/*.svg"),
    ]
    for path in sorted(files):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or EXEMPT in name:
            continue
        source = path.read_text(encoding="utf-8")
        for fault, pattern in _TEMPLATE_FAULTS.items():
            faults += [
                f"{name}:{source.count(chr(10), 0, found.start()) + 1}: {fault}"
                for found in pattern.finditer(source)
            ]
    return faults
