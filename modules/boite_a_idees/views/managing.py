"""« Mode gestion »: what moderators and administrators do from the page itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.db import clock
from app.participation import access, follows, moderate, official
from app.people import visitor as visitors
from app.tenancy.web import tenant
from app.ui.filters import count
from app.ui.forms import Form
from modules.boite_a_idees import forms, queries, services
from modules.boite_a_idees.rules import STATUSES
from modules.boite_a_idees.views.page import TINT, address, blueprint, crumbs, known, step

Answer = Response | str | tuple[str, int]

TOLD = "Son auteur ou autrice reçoit la raison par e-mail."


def _held(number: int, action: str) -> tuple[Any, UUID]:
    """The idea and who acts on it. Raises NotFound, Forbidden with who can do it."""
    here, visitor = step(), visitors.current()
    row = queries.get_detail(here, number, visitor)
    access.require(visitor, action, state=row.state, author_id=row.author_id, project_id=here.project_id)
    return row, known().person_id


def _page(
    template: str, row: Any, title: str, last: str, form: Form, status: int = 200, **more: Any
) -> tuple[str, int]:
    here = step()
    back = address(here, row)
    page = render_template(
        f"boite_a_idees/manage/{template}.html",
        tint=TINT,
        crumbs=crumbs((row.title, back), (title, "")),
        step="",
        action=f"{back}gerer/{last}/",
        back=back,
        title=title,
        idea=row,
        form=form,
        **more,
    )
    return page, status


def _back(row: Any, sentence: str, kind: str = "ok") -> Response:
    flash(sentence, kind)
    return redirect(address(step(), row), 303)


# --- hide, restore, accept, reject ----------------------------------------------------------------------------

Decide = Callable[..., Any]


def _reason_page(row: Any, last: str, form: Form, status: int = 200) -> tuple[str, int]:
    hiding = last == "masquer"
    return _page(
        "reason",
        row,
        "Masquer cette idée" if hiding else "Refuser cette idée",
        last,
        form,
        status,
        verb="Masquer l’idée" if hiding else "Refuser l’idée",
        lead=(
            "L’idée quitte la liste. Sa page dit qu’elle a été masquée, et pourquoi. Vous pourrez la rétablir."
            if hiding
            else "L’idée ne paraîtra pas. Son auteur ou autrice pourra la corriger et la renvoyer."
        ),
        reasons=[
            (code, f"{position}. {sentence}")
            for position, (code, sentence) in enumerate(moderate.REASONS.items(), 1)
        ],
    )


def _decide(number: int, action: str, last: str, decide: Decide, sentence: str) -> Answer:
    row, by = _held(number, action)
    form = forms.reason_form(request.form)
    values = form.validate()
    if values is None:
        return _reason_page(row, last, form, 422)
    decide(
        queries.get_idea(step(), number), reason=values["reason"], note=values["note"], by=by, now=clock.now()
    )
    return _back(row, sentence)


@blueprint.get("/<int:number>-<slug>/gerer/masquer/")
def hide_page(number: int, slug: str) -> Answer:
    row, _ = _held(number, "contribution.hide")
    return _reason_page(row, "masquer", forms.reason_form(None))


@blueprint.post("/<int:number>-<slug>/gerer/masquer/")
@access.guards("contribution.hide")
def hide(number: int, slug: str) -> Answer:
    sentence = f"L’idée est masquée. {TOLD} Vous pouvez la rétablir ci-dessous."
    return _decide(number, "contribution.hide", "masquer", moderate.hide, sentence)


@blueprint.post("/<int:number>-<slug>/gerer/retablir")
@access.guards("contribution.restore")
def restore(number: int, slug: str) -> Answer:
    row, by = _held(number, "contribution.restore")
    moderate.restore(queries.get_idea(step(), number), by=by, now=clock.now())
    return _back(row, "L’idée est rétablie : tout le monde la voit de nouveau.")


@blueprint.post("/<int:number>-<slug>/gerer/accepter")
@access.guards("contribution.accept")
def accept(number: int, slug: str) -> Answer:
    row, by = _held(number, "contribution.accept")
    moderate.accept(queries.get_idea(step(), number), by=by, now=clock.now())
    return _back(row, "L’idée est en ligne.")


@blueprint.get("/<int:number>-<slug>/gerer/refuser/")
def reject_page(number: int, slug: str) -> Answer:
    row, _ = _held(number, "contribution.reject")
    return _reason_page(row, "refuser", forms.reason_form(None))


@blueprint.post("/<int:number>-<slug>/gerer/refuser/")
@access.guards("contribution.reject")
def reject(number: int, slug: str) -> Answer:
    return _decide(number, "contribution.reject", "refuser", moderate.reject, f"L’idée est refusée. {TOLD}")


# --- answer, status -------------------------------------------------------------------------------------------


def _choices() -> list[tuple[str, str, str]]:
    return [(status.id, status.label, status.sentence) for status in STATUSES]


def _answer_page(row: Any, form: Form, status: int = 200) -> tuple[str, int]:
    followers = len(follows.followers(row.id))
    who = f"{count(followers, 'personne')} qui {'suit' if followers < 2 else 'suivent'} l’idée"
    return _page(
        "answer",
        row,
        "Répondre officiellement",
        "repondre",
        form,
        status,
        statuses=[("", "Sans changement", ""), *_choices()],
        told=f"Prévient {who}.",
        body_max=forms.ANSWER_MAX,
    )


@blueprint.get("/<int:number>-<slug>/gerer/repondre/")
def answer_page(number: int, slug: str) -> Answer:
    row, _ = _held(number, "contribution.answer")
    visitor = visitors.current()
    return _answer_page(row, forms.answer_form(None, initial={"signatory": visitor.name if visitor else ""}))


@blueprint.post("/<int:number>-<slug>/gerer/repondre/")
@access.guards("contribution.answer")
def answer(number: int, slug: str) -> Answer:
    row, by = _held(number, "contribution.answer")
    form = forms.answer_form(request.form)
    values = form.validate()
    if values is None:
        return _answer_page(row, form, 422)
    official.answer(
        queries.get_idea(step(), number),
        signatory=values["signatory"],
        signatory_title=values["signatory_title"],
        body=values["body"],
        status=values["status"] or None,
        statuses=STATUSES,
        by=by,
        now=clock.now(),
    )
    return _back(row, "La réponse est publiée. Les personnes qui suivent l’idée la reçoivent par e-mail.")


def _status_page(row: Any, form: Form, status: int = 200) -> tuple[str, int]:
    choices = [("", "Aucun", "L’idée n’affiche plus d’avancement."), *_choices()]
    return _page("status", row, "Changer l’avancement", "avancement", form, status, statuses=choices)


@blueprint.get("/<int:number>-<slug>/gerer/avancement/")
def status_page(number: int, slug: str) -> Answer:
    row, _ = _held(number, "contribution.set_status")
    return _status_page(row, forms.status_form(None, initial={"status": row.status}))


@blueprint.post("/<int:number>-<slug>/gerer/avancement/")
@access.guards("contribution.set_status")
def set_status(number: int, slug: str) -> Answer:
    """Raises UnknownStatus for one this application does not have (acceptance 77)."""
    row, by = _held(number, "contribution.set_status")
    form = forms.status_form(request.form)
    values = form.validate()
    if values is None:
        return _status_page(row, form, 422)
    changed = official.set_status(
        queries.get_idea(step(), number),
        values["status"],
        note=values["note"],
        statuses=STATUSES,
        by=by,
        now=clock.now(),
    )
    return _back(
        row, "L’avancement est à jour." if changed else "Rien n’a changé.", "ok" if changed else "info"
    )


# --- the step's dates -----------------------------------------------------------------------------------------

LOCAL = "%Y-%m-%dT%H:%M"


def _dates_page(form: Form, status: int = 200) -> tuple[str, int]:
    here = step()
    page = render_template(
        "boite_a_idees/manage/dates.html",
        tint=TINT,
        crumbs=crumbs(("Dates", "")),
        step="",
        action=f"{here.path}gerer/dates/",
        back=here.path,
        title="Les dates de l’étape",
        form=form,
    )
    return page, status


@blueprint.get("/gerer/dates/")
def dates_page() -> Answer:
    here, tz = step(), tenant().timezone
    access.require(visitors.current(), "step.edit_dates", project_id=here.project_id)
    moments = {"opens_at": here.opens_at, "closes_at": here.closes_at, "results_at": here.results_at}
    initial = {name: at.astimezone(tz).strftime(LOCAL) if at else "" for name, at in moments.items()}
    return _dates_page(forms.dates_form(None, initial=initial))


@blueprint.post("/gerer/dates/")
@access.guards("step.edit_dates")
def move_dates() -> Answer:
    here = step()
    access.require(visitors.current(), "step.edit_dates", project_id=here.project_id)
    form = forms.dates_form(request.form)
    values = form.validate()
    if values is None:
        return _dates_page(form, 422)
    services.move_dates(here, **values, by=known().person_id, now=clock.now())
    flash("Les dates de l’étape sont modifiées.", "ok")
    return redirect(here.path, 303)
