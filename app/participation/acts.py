"""One way to act, whether the person is known or not (architecture §5).

A view calls `begin(act, step, form)`. What is typed is parsed and checked; when nothing is missing the act commits at
once, else an *intention* keeps the payload while the person goes through the pages of `/participer/<intention>/`.
The commit happens once per intention: its row in `intention_commit` is inserted first and a repeat reads its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.wrappers import Response

from app.db import clock
from app.db.context import require_tenant_id
from app.db.errors import DomainError, NotFound
from app.db.session import db
from app.participation.errors import IntentionGone
from app.participation.models import Draft, Intention, IntentionCommit
from app.participation.steps import StepInfo, get_step_by_id
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.policy import requirements
from app.policy.requirements import Requirement
from app.tenancy.web import base_path

LIFETIME = timedelta(hours=72)

Payload = dict[str, Any]


@dataclass(frozen=True)
class ActResult:
    """What a commit produced, as plain JSON values.

    target: id of the contribution, comment or vote. path: where the person sees it, without the tenant's prefix.
    message: sentence shown there. pending_for: None when it is public or counted already.
    """

    target: str
    path: str
    message: str
    pending_for: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ActType:
    """Something participants can do, declared by an application or the core.

    parse(step, form): plain JSON values or InvalidInput with the fields' errors.
    check(step, payload, now): what does not depend on the person (phase, target); raises DomainError.
    commit(step, person_id, payload, now, pending_for): writes it, pending when `pending_for` is given.
    complete(step, person_id, result, now, pending_for): called when a requirement was met after a pending commit;
      `pending_for` is what is still missing, None when the act now counts (phase and limits are checked again).
    summary(step, payload): (label, value, name of the field) rows of the check page.
    check_page: whether the person reads it again before it is sent.
    draft_of: fields that a draft keeps when the step closed meanwhile (text acts), else None.
    """

    id: str
    title: str
    parse: Callable[[StepInfo, Mapping[str, Any]], Payload]
    check: Callable[[StepInfo, Payload, datetime], None]
    commit: Callable[[StepInfo, UUID, Payload, datetime, str | None], ActResult]
    complete: Callable[[StepInfo, UUID, ActResult, datetime, str | None], ActResult]
    summary: Callable[[StepInfo, Payload], list[tuple[str, str, str]]] | None = None
    check_page: bool = False
    edit_path: Callable[[StepInfo, UUID], str] | None = None
    next_sentence: Callable[[StepInfo], str] | None = None
    requirements: tuple[str, ...] | None = None


_register: dict[str, ActType] = {}


def register(act: ActType) -> ActType:
    if act.id in _register and _register[act.id] is not act:
        raise ValueError(f"act {act.id} is declared twice")
    _register[act.id] = act
    return act


def get_act(act_id: str) -> ActType:
    """Raises NotFound for an act of an application that is gone."""
    try:
        return _register[act_id]
    except KeyError:
        raise NotFound from None


def required(act: ActType, step: StepInfo) -> list[str]:
    return list(act.requirements) if act.requirements is not None else list(step.requirements)


@dataclass(frozen=True)
class Outcome:
    """What `begin` did: either `result` (committed) or `next_path` (a page is needed first)."""

    result: ActResult | None
    next_path: str

    def response(self) -> Response:
        """303 to where the person goes next, with the act's sentence when it is done."""
        if self.result is not None and self.result.message:
            flash(self.result.message, "ok" if self.result.pending_for is None else "info")
        return redirect(self.next_path, 303)


def begin(
    act: ActType,
    *,
    step: StepInfo,
    form: Mapping[str, Any],
    token: UUID | None = None,
    issued_at: datetime | None = None,
) -> Outcome:
    """Start an act for whoever is making this request.

    token: id drawn when the form was served; sending the same form twice is one act.
    issued_at: when the form was served (signed), for the grace of a text sent just after closing.
    """
    now = clock.now()
    payload = act.parse(step, form)
    if issued_at is not None:
        payload["_issued_at"] = issued_at.isoformat()
    act.check(step, payload, now)
    visitor = visitors.current()
    if not act.check_page and not requirements.missing(required(act, step), visitor):
        visitor = visitor or visitors.ensure_guest(now=now, form_token=token)
        if token is None:
            result = act.commit(step, visitor.person_id, payload, now, None)
            return Outcome(result, base_path() + result.path)
        intention = _store(act, step, visitor, payload, now, token)
        result = commit_once(act, step, intention, now, pending_for=None)
        return Outcome(result, base_path() + result.path)
    visitor = visitors.ensure_guest(now=now, form_token=token)
    intention = _store(act, step, visitor, payload, now, token)
    return Outcome(None, f"{base_path()}/participer/{intention.id}/")


