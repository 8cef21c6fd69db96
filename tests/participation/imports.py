"""Files imported into a step of a test, as the command does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.db import clock
from app.db.session import db
from app.participation import counters, votes
from app.participation.importing import mapping
from app.participation.importing.report import Report
from app.participation.importing.service import Options, import_contributions
from modules.boite_a_idees.models import Idea
from tests.participation.deposits import step_of
from tests.support.world import TenantWorld

MAP = "title=titre,body=texte,theme=theme,zone=zone,key=cle"


def csv(*lines: str, header: str = "cle,titre,texte,theme,zone") -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def bring(tenant: TenantWorld, step_id: UUID, content: bytes, maps: str = MAP, **options: Any) -> Report:
    """Import as the command does: committed when done, else rolled back."""
    step = step_of(tenant, step_id)
    with tenant.scope():
        report = import_contributions(
            content,
            mapping.parse([maps]),
            Options(**options),
            file="essai.csv",
            step=f"{step.segment}/{step.slug}",
            tenant=tenant.config,
            manifests=tenant.app.extensions["modules"],
            now=clock.now(),
        )
        if not report.done:
            db.session.rollback()
    return report


def ideas(tenant: TenantWorld, step_id: UUID) -> list[Idea]:
    """By number."""
    with tenant.scope():
        return list(db.session.scalars(select(Idea).where(Idea.step_id == step_id).order_by(Idea.number)))


def check_figures(tenant: TenantWorld) -> None:
    with tenant.scope():
        assert counters.recount() == []
        assert votes.recount() == []
