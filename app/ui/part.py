"""What the look asks of a tenant's document (a theme everybody can read) and keeps of it (the logo)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.tenancy import parts
from app.tenancy.document.checks import theme_check
from app.tenancy.models import TenantLogo
from app.ui.theme import ThemeError
from app.ui.web import derive_theme

#: Bytes of a logo; larger ones belong in a photo.
MAX_LOGO = 100_000


def refusal(theme: dict[str, Any]) -> str | None:
    """Why the theme cannot be used, or None."""
    try:
        derive_theme(theme)
    except ThemeError as error:
        return str(error)
    return None


def write_logo(session: Session, document: Mapping[str, Any], folder: Path | None, now: datetime) -> None:
    """Keep the logo with the tenant, so that every machine serves the same one."""
    name = document["theme"].get("logo")
    session.query(TenantLogo).delete()
    if folder is None or not name:
        return
    content = (folder / name).read_bytes()[:MAX_LOGO]
    session.add(TenantLogo(content=content, content_type="image/svg+xml" if name.endswith(".svg") else "image/png"))
    session.flush()


def register() -> None:
    parts.register(
        parts.Part(
            "theme",
            checks=(theme_check(refusal),),
            write=write_logo,
            files=lambda document: [document["theme"]["logo"]] if document["theme"].get("logo") else [],
        )
    )
