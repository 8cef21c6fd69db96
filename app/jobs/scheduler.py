"""The clock of the deployment: sweeps due work, and sees that every tenant's recurring work has its next date."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import structlog
from flask import Flask
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.db import clock
from app.db.outbox import DueWork
from app.db.session import db
from app.db.types import uuid7
from app.jobs import register, sweeper, work

log = structlog.get_logger(__name__)

#: Seconds between two sweeps, and between two looks at the tenants.
SWEEP_EVERY = 5.0
PLAN_EVERY = 60.0


def plan(app: Flask, now: datetime) -> int:
    """Give each (tenant, recurring work) its one row of `due_work` if it has none. Returns how many were added.

    The unique key makes two schedulers, or a scheduler and a running job, agree on one row.
    """
    registry = app.extensions["tenants"]
    configs = [config for config in map(registry.by_slug, registry.slugs()) if config is not None]
    rows = [
        {
            "id": uuid7(),
            "tenant_id": config.id,
            "kind": work.RECURRING,
            "ref": recurring.name,
            "due_at": recurring.first(config, now),
            "attempts": 0,
        }
        for config in configs
        for recurring in register.all_recurring()
        if recurring.concerns(config)
    ]
    if not rows:
        return 0
    with app.app_context():
        added = db.session.scalars(
            insert(DueWork)
            .on_conflict_do_nothing(index_elements=["tenant_id", "kind", "ref"])
            .returning(DueWork.id),
            rows,
        ).all()
        db.session.commit()
    return len(added)


def run(app: Flask, stop: threading.Event) -> None:
    """Sweep and plan until `stop` is set. A database that goes away is waited for."""
    planned_at = float("-inf")
    log.info("scheduler_started")
    while not stop.is_set():
        try:
            if time.monotonic() - planned_at >= PLAN_EVERY:
                plan(app, clock.now())
                planned_at = time.monotonic()
            sweeper.sweep(app)
        except SQLAlchemyError as error:
            log.error("scheduler_waits", error=type(error).__name__)
        stop.wait(SWEEP_EVERY)
    log.info("scheduler_stopped")
