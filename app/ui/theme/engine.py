"""From one or two brand colours to a complete, legible set of tokens, light and dark.

The text colours are computed, never chosen, so that any pair of brand colours gives a readable platform. What a tenant
imposes on top (`overrides`) is checked like the rest, and refused when somebody could not read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from app.ui.theme import pairs, tints
from app.ui.theme.colour import (
    Oklch,
    contrast,
    from_oklch,
    luminance,
    mix,
    parse_hex,
    to_oklch,
)
from app.ui.theme.errors import ThemeError
from app.ui.theme.presets import PRESETS, Preset

Scheme = Literal["light", "dark"]
Tokens = dict[str, str]

RAMP = {
    50: 0.972,
    100: 0.945,
    200: 0.895,
    300: 0.82,
    400: 0.72,
    500: 0.62,
    600: 0.53,
    700: 0.45,
    800: 0.37,
    900: 0.295,
    950: 0.225,
}
_PALE = {50: 0.16, 100: 0.28, 200: 0.5, 300: 0.75}
_DEEP = {800: 0.11, 900: 0.075, 950: 0.06}
_GREY = 0.02  # below this chroma a colour has no hue worth following
_STEP = 0.005
_SAFE = 4.6  # aimed at where 4.5 is required: rounding to 8 bits must not lose it
_ONE_COLOUR = (
    0.82,
    0.14,
    150.0,
)  # accent made from the brand: lightness, chroma, turn of the hue


class Adjustment(NamedTuple):
    """What the engine changed for legibility: the theme editor says it in words."""

    token: str
    given: str
    used: str


@dataclass(frozen=True)
class Theme:
    preset: Preset
    light: Mapping[str, str]  # token without its dashes -> "#rrggbb"
    dark: Mapping[str, str]
    adjustments: tuple[Adjustment, ...] = field(default=())

    def scheme(self, name: Scheme) -> Mapping[str, str]:
        return self.light if name == "light" else self.dark

    def pairs(self) -> list[pairs.Pair]:
        """Every two colours that meet on a page with their contrast, light scheme first."""
        return pairs.measure(self.light, "light") + pairs.measure(self.dark, "dark")


def derive(
    brand: str,
    accent: str | None = None,
    *,
    preset: str = "rivage",
    neutral_hue: float | None = None,
    mono_apps: bool = False,
    overrides: Mapping[str, str] | None = None,
) -> Theme:
    """The whole theme.

    brand, accent: "#rrggbb"; without an accent one is made from the brand. neutral_hue: degrees, hue of the greys; None
    follows the preset. mono_apps: the eight applications all take the brand's tint. overrides: token -> colour that
    replaces the computed one, "dark.<token>" in the dark scheme.
    Raises ThemeError: unknown preset or token, unreadable colour, or a pair below its minimum.
    """
    if preset not in PRESETS:
        raise ThemeError(f'theme.preset is "{preset}", expected one of {", ".join(PRESETS)}')
    look = PRESETS[preset]
    given_brand = _parse(brand, "theme.brand")
    source = to_oklch(given_brand)
    grey = source.chroma < _GREY
    hue = look.grey_hue if grey else source.hue
    given_accent = _make_accent(hue) if accent is None else _parse(accent, "theme.accent")
    if neutral_hue is None:
        neutral_hue = hue if look.neutral_hue is None else look.neutral_hue
    palette = _Palette(
        Oklch(source.lightness, source.chroma, hue),
        to_oklch(given_accent),
        neutral_hue,
        grey,
    )

    light = _light(palette, given_brand, given_accent) | tints.light()
    dark = _dark(palette, given_accent) | tints.dark()
    light |= tints.applications_light(palette.brand if mono_apps else None)
    dark |= tints.applications_dark(palette.brand if mono_apps else None)
    _apply(overrides or {}, light, dark)

    theme = Theme(look, light, dark, _adjustments(light, given_brand, given_accent))
    _refuse_illegible(theme)
    return theme


class _Palette(NamedTuple):
    brand: Oklch
    accent: Oklch
    neutral_hue: float
    grey: bool

    def neutral(self, lightness: float, chroma: float) -> str:
        return from_oklch(lightness, chroma, self.neutral_hue)

    def tone(self, lightness: float, chroma: float) -> str:
        """The brand's hue at another lightness; a grey brand keeps greys."""
        return from_oklch(lightness, min(chroma, _GREY) if self.grey else chroma, self.brand.hue)

    @property
    def ramp_chroma(self) -> float:
        return _GREY if self.grey else min(max(self.brand.chroma, 0.04), 0.14)