def _store(
    act: ActType, step: StepInfo, visitor: Visitor, payload: Payload, now: datetime, token: UUID | None
) -> Intention:
    """The intention of this token, created or, before its commit, brought up to date with what was typed last."""
    values = {
        "act": act.id,
        "step_id": step.id,
        "person_id": visitor.person_id,
        "payload": payload,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    if token is not None:
        found = db.session.scalar(select(Intention).where(Intention.id == token).with_for_update())
        if found is not None:
            if found.person_id != visitor.person_id or found.act != act.id or found.step_id != step.id:
                raise NotFound
            if found.state == "open":
                found.payload, found.checked, found.expires_at = payload, False, now + LIFETIME
                db.session.flush()
            return found
        values["id"] = token
    intention = Intention(**values)
    db.session.add(intention)
    db.session.flush()
    return intention


def get_intention(intention_id: UUID, visitor: Visitor | None, *, now: datetime) -> Intention:
    """The visitor's own intention. Raises NotFound (unknown or somebody else's), IntentionGone."""
    intention = db.session.get(Intention, (require_tenant_id(), intention_id)) if visitor else None
    if intention is None or visitor is None or intention.person_id != visitor.person_id:
        raise NotFound
    if intention.state == "open" and intention.expires_at <= now:
        raise IntentionGone
    return intention


def stored_result(intention_id: UUID) -> ActResult | None:
    """What the commit of this intention produced; None before it."""
    found = db.session.scalar(select(IntentionCommit.result).where(IntentionCommit.id == intention_id))
    return ActResult(**found) if found is not None else None


def _committed(intention: Intention) -> ActResult:
    """The result of an intention whose state says it was committed."""
    result = stored_result(intention.id)
    if result is None:
        raise RuntimeError(f"intention {intention.id} is {intention.state} and has no commit")
    return result


def commit_once(
    act: ActType, step: StepInfo, intention: Intention, now: datetime, *, pending_for: str | None
) -> ActResult:
    """Commit this intention, or give back what its earlier commit produced.

    The insert waits for a parallel one of the same intention: exactly one of two clicks writes the act.
    """
    inserted = db.session.execute(
        insert(IntentionCommit)
        .values(id=intention.id, result={}, committed_at=now)
        .on_conflict_do_nothing()
        .returning(IntentionCommit.id)
    ).scalar_one_or_none()
    if inserted is None:
        return _committed(intention)
    result = act.commit(step, intention.person_id, intention.payload, now, pending_for)
    _remember(intention, result)
    draft_id = intention.payload.get("_draft")
    if draft_id:
        db.session.execute(
            delete(Draft).where(Draft.id == UUID(draft_id), Draft.person_id == intention.person_id)
        )
    db.session.flush()
    return result


def _remember(intention: Intention, result: ActResult) -> None:
    row = db.session.get_one(IntentionCommit, (require_tenant_id(), intention.id))
    row.result = asdict(result)
    intention.state = "done" if result.pending_for is None else "committed"


def advance(intention: Intention, visitor: Visitor, *, now: datetime) -> ActResult | None:
    """Carry the intention as far as what the visitor proved allows.

    None while it must still be checked or while nobody gave an address; else the act's result, perhaps pending.
    """
    act, step = get_act(intention.act), get_step_by_id(intention.step_id)
    if act.check_page and not intention.checked:
        return None
    lacking = requirements.missing(required(act, step), visitor)
    if intention.state == "open":
        if lacking and visitor.is_guest:
            return None
        act.check(step, intention.payload, now)
        return commit_once(act, step, intention, now, pending_for=lacking[0].pending_for if lacking else None)
    result = _committed(intention)
    if intention.state == "committed" and result.pending_for in ("identity", "requirements"):
        pending_for = lacking[0].pending_for if lacking else None
        if pending_for != result.pending_for:
            result = act.complete(step, visitor.person_id, result, now, pending_for)
            _remember(intention, result)
            db.session.flush()
    return result


def commit_for_address(intention: Intention, *, now: datetime) -> ActResult:
    """The person gave an address without proving it: the act is kept, pending, visible to its author only."""
    act, step = get_act(intention.act), get_step_by_id(intention.step_id)
    if intention.state == "open":
        act.check(step, intention.payload, now)
        return commit_once(act, step, intention, now, pending_for="identity")
    result = _committed(intention)
    return result


def next_requirement(intention: Intention, visitor: Visitor | None) -> Requirement | None:
    act, step = get_act(intention.act), get_step_by_id(intention.step_id)
    lacking = requirements.missing(required(act, step), visitor)
    return lacking[0] if lacking else None


def complete_pending(person_id: UUID, visitor: Visitor, *, now: datetime) -> list[ActResult]:
    """Everything this person did that waited for what they just proved (acceptance 14): on open steps it counts now."""
    waiting = db.session.scalars(
        select(Intention)
        .where(Intention.person_id == person_id, Intention.state == "committed")
        .order_by(Intention.created_at)
        .with_for_update()
    ).all()
    results = []
    for intention in waiting:
        try:
            # One act that became impossible must neither undo the others nor keep the person from signing in.
            with db.session.begin_nested():
                result = advance(intention, visitor, now=now)
        except DomainError as refusal:
            flash(refusal.sentence(), "warn")
            continue
        if result is not None:
            results.append(result)
    return results
