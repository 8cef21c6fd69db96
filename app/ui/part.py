"""What the look asks of a tenant's document (a theme everybody can read) and keeps of it (the logo)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.tenancy import parts
from app.tenancy.document.checks import Check, Folder, theme_check
from app.tenancy.document.faults import Problem
from app.tenancy.models import TenantLogo
from app.ui.theme import ThemeError
from app.ui.web import derive_theme

#: Bytes of a logo: every page of the platform carries it.
MAX_LOGO = 100_000

TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}


def refusal(theme: dict[str, Any]) -> str | None:
    """Why the theme cannot be used, or None."""
    try:
        derive_theme(theme)
    except ThemeError as error:
        return str(error)
    return None


def _logo_size(document: Mapping[str, Any], folder: Folder) -> Iterator[Problem]:
    name = document["theme"].get("logo")
    path = folder / name if folder is not None and name else None
    if path is not None and path.is_file() and path.stat().st_size > MAX_LOGO:
        found = f"a file of {path.stat().st_size // 1000} kB"
        yield Problem(("theme", "logo"), found, f"at most {MAX_LOGO // 1000} kB")


LOGO = Check("logo", ("theme",), _logo_size)


def write_logo(session: Session, document: Mapping[str, Any], folder: Path | None, now: datetime) -> None:
    """Keep the logo with the tenant, so that every machine serves the same one."""
    name = document["theme"].get("logo")
    session.query(TenantLogo).delete()
    if folder is None or not name:
        return
    path = folder / name
    session.add(TenantLogo(content=path.read_bytes(), content_type=TYPES[path.suffix]))
    session.flush()


def register() -> None:
    parts.register(
        parts.Part(
            "theme",
            checks=(theme_check(refusal), LOGO),
            write=write_logo,
            files=lambda document: [document["theme"]["logo"]] if document["theme"].get("logo") else [],
        )
    )
