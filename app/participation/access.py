"""Who may do and read what here: the policy table applied to a visitor, a contribution and its step.

Pages, lists, search, counts and exports all ask this file, so that no two of them can disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, and_, false, or_, select

from app.db.errors import NotFound
from app.participation.models import Contribution, Project, Step
from app.participation.steps import StepInfo
from app.people.visitor import Visitor
from app.policy.table import STATES, roles_of, table

View = TypeVar("View", bound=Callable[..., Any])


def roles(
    visitor: Visitor | None, *, author_id: UUID | None = None, project_id: UUID | None = None
) -> frozenset[str]:
    """Roles the visitor holds towards an object, in the words of the policy table.

    author_id: who wrote it. project_id: the démarche it belongs to; a role granted for another one does not count.
    """
    if visitor is None:
        return roles_of(known=False)
    return roles_of(
        known=visitor.at_least("confirmed"),
        author=author_id is not None and author_id == visitor.person_id,
        granted=(role for role, scope in visitor.roles if scope is None or scope == project_id),
    )


def require(
    visitor: Visitor | None,
    action: str,
    *,
    state: str | None = None,
    author_id: UUID | None = None,
    project_id: UUID | None = None,
) -> None:
    """Raises Forbidden, saying why and who may. state: the object's, None when it has none."""
    table.require(roles(visitor, author_id=author_id, project_id=project_id), action, state)


def can(
    visitor: Visitor | None,
    action: str,
    *,
    state: str | None = None,
    author_id: UUID | None = None,
    project_id: UUID | None = None,
) -> bool:
    return table.allows(roles(visitor, author_id=author_id, project_id=project_id), action, state)


def _states(held: frozenset[str], action: str) -> list[str]:
    return [state for state in STATES if table.allows(held, action, state)]


def visible_to(visitor: Visitor | None, *, step: StepInfo | None = None) -> ColumnElement[bool]:
    """Criterion on Contribution: the rows this visitor may read.

    step: when the statement is about one step, whose settings are then known without asking the database.
    A private collection shows each author their own rows, and the team all of them.
    """
    ways = [_own(visitor), _of_the_team(visitor, step)]
    if step is None:
        ways.append(
            and_(
                Contribution.state.in_(_states(roles(None), "contribution.read")),
                Contribution.step_id.in_(
                    select(Step.id)
                    .join(Project, (Project.tenant_id == Step.tenant_id) & (Project.id == Step.project_id))
                    .where(Project.state != "draft", Step.settings["private"].as_boolean().is_not(True))
                ),
            )
        )
    elif not step.settings.get("private") and step.project_state != "draft":
        ways.append(Contribution.state.in_(_states(roles(None), "contribution.read")))
    return or_(false(), *ways)


def _own(visitor: Visitor | None) -> ColumnElement[bool]:
    if visitor is None:
        return false()
    return and_(
        Contribution.author_id == visitor.person_id,
        Contribution.state.in_(_states(roles_of(known=True, author=True), "contribution.read_own")),
    )


def _of_the_team(visitor: Visitor | None, step: StepInfo | None) -> ColumnElement[bool]:
    if visitor is None or not visitor.roles:
        return false()
    action = "contribution.read_any"
    if step is not None:
        return Contribution.state.in_(_states(roles(visitor, project_id=step.project_id), action))
    ways: list[ColumnElement[bool]] = [Contribution.state.in_(_states(roles(visitor), action))]
    for project_id in {scope for _, scope in visitor.roles if scope is not None}:
        mine = select(Step.id).where(Step.project_id == project_id)
        states = _states(roles(visitor, project_id=project_id), action)
        ways.append(and_(Contribution.state.in_(states), Contribution.step_id.in_(mine)))
    return or_(false(), *ways)


def reading(visitor: Visitor | None, contribution: Contribution, step: StepInfo) -> str:
    """How the visitor may see this contribution: `full`, or `stub` (that it was hidden, and why).

    Raises Forbidden in a private collection, NotFound when nothing may be shown.
    """
    held = roles(visitor, author_id=contribution.author_id, project_id=step.project_id)
    state = contribution.state
    if any(
        table.allows(held, action, state) for action in ("contribution.read_own", "contribution.read_any")
    ):
        return "full"
    if step.settings.get("private"):
        table.require(held, "contribution.read_private")
        raise NotFound
    if step.project_state != "draft":
        if table.allows(held, "contribution.read", state):
            return "full"
        if table.allows(held, "contribution.read_stub", state):
            return "stub"
    raise NotFound


#: What each view that changes something is about, by the view's own name ("package.module.function").
GUARDED: dict[str, str] = {}
OPEN: dict[str, str] = {}


def _name(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__qualname__}"


def guards(action: str) -> Callable[[View], View]:
    """Declare the policy action of a view that changes something; the view itself calls `require`."""

    def declare(view: View) -> View:
        GUARDED[_name(view)] = action
        return view

    return declare


def open_to_all(reason: str) -> Callable[[View], View]:
    """Declare that anybody may send this form, and why no policy action applies."""

    def declare(view: View) -> View:
        OPEN[_name(view)] = reason
        return view

    return declare


def guarded(app: Flask) -> dict[str, str]:
    """endpoint -> policy action, of every declared view of the application."""
    return {end: GUARDED[_name(view)] for end, view in app.view_functions.items() if _name(view) in GUARDED}


def opened(app: Flask) -> dict[str, str]:
    """endpoint -> reason, of every view declared open to everybody."""
    return {end: OPEN[_name(view)] for end, view in app.view_functions.items() if _name(view) in OPEN}
