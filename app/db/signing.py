"""Signed values: one salt per purpose, the tenant inside the signature."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from app.db.context import require_tenant_id


class BadToken(ValueError):
    """Forged, damaged, or signed for another purpose or tenant."""


class ExpiredToken(BadToken):
    """Genuine and too old."""


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"{purpose}:{require_tenant_id()}")


def sign(purpose: str, value: Any) -> str:
    """Signed, readable, URL-safe text for the tenant in scope."""
    return str(_serializer(purpose).dumps(value))


def unsign(purpose: str, token: str, *, max_age: int | None = None) -> Any:
    """max_age: seconds. Raises ExpiredToken, BadToken."""
    try:
        return _serializer(purpose).loads(token, max_age=max_age)
    except SignatureExpired as error:
        raise ExpiredToken(purpose) from error
    except BadSignature as error:
        raise BadToken(purpose) from error


def derive(purpose: str, reference: str) -> bytes:
    """32 bytes that only this deployment can compute again: lets a mail be rendered from ids alone."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"{purpose}:{require_tenant_id()}:{reference}".encode(), hashlib.sha256).digest()
