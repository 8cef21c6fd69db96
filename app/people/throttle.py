"""How often one client, or one mailbox, may ask to sign in."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from flask import request

from app.db import limits, signing
from app.db.errors import TooManyRequests

#: Eleven requests in a minute from one client: five minutes without.
CLIENT_RULE, CLIENT_BLOCK, BLOCK_SECONDS = "10/minute", "1/5 minutes", 300
MAIL_RULE = "5/15 minutes"
#: Codes are six figures: whatever number of requests is made for a mailbox, twenty wrong ones a day are allowed.
CODE_RULE = "20/day"
PASSWORD_RULE, PASSWORD_DAY_RULE, PASSWORD_CLIENT_RULE = "5/5 minutes", "60/day", "40/5 minutes"


def client_key() -> str:
    """The client as a limit counts it: an IPv4 address, or the /64 an IPv6 one belongs to."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def mailbox_key(email_key: str) -> str:
    """What stands for a mailbox in the counters: no address is written there."""
    return signing.derive("limit", email_key).hex()[:32]


def check_client() -> None:
    """Count one request for a link or an account. Raises TooManyRequests."""
    client = client_key()
    limits.check(CLIENT_BLOCK, "blocked", client)
    try:
        limits.hit(CLIENT_RULE, "sign-in", client)
    except TooManyRequests:
        limits.hit(CLIENT_BLOCK, "blocked", client)
        raise TooManyRequests(wait=BLOCK_SECONDS) from None


def check_mail(email_key: str) -> None:
    """Count one mail to this mailbox. Raises TooManyRequests."""
    limits.hit(MAIL_RULE, "mail", mailbox_key(email_key))


def check_code(email_key: str) -> None:
    """Raises TooManyRequests when too many wrong codes were tried for this mailbox today; counts nothing."""
    limits.check(CODE_RULE, "code", mailbox_key(email_key))


def count_wrong_code(email_key: str) -> None:
    """Never raises: the try itself was made and stays counted on its request."""
    with suppress(TooManyRequests):
        limits.hit(CODE_RULE, "code", mailbox_key(email_key))


def check_password(email_key: str) -> None:
    """Count one try of a password, right or wrong: parallel tries cannot pass the limit. Raises TooManyRequests."""
    limits.hit(PASSWORD_CLIENT_RULE, "password", client_key())
    limits.hit(PASSWORD_RULE, "password", mailbox_key(email_key))
    limits.hit(PASSWORD_DAY_RULE, "password-day", mailbox_key(email_key))
