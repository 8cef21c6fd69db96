"""Proposing an idea: the form, its draft, the ideas that already say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import InvalidInput, NotFound, TooManyRequests
from app.participation import access, acts, drafts, form_token, photos, progress, search
from app.participation.errors import StepClosed, StepNotOpen
from app.participation.steps import StepInfo
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.tenancy.web import base_path, tenant
from app.ui.filters import count, hour
from app.ui.forms import WHOLE_FORM, Form
from modules.boite_a_idees import forms, queries, rules
from modules.boite_a_idees.acts import PROPOSE
from modules.boite_a_idees.views.acting import begin_support
from modules.boite_a_idees.views.page import (
    STATUS_LABELS,
    TINT,
    blueprint,
    crumbs,
    hit_rate,
    phase_view,
    step,
)
from modules.boite_a_idees.views.reading import readable
from modules.boite_a_idees.wording import wording_of

Answer = Response | str | tuple[str, int]

#: Deposits sent in a row by one person; autosaves, which follow the typing, are allowed more.
RATE = "20/10 minutes"
SAVE_RATE = "240/10 minutes"
SIMILAR_RATE = "120/minute"


@dataclass
class Typed:
    """What the form shows: texts, picture, the draft it comes from, the tokens of this form."""

    form: Form
    token: dict[str, str]
    draft: str = ""
    photo: dict[str, Any] | None = None
    photo_error: str = ""

    def check(self, settings: dict[str, Any]) -> bool:
        """Whether all is well; else the form has its errors, in the order of the page."""
        self.form.validate()
        if self.photo_error:
            self.form.add_error("file", self.photo_error)
        elif settings["photo"] == "required" and self.photo is None:
            self.form.add_error("file", "Ajoutez une photo")
        return not self.form.errors


def _may_deposit(here: StepInfo, visitor: Visitor | None) -> bool:
    return rules.may_deposit(
        here.settings,
        has_account=visitor is not None and visitor.has_account,
        zone_known=visitor is not None and visitor.zone_id is not None,
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@blueprint.get("/proposer/")
def propose_page() -> Answer:
    """An empty form, a draft (`?brouillon=`) or what is being checked (`?intention=`)."""
    here, visitor, now = step(), visitors.current(), clock.now()
    phase = phase_view(now)
    if phase.name != "open":
        return _page(here, visitor, Typed(forms.deposit_form(here, None), {}), closed=phase.sentence)
    values, draft, token = _resumed(here, visitor)
    typed = Typed(forms.deposit_form(here, None, initial=values), token or form_token.issue(), draft=draft)
    typed.photo = kept_photo(values.get("photo"), visitor)
    return _page(here, visitor, typed)


def _resumed(here: StepInfo, visitor: Visitor | None) -> tuple[dict[str, Any], str, dict[str, str] | None]:
    """Values to show, the draft they come from, and the tokens of the form they were first typed in."""
    draft_id, intention_id = _uuid(request.args.get("brouillon")), _uuid(request.args.get("intention"))
    if visitor is not None and draft_id is not None:
        draft = drafts.get(draft_id, visitor.person_id)
        if draft.step_id != here.id or draft.act != PROPOSE.id:
            raise NotFound
        return draft.fields, str(draft.id), None
    if intention_id is None:
        return {}, "", None
    intention = acts.get_intention(intention_id, visitor, now=clock.now())
    if intention.step_id != here.id or intention.act != PROPOSE.id or intention.state != "open":
        raise NotFound
    # The same token: sending the form again changes this intention instead of beginning another.
    token = form_token.issue() | {"jeton": str(intention.id)}
    return intention.payload, intention.payload.get("_draft") or "", token


def kept_photo(photo_id: Any, visitor: Visitor | None, *, kept: UUID | None = None) -> dict[str, Any] | None:
    """A picture already sent, as the form shows it; None when there is none or it is somebody else's."""
    found = _uuid(str(photo_id or ""))
    photo = queries.find_own_photo(found, visitor.person_id, kept=kept) if found and visitor else None
    if photo is None:
        return None
    widths = [int(width) for width in photo.widths]
    return photos.sources(photo.id, widths, width=photo.width, height=photo.height) | {"id": str(photo.id)}


