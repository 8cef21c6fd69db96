"""E-mail addresses: the form under which two spellings are one mailbox, and which are accepted."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from app.people.lists import DISPOSABLE_DOMAINS
from app.ui.fields import NOT_AN_EMAIL

DISPOSABLE = (
    "Cette adresse est temporaire. Écrivez une adresse que vous gardez : elle sert à vous reconnaître"
)
OTHER_DOMAIN = (
    "Cette plateforme est réservée aux adresses en {domains}. Écrivez votre adresse professionnelle"
)


def email_key(address: str) -> str:
    """The key of a mailbox: no outer blanks, NFC, lower case, domain in its ASCII form (`éa@Exémple.fr` and
    `ÉA@xn--exmple-cva.fr` are one). Raises ValueError when the domain cannot be written so."""
    local, at, domain = unicodedata.normalize("NFC", address.strip()).lower().rpartition("@")
    if not at or not local:
        raise ValueError(address)
    # The UTF-8 codec "idna" refuses empty and overlong labels with UnicodeError, a ValueError.
    ascii_domain = domain.rstrip(".").encode("idna").decode("ascii").lower()
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(labels) or labels[-1].isdigit() or "[" in ascii_domain:
        raise ValueError(address)
    return f"{local}@{ascii_domain}"


def domain_of(key: str) -> str:
    return key.rpartition("@")[2]


def refusal(address: str, *, domains: Sequence[str] = ()) -> str | None:
    """The sentence why this address is not accepted, None when it is.

    domains: the only ones a closed platform accepts, all when empty. Depends on the address alone, never on who is
    known: the answer says nothing about accounts.
    """
    try:
        domain = domain_of(email_key(address))
    except ValueError:
        return NOT_AN_EMAIL
    if domains:
        if domain not in {one.encode("idna").decode("ascii").lower() for one in domains}:
            return OTHER_DOMAIN.format(domains=_listed(domains))
    elif any(domain == bad or domain.endswith(f".{bad}") for bad in DISPOSABLE_DOMAINS):
        return DISPOSABLE
    return None


def mask(address: str) -> str:
    """`ines@exemple.fr` to `i…@exemple.fr`: enough for its owner."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _listed(domains: Sequence[str]) -> str:
    names = [f"@{domain}" for domain in domains]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} ou {names[-1]}"
