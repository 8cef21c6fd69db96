"""Mails kept in a folder, where a person who is erased must not stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, or_, select

from app.db.context import require_tenant_id
from app.db.session import db
from app.notifications.transport import FolderTransport
from app.participation.models import Comment, Contribution
from app.people.holders import Holder
from app.people.models import PersonAttribute, SignInRequest


def _merge(source: UUID, target: UUID, now: datetime) -> None:
    """Mails go to addresses, which the people room moves."""


def _erase(person_id: UUID, now: datetime) -> None:
    """Remove kept mails to the person, and to others about what they wrote; those already sent are out of reach."""
    refs = {str(person_id)}
    for model in (Contribution, Comment):
        refs.update(
            str(one) for one in db.session.scalars(select(model.id).where(model.author_id == person_id))
        )
    keys = db.session.scalars(
        select(PersonAttribute.verified_key).where(
            PersonAttribute.person_id == person_id, PersonAttribute.verified_key.is_not(None)
        )
    ).all()
    asked: list[ColumnElement[bool]] = [
        SignInRequest.person_id == person_id,
        SignInRequest.email_key.in_(keys),
    ]
    addresses = {*keys, *db.session.scalars(select(SignInRequest.email_key).where(or_(*asked)))}
    for name in ("mail", "demo_mail"):
        transport = current_app.extensions.get(name)
        if isinstance(transport, FolderTransport):
            transport.forget(str(require_tenant_id()), refs=refs, addresses={str(one) for one in addresses})


def _export(person_id: UUID) -> dict[str, list[dict[str, Any]]]:
    return {}


#: Its name comes before the other rooms': they forget the addresses and the authors it asks for.
HOLDER = Holder("mails", (), _merge, _erase, _export)
