"""Themes: from a tenant's one or two colours to a stylesheet of custom properties, every contrast checked.

theme = derive("#0b5c6b", "#ffb52e", preset="rivage")
css(theme)                      # the tenant's stylesheet
content_hash(css(theme))        # its version, for an immutable address
"""

from app.ui.theme.engine import Adjustment, Theme, derive
from app.ui.theme.errors import ThemeError
from app.ui.theme.pairs import Pair
from app.ui.theme.presets import PRESETS, Preset
from app.ui.theme.stylesheet import content_hash, css, font_files

__all__ = [
    "PRESETS",
    "Adjustment",
    "Pair",
    "Preset",
    "Theme",
    "ThemeError",
    "content_hash",
    "css",
    "derive",
    "font_files",
]
