"""What authors do with their own idea: change it, take it back, start again from one that was refused."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import InvalidInput
from app.participation import access, contributions, drafts, photos
from app.participation.errors import EditNotAllowed, EditsOff
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.tenancy.web import tenant
from modules.boite_a_idees import forms, queries, services
from modules.boite_a_idees.acts import PROPOSE
from modules.boite_a_idees.views import deposit
from modules.boite_a_idees.views.deposit import Typed
from modules.boite_a_idees.views.page import TINT, address, blueprint, crumbs, known, step
from modules.boite_a_idees.wording import wording_of

Answer = Response | str | tuple[str, int]


def _own(number: int, action: str) -> tuple[Any, Visitor]:
    """The visitor's own idea. Raises NotFound for one they may not read, Forbidden for anybody else's."""
    here, visitor = step(), visitors.current()
    row = queries.get_detail(here, number, visitor)
    access.reading(visitor, row, here)
    access.require(visitor, action, state=row.state, author_id=row.author_id, project_id=here.project_id)
    return row, known()


def _initial(row: Any) -> dict[str, Any]:
    zone = tenant().zone(row.zone_id)
    return {
        "title": row.title,
        "body": row.body,
        "theme": row.theme,
        "zone": zone.slug if zone else "",
        "place": row.place,
        "longitude": row.longitude,
        "latitude": row.latitude,
        "photo": str(row.photo_id or ""),
        "alt": row.alt,
    }


def _check_may_edit(row: Any) -> None:
    """Before the form is shown: raises StepClosed, StepNotOpen, EditsOff, EditNotAllowed."""
    here = step()
    here.check_open(clock.now())
    rule = here.settings["edits_allowed"]
    if rule == "never":
        raise EditsOff
    if rule == "until_support" and row.supports:
        raise EditNotAllowed


def _edit_page(row: Any, typed: Typed, status: int = 200) -> tuple[str, int]:
    here = step()
    page = render_template(
        "boite_a_idees/edit.html",
        tint=TINT,
        crumbs=crumbs((row.title, address(here, row)), ("Modifier", "")),
        action=f"{address(here, row)}modifier/",
        back=address(here, row),
        multipart=True,
        step="",
        idea=row,
        form=typed.form,
        token={},
        draft="",
        photo=typed.photo,
        settings=here.settings,
        words=wording_of(here.settings),
        themes=tenant().themes,
        zones=[(zone.slug, zone.name) for zone in tenant().zones],
        zone_label=tenant().document["zone_label"],
        optional=deposit.optional_sentence(here.settings),
        keeps_version=row.supports > 0,
        photo_max=photos.MAX_BYTES,
    )
    return page, status


@blueprint.get("/<int:number>-<slug>/modifier/")
def edit_page(number: int, slug: str) -> Answer:
    here = step()
    row, visitor = _own(number, "contribution.edit")
    _check_may_edit(row)
    typed = Typed(forms.deposit_form(here, None, initial=_initial(row)), {})
    typed.photo = deposit.kept_photo(row.photo_id, visitor, kept=row.photo_id)
    return _edit_page(row, typed)


@blueprint.post("/<int:number>-<slug>/modifier/")
@access.guards("contribution.edit")
def edit(number: int, slug: str) -> Answer:
    here, now = step(), clock.now()
    row, visitor = _own(number, "contribution.edit")
    _check_may_edit(row)
    typed = deposit.read_form(here, visitor, kept=row.photo_id)
    if not typed.check(here.settings):
        return _edit_page(row, typed, 422)
    fields = forms.posted(request.form) | {"photo": typed.photo["id"] if typed.photo else ""}
    try:
        payload = forms.parse_deposit(here, fields)
    except InvalidInput as refusal:
        typed.form.errors = dict(refusal.errors)
        return _edit_page(row, typed, 422)
    idea = queries.get_idea(here, number)
    services.edit(idea, person_id=visitor.person_id, payload=payload, now=now)
    flash("Votre idée est modifiée.", "ok")
    return redirect(address(here, idea), 303)


@blueprint.get("/<int:number>-<slug>/retirer/")
def withdraw_page(number: int, slug: str) -> Answer:
    here = step()
    row, _ = _own(number, "contribution.withdraw")
    return render_template(
        "boite_a_idees/withdraw.html",
        tint=TINT,
        crumbs=crumbs((row.title, address(here, row)), ("Retirer", "")),
        action=f"{address(here, row)}retirer/",
        back=address(here, row),
        idea=row,
        words=wording_of(here.settings),
    )


@blueprint.post("/<int:number>-<slug>/retirer/")
@access.guards("contribution.withdraw")
def withdraw(number: int, slug: str) -> Answer:
    here = step()
    _own(number, "contribution.withdraw")
    contributions.withdraw(queries.get_idea(here, number), now=clock.now())
    flash("Votre idée est retirée. Elle n’est plus visible.", "ok")
    return redirect(here.path, 303)


@blueprint.post("/<int:number>-<slug>/reprendre")
@access.guards("boite_a_idees.start_again")
def start_again(number: int, slug: str) -> Answer:
    """Put the text of an idea that was refused back into a draft."""
    here, now = step(), clock.now()
    row, visitor = _own(number, "boite_a_idees.start_again")
    fields = {name: str(value or "") for name, value in _initial(row).items()}
    fields["_form"] = str(row.id)
    found = queries.find_draft(PROPOSE.id, here, visitor.person_id, str(row.id))
    draft = drafts.save(PROPOSE.id, here, visitor.person_id, fields, draft_id=found, now=now)
    flash("Votre texte est dans vos brouillons. Personne d’autre ne le voit.", "ok")
    return redirect(f"{here.path}proposer/?brouillon={draft.id}", 303)
