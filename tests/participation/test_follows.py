"""People follow a contribution, a step or a démarche, as much as they want."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import follows
from app.participation.models import Follow
from app.people.models import Person
from tests.participation.deposits import count, deposit
from tests.support.world import TenantWorld, make_person, make_project, make_step


def test_071_three_levels_and_the_choice_survives(rive: TenantWorld, amina: UUID, clock: FrozenClock) -> None:
    idea = deposit(rive, make_step(rive))

    with rive.scope():
        assert follows.level_of(amina, contribution_id=idea) is None
    for level, following in (("essential", True), ("all", True), ("none", False)):
        with rive.scope():
            follows.follow(amina, contribution_id=idea, level=level, now=clock())
        with rive.scope():
            assert follows.level_of(amina, contribution_id=idea) == level
            assert follows.is_following(amina, contribution_id=idea) is following

    assert count(rive, Follow) == 1


def test_who_stopped_following_is_not_made_to_follow_again(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    idea = deposit(rive, make_step(rive), author=amina)

    with rive.scope():
        follows.unfollow(amina, contribution_id=idea, now=clock())
        follows.follow_by_default(amina, contribution_id=idea, now=clock())

    with rive.scope():
        assert not follows.is_following(amina, contribution_id=idea)


def test_a_default_does_not_lower_a_choice(rive: TenantWorld, amina: UUID, clock: FrozenClock) -> None:
    step_id = make_step(rive)

    with rive.scope():
        follows.follow(amina, step_id=step_id, level="all", now=clock())
        follows.follow_by_default(amina, step_id=step_id, now=clock())
        assert follows.level_of(amina, step_id=step_id) == "all"


def test_only_those_who_want_it_are_told(
    rive: TenantWorld, levant: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    step_id = make_step(rive)
    idea, other = deposit(rive, step_id), deposit(rive, step_id)
    everything, none, erased = (make_person(rive, name) for name in ("Idriss B.", "Lou C.", "Max D."))
    with rive.scope():
        follows.follow(amina, contribution_id=idea, now=clock())
        follows.follow(everything, contribution_id=idea, level="all", now=clock())
        follows.follow(none, contribution_id=idea, level="none", now=clock())
        follows.follow(erased, contribution_id=idea, level="all", now=clock())
        follows.follow(none, contribution_id=other, now=clock())
        follows.follow(amina, step_id=step_id, now=clock())
        db.session.get_one(Person, (rive.id, erased)).state = "erased"

    with rive.scope():
        assert set(follows.followers(idea, "essential")) == {amina, everything}
        assert follows.followers(idea, "all") == [everything]
        assert follows.followers_of_step(step_id) == [amina]
    with levant.scope():
        assert follows.followers(idea) == []


def test_a_follow_names_one_thing_and_a_known_level(
    rive: TenantWorld, amina: UUID, clock: FrozenClock
) -> None:
    project, step_id = make_project(rive), make_step(rive)

    with rive.scope():
        with pytest.raises(ValueError, match="a follow names one target, got \\[\\]"):
            follows.follow(amina, now=clock())
        with pytest.raises(ValueError, match="one target, got \\['step_id', 'project_id'\\]"):
            follows.follow(amina, step_id=step_id, project_id=project, now=clock())
        with pytest.raises(ValueError, match="level is 'loud', expected one of none, essential, all"):
            follows.follow(amina, project_id=project, level="loud", now=clock())
        follows.follow(amina, project_id=project, now=clock())
        assert follows.is_following(amina, project_id=project)
