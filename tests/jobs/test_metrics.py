"""Figures: one directory for all processes, backlogs asked when read, no label that names anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import text

from app.db import clock
from app.db.session import db
from app.db.types import uuid7
from app.jobs import delivery
from app.jobs.backlog import written_at
from app.jobs.metrics import statements
from tests.jobs.conftest import Town

ROOT = Path(__file__).resolve().parents[2]


def figure(rendered: bytes, name: str) -> float:
    [line] = [line for line in rendered.decode().splitlines() if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


def figures(rendered: bytes, name: str) -> float:
    """The figure, 0 when nothing was ever counted under that name."""
    found = [line for line in rendered.decode().splitlines() if line.startswith(name + " ")]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def test_statements_of_a_request_are_counted_without_transaction_control(app: Flask, town: Town) -> None:
    with town.world.scope():
        before = statements()
        db.session.execute(text("select 1"))
        with db.session.begin_nested():
            db.session.execute(text("select 2"))
        assert statements() - before == 2
        metrics = app.extensions["metrics"]
        with app.test_request_context("/nowhere"):
            metrics.observe_request(request, Response(status=404), 12.0)
        rendered = metrics.render()

    assert figure(rendered, 'parvis_requests_total{endpoint="none",method="GET",status="404"}') >= 1
    assert figure(rendered, 'parvis_request_seconds_bucket{endpoint="none",le="0.025"}') >= 1


def test_the_backlog_and_what_was_set_aside_are_visible(
    app: Flask, town: Town, listen: Callable[..., None]
) -> None:
    def fail(payload: dict[str, Any]) -> None:
        raise TimeoutError

    listen(mail=fail)
    metrics = app.extensions["metrics"]
    with app.app_context():
        before = metrics.render()
    [delivery_id] = town.ring()
    with app.app_context():
        waiting = metrics.render()
        for _ in range(8):
            delivery.deliver(town.world.id, delivery_id)
        parked = metrics.render()

    def moved(name: str, earlier: bytes, later: bytes) -> float:
        return figures(later, name) - figures(earlier, name)

    assert moved('parvis_work_waiting{kind="delivery"}', before, waiting) == 1
    assert figure(waiting, "parvis_outbox_oldest_seconds") >= 0
    assert moved('parvis_work_parked{kind="delivery"}', waiting, parked) == 1
    assert moved('parvis_jobs_total{kind="delivery",outcome="failed"}', before, parked) == 8
    assert town.world.slug not in parked.decode()


def test_an_identifier_tells_when_it_was_drawn() -> None:
    assert abs(clock.now() - written_at(uuid7())) < timedelta(seconds=5)


def test_processes_that_share_a_directory_answer_for_each_other(tmp_path: Path) -> None:
    program = (
        "from app.jobs.metrics import Metrics; import sys, json;"
        "m = Metrics(); m.observe_job('delivery', 'done');"
        "from prometheus_client import CollectorRegistry, generate_latest;"
        "from prometheus_client.multiprocess import MultiProcessCollector;"
        "r = CollectorRegistry(); MultiProcessCollector(r); print(json.dumps(generate_latest(r).decode()))"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    answers = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", program],
                env=environment,
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(2)
    ]

    assert 'parvis_jobs_total{kind="delivery",outcome="done"} 1.0' in answers[0]
    assert 'parvis_jobs_total{kind="delivery",outcome="done"} 2.0' in answers[1]
