"""The process that does the work Redis announces."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from flask import Flask
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from app.jobs import queue

log = structlog.get_logger(__name__)


class ParvisWorker(SimpleWorker):
    """Works in its own process instead of forking for each job.

    Jobs are small and the application is already loaded: measured, four times as many jobs a second. What a fork would
    protect from is held otherwise: each job has its own context and transaction, a time limit, and a row in PostgreSQL
    that survives the process. SIGTERM finishes the job at hand, then leaves.
    """

    #: Redis comes back within seconds or its supervisor is late; a minute of silence would only delay mails.
    max_connection_wait_time = 5.0


def run(app: Flask, redis: Redis, queues: Sequence[str] = queue.QUEUES, *, burst: bool = False) -> None:
    """Work on these queues, the first ones first, until SIGTERM or SIGINT. burst: leave when they are empty."""
    opened = [queue.open_queue(name, redis) for name in queues]
    with app.app_context():
        worker = ParvisWorker(opened, connection=redis, serializer=JSONSerializer, log_job_description=False)
        log.info("worker_started", queues=list(queues))
        worker.work(burst=burst, logging_level="WARNING")
        log.info("worker_stopped")
