"""Supporting, taking a support back, following: one POST each, a whole page or the two blocks that change."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, get_flashed_messages, make_response, redirect, request
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import DomainError, NotFound
from app.participation import access, acts, votes
from app.participation.acts import Outcome
from app.participation.errors import NoSupport, NotVotable
from app.people import visitor as visitors
from app.site.pipeline import roll_back
from app.ui.blocks import render_block, render_oob
from modules.boite_a_idees.acts import FOLLOW, SUPPORT
from modules.boite_a_idees.views.page import address, blueprint, hit_rate, step, wants_fragment, whole_context
from modules.boite_a_idees.views.presenting import support_context
from modules.boite_a_idees.views.reading import TEMPLATE, readable
from modules.boite_a_idees.wording import wording_of

#: Strangers' clicks, each of which may make a guest and an intention; a known person's are held by their vote itself.
RATE = "20/minute"


def _target(number: int) -> Any:
    """The idea, readable by this visitor. Raises NotFound, Forbidden, TooManyRequests."""
    visitor = visitors.current()
    if visitor is None or visitor.is_guest:
        hit_rate(RATE, "idea-act")
    row, seen = readable(step(), number, visitor)
    if seen == "stub":
        raise NotFound
    return row


@blueprint.post("/<int:number>-<slug>/soutenir")
@access.guards("contribution.support")
def support(number: int, slug: str) -> Response:
    row = _target(number)
    try:
        outcome = begin_support(row)
    except DomainError as refusal:
        return _refused(row, refusal)
    if not wants_fragment() or outcome.result is None:
        return _go(outcome)
    return _blocks(
        row, supports=outcome.result.extra["supports"], supported=True, message=outcome.result.message
    )


def begin_support(row: Any) -> Outcome:
    """Raises NotVotable, StepNotOpen, VotingClosed, SupportLimitReached."""
    if row.state != "published":
        raise NotVotable
    return acts.begin(
        SUPPORT,
        step=step(),
        form={"idea": row.id, "number": row.number, "slug": row.slug, "title": row.title},
    )


@blueprint.post("/<int:number>-<slug>/retirer-soutien")
@access.guards("contribution.support")
def take_back(number: int, slug: str) -> Response:
    """Raises NoSupport when there is none, VotingClosed once the step is closed."""
    here, row, visitor = step(), _target(number), visitors.current()
    words = wording_of(here.settings)
    try:
        if visitor is None:
            raise NoSupport
        result = votes.withdraw(here, row.id, person_id=visitor.person_id, now=clock.now())
    except DomainError as refusal:
        return _refused(row, refusal)
    if wants_fragment():
        return _blocks(row, supports=result.supports, supported=None, message=words.withdrawn)
    flash(words.withdrawn, "info")
    return redirect(f"{address(here, row)}#soutien", 303)


@blueprint.post("/<int:number>-<slug>/suivre")
@access.guards("contribution.follow")
def follow(number: int, slug: str) -> Response:
    """niveau: essential or all."""
    level = request.form.get("niveau", "essential")
    return _follow(number, level if level in ("essential", "all", "none") else "essential")


@blueprint.post("/<int:number>-<slug>/ne-plus-suivre")
@access.guards("contribution.follow")
def unfollow(number: int, slug: str) -> Response:
    return _follow(number, "none")


def _follow(number: int, level: str) -> Response:
    here, row = step(), _target(number)
    access.require(
        visitors.current(),
        "contribution.follow",
        state=row.state,
        author_id=row.author_id,
        project_id=here.project_id,
    )
    path = f"/{here.segment}/{here.slug}/{row.number}-{row.slug}/#soutien"
    outcome = acts.begin(FOLLOW, step=here, form={"idea": row.id, "path": path, "level": level})
    if not wants_fragment() or outcome.result is None:
        return _go(outcome)
    return _blocks(row, follow_level=level, message=outcome.result.message)


@blueprint.post("/prevenir")
@access.guards("contribution.follow")
def warn_of_opening() -> Response:
    """Follow the step itself: its opening is news."""
    hit_rate(RATE, "idea-act")
    here = step()
    path = f"/{here.segment}/{here.slug}/"
    return acts.begin(FOLLOW, step=here, form={"idea": None, "path": path, "level": "essential"}).response()


def _go(outcome: Outcome) -> Response:
    """The next page: htmx must leave the present one, a browser follows the redirect."""
    response = outcome.response()
    if wants_fragment():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = outcome.next_path
    return response


def _refused(row: Any, refusal: DomainError) -> Response:
    """With htmx, the panel says why; else the core's page does."""
    if not wants_fragment():
        raise refusal
    roll_back()
    return _blocks(row, refusal=refusal.sentence(), status=422)


def _blocks(row: Any, *, message: str = "", refusal: str = "", status: int = 200, **changes: Any) -> Response:
    """The panel of the support, and out of band the dock and the sentence that screen readers hear."""
    context = support_context(step(), _Changed(row, changes), clock.now()) | {
        "refusal": refusal,
        "told": message or refusal,
    }
    # The sentence is in the panel: it must not come back on the next page.
    get_flashed_messages()
    values = whole_context(context)
    env = current_app.jinja_env
    body = render_block(env, TEMPLATE, "support", values) + render_oob(
        env, TEMPLATE, {"dock": "dock", "annonce": "told"}, values
    )
    return make_response(body, status)


class _Changed:
    """The row as it was read, with what the act just changed."""

    def __init__(self, row: Any, changes: dict[str, Any]) -> None:
        self._row, self._changes = row, changes

    def __getattr__(self, name: str) -> Any:
        return self._changes[name] if name in self._changes else getattr(self._row, name)