@blueprint.post("/proposer/")
@access.guards("contribution.propose")
def propose() -> Answer:
    here, now = step(), clock.now()
    visitor = visitors.ensure_guest(now=now, form_token=form_token.read(request.form)[0])
    if request.form.get("suite") == "quitter":
        return _save_and_leave(here, visitor)
    if request.form.get("soutenir"):
        return _support_instead(here, visitor)
    typed = read_form(here, visitor)
    if not _may_deposit(here, visitor):
        return _page(here, visitor, typed, status=403)
    if not typed.check(here.settings):
        return _page(here, visitor, typed, status=422)
    try:
        hit_rate(RATE, "propose")
    except TooManyRequests as refusal:
        typed.form.add_error(WHOLE_FORM, refusal.sentence())
        return _page(here, visitor, typed, status=429)
    similar = _similar(here, request.form.get("title", ""), visitor)
    if similar and not _already_seen(similar):
        return _page(here, visitor, typed, similar=similar, asked=True)
    return _begin(here, visitor, typed)


def _begin(here: StepInfo, visitor: Visitor, typed: Typed) -> Answer:
    token, issued_at = form_token.read(request.form)
    fields = forms.posted(request.form) | {
        "photo": typed.photo["id"] if typed.photo else "",
        "_draft": str(_draft_id(here, visitor) or ""),
    }
    try:
        return acts.begin(PROPOSE, step=here, form=fields, token=token, issued_at=issued_at).response()
    except InvalidInput as refusal:
        typed.form.errors = dict(refusal.errors)
        return _page(here, visitor, typed, status=422)
    except (StepClosed, StepNotOpen) as refusal:
        draft = _save(here, visitor, typed.photo)
        typed.draft = str(draft)
        return _page(here, visitor, typed, closed=refusal.sentence(), kept=True, status=422)


def read_form(here: StepInfo, visitor: Visitor, *, kept: UUID | None = None) -> Typed:
    """The posted form; a picture that came with it is received now, so that no later error loses it."""
    token = {name: request.form.get(name, "") for name in ("jeton", "emis")}
    typed = Typed(forms.deposit_form(here, request.form), token, draft=request.form.get("brouillon", ""))
    if here.settings["photo"] == "off":
        return typed
    if request.form.get("retirer_photo") != "1":
        typed.photo = kept_photo(request.form.get("photo"), visitor, kept=kept)
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        alt = request.form.get("alt", "")
        try:
            sent = photos.receive(upload.stream, alt=alt, uploader_id=visitor.person_id, now=clock.now())
        except photos.PhotoError as refusal:
            typed.photo_error = refusal.sentence()
        else:
            typed.photo = kept_photo(sent.id, visitor)
    return typed


def _similar(here: StepInfo, title: str, visitor: Visitor | None) -> list[dict[str, Any]]:
    words = wording_of(here.settings)
    found = []
    for one in search.similar(here.id, title[:300], visitor=visitor):
        status = STATUS_LABELS.get(one.status, "").lower()
        detail = count(one.supports, words.noun)
        found.append(
            {
                "key": f"{one.number}-{one.slug}",
                "number": one.number,
                "title": one.title,
                "url": f"{here.path}{one.number}-{one.slug}/",
                "detail": f"{detail}, {status}" if status and one.status != rules.RECEIVED else detail,
            }
        )
    return found


def _already_seen(similar: list[dict[str, Any]]) -> bool:
    """The person read these very ideas and said that theirs is another."""
    seen = set(request.form.get("vues", "").split(","))
    return all(str(one["number"]) in seen for one in similar)


@blueprint.get("/proposer/ressemblantes")
def similar_fragment() -> str:
    """Ideas that resemble the title being typed: a piece of the form, or nothing."""
    here = step()
    hit_rate(SIMILAR_RATE, "similar")
    title = request.args.get("titre") or request.args.get("q") or ""
    return render_template(
        "boite_a_idees/similar.html",
        similar=_similar(here, title, visitors.current()),
        words=wording_of(here.settings),
        asked=False,
    )


# --- drafts ---------------------------------------------------------------------------------------------------


@blueprint.post("/proposer/brouillon")
@access.guards("contribution.propose")
def save_draft() -> Answer:
    """Called while typing: « Enregistré à 14 h 32 »."""
    here, now = step(), clock.now()
    hit_rate(SAVE_RATE, "draft")
    visitor = visitors.ensure_guest(now=now, form_token=form_token.read(request.form)[0])
    photo = kept_photo(request.form.get("photo"), visitor)
    draft = _save(here, visitor, photo)
    if draft is None:
        return "", 204
    return f"Enregistré à {hour(now, tenant().timezone)}"


def _draft_id(here: StepInfo, visitor: Visitor) -> UUID | None:
    """The draft this form fills: named in it, or made earlier by the same form."""
    named = _uuid(request.form.get("brouillon"))
    return named or queries.find_draft(PROPOSE.id, here, visitor.person_id, request.form.get("jeton", ""))


