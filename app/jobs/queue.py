"""Redis as a doorbell: it tells a worker that work is waiting in PostgreSQL. Without it, the sweeper finds the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from flask import Flask
from limits.storage import RedisStorage, Storage
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from app.jobs import recurring, register, work
from app.jobs.delivery import TIMEOUT as DELIVERY_TIMEOUT
from config.settings import Settings

log = structlog.get_logger(__name__)

#: In the order a worker empties them: mails and confirmations, everything else, exports and analyses.
QUEUES = ("high", "default", "heavy")

#: Seconds during which a Redis that failed is not asked again: a request must not wait for it.
REST = 5.0


def connect(url: str) -> Redis:
    """A client that answers or fails within a second, never retrying: requests call it."""
    return Redis.from_url(url, socket_connect_timeout=1.0, socket_timeout=1.0, retry=Retry(NoBackoff(), 0))


def connect_worker(url: str) -> Redis:
    """A client that waits for work as long as RQ wants."""
    return Redis.from_url(url, socket_connect_timeout=5.0)


def open_queue(name: str, connection: Redis) -> Queue:
    """Arguments travel as JSON: what reaches Redis cannot make a worker run other code."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


class Bell:
    """Rings for workers, best effort: each method says whether Redis took it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues = {name: open_queue(name, redis) for name in QUEUES}
        self._resting_until = 0.0

    def deliveries(self, pairs: Sequence[tuple[UUID, UUID]]) -> bool:
        """pairs: (tenant, delivery)."""
        jobs = [
            Queue.prepare_data(
                "app.jobs.delivery.deliver",
                args=[str(tenant_id), str(delivery_id)],
                job_id=f"delivery-{delivery_id}",
                timeout=DELIVERY_TIMEOUT,
                result_ttl=0,
                failure_ttl=86_400,
                description=f"delivery {delivery_id}",
            )
            for tenant_id, delivery_id in pairs
        ]
        return self._ring(lambda: self._queues["high"].enqueue_many(jobs))

    def work(self, kind: register.JobKind, work_id: UUID, tenant_id: UUID, claim: str) -> bool:
        """claim: the sweeper's mark on the row (see `work.run`)."""
        return self._ring(
            lambda: self._queues[kind.queue].enqueue_call(
                "app.jobs.work.run",
                args=[str(tenant_id), str(work_id), claim],
                job_id=f"work-{work_id}",
                timeout=kind.timeout,
                result_ttl=0,
                failure_ttl=86_400,
                description=f"{kind.name} {work_id}",
            )
        )

    def alive(self) -> bool:
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

    def _ring(self, enqueue: Callable[[], object]) -> bool:
        if time.monotonic() < self._resting_until:
            return False
        try:
            enqueue()
        except RedisError as error:
            self._resting_until = time.monotonic() + REST
            log.warning("queue_unreachable", error=type(error).__name__)
            return False
        return True


def install(app: Flask, redis: Redis | None) -> None:
    """Give the application its bell, and declare the core's and the modules' work.

    redis: None when work is done by whoever sweeps (tests).
    """
    bell = Bell(redis) if redis is not None else None
    app.extensions["bell"] = bell
    app.extensions["announce_deliveries"] = bell.deliveries if bell else lambda pairs: False
    app.extensions["queue_alive"] = bell.alive if bell else lambda: True
    work.declare()
    register.add_recurring(recurring.CORE)
    register.install_modules(app.extensions["modules"])


def limit_storage(settings: Settings) -> Storage:
    """Where rate limits are counted. The pool is ours, because the library's own addresses know no `unix://`."""
    if settings.redis_url is None:
        raise ValueError("rate limits are counted in Redis and PARVIS_REDIS_URL is not set")
    return RedisStorage("redis://", connection_pool=connect(settings.redis_url).connection_pool)
