"""Running one row of `due_work`: once, whoever asks, and again later when it fails."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.db import clock, outbox
from app.db.outbox import DueWork
from app.db.session import db
from app.jobs import register, retries
from app.jobs.register import JobKind
from app.jobs.scope import TenantGone, announce_committed, job_scope
from app.tenancy.web import tenant

log = structlog.get_logger(__name__)

RECURRING = "recurring"


def run(tenant_id: UUID | str, work_id: UUID | str, claim: str) -> str:
    """Do the work of this row if it still carries the claim, then remove it or move it to its next time.

    claim: `due_at` as the sweeper wrote it, ISO 8601. A second job for the same row finds another mark, or the row
    held, and leaves. Returns done, failed, not_mine or gone.
    """
    owner, work = UUID(str(tenant_id)), UUID(str(work_id))
    name = ""
    try:
        with job_scope(owner), structlog.contextvars.bound_contextvars(job=f"work-{work}"):
            row = db.session.scalar(
                select(DueWork)
                .where(DueWork.id == work, DueWork.due_at == datetime.fromisoformat(claim))
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return "not_mine"
            name = row.kind if row.kind != RECURRING else row.ref
            outcome = _run(row, clock.now())
            db.session.commit()
            announce_committed()
    except TenantGone:
        with current_app.app_context():
            db.session.execute(delete(DueWork).where(DueWork.id == work))
            db.session.commit()
        return "gone"
    except DBAPIError as error:
        # The transaction died with its connection, the note of the failure with it.
        outcome = _write_failure(owner, work, error)
    current_app.extensions["metrics"].observe_job(name, outcome)
    return outcome


def _run(row: DueWork, now: datetime) -> str:
    kind = register.kind(row.kind)
    try:
        if kind is None:
            raise LookupError(row.kind)
        with db.session.begin_nested():
            again_at = kind.run(row.tenant_id, row.ref)
            db.session.flush()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return _failed(row, error, now)
    except Exception as error:
        return _failed(row, error, now)
    if again_at is None:
        db.session.delete(row)
    else:
        row.due_at, row.attempts = again_at, 0
    db.session.flush()
    return "done"


def _write_failure(tenant_id: UUID, work_id: UUID, error: DBAPIError) -> str:
    """In a transaction of its own. Raises DBAPIError when the database itself is away."""
    with job_scope(tenant_id):
        row = db.session.scalar(select(DueWork).where(DueWork.id == work_id).with_for_update())
        if row is not None:
            _failed(row, error, clock.now())
        db.session.commit()
    return "failed"


def _failed(row: DueWork, error: Exception, now: datetime) -> str:
    outbox.take_wake_ups()
    row.attempts += 1
    row.due_at = retries.next_try(row.attempts, now)
    work = register.recurring(row.ref) if row.kind == RECURRING else None
    if work is not None and (row.due_at == retries.PARKED or work.every is not None):
        # What comes back anyway is never set aside: its next time is its next try.
        row.due_at = work.following(tenant(), now)
    parked = row.due_at == retries.PARKED
    db.session.flush()
    log.error(
        "work_parked" if parked else "work_failed",
        kind=row.kind,
        ref=row.ref,
        attempts=row.attempts,
        error=retries.error_name(error),
        where=retries.place_of(error),
    )
    return "failed"


def run_recurring(tenant_id: UUID, name: str) -> datetime | None:
    """One run of recurring work for the tenant in scope; None when it does not concern that tenant any more."""
    work, config, now = register.recurring(name), tenant(), clock.now()
    if work is None or not work.concerns(config):
        return None
    work.run(config, now)
    return work.following(config, now)


def declare() -> None:
    register.add_kind(JobKind(RECURRING, run_recurring))
