"""Rate limits by tenant and key, counted in Redis; when Redis is away each process counts alone."""

from __future__ import annotations

import time

import structlog
from flask import current_app
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.db.context import require_tenant_id
from app.db.errors import TooManyRequests

log = structlog.get_logger(__name__)
_memory = MemoryStorage()
_parsed: dict[str, RateLimitItem] = {}


def hit(rule: str, *keys: str) -> None:
    """Count one use of `rule` (such as "5/15 minutes") for these keys.

    Raises TooManyRequests with the wait in seconds when the rule is exhausted.
    """
    item = _parsed.setdefault(rule, parse(rule))
    key = (str(require_tenant_id()), *keys)
    try:
        _hit(current_app.extensions["rate_limit_storage"], item, key)
    except RedisError as error:
        log.warning("rate_limit_storage_down", error=type(error).__name__)
        _hit(_memory, item, key)


def check(rule: str, *keys: str) -> None:
    """Raise TooManyRequests when the rule is exhausted for these keys; counts nothing."""
    item = _parsed.setdefault(rule, parse(rule))
    key = (str(require_tenant_id()), *keys)
    try:
        _check(current_app.extensions["rate_limit_storage"], item, key)
    except RedisError as error:
        log.warning("rate_limit_storage_down", error=type(error).__name__)
        _check(_memory, item, key)


def _hit(storage: Storage, item: RateLimitItem, key: tuple[str, ...]) -> None:
    limiter = MovingWindowRateLimiter(storage)
    if not limiter.hit(item, *key):
        raise _refusal(limiter, item, key)


def _check(storage: Storage, item: RateLimitItem, key: tuple[str, ...]) -> None:
    limiter = MovingWindowRateLimiter(storage)
    if not limiter.test(item, *key):
        raise _refusal(limiter, item, key)


def _refusal(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> TooManyRequests:
    reset_at, _ = limiter.get_window_stats(item, *key)
    return TooManyRequests(wait=max(1, int(reset_at - time.time()) + 1))
