"""A real Chromium on the real application: a server on a free port, pages opened as somebody, axe, the keyboard."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.sample import Sample

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
#: WCAG 2.2, levels A and AA, and the rules it took over from the earlier versions.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HEIGHT = 900


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The application logs its requests itself."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on 127.0.0.1; gives its origin."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium. Raises AssertionError with what to run when there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "the browser journeys need Chromium: run scripts/ensure_chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page of Chromium that notes what should not happen. foreign: addresses of other hosts; errors: of scripts;
    refused: what the security policy stopped."""

    page: Page
    context: BrowserContext
    origin: str
    prefix: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """path: the tenant's own."""
        self.page.goto(f"{self.origin}{self.prefix}{path}", wait_until="load")

    def path(self) -> str:
        parts = urlsplit(self.page.url)
        return parts.path.removeprefix(self.prefix) + (f"?{parts.query}" if parts.query else "")

    def refused(self) -> list[str]:
        found: list[str] = self.page.evaluate("() => window.__refused || []")
        return found

    def axe(self) -> list[str]:
        """Violations as `rule: element`."""
        # The script's own value is axe itself, and a run's is every rule that passed: neither is worth carrying here.
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "\n;null")
        found: list[str] = self.page.evaluate(_AXE, TAGS)
        return found

    def sideways(self, width: int) -> list[str]:
        """What sticks out of a window of this width; [] when nothing scrolls sideways."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        found: list[str] = self.page.evaluate(_SIDEWAYS)
        if found:
            # The window may be halfway between two widths: what truly sticks out still does when it has settled.
            self.page.wait_for_timeout(300)
            found = self.page.evaluate(_SIDEWAYS)
        return [f"{width} px: {one}" for one in found]

    def focus(self) -> dict[str, Any] | None:
        """The focused element: what it is, whether its focus shows, whether something covers it. None: nothing is."""
        found: dict[str, Any] | None = self.page.evaluate(_FOCUS)
        return found

    def tab_to(self, selector: str, *, most: int = 150) -> None:
        """Press Tab until the element has the focus; every stop on the way must show it. Raises AssertionError."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            found = self.focus()
            if found is not None and found["covered"]:
                # What the last stop showed may still be sliding away.
                self.page.wait_for_timeout(300)
                found = self.focus()
            if found is None:
                continue
            assert found["shown"], f"the focus does not show on {found['what']}"
            assert not found["covered"], f"{found['what']} has the focus under {found['covered']}"
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached with the Tab key on {self.page.url}")

    def send(self, key: str = "Enter") -> None:
        """Press a key that leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


_AXE = """async (tags) => {
  const run = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  return run.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none][0];
    return `${rule.id}: ${node.html.slice(0, 160)} (${why ? why.message : ''})`;
  }));
}"""
_SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll('body *')]
    .filter((node) => node.getBoundingClientRect().right > wide + 1)
    .map((node) => `${node.tagName.toLowerCase()}.${node.className} to ${Math.round(node.getBoundingClientRect().right)}`)
    .slice(0, 5).concat(`page ${document.documentElement.scrollWidth}`);
}"""

_FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body || node === document.documentElement) return null;
  const parts = [node, ...(node.labels || []), node.nextElementSibling, node.parentElement].filter(Boolean);
  const outlined = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  const look = () => parts.map((one) => {
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
  }).join('|');
  let shown = parts.slice(0, -1).some(outlined);
  if (!shown) {
    const focused = look();
    node.blur();
    shown = look() !== focused;
    node.focus({ preventScroll: true });
  }
  const box = (parts[1] && node.getBoundingClientRect().width <= 2 ? parts[1] : node).getBoundingClientRect();
  const middle = [box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2];
  const above = document.elementFromPoint(...middle);
  const same = !above || parts.some((one) => one === above || one.contains(above) || above.contains(one));
  return {
    what: `${node.tagName.toLowerCase()} ${(node.name || node.href || node.textContent || '').trim().slice(0, 60)}`,
    shown,
    covered: same ? '' : above.outerHTML.slice(0, 80),
  };
}"""

_NOTE_REFUSALS = """window.__refused = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.__refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile || ''}`));"""


@contextmanager
def visit(
    browser: Browser,
    origin: str,
    sample: Sample,
    who: str = "visitor",
    *,
    width: int = 1280,
    dark: bool = False,
    script: bool = True,
) -> Iterator[Visit]:
    """A window of somebody: `who` as in `Sample.browser`. script: False for a browser without JavaScript."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        locale="fr-FR",
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    context.add_cookies([_cookie(one, sample) for one in _cookies(sample, who)])
    context.add_init_script(_NOTE_REFUSALS)
    page = context.new_page()
    found = Visit(page, context, origin, sample.world.path)
    page.on("request", lambda one: found.foreign.append(one.url) if _is_foreign(one.url, origin) else None)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    try:
        yield found
    finally:
        context.close()


def _is_foreign(url: str, origin: str) -> bool:
    return not url.startswith((f"{origin}/", "data:", "blob:", "about:"))


def _cookies(sample: Sample, who: str) -> list[tuple[str, str]]:
    client, path = sample.browser(who).client, f"{sample.world.path}/"
    names = (f"parvis_{sample.world.slug}{end}" for end in ("", "_etat", "_gestion"))
    found = ((name, client.get_cookie(name, path=path)) for name in names)
    return [(name, cookie.value) for name, cookie in found if cookie is not None]


def _cookie(one: tuple[str, str], sample: Sample) -> Any:
    return {"name": one[0], "value": one[1], "domain": "127.0.0.1", "path": f"{sample.world.path}/"}
