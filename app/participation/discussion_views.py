"""Commenting, replying, finding a comment useful, taking it back; and moderating from the page itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app.db import clock
from app.db.errors import InvalidInput, NotFound
from app.db.limits import hit
from app.db.session import db
from app.participation import access, acts, comments, contributions, drafts, form_token, moderate, threads
from app.participation.discussion_acts import COMMENT, LIKE
from app.participation.errors import CommentGone, DiscussionClosed, NotCommentable, StepClosed
from app.participation.models import Comment, Contribution
from app.participation.steps import StepInfo, get_step_by_id
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.tenancy.web import base_path
from app.ui.filters import initials

blueprint = Blueprint("discussion", __name__, url_prefix="/discussion")

#: In a row from one person, or from one address when nobody is known: a debate, not a flood.
COMMENT_RATE = "12/5 minutes"
LIKE_RATE = "60/minute"


def _hit(rule: str, kind: str, who: Visitor | None) -> None:
    known = who is not None and who.at_least("confirmed")
    hit(rule, kind, str(who.person_id) if who is not None and known else request.remote_addr or "")


# --- finding --------------------------------------------------------------------------------------------------


def _commented(contribution_id: UUID) -> tuple[StepInfo, Contribution]:
    """The contribution and its step, when the visitor may read it and its application is on. Raises NotFound."""
    contribution = db.session.scalar(
        db.select(Contribution).where(
            Contribution.id == contribution_id, access.visible_to(visitors.current())
        )
    )
    if contribution is None:
        raise NotFound
    step = get_step_by_id(contribution.step_id)
    if not g.tenant.module_enabled(step.module):
        raise NotFound
    return step, contribution


def _said(comment_id: UUID) -> tuple[StepInfo, Contribution, Comment]:
    """A comment that the visitor may know of, with where it was said. Raises NotFound."""
    found = threads.get(comment_id, visitors.current())
    return *_commented(found.contribution_id), found


def _page_of(step: StepInfo, contribution: Contribution) -> str:
    return base_path() + contributions.path_of(step, contribution.number, contribution.slug)


def _link(comment_id: UUID) -> str:
    return f"{base_path()}/discussion/commentaires/{comment_id}/"


def _managing(who: Visitor | None, step: StepInfo) -> bool:
    return who is not None and who.managing and access.can(who, "comment.hide", project_id=step.project_id)


# --- commenting -----------------------------------------------------------------------------------------------


def _form_page(
    step: StepInfo, contribution: Contribution, *, body: str = "", parent: UUID | None = None, error: str = ""
) -> str:
    quoted = None
    if parent is not None:
        quoted = db.session.scalar(
            db.select(Comment.body).where(
                Comment.id == parent,
                Comment.contribution_id == contribution.id,
                Comment.state == "published",
            )
        )
        if quoted is None:
            raise NotFound
    return render_template(
        "participation/comment_form.html",
        step=step,
        title=contribution.title,
        back=_page_of(step, contribution),
        action=f"{base_path()}/discussion/{contribution.id}/commenter",
        body=body,
        parent=parent,
        quoted=quoted,
        error=error,
        body_max=comments.BODY_MAX,
        token=form_token.issue(),
    )


@blueprint.get("/<uuid:contribution_id>/commenter")
def comment_form(contribution_id: UUID) -> str:
    """The comment's own page: replying, and correcting what was refused."""
    step, contribution = _commented(contribution_id)
    who = visitors.current()
    access.require(who, "contribution.comment", state=contribution.state, project_id=step.project_id)
    comments.check(step, {}, clock.now())
    return _form_page(step, contribution, parent=request.args.get("reponse_a", type=UUID))


