"""Addresses given by a form or a link, followed only inside the platform being served."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

#: Pages that would send the person round in circles.
_NOT_AFTER = ("/connexion/", "/deconnexion/", "/inscription/", "/lien/")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def local_path(given: str | None, base: str, *, any_page: bool = False) -> str | None:
    """The path without the tenant's prefix, query kept; None when it leads elsewhere or is not a plain path.

    base: '' or '/t/<slug>'; the prefix may be given or not. any_page: the sign-in pages too.
    """
    if not given or len(given) > 2000 or _UNSAFE.search(given) or not given.startswith("/"):
        return None
    if given.startswith("//"):
        return None
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return None
    if base and (given == base or given.startswith(f"{base}/")):
        given = given[len(base) :] or "/"
        if given.startswith("//"):
            return None
    return None if not any_page and given.startswith(_NOT_AFTER) else given


def with_suite(path: str, suite: str | None) -> str:
    """`path?suite=…` with the address quoted whole, its own query included."""
    return f"{path}?suite={quote(suite, safe='/')}" if suite else path
