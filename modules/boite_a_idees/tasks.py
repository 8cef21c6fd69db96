"""What the boîte à idées does by itself."""

from __future__ import annotations

from datetime import datetime, time

import structlog

from app.jobs.register import Recurring
from app.tenancy.registry import TenantConfig
from modules.boite_a_idees import queries, services

log = structlog.get_logger(__name__)


def archive(config: TenantConfig, now: datetime) -> None:
    """Archive, on the day their page announces, the ideas that stayed under the threshold."""
    for step in queries.list_steps_with("depot"):
        archived = services.archive_due(step.id, step.settings, now=now, tz=config.timezone)
        if archived:
            log.info("ideas_archived", step=str(step.id), count=archived)


JOBS = (Recurring("boite_a_idees.archive", archive, daily_at=time(1, 30)),)
