"""Gate: every cell role × action × state of the policy table, through HTTP (architecture §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.db import clock
from app.db.session import db
from app.participation import access, moderate
from app.participation.models import Comment, Contribution, Decision
from app.people import open_routes
from app.people.models import PersonRole
from app.policy.table import ROLES, STATES, roles_of, table
from tests.gates.conftest import MARK_A
from tests.gates.faults import pages as faults
from tests.support import journeys, routes, world
from tests.support.browser import Browser
from tests.support.sample import ContributionRow, Sample, StepRow, contribute_many, manage

COMMENT_STATES = ("pending", "published", "hidden", "withdrawn", "erased")
#: A role granted for another démarche: for this one, its holder is anybody who has an account.
ELSEWHERE = "manager elsewhere"
PERSONAS = (*ROLES, ELSEWHERE)
READ = ("contribution.read", "contribution.read_stub", "contribution.read_own", "contribution.read_any")


@dataclass(frozen=True)
class Cell:
    """One request to make. row: what it is about; comment: when it is about a comment."""

    rule: Rule
    method: str
    action: str
    persona: str
    state: str | None
    path: str
    target: UUID | None = None


@pytest.fixture(scope="module")
def sample(make_sample: Callable[..., Sample]) -> Sample:
    made = make_sample("rive", MARK_A)
    made.people["participant"] = world.make_person(made.world, "Participante P.", zone="sud")
    made.people[ELSEWHERE] = world.make_person(made.world, "Ailleurs A.")
    elsewhere = world.make_project(made.world, "Une autre démarche")
    with made.world.scope():
        db.session.add(
            PersonRole(
                person_id=made.people[ELSEWHERE], role="manager", project_id=elsewhere, granted_at=clock.now()
            )
        )
    return made


@pytest.fixture(scope="module")
def forms(app: Flask, sample: Sample) -> dict[str, dict[str, Any]]:
    return harvest(app, sample)


def harvest(app: Flask, sample: Sample) -> dict[str, dict[str, Any]]:
    """endpoint -> what its form sends, filled in; found on the pages of whoever sees it."""
    found: dict[str, dict[str, Any]] = {}
    for who in ("visitor", "author", "administrator"):
        for offer in journeys.offers(app, sample, who):
            # Without the token: sent twice it is one act, and here each request is another person's.
            fields = {
                name: value
                for name, value in offer.form.filled().items()
                if name not in ("jeton", "csrf_token")
            }
            found.setdefault(offer.endpoint, fields)
    return found


def held(persona: str) -> frozenset[str]:
    """Roles of the table that the persona holds towards what the author wrote in the sample's démarches."""
    granted = [persona] if persona in ROLES[3:] else []
    return roles_of(known=persona != "visitor", author=persona == "author", granted=granted)


def kind_of(action: str, rule: Rule) -> str | None:
    """What the state of this action belongs to, None when it has none."""
    if action.startswith("comment."):
        return "comment"
    names = set(routes.parameters(rule))
    return "contribution" if names & {"number", "contribution_id", "comment_id"} else None


# --- the cells ------------------------------------------------------------------------------------------------


def cells(app: Flask, sample: Sample, only: str | None = None) -> Iterator[Cell]:
    """Every guarded route × persona × state, each on an object of its own; only: one endpoint.

    The page whose form a guarded route takes is asked for too: it must be shown to the same people.
    """
    guarded = access.guarded(app)
    actions = {rule.rule: guarded[rule.endpoint] for rule in routes.rules(app) if rule.endpoint in guarded}
    for rule in routes.rules(app):
        if rule.rule in actions and only in (None, rule.endpoint):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield from _cells(app, sample, rule, method, actions[rule.rule])


def reading_cells(app: Flask, sample: Sample) -> Iterator[Cell]:
    """The page of a contribution, of every application."""
    for rule in routes.rules(app):
        if (
            rule.rule.endswith("-<slug>/")
            and "number" in routes.parameters(rule)
            and "GET" in (rule.methods or ())
        ):
            yield from _cells(app, sample, rule, "GET", "contribution.read")


def _cells(app: Flask, sample: Sample, rule: Rule, method: str, action: str) -> Iterator[Cell]:
    kind, names = kind_of(action, rule), set(routes.parameters(rule))
    for step in sample.steps:
        if "step_slug" in names and step.segment != routes.segment_of(rule):
            continue
        with sample.world.scope():
            made = _objects(sample, step, kind, commented="comment_id" in names)
        for persona, state, values, target in made:
            known = {name: value for name, value in values.items() if name in names}
            yield Cell(rule, method, action, persona, state, routes.address(app, rule, known), target)


Made = tuple[str, str | None, dict[str, Any], UUID | None]


