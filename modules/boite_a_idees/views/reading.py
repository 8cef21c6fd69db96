"""The page of one idea."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from app.db import clock
from app.participation import access, discussion_views, moderate, threads
from app.participation.steps import StepInfo
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.ui.blocks import render_block
from modules.boite_a_idees import queries
from modules.boite_a_idees.queries import History
from modules.boite_a_idees.views.page import (
    TINT,
    address,
    blueprint,
    crumbs,
    step,
    wants_fragment,
    whole_context,
)
from modules.boite_a_idees.views.presenting import hidden_sentence, page_context, support_context

TEMPLATE = "boite_a_idees/detail.html"


def readable(here: StepInfo, number: int, visitor: Visitor | None) -> tuple[Any, str]:
    """The idea and how it may be seen (`full` or `stub`). Raises NotFound, Forbidden."""
    row = queries.get_detail(here, number, visitor)
    return row, access.reading(visitor, row, here)


@blueprint.get("/<int:number>-<slug>/")
def detail(number: int, slug: str) -> Response | str:
    """One idea. The number decides; a wrong slug redirects. htmx may ask for `discussion` alone."""
    here, visitor = step(), visitors.current()
    row, seen = readable(here, number, visitor)
    if row.slug != slug:
        query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
        return redirect(address(here, row) + query, 301)
    if seen == "stub":
        return _stub(here, row)
    now = clock.now()
    # Most ideas have no history yet: nothing is asked for them.
    told = History()
    if row.status_at or row.answered or row.state != "published":
        told = queries.get_history(row.id)
    context = support_context(here, row, now)
    context |= page_context(here, row, told, visitor, context["phase"]) | _discussion(here, row, visitor, now)
    context["nearby"] = queries.list_nearby(here, row.number, row.theme)
    if wants_fragment() and request.headers.get("HX-Target") == "discussion":
        return render_block(current_app.jinja_env, TEMPLATE, "discussion", whole_context(context))
    return render_template(TEMPLATE, **context)


def _stub(here: StepInfo, row: Any) -> str:
    """What is left of a hidden idea for those who may not read it."""
    decision = moderate.last_decision(row.id)
    return render_template(
        "boite_a_idees/stub.html",
        tint=TINT,
        crumbs=crumbs((f"Idée n° {row.number}", "")),
        step=here,
        number=row.number,
        sentence=hidden_sentence(decision.at, decision.reason) if decision else "Contribution masquée.",
    )


def _discussion(here: StepInfo, row: Any, visitor: Visitor | None, now: datetime) -> dict[str, Any]:
    """Values of `participation/discussion.html`, the core's."""
    on = bool(here.settings["comments"])
    if not on and not row.comments:
        return {"comments_on": False}
    sort = request.args.get("commentaires", threads.SORTS[0])
    managing = (
        visitor is not None
        and visitor.managing
        and access.can(visitor, "comment.hide", state="published", project_id=here.project_id)
    )
    found = threads.list_page(
        row.id, sort=sort, page=request.args.get("p", 1, type=int), visitor=visitor, show_hidden=managing
    )
    values = discussion_views.page_values(row, here, found, sort=sort, now=now, here=address(here, row))
    return {"comments_on": True} | values
