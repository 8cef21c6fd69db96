"""The parts of a tenant's document that rooms add; the order is the order in which they are written."""

from __future__ import annotations

from app.participation import part as participation
from app.territory import part as territory
from app.ui import part as ui


def register_all() -> None:
    """Called once by the commands and by the application."""
    ui.register()
    territory.register()
    participation.register()