def _objects(sample: Sample, step: StepRow, kind: str | None, *, commented: bool) -> list[Made]:
    """(persona, state, values of an address, id) of an object of the author's for each persona and state."""
    if kind is None:
        return [(persona, None, {"step_slug": step.slug}, None) for persona in PERSONAS]
    states = COMMENT_STATES if kind == "comment" else STATES
    wanted = [(persona, state) for persona in PERSONAS for state in states]
    rows = contribute_many(
        sample, step, [state if kind == "contribution" else "published" for _, state in wanted]
    )
    made: list[Made] = []
    for (persona, state), row in zip(wanted, rows, strict=True):
        values: dict[str, Any] = {
            "step_slug": step.slug,
            "number": row.number,
            "slug": row.slug,
            "contribution_id": row.id,
        }
        if commented:
            values["comment_id"] = _comment(sample, row, state if kind == "comment" else "published")
        made.append((persona, state, values, values["comment_id"] if kind == "comment" else row.id))
    return made


def _comment(sample: Sample, row: ContributionRow, state: str) -> UUID:
    comment = Comment(
        contribution_id=row.id,
        step_id=row.step.id,
        author_id=sample.people["author"],
        body=f"Dit {sample.mark}",
        state=state,
        pending_for="identity" if state == "pending" else None,
        created_at=clock.now(),
    )
    db.session.add(comment)
    db.session.flush()
    if state == "published":
        db.session.execute(
            update(Contribution)
            .where(Contribution.id == row.id)
            .values(comments=Contribution.comments + 1)
            .execution_options(synchronize_session=False)
        )
    if state == "hidden":
        db.session.add(
            Decision(
                comment_id=comment.id,
                action="hide",
                reason=next(iter(moderate.REASONS)),
                previous_state="published",
                author_id=sample.people["moderator"],
                at=clock.now(),
            )
        )
    return comment.id


# --- the answers ----------------------------------------------------------------------------------------------


def browsers(app: Flask, sample: Sample) -> dict[str, Browser]:
    found = {}
    for persona in PERSONAS:
        browser = Browser(replace(sample.world, app=app))
        if persona != "visitor":
            browser.sign_in(sample.people[persona])
            manage(browser)
        browser.get("/accessibilite/")
        found[persona] = browser
    return found


def answer_to(browser: Browser, cell: Cell, fields: dict[str, Any]) -> TestResponse:
    if cell.method == "GET":
        return browser.get(cell.path, **journeys.client())
    return browser.post(cell.path, fields, **journeys.client())


def snapshot(connection: Connection, cell: Cell) -> Any:
    """What a refused request must leave as it was: the object's row."""
    table_name = "comment" if cell.action.startswith("comment.") else "contribution"
    query = text(f"select t::text from {table_name} t where id = :id")
    return connection.scalar(query, {"id": cell.target}) if cell.target else None


#: (endpoint, state) where a second click of the same person finds it done, and is told so without changing anything.
SECOND_CLICKS = {("discussion.withdraw", "withdrawn")}


def refused(answer: TestResponse) -> bool:
    signing_in = answer.status_code == 303 and "/connexion/" in answer.headers.get("Location", "")
    return answer.status_code in (403, 404, 410) or signing_in


def complaint(cell: Cell, answer: TestResponse, changed: bool) -> str:
    """What the answer says against the table; '' when they agree."""
    expected = table.allows(held(cell.persona), cell.action, cell.state)
    if answer.status_code >= 500:
        return f"answers {answer.status_code}"
    if expected and refused(answer):
        return f"refused ({answer.status_code}), the table allows it"
    again = (cell.rule.endpoint, cell.state) in SECOND_CLICKS and not changed
    if not expected and not again and (changed or not (refused(answer) or answer.status_code in (409, 422))):
        return f"done ({answer.status_code}), the table refuses it"
    if expected and cell.persona == "visitor" and answer.status_code == 303 and begins_an_act(cell):
        place = answer.headers["Location"]
        return "" if "/participer/" in place else f"leads a visitor to {place}, expected /participer/"
    return ""


def begins_an_act(cell: Cell) -> bool:
    """Actions that anybody may begin go through the pages that ask who they are."""
    return "visitor" in table.rule(cell.action).roles


def policy_faults(
    app: Flask, engine: Engine, sample: Sample, forms: dict[str, dict[str, Any]], only: str | None = None
) -> list[str]:
    here, found = browsers(app, sample), []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for cell in cells(app, sample, only):
            allowed = table.allows(held(cell.persona), cell.action, cell.state)
            before = None if allowed else snapshot(connection, cell)
            answer = answer_to(here[cell.persona], cell, forms.get(cell.rule.endpoint, {}))
            said = complaint(cell, answer, changed=not allowed and snapshot(connection, cell) != before)
            if said:
                where = f"{cell.method} {cell.rule.endpoint} [{cell.action}]"
                found.append(f"{where} as {cell.persona}, {cell.state or 'no state'}: {said}")
    return found


