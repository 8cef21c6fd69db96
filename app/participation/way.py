"""One intention of the visitor, and the page they must see next: shared by the pages of `/participer/<intention>/`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import clock
from app.db.context import require_tenant_id
from app.db.errors import NotFound
from app.db.session import db
from app.participation import acts, drafts, progress
from app.participation.acts import ActResult, ActType
from app.participation.errors import IntentionGone, StepClosed
from app.participation.models import Intention
from app.participation.steps import StepInfo, get_step_by_id
from app.people import visitor as visitors
from app.people.paths import with_suite
from app.people.sign_in_flow import Answer
from app.people.visitor import Visitor
from app.tenancy.web import base_path

blueprint = Blueprint("intentions", __name__, url_prefix="/participer/<uuid:intention_id>")

OWN = "one's own intention; the act was guarded when it was begun and is checked again"


class Way:
    """One intention of the visitor on its way: the act, its step, who makes this request."""

    def __init__(self, intention: Intention, visitor: Visitor, now: datetime) -> None:
        self.intention, self.visitor, self.now = intention, visitor, now
        self.act: ActType = acts.get_act(intention.act)
        self.step: StepInfo = get_step_by_id(intention.step_id)

    def url(self, page: str) -> str:
        return f"{base_path()}/participer/{self.intention.id}/{page}"

    def result(self) -> ActResult | None:
        return acts.stored_result(self.intention.id) if self.intention.state != "open" else None

    def next_page(self) -> str:
        """The page the person must see now, with its final slash."""
        intention = self.intention
        if intention.state == "open" and self.act.check_page and not intention.checked:
            return "verifier/"
        if intention.state == "done":
            return "merci/"
        lacking = acts.next_requirement(intention, self.visitor)
        result = self.result()
        if result is not None and (lacking is None or result.pending_for not in ("identity", "requirements")):
            return "merci/"
        if lacking is None:
            # Signed in meanwhile, elsewhere: one button sends what was begun.
            return "verifier/"
        if result is not None and self.visitor.is_guest:
            return "code/"
        return f"{lacking.page}/"

    def context(self, page: str) -> dict[str, Any]:
        manifest = current_app.extensions["modules"].get(self.step.module)
        return {
            "way": self,
            "tint": f"a-{manifest.tint}" if manifest else "",
            "step": progress.sentence(self.act, self.step, self.visitor, page),
            "crumbs": [
                ("Accueil", f"{base_path()}/"),
                (self.step.title, self.step.path),
                (self.act.title, None),
            ],
            "drop_url": self.url("abandonner/") if self.intention.state == "open" else "",
        }


def _way(intention_id: UUID, *, lock: bool = False) -> Way | Response:
    """The visitor's own intention. Raises NotFound for anybody else's, IntentionGone after 72 hours.

    A browser that lost its session is asked to sign in, and comes back here. lock: hold the row: two clicks queue.
    """
    visitor, now = visitors.current(), clock.now()
    query = select(Intention).where(Intention.id == intention_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None or found.state == "dropped":
        raise NotFound
    if visitor is None:
        return redirect(base_path() + with_suite("/connexion/", f"/participer/{intention_id}/"), 303)
    return Way(acts.get_intention(intention_id, visitor, now=now), visitor, now)


def on_the_way(view: Callable[[Way], Answer], *, lock: bool = False) -> Callable[..., Answer]:
    def run(intention_id: UUID) -> Answer:
        try:
            way = _way(intention_id, lock=lock)
        except IntentionGone:
            return _gone(intention_id)
        return way if isinstance(way, Response) else view(way)

    return run


def _gone(intention_id: UUID) -> Answer:
    """Too old: say so, and lead back to where it can be begun again."""
    intention = db.session.get_one(Intention, (require_tenant_id(), intention_id))
    step = get_step_by_id(intention.step_id)
    return render_template(
        "participation/check_gone.html", sentence=IntentionGone.message, step_url=step.path
    ), 410


def closed(way: Way, refusal: StepClosed) -> Answer:
    """The step closed meanwhile: the text goes to the drafts, and the page says so."""
    fields = {name: value for name, value in way.intention.payload.items() if not name.startswith("_")}
    kept = way.intention.payload.get("_draft")
    drafts.save(
        way.act.id,
        way.step,
        way.visitor.person_id,
        fields,
        draft_id=UUID(kept) if kept else None,
        now=way.now,
    )
    way.intention.state = "dropped"
    db.session.flush()
    return (
        render_template(
            "participation/check_closed.html",
            sentence=refusal.sentence(),
            drafts_url=f"{base_path()}/mon-espace/brouillons/",
            step_url=way.step.path,
            known=not way.visitor.is_guest,
        ),
        422,
    )