@blueprint.post("/<uuid:contribution_id>/commenter")
@access.guards("contribution.comment")
def comment(contribution_id: UUID) -> Response | tuple[str, int]:
    step, contribution = _commented(contribution_id)
    who = visitors.current()
    access.require(who, "contribution.comment", state=contribution.state, project_id=step.project_id)
    _hit(COMMENT_RATE, "comment", who)
    typed, parent = request.form.get("body", ""), request.form.get("parent", type=UUID)
    token, issued_at = form_token.read(request.form)
    if token is not None:
        # The same words sent twice are one comment; other words typed after going back are another.
        token = uuid5(token, f"{parent}:{typed}")
    try:
        return acts.begin(
            COMMENT,
            step=step,
            form={"contribution": contribution.id, "parent": parent, "body": typed},
            token=token,
            issued_at=issued_at,
        ).response()
    except InvalidInput as refusal:
        sentence = refusal.errors["body"][0]
    except StepClosed as refusal:
        sentence = _keep(step, contribution, who, typed, refusal)
    except (NotCommentable, CommentGone) as refusal:
        db.session.rollback()
        sentence, parent = refusal.sentence(), None
    return _form_page(step, contribution, body=typed, parent=parent, error=sentence), 422


def _keep(
    step: StepInfo, contribution: Contribution, who: Visitor | None, typed: str, refusal: StepClosed
) -> str:
    """The step closed while it was written: the text goes to the drafts of whoever has some. Returns what to say."""
    if who is None:
        return f"{DiscussionClosed(**refusal.details).sentence()} Copiez votre texte pour le garder."
    fields = {"title": contribution.title, "body": typed}
    kept = (draft.id for draft in drafts.list_of(who.person_id) if draft.fields == fields)
    drafts.save(COMMENT.id, step, who.person_id, fields, draft_id=next(kept, None), now=clock.now())
    return refusal.sentence()


# --- reading --------------------------------------------------------------------------------------------------


@blueprint.get("/commentaires/<uuid:comment_id>/")
def permalink(comment_id: UUID) -> Response:
    """Where a comment is read: its page of the discussion, or of its thread."""
    step, contribution, found = _said(comment_id)
    page = _page_of(step, contribution)
    place = threads.place(found, visitors.current())
    if place is None:
        return redirect(f"{page}#commentaires", 302)
    if place.thread is not None:
        page = f"{_link(place.thread)}fil/"
    query = f"?p={place.page}" if place.page > 1 else ""
    return redirect(f"{page}{query}#commentaire-{comment_id}", 302)


@blueprint.get("/commentaires/<uuid:comment_id>/fil/")
def thread(comment_id: UUID) -> Response | str:
    """A comment with all its replies, page by page."""
    step, contribution, found = _said(comment_id)
    if found.parent_id is not None:
        return redirect(_link(comment_id), 302)
    who, now = visitors.current(), clock.now()
    root, page = threads.thread(
        comment_id,
        page=request.args.get("p", 1, type=int),
        visitor=who,
        show_hidden=_managing(who, step),
    )
    root.replies = page.rows
    back = _page_of(step, contribution)
    values = page_values(contribution, step, page, sort="", now=now, here=f"{_link(comment_id)}fil/")
    return render_template(
        "participation/thread.html",
        step=step,
        title=contribution.title,
        back=back,
        **values | {"threads": [_view(root, moderated=page.moderated)]},
    )


# --- finding useful, taking back ------------------------------------------------------------------------------


@blueprint.post("/commentaires/<uuid:comment_id>/utile")
@access.guards("contribution.comment")
def like(comment_id: UUID) -> Response:
    """utile: 1, or 0 to take it back. What is asked is written, not toggled: a double click is one click."""
    step, contribution, _ = _said(comment_id)
    who = visitors.current()
    access.require(who, "contribution.comment", state=contribution.state, project_id=step.project_id)
    _hit(LIKE_RATE, "like", who)
    useful = request.form.get("utile") != "0"
    return acts.begin(LIKE, step=step, form={"comment": comment_id, "useful": useful}).response()


