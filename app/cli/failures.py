"""Failures that are answers: what an operator can act on, in one sentence."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, OperationalError

from app.db.errors import DomainError
from app.db.session import UnsafeRoleError
from app.embedded.errors import EmbeddedError
from app.tenancy.errors import TenancyError
from app.tenancy.manifest import ManifestError
from config.settings import SettingsError

ANSWERS = (TenancyError, SettingsError, EmbeddedError, UnsafeRoleError, ManifestError)


def sentence_of(error: Exception) -> str | None:
    """None for what nobody foresaw: its traceback is worth more than a sentence."""
    if isinstance(error, ANSWERS):
        return str(error)
    if isinstance(error, DomainError):
        return error.sentence()
    if isinstance(error, OperationalError):
        return f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, DatabaseError) and getattr(error.orig, "sqlstate", None) == "42P01":
        return "The database has no tables yet: run `parvis db upgrade`"
    return None
