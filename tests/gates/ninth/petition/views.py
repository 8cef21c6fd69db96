"""The list, a petition, and signing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template
from modules.petition import queries
from werkzeug.wrappers import Response

from app.db.errors import NotFound
from app.participation import access, acts, contributions, votes
from app.participation.acts import ActResult, ActType, Payload
from app.participation.errors import NotVotable
from app.participation.steps import StepInfo
from app.people import visitor as visitors
from app.tenancy.web import base_path

blueprint = Blueprint("petition", __name__)


def _parse(step: StepInfo, form: Mapping[str, Any]) -> Payload:
    return {"petition": str(form["petition"]), "path": form["path"]}


def _check(step: StepInfo, payload: Payload, now: datetime) -> None:
    step.check_open(now, text=False)


def _commit(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    votes.support(step, UUID(payload["petition"]), person_id=person_id, now=now, pending_for=pending_for)
    return ActResult(payload["petition"], payload["path"], "Votre signature est enregistrée.", pending_for)


def _complete(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    pending_for = votes.complete(
        step, UUID(result.target), person_id=person_id, now=now, pending_for=pending_for
    )
    return ActResult(result.target, result.path, result.message, pending_for)


SIGN = ActType(
    id="petition.sign",
    title="Signer la pétition",
    parse=_parse,
    check=_check,
    commit=_commit,
    complete=_complete,
)
ACTS = (SIGN,)


@blueprint.get("/")
def index() -> str:
    rows = queries.list_petitions(g.step, visitors.current())
    return render_template("petition/list.html", step=g.step, rows=rows, crumbs=_crumbs(g.step.title))


@blueprint.get("/<int:number>-<slug>/")
def detail(number: int, slug: str) -> Response | str:
    found = queries.get_petition(g.step, number)
    seen = access.reading(visitors.current(), found, g.step)
    path = contributions.path_of(g.step, number, found.slug)
    if slug != found.slug:
        return redirect(base_path() + path, 301)
    return render_template(
        "petition/detail.html",
        step=g.step,
        petition=found if seen == "full" else None,
        sign_url=f"{base_path()}{path}signer" if found.state == "published" else "",
        crumbs=_crumbs(f"Pétition n° {number}"),
    )


@blueprint.post("/<int:number>-<slug>/signer")
@access.guards("contribution.support")
def sign(number: int, slug: str) -> Response:
    found = queries.get_petition(g.step, number)
    if access.reading(visitors.current(), found, g.step) == "stub":
        raise NotFound
    if found.state != "published":
        raise NotVotable
    path = contributions.path_of(g.step, number, found.slug)
    return acts.begin(SIGN, step=g.step, form={"petition": found.id, "path": path}).response()


def _crumbs(last: str) -> list[tuple[str, str]]:
    return [("Accueil", f"{base_path()}/"), ("Démarches", f"{base_path()}/demarches/"), (last, "")]
