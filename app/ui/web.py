"""The look, attached to requests: each tenant's stylesheet, static files by their hashed names, Jinja's helpers."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, g, has_app_context
from jinja2 import ChoiceLoader, FileSystemLoader

from app.tenancy.registry import TenantConfig
from app.ui import assets, filters, markdown
from app.ui.theme import PRESETS, Theme, content_hash, css, derive, font_files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class TenantTheme:
    """A tenant's stylesheet, ready to send. stylesheet: bytes; compressed: the same, gzip."""

    hash: str
    stylesheet: bytes
    compressed: bytes
    files: tuple[str, ...]

    def font_urls(self, base: str) -> list[str]:
        return [f"{base}{assets.url(name)}" for name in self.files]


def derive_theme(theme: dict[str, Any]) -> Theme:
    """The theme that the `theme` part of a tenant's document describes. Raises ThemeError.

    Without a colour of its own, a platform has the two of its preset.
    """
    preset = PRESETS[theme["preset"]]
    own = theme.get("brand")
    return derive(
        own or preset.brand,
        theme.get("accent") or (None if own else preset.accent),
        preset=preset.id,
        mono_apps=theme.get("app_colors") == "mono",
        overrides=theme.get("overrides"),
    )


def theme_of(config: TenantConfig) -> TenantTheme:
    """The tenant's stylesheet for the address prefix of this request; computed once per revision."""
    key = f"theme:{g.base_path}"
    found: TenantTheme | None = config.cache.get(key)
    if found is None:
        theme = derive_theme(config.document["theme"])
        sheet = css(theme, static_prefix=f"{g.base_path}/static")
        content = sheet.encode()
        found = TenantTheme(
            content_hash(sheet), content, gzip.compress(content, 9, mtime=0), tuple(font_files(theme))
        )
        config.cache[key] = found
    return found


def asset(name: str) -> str:
    """Address of a static file of ours for this request: `asset("css/site.css")`."""
    return f"{g.get('base_path', '') if has_app_context() else ''}{assets.url(name)}"


def logo_url(config: TenantConfig) -> str | None:
    return f"{g.base_path}/logo.svg?v={config.revision}" if config.document["theme"].get("logo") else None


class StaticFiles:
    """Answers `/static/…` of ours before Flask, under any tenant's prefix; never asks the database."""

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self._next = wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(f"{assets.PREFIX}/") or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._next(environ, start_response)
        found = assets.find(path.removeprefix(f"{assets.PREFIX}/"))
        if found is None:
            return self._next(environ, start_response)
        status, headers, body = found.answer(
            str(environ.get("HTTP_ACCEPT_ENCODING", "")), str(environ.get("HTTP_IF_NONE_MATCH", ""))
        )
        start_response("304 Not Modified" if status == 304 else "200 OK", list(headers.items()))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def install(app: Flask, folders: Iterable[Path]) -> None:
    """Templates of the rooms and modules given, and the filters every page uses."""
    app.jinja_loader = ChoiceLoader([FileSystemLoader(str(folder)) for folder in (TEMPLATES, *folders)])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({name: getattr(filters, name) for name in filters.JINJA_FILTERS})
    app.jinja_env.filters.update(markdown=markdown.render, plain=markdown.plain, count=filters.count)
    app.jinja_env.globals.update({name: getattr(filters, name) for name in filters.JINJA_GLOBALS})
    # Macros are imported without the page's context: what they call must be global.
    app.jinja_env.globals["asset"] = asset
