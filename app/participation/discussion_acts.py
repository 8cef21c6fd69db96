"""The two acts of a discussion: commenting, and finding a comment useful."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.participation import comments, votes
from app.participation.acts import ActResult, ActType, Payload
from app.participation.models import Comment
from app.participation.steps import StepInfo

MESSAGES = {
    None: "Votre commentaire est en ligne.",
    "identity": "Votre commentaire est enregistré. Il paraîtra quand vous aurez confirmé votre adresse e-mail.",
    "requirements": "Votre commentaire est enregistré. Encore une étape et il paraîtra.",
    "too_late": "La participation est close : votre commentaire n’a pas pu paraître. Vous seul pouvez le lire.",
}
GONE = "Vous avez retiré ce commentaire, ou il n’est plus en ligne."

LIKED = {
    True: "C’est noté : ce commentaire vous est utile.",
    False: "Votre avis sur ce commentaire est retiré.",
}
LIKE_WAITS = "Votre avis est enregistré. Il comptera quand vous aurez confirmé votre adresse e-mail."
LIKE_CLOSED = "La discussion est close : votre avis n’a pas été compté."


def _path(comment_id: str) -> str:
    return f"/discussion/commentaires/{comment_id}/"


def _parse(step: StepInfo, form: Mapping[str, Any]) -> Payload:
    return {
        "contribution": str(form["contribution"]),
        "body": comments.parse_body(form.get("body")),
        "parent": str(form["parent"]) if form.get("parent") else None,
    }


def _result(comment: Comment) -> ActResult:
    online = comment.state in ("published", "pending")
    message = MESSAGES[comment.pending_for] if online else GONE
    return ActResult(str(comment.id), _path(str(comment.id)), message, comment.pending_for)


def _commit(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    return _result(
        comments.add(
            step,
            UUID(payload["contribution"]),
            author_id=person_id,
            body=payload["body"],
            parent_id=UUID(payload["parent"]) if payload["parent"] else None,
            now=now,
            pending_for=pending_for,
        )
    )


def _complete(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    return _result(comments.complete(step, UUID(result.target), now=now, pending_for=pending_for))


def _summary(step: StepInfo, payload: Payload) -> list[tuple[str, str, str]]:
    return [("Votre commentaire", payload["body"], "")]


COMMENT = ActType(
    id="core.comment",
    title="Votre commentaire",
    parse=_parse,
    check=comments.check,
    commit=_commit,
    complete=_complete,
    summary=_summary,
)


def _parse_like(step: StepInfo, form: Mapping[str, Any]) -> Payload:
    return {"comment": str(form["comment"]), "useful": bool(form["useful"])}


def _check_like(step: StepInfo, payload: Payload, now: datetime) -> None:
    votes.check_like(step, now)


def _like(step: StepInfo, comment: str, person_id: UUID, useful: bool, now: datetime) -> ActResult:
    votes.like(step, UUID(comment), person_id=person_id, useful=useful, now=now)
    return ActResult(comment, _path(comment), LIKED[useful])


def _commit_like(
    step: StepInfo, person_id: UUID, payload: Payload, now: datetime, pending_for: str | None
) -> ActResult:
    comment, useful = payload["comment"], payload["useful"]
    if pending_for is None:
        return _like(step, comment, person_id, useful, now)
    # It weighs nothing until somebody stands behind it: the intention remembers it, and writes it then.
    return ActResult(comment, _path(comment), LIKE_WAITS, pending_for, {"useful": useful})


def _complete_like(
    step: StepInfo, person_id: UUID, result: ActResult, now: datetime, pending_for: str | None
) -> ActResult:
    if step.phase(now) != "open":
        return ActResult(result.target, result.path, LIKE_CLOSED, "too_late", result.extra)
    if pending_for is not None:
        return ActResult(result.target, result.path, result.message, pending_for, result.extra)
    return _like(step, result.target, person_id, result.extra["useful"], now)


LIKE = ActType(
    id="core.like",
    title="Trouver un commentaire utile",
    parse=_parse_like,
    check=_check_like,
    commit=_commit_like,
    complete=_complete_like,
)
