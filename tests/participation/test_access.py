"""Who reads and does what, from one table, for pages, lists and counts alike."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select

from app.db import clock as clocks
from app.db.errors import Forbidden, NotFound
from app.db.session import db
from app.participation import access, contributions
from app.participation.models import Contribution
from app.participation.steps import get_step_by_id
from app.people.visitor import Visitor
from tests.participation.deposits import deposit, reload, statements, step_of, visitor
from tests.support.world import TenantWorld, make_person, make_project, make_step

STATES = ("published", "archived", "hidden", "withdrawn", "rejected", "erased", "merged")
ALL = {"pending", *STATES}


def one_of_each(tenant: TenantWorld, step_id: UUID, author: UUID | None) -> dict[str, UUID]:
    """Contributions of this author, one in each state."""
    made = {"pending": deposit(tenant, step_id, "pending", author=author, pending_for="identity")}
    for state in STATES:
        made[state] = deposit(tenant, step_id, state, author=author)
        if state != "published":
            with tenant.scope():
                contributions.move_state(contributions.lock(made[state]), state, now=clocks.now())
    return made


def seen(tenant: TenantWorld, step_id: UUID, who: Visitor | None) -> set[str]:
    """States shown by a list, whether or not the statement knows its step, and by each contribution's own page."""
    with tenant.scope():
        step = get_step_by_id(step_id)
        query = select(Contribution.state).where(Contribution.step_id == step_id)
        anywhere = db.session.scalars(query.where(access.visible_to(who))).all()
        here = db.session.scalars(query.where(access.visible_to(who, step=step))).all()
        assert sorted(anywhere) == sorted(here)
        every = db.session.scalars(select(Contribution).filter_by(step_id=step_id)).all()
        alone = [row.state for row in every if full(who, row)]
        assert sorted(alone) == sorted(here)
        assert len(here) == len(set(here))
        return set(here)


def full(who: Visitor | None, row: Contribution) -> bool:
    try:
        return access.reading(who, row, get_step_by_id(row.step_id)) == "full"
    except (Forbidden, NotFound):
        return False


def test_everybody_reads_what_is_public_its_author_and_the_team_the_rest(
    rive: TenantWorld, amina: UUID
) -> None:
    step_id = make_step(rive)
    one_of_each(rive, step_id, amina)
    public = {"published", "archived", "merged"}

    assert seen(rive, step_id, None) == public
    assert seen(rive, step_id, visitor(make_person(rive, "Idriss B."))) == public
    assert seen(rive, step_id, visitor(make_person(rive, "Ana L."), "analyst")) == public
    assert seen(rive, step_id, visitor(amina, level="guest")) == ALL - {"erased"}
    for role in ("moderator", "manager", "administrator"):
        assert seen(rive, step_id, visitor(make_person(rive, "Bruno M."), role)) == ALL - {"erased"}


def test_a_role_for_another_demarche_opens_nothing_here(rive: TenantWorld, bruno: UUID) -> None:
    mine, other = make_project(rive), make_project(rive)
    step_id = make_step(rive, project_id=mine)
    one_of_each(rive, step_id, None)

    assert "hidden" not in seen(rive, step_id, visitor(bruno, "moderator", project_id=other))
    assert seen(rive, step_id, visitor(bruno, "moderator", project_id=mine)) == ALL - {"erased"}


def test_066_a_private_collection_is_read_by_each_author_and_by_the_team(
    rive: TenantWorld, amina: UUID, bruno: UUID
) -> None:
    step_id = make_step(rive, private=True)
    idea = reload(rive, one_of_each(rive, step_id, amina)["published"])
    step = step_of(rive, step_id)
    stranger = visitor(make_person(rive, "Idriss B."))

    for who in (None, stranger):
        assert seen(rive, step_id, who) == set()
        with pytest.raises(Forbidden) as refusal:
            access.reading(who, idea, step)
        assert "Lire une collecte privée : réservé à l’auteur ou l’autrice" in refusal.value.details["reason"]
    assert seen(rive, step_id, visitor(amina)) == ALL - {"erased"}
    assert seen(rive, step_id, visitor(bruno, "moderator")) == ALL - {"erased"}


