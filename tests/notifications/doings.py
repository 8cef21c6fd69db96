"""What people and the city do in these tests, by the services themselves."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from app.db.session import db
from app.participation import comments, contributions, follows, official
from app.participation.models import Contribution
from tests.notifications.conftest import Post
from tests.notifications.toy import STATUSES
from tests.support import world as worlds
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]


def get(world: TenantWorld, contribution_id: UUID) -> Contribution:
    return db.session.get_one(Contribution, (world.id, contribution_id))


def follow(world: TenantWorld, person_id: UUID, contribution_id: UUID, level: str = "essential") -> None:
    with world.scope():
        follows.follow(person_id, contribution_id=contribution_id, level=level, now=worlds.clock.now())


def comment(
    world: TenantWorld,
    step: UUID,
    about: UUID,
    by: UUID,
    body: str = "Bonne idée.",
    parent: UUID | None = None,
) -> UUID:
    with world.scope():
        made = comments.add(
            contributions.get_step_by_id(step),
            about,
            author_id=by,
            body=body,
            parent_id=parent,
            now=worlds.clock.now(),
            pending_for=None,
        )
        return made.id


def answer(
    world: TenantWorld, about: UUID, *, by: UUID | None = None, body: str = "Nous posons deux bancs."
) -> None:
    with world.scope():
        official.answer(
            get(world, about),
            signatory="Claire Aubin",
            signatory_title="maire",
            body=body,
            status="etude",
            statuses=STATUSES,
            by=by,
            now=worlds.clock.now(),
        )


def set_status(
    world: TenantWorld, about: UUID, status: str, *, by: UUID | None = None, note: str = ""
) -> None:
    with world.scope():
        official.set_status(
            get(world, about), status, note=note, statuses=STATUSES, by=by, now=worlds.clock.now()
        )


def readers(rive: TenantWorld, post: Post) -> set[str]:
    """First names of those who received something."""
    post.run()
    assert len(post.readers()) == len(set(post.readers()))
    return {to.partition("@")[0] for to in post.readers()}