# --- the gate -------------------------------------------------------------------------------------------------


def declaration_faults(app: Flask) -> list[str]:
    """Routes that change something and say neither which action they are nor why anybody may."""
    guarded, opened = access.guarded(app), access.opened(app) | open_routes.OPEN
    found = [
        f"{rule.rule} ({rule.endpoint}): declare its action with access.guards or why none with access.open_to_all"
        for rule in routes.rules(app)
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"} and rule.endpoint not in guarded | opened
    ]
    found += [
        f"{endpoint}: declares {action}, which is not in the table"
        for endpoint, action in guarded.items()
        if action not in table
    ]
    found += [
        f"{endpoint}: open without a reason" for endpoint, reason in opened.items() if not reason.strip()
    ]
    return found + [
        f"{endpoint}: declared open, and not a route"
        for endpoint in sorted(set(opened) - set(app.view_functions))
    ]


def test_every_route_that_changes_something_says_its_action(app: Flask) -> None:
    assert declaration_faults(app) == []


def test_every_cell_of_the_table_answers_as_the_table_says(
    app: Flask, operator_engine: Engine, sample: Sample, forms: dict[str, dict[str, Any]]
) -> None:
    found = policy_faults(app, operator_engine, sample, forms)

    assert not found, "\n".join(found)


def test_who_reads_a_contribution_in_each_state(app: Flask, sample: Sample) -> None:
    here, wrong = browsers(app, sample), []
    for cell in reading_cells(app, sample):
        answer = answer_to(here[cell.persona], cell, {})
        may = [action for action in READ if table.allows(held(cell.persona), action, cell.state)]
        words = f"Un texte assez long de {sample.mark}" in answer.text
        expected = (
            (200, True) if set(may) - {"contribution.read_stub"} else (200, False) if may else (404, False)
        )
        if (answer.status_code, words) != expected:
            wrong.append(
                f"{cell.rule.endpoint} as {cell.persona}, {cell.state}: {(answer.status_code, words)}, expected {expected}"
            )

    assert not wrong, "\n".join(wrong)


def test_every_application_s_pages_were_read(app: Flask, sample: Sample) -> None:
    read = {routes.segment_of(cell.rule) for cell in reading_cells(app, sample)}
    with_contributions = {
        manifest.segment for manifest in app.extensions["modules"].values() if manifest.contribution_types
    }

    assert with_contributions - read == set()


def test_nothing_changes_without_the_form_s_token(app: Flask, sample: Sample) -> None:
    """The anti-forgery token is asked before anything else, of everybody."""
    browser, missed = sample.browser("administrator"), []
    for rule in routes.rules(app):
        if "POST" in (rule.methods or ()) and rule.endpoint not in NO_TOKEN:
            for values in routes.fill(app, rule, sample)[:1]:
                path = routes.address(app, rule, values)
                answer = browser.post(path, {}, csrf=False, **journeys.client())
                if answer.status_code != 422 or "csrf_token" not in answer.text:
                    missed.append(f"POST {path} answers {answer.status_code}")

    assert missed == []


#: Routes that take a form without a token, and why.
NO_TOKEN = {
    "people.scheme": "light or dark on this browser: it changes nothing that a person owns",
    "notifications.choose": "a mail reader's own button (RFC 8058); the signed address is the proof",
}


# --- the gate can fail ----------------------------------------------------------------------------------------


def test_a_route_without_a_declaration_is_caught(make_app: Callable[[], Flask]) -> None:
    faulty = make_app()
    endpoint = faults.install_undeclared(faulty)

    assert [fault.split(":")[0] for fault in declaration_faults(faulty)] == [f"/faute/action/ ({endpoint})"]


def test_a_declared_action_that_nobody_asks_about_is_caught(
    make_app: Callable[[], Flask], operator_engine: Engine, sample: Sample
) -> None:
    faulty = make_app()
    faults.install_unguarded(faulty, access.guards)

    found = policy_faults(faulty, operator_engine, sample, {}, only="fault_unguarded.hide")

    assert any("as visitor, published: done (200), the table refuses it" in fault for fault in found)
    assert any("as author, hidden: done (200), the table refuses it" in fault for fault in found)
    assert not any("as moderator, published" in fault for fault in found)


def test_a_table_that_says_less_than_the_views_is_caught(
    app: Flask,
    operator_engine: Engine,
    sample: Sample,
    forms: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The views ask a stale copy of the rules: the table changed and they did not follow."""
    endpoint = "discussion.hide"
    action = access.guarded(app)[endpoint]
    monkeypatch.setattr(access, "require", lambda visitor, action, **more: None)

    found = policy_faults(app, operator_engine, sample, forms, only=endpoint)

    assert any(f"[{action}] as participant, published: done" in fault for fault in found)
