"""Every SELECT of the application."""

from __future__ import annotations

from typing import Any

from modules.petition.models import Petition
from sqlalchemy import Row, select

from app.db.errors import NotFound
from app.db.session import db
from app.participation import access
from app.participation.steps import StepInfo
from app.people.models import Person
from app.people.visitor import Visitor

PAGE = 20


def list_petitions(step: StepInfo, visitor: Visitor | None) -> list[Row[Any]]:
    """Number, slug, title, signatures and author of the first ones, most signed first."""
    return list(
        db.session.execute(
            select(Petition.number, Petition.slug, Petition.title, Petition.supports, Person.display_name)
            .outerjoin(Person, (Person.tenant_id == Petition.tenant_id) & (Person.id == Petition.author_id))
            .where(
                Petition.step_id == step.id,
                Petition.state == "published",
                access.visible_to(visitor, step=step),
            )
            .order_by(Petition.supports.desc(), Petition.number)
            .limit(PAGE)
        )
    )


def get_petition(step: StepInfo, number: int) -> Petition:
    """In any state. Raises NotFound."""
    found = db.session.scalar(select(Petition).where(Petition.step_id == step.id, Petition.number == number))
    if found is None:
        raise NotFound
    return found