@blueprint.post("/commentaires/<uuid:comment_id>/retirer")
@access.guards("comment.withdraw")
def withdraw(comment_id: UUID) -> Response:
    step, contribution, found = _said(comment_id)
    who = visitors.current()
    again = found.state == "withdrawn"
    access.require(who, "comment.withdraw", state=None if again else found.state, author_id=found.author_id)
    comments.withdraw(comment_id)
    flash("Votre commentaire est retiré.", "ok")
    return redirect(f"{_page_of(step, contribution)}#commentaires", 303)


# --- moderating -----------------------------------------------------------------------------------------------


@blueprint.post("/commentaires/<uuid:comment_id>/masquer")
@access.guards("comment.hide")
def hide(comment_id: UUID) -> Response:
    """raison: a code of moderate.REASONS."""
    step, _, found = _said(comment_id)
    who = visitors.current()
    access.require(who, "comment.hide", state=found.state, project_id=step.project_id)
    reason = request.form.get("raison", "")
    if reason not in moderate.REASONS:
        flash("Choisissez une raison avant de masquer ce commentaire.", "warn")
        return redirect(_link(comment_id), 303)
    by = who.person_id if who else None
    note = request.form.get("note", "")[:500]
    moderate.hide_comment(found, reason=reason, note=note, by=by, now=clock.now())
    flash("Commentaire masqué. Son auteur ou autrice reçoit la raison par e-mail.", "ok")
    return redirect(_link(comment_id), 303)


@blueprint.post("/commentaires/<uuid:comment_id>/retablir")
@access.guards("comment.restore")
def restore(comment_id: UUID) -> Response:
    step, _, found = _said(comment_id)
    who = visitors.current()
    access.require(who, "comment.restore", state=found.state, project_id=step.project_id)
    moderate.restore_comment(found, by=who.person_id if who else None, now=clock.now())
    flash("Commentaire rétabli.", "ok")
    return redirect(_link(comment_id), 303)


# --- for templates --------------------------------------------------------------------------------------------


def view_rows(page: comments.CommentPage) -> list[dict[str, Any]]:
    """The threads as templates take them: plain values, initials included."""
    return [_view(row, moderated=page.moderated) for row in page.rows]


def _view(row: comments.CommentRow, *, moderated: bool) -> dict[str, Any]:
    # Somebody with a confirmed address and no account has no public name.
    name = row.author or (
        "Compte supprimé" if row.author_id is None else "Vous" if row.mine else "Une personne"
    )
    return {
        "id": row.id,
        "depth": int(row.parent_id is not None),
        "state": row.state,
        "pending_for": row.pending_for,
        "body": row.body,
        "author": name,
        "initials": initials(name),
        "supports": row.supports,
        "useful": row.useful,
        "created_at": row.created_at,
        "reason": moderate.LABELS.get(row.reason or "", ""),
        "mine": row.mine,
        "moderated": moderated,
        "replies": [_view(reply, moderated=moderated) for reply in row.replies],
        "more": row.more,
    }


def page_values(
    contribution: Any, step: StepInfo, page: comments.CommentPage, *, sort: str, now: datetime, here: str
) -> dict[str, Any]:
    """What `participation/discussion.html` shows. contribution: anything with `id`, `comments` and `state`.

    here: address of the page, without query.
    """
    on, phase = step.settings.get("comments", True), step.phase(now)
    commentable = on and phase == "open" and contribution.state == "published"
    sentence = ""
    if not on:
        sentence = "Les commentaires ne sont pas ouverts pour cette étape."
    elif phase in ("closed", "results"):
        sentence = "La discussion est close : vous pouvez la lire."
    return {
        "threads": view_rows(page),
        "total": contribution.comments,
        "sort": sort if sort in comments.SORTS else comments.SORTS[0],
        "page": page.page,
        "has_next": page.has_next,
        "here": here,
        "contribution_id": contribution.id,
        "commentable": commentable,
        "closed_sentence": sentence,
        "action": f"{base_path()}/discussion/{contribution.id}/commenter",
        "token": form_token.issue() if commentable else {},
        "body_max": comments.BODY_MAX,
        "reasons": list(moderate.LABELS.items()),
        "now": now,
    }