def _save(here: StepInfo, visitor: Visitor, photo: dict[str, Any] | None) -> UUID | None:
    """Keep what is typed; an empty form makes no draft."""
    fields = forms.posted(request.form) | {"photo": photo["id"] if photo else ""}
    if not any(fields[name].strip() for name in ("title", "body", "place", "photo")):
        return None
    fields["_form"] = request.form.get("jeton", "")
    draft = drafts.save(
        PROPOSE.id, here, visitor.person_id, fields, draft_id=_draft_id(here, visitor), now=clock.now()
    )
    return draft.id


def _save_and_leave(here: StepInfo, visitor: Visitor) -> Answer:
    typed = read_form(here, visitor)
    if typed.photo_error:
        # Say so before leaving; the text is kept all the same.
        typed.form.add_error("file", typed.photo_error)
        typed.draft = str(_save(here, visitor, typed.photo) or "")
        return _page(here, visitor, typed, status=422)
    if _save(here, visitor, typed.photo) is None:
        return redirect(here.path, 303)
    if visitor.is_guest:
        flash("Votre texte est gardé sur cet appareil. Vous le retrouverez avec « Proposer une idée ».", "ok")
        return redirect(here.path, 303)
    flash("Votre texte est dans vos brouillons. Personne d’autre ne le voit.", "ok")
    return redirect(f"{base_path()}/mon-espace/brouillons/", 303)


def _support_instead(here: StepInfo, visitor: Visitor) -> Answer:
    """« Soutenir celle-ci »: the text goes to the drafts, the support to the other idea."""
    number, _, _ = request.form["soutenir"].partition("-")
    if not number.isdecimal() or len(number) > 9:
        raise NotFound
    _save(here, visitor, read_form(here, visitor).photo)
    row, seen = readable(here, int(number), visitor)
    if seen == "stub":
        raise NotFound
    return begin_support(row).response()


# --- the page -------------------------------------------------------------------------------------------------


def _page(
    here: StepInfo,
    visitor: Visitor | None,
    typed: Typed,
    *,
    similar: list[dict[str, Any]] | None = None,
    asked: bool = False,
    closed: str = "",
    kept: bool = False,
    status: int = 200,
) -> tuple[str, int]:
    """asked: the similar ideas came after sending, and wait for an answer. kept: the text went to the drafts."""
    settings, config = here.settings, tenant()
    may = _may_deposit(here, visitor)
    begun = None
    if visitor is not None and request.method == "GET" and not typed.draft and not request.args:
        begun = queries.find_last_draft(PROPOSE.id, here, visitor.person_id)
    page = render_template(
        "boite_a_idees/propose.html",
        tint=TINT,
        crumbs=crumbs(("Proposer une idée", "")),
        step_info=here,
        step=progress.sentence(PROPOSE, here, visitor, progress.FORM) if may and not closed else "",
        action=f"{here.path}proposer/",
        autosave_url=f"{here.path}proposer/brouillon" if not closed and may else "",
        multipart=True,
        saved_text="",
        form=typed.form,
        token=typed.token,
        draft=typed.draft,
        photo=typed.photo,
        settings=settings,
        words=wording_of(settings),
        themes=config.themes if "theme" in typed.form.schema.fields else [],
        zones=[(zone.slug, zone.name) for zone in config.zones],
        zone_label=config.document["zone_label"],
        optional=optional_sentence(settings),
        similar=similar or [],
        asked=asked,
        seen=",".join(str(one["number"]) for one in similar) if similar else request.form.get("vues", ""),
        closed=closed,
        kept=kept,
        known=visitor is not None and not visitor.is_guest,
        drafts_url=f"{base_path()}/mon-espace/brouillons/",
        may_deposit=may,
        begun=begun,
        photo_max=photos.MAX_BYTES,
    )
    return page, status


def optional_sentence(settings: dict[str, Any]) -> str:
    """« Tout est obligatoire, sauf la photo. » as the step's settings have it."""
    free = []
    if not settings["body_required"]:
        free.append("la description")
    if not settings["theme_required"] and tenant().themes:
        free.append("le thème")
    if settings["place"] == "optional":
        free.append("le lieu")
    if settings["photo"] == "optional":
        free.append("la photo")
    if not free:
        return "Tout est obligatoire."
    last = free.pop()
    return (
        f"Tout est obligatoire, sauf {', '.join(free)} et {last}."
        if free
        else f"Tout est obligatoire, sauf {last}."
    )
