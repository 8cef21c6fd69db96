"""A theme written as the tenant's stylesheet: custom properties, dark scheme, its two typefaces.

Everything that changes from one tenant to the next is here and nothing else is; `site.css` is the same file for all.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

from app.ui import assets
from app.ui.theme.engine import Theme
from app.ui.theme.presets import Font

Corners = Literal["round", "soft", "square"]

_CORNERS: dict[str, str] = {
    "round": "--r-sm:6px;--r-md:10px;--r-lg:16px;--r-xl:24px;--r-pill:999px",
    "soft": "--r-sm:4px;--r-md:6px;--r-lg:8px;--r-xl:12px;--r-pill:999px",
    "square": "--r-sm:0;--r-md:0;--r-lg:0;--r-xl:0;--r-pill:0",
}
_SHADOW_FAR = "0 10px 30px -12px rgb(15 30 34/.22),0 2px 6px rgb(15 30 34/.06)"
_SHADOWS_LIGHT = f"--sh-1:0 1px 2px rgb(15 30 34/.06);--sh-2:{_SHADOW_FAR}"
_SHADOWS_DARK = "--sh-1:none;--sh-2:0 12px 32px -10px rgb(0 0 0/.6)"
# Hairlines that only the dark blocks need: their ground is close to the page's at night.
_EDGES_LIGHT = "--foot-edge:transparent;--field-edge:transparent;--tile-filter:none"
_EDGES_DARK = (
    "--foot-edge:var(--line);--field-edge:var(--line-strong);"
    "--tile-filter:invert(1) hue-rotate(180deg) brightness(.9) contrast(.9)"
)


def css(
    theme: Theme,
    *,
    corners: Corners = "round",
    static_prefix: str = "/static",
    hashed: Callable[[str], str] = assets.hashed,
) -> str:
    """The stylesheet of one tenant, without a line break.

    static_prefix: where static files answer, "/t/<slug>/static" when the platform lives under a prefix.
    hashed: from a static file's name to its immutable one; replaced in tests only.
    """
    look = theme.preset
    faces = "".join(_face(font, static_prefix, hashed) for font in (look.head, look.body))
    fonts = (
        f"--font-head:'{look.head.family}',{look.head.fallback};"
        f"--font-body:'{look.body.family}',{look.body.fallback};"
        f"--head-ls:{look.head_spacing};--head-w:{look.head_weight};--hero-w:{look.hero_weight}"
    )
    light = ";".join((_declare(theme.light), _SHADOWS_LIGHT, _EDGES_LIGHT, "color-scheme:light"))
    dark = ";".join((_declare(theme.dark), _SHADOWS_DARK, _EDGES_DARK, "color-scheme:dark"))
    return (
        f"{faces}:root{{{fonts};{_CORNERS[corners]};{light}}}"
        f":root[data-scheme=dark]{{{dark}}}"
        # `screen`: a system in the dark must not print light text on white paper.
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-scheme=light]){{{dark}}}}}"
        "@media print{:root[data-scheme=dark]{" + light + "}}"
        "@media (prefers-reduced-motion:reduce){:root{--t-fast:0ms;--t:0ms}}"
    )


def font_files(theme: Theme) -> list[str]:
    """The static files of the theme's two typefaces, headings first: the page preloads both."""
    return [theme.preset.head.file, theme.preset.body.file]


def content_hash(stylesheet: str) -> str:
    """Twelve hexadecimal digits that change when the stylesheet does."""
    return hashlib.sha256(stylesheet.encode()).hexdigest()[:12]


def _face(font: Font, prefix: str, hashed: Callable[[str], str]) -> str:
    return (
        f"@font-face{{font-family:'{font.family}';src:url({prefix}/{hashed(font.file)}) format('woff2');"
        f"font-weight:{font.weights};font-display:swap}}"
    )


def _declare(tokens: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{_short(value)}" for name, value in tokens.items())


def _short(colour: str) -> str:
    if colour[1] == colour[2] and colour[3] == colour[4] and colour[5] == colour[6]:
        return f"#{colour[1]}{colour[3]}{colour[5]}"
    return colour
