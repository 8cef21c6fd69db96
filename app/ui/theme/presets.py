"""The three looks a platform can start from: two colours, two typefaces, the warmth of its greys."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Font:
    family: str
    file: str  # path inside the static folder
    weights: str  # range of the variable axis
    fallback: str  # CSS list used until the file arrives


@dataclass(frozen=True)
class Preset:
    id: str
    title: str  # shown in the back-office and the console
    brand: str
    accent: str
    head: Font
    body: Font
    head_weight: int
    hero_weight: int
    head_spacing: str
    neutral_hue: float | None  # None: the greys follow the brand's hue
    grey_hue: float  # hue of the greys when the brand is itself a grey, and so has none


def _font(family: str, file: str, weights: str, fallback: str) -> Font:
    return Font(f"{family} Variable", f"fonts/{file}-latin-wght-normal.woff2", weights, fallback)


RIVAGE = Preset(
    id="rivage",
    title="Rivage",
    brand="#0b5c6b",
    accent="#ffb52e",
    head=_font(
        "Bricolage Grotesque",
        "bricolage-grotesque",
        "200 800",
        "'Trebuchet MS',system-ui,sans-serif",
    ),
    body=_font(
        "Atkinson Hyperlegible Next",
        "atkinson-hyperlegible-next",
        "200 800",
        "'Segoe UI',system-ui,sans-serif",
    ),
    head_weight=750,
    hero_weight=800,
    head_spacing="-.022em",
    neutral_hue=None,
    grey_hue=214.5,
)
VERGER = Preset(
    id="verger",
    title="Verger",
    brand="#2f6b35",
    accent="#f26b3a",
    head=_font("Fraunces", "fraunces", "100 900", "Georgia,serif"),
    body=_font("Source Sans 3", "source-sans-3", "200 900", "system-ui,sans-serif"),
    head_weight=620,
    hero_weight=640,
    head_spacing="-.018em",
    neutral_hue=95.0,
    grey_hue=95.0,
)
BRIQUE = Preset(
    id="brique",
    title="Brique",
    brand="#a63a28",
    accent="#9ad0ec",
    head=_font("Familjen Grotesk", "familjen-grotesk", "400 700", "system-ui,sans-serif"),
    body=_font("Figtree", "figtree", "300 900", "system-ui,sans-serif"),
    head_weight=700,
    hero_weight=700,
    head_spacing="-.015em",
    neutral_hue=60.0,
    grey_hue=60.0,
)

PRESETS: dict[str, Preset] = {preset.id: preset for preset in (RIVAGE, VERGER, BRIQUE)}
