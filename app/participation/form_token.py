"""Two hidden fields of every form that carries a text: `jeton`, which makes sending it twice one act, and `emis`,
the signed instant at which it was served, which gives a text begun before closing its grace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import clock, signing
from app.db.types import uuid7

PURPOSE = "form.issued"


def issue() -> dict[str, str]:
    """Values of the two fields for a form being served now."""
    return {"jeton": str(uuid7()), "emis": signing.sign(PURPOSE, clock.now().isoformat())}


def read(form: Mapping[str, Any]) -> tuple[UUID | None, datetime | None]:
    """The token and the instant of a posted form; None for each that is absent, damaged or not ours."""
    return _token(str(form.get("jeton") or "")), _issued_at(str(form.get("emis") or ""))


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _issued_at(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(signing.unsign(PURPOSE, text))
    except signing.BadToken:
        return None
