"""Templates rendered outside Flask with made-up values, and the rules every page of ours keeps."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.ui import assets, filters, markdown

ROOT = Path(assets.__file__).parents[2]
TEMPLATES = ROOT / "app/ui/templates"
PAGES = ROOT / "tests/support/templates"


def environment(*, bare: bool = False) -> Environment:
    """Jinja as the application sets it up, with a made-up asset() and csrf_token(); bare: without our filters."""
    made = Environment(
        loader=FileSystemLoader([TEMPLATES, PAGES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    if not bare:
        made.filters.update({name: getattr(filters, name) for name in filters.JINJA_FILTERS})
        made.filters.update(markdown=markdown.render, plain=markdown.plain)
        made.globals.update({name: getattr(filters, name) for name in filters.JINJA_GLOBALS})
        made.globals.update(asset=lambda name: f"/static/{name}", csrf_token=lambda: "jeton")
    return made


def context(**more: Any) -> dict[str, Any]:
    platform = {
        "name": "Valmorin Ensemble",
        "tagline": "La plateforme de la ville",
        "slug": "valmorin",
        "logo_url": None,
        "favicon_url": "/f.svg",
        "kind": "commune",
        "publisher": "Ville de Valmorin",
        "address": "Place du Pont-Vieux",
        "phone": "02 00 00 00 00",
        "email": "a@valmorin.example",
        "accessibility_mention": "Accessibilité : non conforme",
        "demo": False,
        "description": 'La "ville"',
    }
    urls = {
        name: f"/{name}/" for name in ("home", "search", "sign_in", "sign_out", "account", "scheme", "manage")
    }
    link = {"url": "/x", "label": "Agenda", "current": False}
    return {
        "platform": platform,
        "urls": urls,
        "nav": [{"url": "/d", "label": "Démarches", "current": True}, link],
        "verbs": [],
        "footer_links": {
            "participer": [link],
            "comprendre": [link],
            "legal": [{"url": "/accessibilite/", "label": "Accessibilité : non conforme"}, link],
        },
        "visitor": None,
        "theme_url": "/theme-1.css",
        "font_urls": ["/a.woff2", "/b.woff2"],
        "scheme": "",
        "page_path": "/idees/?q=a&b=1",
        "request_is_htmx": False,
        "crumbs": [("Accueil", "/"), ("Idées", "")],
        "tint": "a-idees",
        **more,
    }


class Page(HTMLParser):
    """What the rules below ask of a page: ids, labels, landmarks, titles, attributes."""

    VOID = frozenset(["meta", "link", "input", "br", "img", "use", "rect", "path", "circle", "hr"])

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def check_page(html: str) -> Page:
    page = Page(html)
    assert page.unbalanced == []
    assert page.open == []
    ids = Counter(attrs["id"] for _tag, attrs in page.tags if "id" in attrs)
    assert [name for name, times in ids.items() if times > 1] == []
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    targets = {attrs.get("for") for attrs in page.all("label")}
    labelled_by_wrapping = html.count('<label class="tile">')
    unlabelled = [
        attrs
        for attrs in page.all("input", "select", "textarea")
        if attrs.get("type") not in ("hidden", "radio", "checkbox") and attrs.get("id") not in targets
    ]
    assert unlabelled == []
    boxes = [
        attrs
        for attrs in page.all("input")
        if attrs.get("type") in ("radio", "checkbox") and attrs.get("id") not in targets
    ]
    assert len(boxes) == labelled_by_wrapping
    for _tag, attrs in page.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            for reference in attrs.get(name, "").split():
                assert reference in ids, f"{name} names {reference}, which is not on the page"
    # Light or dark needs no token: reading a page sets no cookie.
    forms_that_post = [
        attrs
        for attrs in page.all("form")
        if attrs.get("method") == "post" and attrs.get("action") != "/scheme/"
    ]
    assert html.count('name="csrf_token"') == len(forms_that_post)
    assert " style=" not in html
    assert "undefined" not in html.lower()
    return page


def call(env: Environment, file: str, macro: str, *args: Any, **options: Any) -> str:
    return str(getattr(env.get_template(f"ui/macros/{file}.html").module, macro)(*args, **options))
