"""Contributions of tests of this room, written by its own services; they belong to no application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import event, func, select

from app.db import clock, outbox
from app.db.session import db
from app.participation import contributions, votes
from app.participation.models import Contribution, Step
from app.participation.steps import StepInfo, get_step_by_id
from app.people.visitor import Visitor
from tests.support import world as worlds
from tests.support.world import TenantWorld

BODY = "La place est en plein soleil l’été. Quelques bancs sous les arbres suffiraient."


def deposit(
    tenant: TenantWorld,
    step_id: UUID,
    title: str = "Des bancs à l’ombre",
    *,
    body: str = BODY,
    author: UUID | None = None,
    pending_for: str | None = None,
    **values: object,
) -> UUID:
    with tenant.scope():
        row = Contribution(title=title, body=body, author_id=author, **values)
        step = get_step_by_id(step_id)
        return contributions.submit(step, row, now=clock.now(), pending_for=pending_for).id


def reload(tenant: TenantWorld, contribution_id: UUID) -> Contribution:
    with tenant.scope():
        return db.session.get_one(Contribution, (tenant.id, contribution_id))


def step_of(tenant: TenantWorld, step_id: UUID) -> StepInfo:
    with tenant.scope():
        return get_step_by_id(step_id)


def count(tenant: TenantWorld, model: type) -> int:
    with tenant.scope():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def change_step(tenant: TenantWorld, step_id: UUID, **values: object) -> None:
    with tenant.scope():
        step = db.session.get_one(Step, (tenant.id, step_id))
        for name, value in values.items():
            setattr(step, name, value)


def support(tenant: TenantWorld, step_id: UUID, contribution_id: UUID, voters: int = 1) -> None:
    for _ in range(voters):
        person = worlds.make_person(tenant, "Voisine V.")
        with tenant.scope():
            votes.support(get_step_by_id(step_id), contribution_id, person_id=person, now=clock.now())


def visitor(person_id: UUID, *roles: str, level: str = "account", project_id: UUID | None = None) -> Visitor:
    return Visitor(
        person_id=person_id,
        session_id=person_id,
        level=level,
        display_name="Amina R.",
        zone_id=None,
        has_account=True,
        roles=frozenset((role, project_id) for role in roles),
    )


@contextmanager
def news() -> Iterator[list[str]]:
    """Names of the events posted in the block, whoever listens."""
    posted: list[str] = []
    real = outbox.post

    def note(event: outbox.OutboxEvent, **more: object) -> object:
        posted.append(event.name.removeprefix("participation."))
        return real(event, **more)  # type: ignore[arg-type]

    outbox.post = note  # type: ignore[assignment]
    try:
        yield posted
    finally:
        outbox.post = real


@contextmanager
def statements() -> Iterator[list[str]]:
    """SQL statements of the block, transaction control apart."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("SET LOCAL"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
