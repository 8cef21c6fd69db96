"""Every two colours that meet on our pages, and the contrast each meeting must reach (`docs`: RGAA 3.2 and 3.3)."""

from collections.abc import Mapping
from typing import NamedTuple

from app.ui.theme.colour import contrast
from app.ui.theme.tints import APPLICATIONS, STATUSES

READING = 7.0  # long text
TEXT = 4.5
SHAPE = 3.0  # borders of controls, focus ring


class Pair(NamedTuple):
    name: str
    fg: str
    bg: str
    ratio: float
    minimum: float
    scheme: str


REQUIRED: tuple[tuple[str, str, float], ...] = (
    ("ink", "paper", READING),
    ("ink", "surface", READING),
    ("ink", "sunken", READING),
    ("ink-2", "paper", TEXT),
    ("ink-2", "surface", TEXT),
    ("ink-2", "sunken", TEXT),
    ("ink-2", "brand-50", TEXT),
    ("ink-2", "brand-100", TEXT),
    ("ink-3", "paper", TEXT),
    ("ink-3", "surface", TEXT),
    ("ink-3", "sunken", TEXT),
    ("ink", "brand-50", TEXT),
    ("ink", "brand-100", TEXT),
    ("link", "paper", TEXT),
    ("link", "surface", TEXT),
    ("link", "sunken", TEXT),
    ("link", "brand-50", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("brand-800", "brand-100", TEXT),
    ("paper", "ink", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("on-accent-dark", "accent-on-dark", TEXT),
    ("accent-ink", "accent-soft", TEXT),
    ("accent-on-dark", "deep", TEXT),
    ("on-deep-2", "deep", TEXT),
    ("on-foot-2", "foot", TEXT),
    ("line-strong", "paper", SHAPE),
    ("line-strong", "surface", SHAPE),
    ("brand", "paper", SHAPE),
    ("brand", "surface", SHAPE),
    ("focus", "paper", SHAPE),
    *((f"app-{name}", f"app-{name}-soft", TEXT) for name in APPLICATIONS),
    *((f"app-{name}", "surface", TEXT) for name in APPLICATIONS),
    *((name, f"{name}-soft", TEXT) for name in STATUSES),
    *((name, ground, TEXT) for name in STATUSES for ground in ("paper", "surface", "sunken")),
    *(("ink", f"{name}-soft", TEXT) for name in STATUSES),
)

# Fixed white texts of the dark blocks: not a token, since nobody may change them.
_WHITE_ON = ("deep", "foot")


def measure(tokens: Mapping[str, str], scheme: str) -> list[Pair]:
    found = [
        Pair(
            f"{fg} on {bg}",
            tokens[fg],
            tokens[bg],
            contrast(tokens[fg], tokens[bg]),
            minimum,
            scheme,
        )
        for fg, bg, minimum in REQUIRED
    ]
    for bg in _WHITE_ON:
        found.append(
            Pair(
                f"white on {bg}",
                "#ffffff",
                tokens[bg],
                contrast("#ffffff", tokens[bg]),
                TEXT,
                scheme,
            )
        )
    return found
