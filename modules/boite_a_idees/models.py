"""Ideas: contributions with a threshold to reach."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.db.context import require_tenant_id
from app.db.models import tenant_key
from app.participation.models import Contribution


class Idea(Contribution):
    """threshold_reached_at: the first time the supports met the step's threshold (kept if some are taken back).

    The day an idea is archived is not stored: it follows from its publication and the step's settings
    (`rules.archive_day`), so that the page and the nightly job cannot disagree.
    """

    __tablename__ = "boite_a_idees_idea"
    __mapper_args__ = {"polymorphic_identity": "boite_a_idees.idea"}  # noqa: RUF012
    __table_args__: Any = (tenant_key("id", "contribution", ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, default=require_tenant_id)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    threshold_reached_at: Mapped[datetime | None]