def test_a_demarche_being_prepared_shows_nothing_outside_the_team(
    rive: TenantWorld, amina: UUID, dora: UUID
) -> None:
    step_id = make_step(rive, project_id=make_project(rive, state="draft"))
    idea = reload(rive, deposit(rive, step_id))

    assert seen(rive, step_id, None) == seen(rive, step_id, visitor(amina)) == set()
    assert seen(rive, step_id, visitor(dora, "administrator")) == {"published"}
    with pytest.raises(NotFound):
        access.reading(None, idea, step_of(rive, step_id))


def test_a_hidden_contribution_leaves_a_stub_and_a_withdrawn_one_nothing(
    rive: TenantWorld, amina: UUID
) -> None:
    step_id = make_step(rive)
    made = one_of_each(rive, step_id, amina)
    step = step_of(rive, step_id)

    assert access.reading(None, reload(rive, made["hidden"]), step) == "stub"
    assert access.reading(visitor(amina), reload(rive, made["hidden"]), step) == "full"
    for state in ("withdrawn", "pending", "rejected", "erased"):
        with pytest.raises(NotFound):
            access.reading(None, reload(rive, made[state]), step)


def test_the_author_of_nothing_is_nobody(rive: TenantWorld, amina: UUID) -> None:
    assert access.roles(None, author_id=None) == {"visitor"}
    assert access.roles(visitor(amina), author_id=None) == {"visitor", "participant"}
    assert access.roles(visitor(amina, level="guest"), author_id=amina) == {"visitor", "author"}
    assert access.roles(visitor(amina, "moderator"), author_id=amina) == {
        "visitor",
        "participant",
        "author",
        "moderator",
    }


def test_062_063_only_the_author_edits_and_withdraws(rive: TenantWorld, amina: UUID, dora: UUID) -> None:
    for action in ("contribution.edit", "contribution.withdraw"):
        access.require(visitor(amina), action, state="published", author_id=amina)
        for who in (None, visitor(make_person(rive, "Idriss B.")), visitor(dora, "administrator")):
            assert not access.can(who, action, state="published", author_id=amina)
            with pytest.raises(Forbidden) as refusal:
                access.require(who, action, state="published", author_id=amina)
            assert "réservé à l’auteur ou l’autrice" in refusal.value.details["reason"]
        with pytest.raises(Forbidden) as refusal:
            access.require(visitor(amina), action, state="hidden", author_id=amina)
        assert "ce n’est plus possible" in refusal.value.details["reason"]


def test_visibility_costs_no_statement_of_its_own(rive: TenantWorld, amina: UUID) -> None:
    step_id = make_step(rive)
    deposit(rive, step_id)

    with rive.scope():
        step = get_step_by_id(step_id)
        with statements() as sent:
            for who in (None, visitor(amina), visitor(amina, "moderator")):
                db.session.scalars(select(Contribution.id).where(access.visible_to(who, step=step))).all()
                db.session.scalars(select(Contribution.id).where(access.visible_to(who))).all()

    assert len(sent) == 6


def test_another_platform_shows_nothing(rive: TenantWorld, levant: TenantWorld, chloe: UUID) -> None:
    step_id = make_step(rive)
    deposit(rive, step_id)

    with levant.scope():
        everything = select(Contribution.id).where(access.visible_to(visitor(chloe, "administrator")))
        assert db.session.scalars(everything).all() == []


def test_a_view_declares_its_action_or_why_it_has_none() -> None:
    app, blueprint = Flask("declared"), Blueprint("toys", "declared")

    @blueprint.post("/cacher")
    @access.guards("contribution.hide")
    def hide() -> str:
        return "hidden"

    @access.open_to_all("anybody may say the page helped")
    @blueprint.post("/utile")
    def useful() -> str:
        return "thanks"

    app.register_blueprint(blueprint)

    assert access.guarded(app) == {"toys.hide": "contribution.hide"}
    assert access.opened(app) == {"toys.useful": "anybody may say the page helped"}
    assert app.test_client().post("/cacher").text == "hidden"
