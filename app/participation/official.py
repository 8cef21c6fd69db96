"""The collectivité speaks: signed answers, and the public progress of a contribution. Both are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.db import audit, outbox
from app.db.errors import Conflict
from app.db.session import db
from app.participation import contributions, counters, events
from app.participation.errors import UnknownStatus
from app.participation.models import Contribution, OfficialAnswer, StatusChange, Step

COLOURS = ("ok", "info", "warn", "bad", "mute")


@dataclass(frozen=True)
class Status:
    """One stage of progress, declared by the application in its manifest.

    label: shown on cards. sentence: what it means for the author. done: nothing more is expected after it.
    """

    id: str
    label: str
    sentence: str
    colour: str
    done: bool = False

    def __post_init__(self) -> None:
        if self.colour not in COLOURS:
            raise ValueError(
                f"status {self.id}: colour is {self.colour!r}, expected one of {', '.join(COLOURS)}"
            )
        if not self.id:
            raise ValueError("a status needs an id: '' stands for none")


def find_status(status: str, statuses: Sequence[Status]) -> Status | None:
    """None for '' and for one the application does not declare any more."""
    return next((known for known in statuses if known.id == status), None)


def answer(
    contribution: Contribution,
    *,
    signatory: str,
    signatory_title: str,
    body: str,
    status: str | None,
    statuses: Sequence[Status],
    by: UUID | None,
    now: datetime,
) -> OfficialAnswer:
    """Publish an official answer; a correction is another answer.

    status: progress that comes with it, None to leave it as it is; followers then hear of the answer alone.
    Raises UnknownStatus, Conflict when the contribution is not readable by all.
    """
    if status is not None:
        _check(status, statuses)
    contribution = _held(contribution)
    given = OfficialAnswer(
        contribution_id=contribution.id,
        author_id=by,
        signatory=signatory,
        signatory_title=signatory_title,
        body=body,
        published_at=now,
    )
    db.session.add(given)
    contribution.answered = True
    db.session.flush()
    db.session.execute(
        update(Step)
        .where(Step.id == contribution.step_id)
        .values(answers=Step.answers + 1)
        .execution_options(synchronize_session=False)
    )
    _audit("contribution.answer", contribution, by, now)
    outbox.post(events.AnswerPublished(given.id), now=now)
    if status is not None and status != contribution.status:
        _change(contribution, status, note="", by=by, now=now)
    return given


def set_status(
    contribution: Contribution,
    status: str,
    *,
    note: str = "",
    statuses: Sequence[Status],
    by: UUID | None,
    now: datetime,
) -> StatusChange | None:
    """Say how far a contribution got; '' takes the status away.

    note: one sentence that explains, shown in the history. None when nothing is new: same status and no note.
    Raises UnknownStatus for one the application does not declare, Conflict when it is not readable by all.
    """
    _check(status, statuses)
    contribution = _held(contribution)
    if status == contribution.status and not note.strip():
        return None
    change = _change(contribution, status, note=note.strip(), by=by, now=now)
    outbox.post(events.StatusChanged(change.id), now=now)
    return change


def _change(
    contribution: Contribution, status: str, *, note: str, by: UUID | None, now: datetime
) -> StatusChange:
    change = StatusChange(contribution_id=contribution.id, status=status, note=note, author_id=by, at=now)
    db.session.add(change)
    was = counters.cell_of(contribution)
    contribution.status = status
    contribution.status_at = now if status else None
    db.session.flush()
    counters.move(contribution.step_id, was=was, becomes=counters.cell_of(contribution))
    _audit("contribution.set_status", contribution, by, now, status=status or None)
    return change


def list_answers(contribution_id: UUID) -> list[OfficialAnswer]:
    """Newest first."""
    return list(
        db.session.scalars(
            select(OfficialAnswer)
            .where(OfficialAnswer.contribution_id == contribution_id)
            .order_by(OfficialAnswer.published_at.desc(), OfficialAnswer.id.desc())
        )
    )


def list_changes(contribution_id: UUID) -> list[StatusChange]:
    """What became of it, oldest first."""
    return list(
        db.session.scalars(
            select(StatusChange)
            .where(StatusChange.contribution_id == contribution_id)
            .order_by(StatusChange.at, StatusChange.id)
        )
    )


def _check(status: str, statuses: Sequence[Status]) -> None:
    if status and find_status(status, statuses) is None:
        raise UnknownStatus


def _held(contribution: Contribution) -> Contribution:
    contribution = contributions.lock(contribution.id)
    if contribution.state not in ("published", "archived"):
        raise Conflict
    return contribution


def _audit(
    action: str, contribution: Contribution, by: UUID | None, now: datetime, status: str | None = None
) -> None:
    audit.record(
        action,
        now=now,
        actor_id=by,
        actor_kind="person" if by else "system",
        target_kind="contribution",
        target_id=contribution.id,
        status=status,
    )
