"""A toy application: a text to deposit and a support to give, so that the core is tested without any module."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, request
from sqlalchemy import select
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from app.db.errors import InvalidInput
from app.db.session import db
from app.db.types import uuid7
from app.participation import acts, contributions, form_token, votes
from app.participation.acts import ActResult, ActType
from app.participation.models import Contribution, Intention, Vote
from app.participation.steps import StepInfo, get_step_by_id
from app.tenancy import modules
from app.tenancy.manifest import ModuleManifest
from tests.support.browser import Browser
from tests.support.world import TenantWorld

MANIFEST = ModuleManifest(
    id="essai",
    title="Essai",
    summary="Pour essayer.",
    icon="bulb",
    tint="idees",
    segment="essais",
    version="1.0",
)

#: Borrowed for the length of a test: the application is already serving, no route can be added.
ENDPOINT, PATH = "people.scheme", "/mon-espace/apparence/"


def _parse(step: StepInfo, form: Mapping[str, Any]) -> dict[str, Any]:
    title, body = str(form.get("title", "")).strip(), str(form.get("body", "")).strip()
    if not title:
        raise InvalidInput({"title": ["Écrivez un titre"]})
    return {"title": title, "body": body}


def _check_text(step: StepInfo, payload: Mapping[str, Any], now: datetime) -> None:
    issued = payload.get("_issued_at")
    step.check_open(now, form_issued_at=datetime.fromisoformat(issued) if issued else None)


def _result(step: StepInfo, contribution: Contribution) -> ActResult:
    return ActResult(
        target=str(contribution.id),
        path=contributions.path_of(step, contribution.number, contribution.slug),
        message=f"Merci ! Votre essai n° {contribution.number} est enregistré.",
        pending_for=contribution.pending_for,
    )


def _deposit(
    step: StepInfo, person_id: UUID, payload: Mapping[str, Any], now: datetime, pending_for: str | None
) -> ActResult:
    contribution = Contribution(
        type="contribution", title=payload["title"], body=payload["body"], author_id=person_id, status=""
    )
    contributions.submit(step, contribution, now=now, pending_for=pending_for)
    return _result(step, contribution)


def _complete_deposit(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    return _result(step, contributions.complete(step, UUID(result.target), now=now, pending_for=pending_for))


DEPOSIT = ActType(
    id="essai.deposit",
    title="Proposer un essai",
    parse=_parse,
    check=_check_text,
    commit=_deposit,
    complete=_complete_deposit,
    summary=lambda step, payload: [("Titre", payload["title"], "title"), ("Texte", payload["body"], "body")],
    check_page=True,
    edit_path=lambda step, intention_id: f"{step.path}proposer/?intention={intention_id}",
    next_sentence=lambda step: "Un agent relit votre essai sous 48 heures.",
)


def _support_result(step: StepInfo, contribution_id: str, pending_for: str | None) -> ActResult:
    return ActResult(
        target=contribution_id,
        path=f"/{step.segment}/{step.slug}/",
        message="Votre soutien est compté." if pending_for is None else "",
        pending_for=pending_for,
    )


def _support(
    step: StepInfo, person_id: UUID, payload: Mapping[str, Any], now: datetime, pending_for: str | None
) -> ActResult:
    votes.support(step, UUID(payload["target"]), person_id=person_id, now=now, pending_for=pending_for)
    return _support_result(step, payload["target"], pending_for)


def _complete_support(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    missing = votes.complete(step, UUID(result.target), person_id=person_id, now=now, pending_for=pending_for)
    return _support_result(step, result.target, missing)


SUPPORT = ActType(
    id="essai.support",
    title="Soutenir",
    parse=lambda step, form: {"target": str(form["target"])},
    check=lambda step, payload, now: step.check_open(now, text=False),
    commit=_support,
    complete=_complete_support,
)


def _view() -> Response:
    token, issued = form_token.read(request.form)
    step = get_step_by_id(UUID(request.form["step"]))
    act = acts.get_act(request.form["act"])
    return acts.begin(act, step=step, form=request.form, token=token, issued_at=issued).response()


def lend(app: Flask, monkeypatch: Any) -> None:
    """The toy's manifest, acts and one address that begins them, until the test ends."""
    everything = {**app.extensions["modules"], MANIFEST.id: MANIFEST}
    monkeypatch.setitem(app.extensions, "modules", everything)
    monkeypatch.setattr(modules, "registry", lambda: everything)
    monkeypatch.setitem(acts._register, DEPOSIT.id, DEPOSIT)
    monkeypatch.setitem(acts._register, SUPPORT.id, SUPPORT)
    monkeypatch.setitem(app.view_functions, ENDPOINT, _view)


def deposit(browser: Browser, step_id: UUID, title: str = "Un banc", **more: str) -> TestResponse:
    form = {
        "act": DEPOSIT.id,
        "step": str(step_id),
        "title": title,
        "body": "À l’ombre du tilleul.",
        "jeton": str(uuid7()),
    }
    return browser.post(PATH, form | more)


def support(browser: Browser, step_id: UUID, contribution_id: UUID, **more: str) -> TestResponse:
    form = {"act": SUPPORT.id, "step": str(step_id), "target": str(contribution_id)}
    return browser.post(PATH, form | more)


def make_contribution(
    world: TenantWorld,
    step_id: UUID,
    now: datetime,
    *,
    author_id: UUID | None = None,
    title: str = "Un banc",
    pending_for: str | None = None,
) -> UUID:
    with world.scope():
        contribution = Contribution(
            type="contribution", title=title, body="À l’ombre.", author_id=author_id, status=""
        )
        contributions.submit(get_step_by_id(step_id), contribution, now=now, pending_for=pending_for)
        return contribution.id


def read(world: TenantWorld, contribution_id: UUID) -> Contribution:
    with world.scope():
        return db.session.get_one(Contribution, (world.id, contribution_id))


def deposited(world: TenantWorld) -> list[Contribution]:
    with world.scope():
        return list(db.session.scalars(select(Contribution).order_by(Contribution.number)))


def intentions(world: TenantWorld) -> list[Intention]:
    with world.scope():
        return list(db.session.scalars(select(Intention).order_by(Intention.created_at, Intention.id)))


def list_votes(world: TenantWorld) -> list[Vote]:
    with world.scope():
        return list(db.session.scalars(select(Vote).order_by(Vote.id)))