def _light(palette: _Palette, given_brand: str, given_accent: str) -> Tokens:
    tokens = {
        f"brand-{step}": palette.tone(lightness, _ramp_chroma(step, palette.ramp_chroma))
        for step, lightness in RAMP.items()
    }
    tokens |= {
        "paper": palette.neutral(0.985, 0.004),
        "surface": "#ffffff",
        "sunken": palette.neutral(0.958, 0.008),
        "line": palette.neutral(0.895, 0.012),
        "ink": palette.neutral(0.24, 0.022),
        "ink-2": palette.neutral(0.43, 0.022),
    }
    ink, sunken = tokens["ink"], tokens["sunken"]
    tokens["line-strong"] = _darken(Oklch(0.62, 0.018, palette.neutral_hue), on=tokens["paper"], at_least=3.1)
    tokens["ink-3"] = _darken(Oklch(0.53, 0.02, palette.neutral_hue), on=sunken, at_least=_SAFE)
    brand = _keep_or(
        given_brand,
        _darken(to_oklch(given_brand), on="#ffffff", at_least=_SAFE),
        "#ffffff",
    )
    used = to_oklch(brand)
    tokens |= {
        "brand": brand,
        "on-brand": "#ffffff",
        "brand-hover": from_oklch(used.lightness - 0.07, used.chroma, used.hue),
        "link": _keep_or(brand, _darken(used, on=sunken, at_least=_SAFE), sunken),
        "focus": ink,
        # Large dark blocks: hero, basket head, ballot head, envelope.
        "deep": tokens["brand-900"],
        "on-deep-2": mix("#ffffff", tokens["brand-900"], 0.86),
        "foot": tokens["brand-950"],
        "on-foot-2": mix("#ffffff", tokens["brand-950"], 0.82),
        "map-block": palette.neutral(0.908, 0.011),
        "map-block-2": sunken,
        "map-street": "#ffffff",
        "map-park": "#cfe7cf",
        "map-water": "#bfe0ea",
        "map-road": "#ffe7b8",
    }
    return tokens | _accents(palette, given_accent, tokens, soft=(0.95, 0.045), ink=(0.5, 0.4))


def _dark(palette: _Palette, given_accent: str) -> Tokens:
    chroma = palette.ramp_chroma
    tokens = {
        "paper": palette.neutral(0.185, 0.012),
        "surface": palette.neutral(0.228, 0.014),
        "sunken": palette.neutral(0.155, 0.012),
        "line": palette.neutral(0.335, 0.016),
        "line-strong": palette.neutral(0.58, 0.018),
        "ink": palette.neutral(0.955, 0.006),
        "ink-2": palette.neutral(0.82, 0.012),
        "ink-3": palette.neutral(0.72, 0.014),
        "link": palette.tone(0.78, min(chroma, 0.11)),
        "brand": palette.tone(0.80, min(chroma, 0.10)),
        "brand-hover": palette.tone(0.87, min(chroma, 0.08)),
        "brand-50": palette.tone(0.25, 0.03),
        "brand-100": palette.tone(0.285, 0.04),
        "brand-200": palette.tone(0.34, 0.05),
        "brand-300": palette.tone(0.42, 0.06),
        "brand-400": palette.tone(0.55, min(chroma, 0.08)),
        "brand-500": palette.tone(0.65, min(chroma, 0.09)),
        "brand-600": palette.tone(0.74, min(chroma, 0.09)),
        "brand-700": palette.tone(0.83, 0.08),
        "brand-800": palette.tone(0.88, 0.06),
        "brand-900": palette.tone(0.93, 0.04),
        "brand-950": palette.tone(0.96, 0.02),
        "focus": "#ffffff",
        "deep": palette.tone(0.247, 0.044),
        "map-block": "#1f282a",
        "map-block-2": "#192123",
        "map-street": "#12191b",
        "map-park": "#23402c",
        "map-water": "#16414c",
        "map-road": "#4a3c1c",
    }
    tokens |= {
        "on-brand": tokens["sunken"],
        "on-deep-2": mix("#ffffff", tokens["deep"], 0.86),
        "foot": tokens["sunken"],
        "on-foot-2": tokens["ink-2"],
    }
    return tokens | _accents(palette, given_accent, tokens, soft=(0.30, 0.045), ink=(0.86, 0.1))


