"""Redis counts rates and rings for workers; without it nothing stops and nobody waits."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from flask import Flask
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from app.db import limits
from app.db.errors import TooManyRequests
from app.jobs import queue
from config.settings import Settings
from tests.jobs.conftest import MakeApp
from tests.support.servers import Servers
from tests.support.world import TenantWorld


@pytest.fixture
def with_redis(settings: Settings, servers: Servers, redis: Redis) -> Settings:
    return replace(settings, redis_url=servers.redis_url.replace("db=0", "db=9"))


def test_a_moving_window_is_counted_over_a_unix_socket(with_redis: Settings) -> None:
    assert with_redis.redis_url is not None
    first, second = (MovingWindowRateLimiter(queue.limit_storage(with_redis)) for _ in range(2))
    rule = parse("3/minute")

    assert [limiter.hit(rule, "rive", "amina") for limiter in (first, second, first, second)] == [
        True,
        True,
        True,
        False,
    ]
    assert first.hit(rule, "rive", "bruno")
    reset_at, remaining = second.get_window_stats(rule, "rive", "amina")
    assert remaining == 0
    assert 0 < reset_at - time.time() <= 60


def test_without_redis_rates_are_counted_by_each_process(
    app: Flask, rive: TenantWorld, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = queue.limit_storage(replace(settings, redis_url="unix:///nowhere/redis.sock"))
    monkeypatch.setitem(app.extensions, "rate_limit_storage", away)
    monkeypatch.setattr(limits, "_memory", MemoryStorage())

    started = time.monotonic()
    with rive.scope():
        limits.hit("2/minute", "sign-in", "192.0.2.1")
        limits.hit("2/minute", "sign-in", "192.0.2.1")
        with pytest.raises(TooManyRequests):
            limits.hit("2/minute", "sign-in", "192.0.2.1")

    assert time.monotonic() - started < 3, "a request does not wait for a Redis that is away"


def test_rates_need_an_address(settings: Settings) -> None:
    with pytest.raises(ValueError, match="PARVIS_REDIS_URL is not set"):
        queue.limit_storage(replace(settings, redis_url=None))


def test_a_redis_that_failed_is_left_in_peace_for_a_moment(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fail(*_: object, **__: object) -> None:
        asked.append(1)
        raise RedisError

    bell = make_app(queue.connect("unix:///nowhere/redis.sock")).extensions["bell"]
    monkeypatch.setattr(bell._queues["high"], "enqueue_many", fail)

    assert [bell.deliveries([]) for _ in range(3)] == [False, False, False]
    assert len(asked) == 1


def test_what_travels_through_redis_is_json_of_ids(
    make_app: MakeApp, redis: Redis, rive: TenantWorld
) -> None:
    bell = make_app(redis).extensions["bell"]
    assert bell.alive()
    assert bell.deliveries([(rive.id, rive.id)])

    [job] = queue.open_queue("high", redis).jobs

    assert job.func_name == "app.jobs.delivery.deliver"
    assert list(job.args) == [str(rive.id), str(rive.id)]
    assert b"pickle" not in redis.hget(f"rq:job:{job.id}", "data")  # type: ignore[operator]
