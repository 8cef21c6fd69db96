"""Petitions: contributions with a number of signatures to reach."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.db.context import require_tenant_id
from app.db.models import tenant_key
from app.participation.models import Contribution


class Petition(Contribution):
    """goal: signatures that put it on the council's agenda; None when the step has no threshold."""

    __tablename__ = "petition_petition"
    __mapper_args__ = {"polymorphic_identity": "petition.petition"}  # noqa: RUF012
    __table_args__ = (tenant_key("id", "contribution", ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, default=require_tenant_id)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    goal: Mapped[int | None]