def _accents(
    palette: _Palette,
    given: str,
    tokens: Tokens,
    *,
    soft: tuple[float, float],
    ink: tuple[float, float],
) -> Tokens:
    """The accent's tokens; soft and ink are (lightness, chroma at most). tokens: those already computed."""
    accent = palette.accent
    dark_text = tokens["ink"] if luminance(tokens["ink"]) < 0.5 else tokens["sunken"]
    soft_colour = from_oklch(soft[0], min(soft[1], accent.chroma), accent.hue)
    text = Oklch(ink[0], min(ink[1], accent.chroma), accent.hue)
    legible = _darken if text.lightness < soft[0] else _lighten
    on_dark = _keep_or(given, _lighten(accent, on=tokens["deep"], at_least=_SAFE), tokens["deep"])
    return {
        "accent": given,
        "on-accent": _text_on(given, dark_text),
        "accent-hover": _hover(given, _text_on(given, dark_text)),
        "accent-soft": soft_colour,
        "accent-ink": legible(text, on=soft_colour, at_least=_SAFE),
        "accent-on-dark": on_dark,
        # A dark accent is lightened on dark blocks, and its button there needs its own text colour.
        "on-accent-dark": _text_on(on_dark, dark_text),
    }


def _ramp_chroma(step: int, chroma: float) -> float:
    if step in _PALE:
        return chroma * _PALE[step]
    return min(chroma, _DEEP.get(step, chroma))


def _make_accent(hue: float) -> str:
    lightness, chroma, turn = _ONE_COLOUR
    return from_oklch(lightness, chroma, (hue + turn) % 360)


def _darken(start: Oklch, *, on: str, at_least: float) -> str:
    return _shift(start, -_STEP, on, at_least)


def _lighten(start: Oklch, *, on: str, at_least: float) -> str:
    return _shift(start, _STEP, on, at_least)


def _shift(start: Oklch, step: float, on: str, at_least: float) -> str:
    lightness = start.lightness
    colour = from_oklch(lightness, start.chroma, start.hue)
    while contrast(colour, on) < at_least and 0 <= lightness <= 1:
        lightness += step
        colour = from_oklch(lightness, start.chroma, start.hue)
    return colour


def _keep_or(given: str, shifted: str, on: str) -> str:
    """The given colour to the last bit when it is legible: people know their brand's code by heart."""
    return given if contrast(given, on) >= _SAFE else shifted


def _text_on(fill: str, dark_text: str) -> str:
    """Whichever of the dark text and white reads best; black where a middle tone defeats both.

    On any fill black or white reaches 4.58, the square root of 21.
    """
    best = max((dark_text, "#ffffff"), key=lambda text: contrast(text, fill))
    return best if contrast(best, fill) >= pairs.TEXT else "#000000"


def _hover(fill: str, text: str) -> str:
    """The fill moved away from its text, so that pressing never costs legibility."""
    return mix("#ffffff" if luminance(text) < 0.5 else "#000000", fill, 0.16)


def _parse(value: str, name: str) -> str:
    try:
        return parse_hex(value)
    except ValueError as error:
        raise ThemeError(f"{name}: {error}") from None


def _apply(overrides: Mapping[str, str], light: Tokens, dark: Tokens) -> None:
    for key, value in overrides.items():
        tokens, token = (dark, key.removeprefix("dark.")) if key.startswith("dark.") else (light, key)
        if token not in tokens:
            raise ThemeError(f'theme.overrides names "{key}", which is not a token')
        tokens[token] = _parse(value, f"theme.overrides.{key}")


def _adjustments(light: Tokens, brand: str, accent: str) -> tuple[Adjustment, ...]:
    compared = (
        ("brand", brand),
        ("link", brand),
        ("accent", accent),
        ("accent-ink", accent),
        ("accent-on-dark", accent),
    )
    return tuple(Adjustment(token, given, light[token]) for token, given in compared if light[token] != given)


def _refuse_illegible(theme: Theme) -> None:
    for pair in theme.pairs():
        if pair.ratio < pair.minimum:
            raise ThemeError(
                f"theme: {pair.name} ({pair.fg} on {pair.bg}, {pair.scheme}) has a contrast of "
                f"{pair.ratio:.2f}, expected at least {pair.minimum:g}",
                pair=pair.name,
                scheme=pair.scheme,
                ratio=pair.ratio,
                minimum=pair.minimum,
            )
