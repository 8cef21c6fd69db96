"""Figures for Prometheus. Labels name endpoints and kinds of work, never a tenant or a person.

Web, worker and scheduler are several processes: with PROMETHEUS_MULTIPROC_DIR set before this module is imported, they
share one directory and any of them answers for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Request, Response, current_app, g, has_app_context
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from app.jobs import backlog

log = structlog.get_logger(__name__)

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATEMENTS = (0, 1, 2, 4, 6, 8, 10, 15, 25, 50)


@event.listens_for(Engine, "before_cursor_execute")
def _count_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    """One more statement of this request or job. Binding the transaction to its tenant is transaction control."""
    if has_app_context() and not statement.startswith(("SET LOCAL", "SAVEPOINT", "RELEASE", "ROLLBACK")):
        g.statements = g.get("statements", 0) + 1


def statements() -> int:
    """How many SQL statements the current request or job has sent so far, transaction control apart."""
    return int(g.get("statements", 0))


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "parvis_requests", "Answers sent.", ["endpoint", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "parvis_request_seconds",
            "Time to answer.",
            ["endpoint"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._statements = Histogram(
            "parvis_request_statements",
            "SQL statements per answer, transaction control apart.",
            ["endpoint"],
            buckets=STATEMENTS,
            registry=self._registry,
        )
        self._jobs = Counter(
            "parvis_jobs", "Work done outside requests.", ["kind", "outcome"], registry=self._registry
        )
        self._mismatches = Counter(
            "parvis_counter_mismatches",
            "Counters found different from their rows by the nightly proof.",
            registry=self._registry,
        )

    def observe_request(self, request: Request, response: Response, elapsed_ms: float) -> None:
        endpoint = request.endpoint or "none"
        self._requests.labels(endpoint, request.method, str(response.status_code)).inc()
        self._seconds.labels(endpoint).observe(elapsed_ms / 1000)
        self._statements.labels(endpoint).observe(statements())

    def observe_job(self, kind: str, outcome: str) -> None:
        self._jobs.labels(kind, outcome).inc()

    def observe_mismatches(self, count: int) -> None:
        self._mismatches.inc(count)

    def render(self) -> bytes:
        """Everything as Prometheus text, in an application context. Backlogs are asked from the database now."""
        registry = self._registry
        if DIRECTORY in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        waiting = CollectorRegistry()
        waiting.register(_Backlog())
        return generate_latest(registry) + generate_latest(waiting)


class _Backlog(Collector):
    def collect(self) -> Iterator[Metric]:
        try:
            yield from _backlog()
        except SQLAlchemyError as error:
            log.warning("backlog_unknown", error=type(error).__name__)


def _backlog() -> Iterator[Metric]:
    with current_app.app_context():
        counts = backlog.counts()
        oldest = backlog.oldest_delivery_seconds()
    for name, sentence in (
        ("waiting", "Rows of due work, whenever they are due."),
        ("due", "Rows of due work nobody has taken yet."),
        ("parked", "Rows of due work set aside after too many failures."),
    ):
        family = GaugeMetricFamily(f"parvis_work_{name}", sentence, labels=["kind"])
        for count in counts:
            family.add_metric([count.kind], getattr(count, name))
        yield family
    yield GaugeMetricFamily(
        "parvis_outbox_oldest_seconds", "Age of the oldest undelivered event.", value=oldest
    )
