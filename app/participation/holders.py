"""A person in the tables of this room: merged, erased, exported."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import aliased

from app.db.models import TenantModel
from app.db.session import db
from app.participation import comments, contributions
from app.participation.models import (
    Comment,
    Contribution,
    ContributionVersion,
    Decision,
    Draft,
    Follow,
    Intention,
    OfficialAnswer,
    Photo,
    StatusChange,
    StepParticipation,
    Vote,
)
from app.people import holders
from app.people.holders import Holder

#: Contributions and comments the public never saw or no longer sees: the words go with their author.
UNSEEN = ("draft", "pending", "withdrawn", "rejected")

ERASED_LABEL = "Compte supprimé"
ERASED_TITLE = "Contribution supprimée"

#: Signed as the collectivité: the signature on the page is its own, who pressed the button is the person.
_SIGNED: tuple[type[OfficialAnswer] | type[StatusChange] | type[Decision], ...] = (
    OfficialAnswer,
    StatusChange,
    Decision,
)
_AUTHORED: tuple[type[TenantModel], ...] = (Contribution, Comment, *_SIGNED)


def _merge(source: UUID, target: UUID, now: datetime) -> None:
    for model in _AUTHORED:
        holders.move(model, "author_id", source, target)
    holders.move(Photo, "uploader_id", source, target)
    holders.move(Intention, "person_id", source, target)
    holders.move(Draft, "person_id", source, target)
    holders.move(
        Follow, "person_id", source, target, unique=[("contribution_id",), ("step_id",), ("project_id",)]
    )
    _merge_votes(source, target)


def _merge_votes(source: UUID, target: UUID) -> None:
    """One vote a person: of two on the same thing the one that counts stays, and the public count says one."""
    # Sorted: two merges that touch the same contributions take their locks in one order.
    steps = sorted(
        set(db.session.scalars(select(Vote.step_id).where(Vote.person_id.in_([source, target]))))
        | set(
            db.session.scalars(select(StepParticipation.step_id).where(StepParticipation.person_id == source))
        )
    )
    theirs = aliased(Vote)
    for name, counter in (("contribution_id", Contribution), ("comment_id", Comment)):
        mine, other = getattr(Vote, name), getattr(theirs, name)
        pairs = db.session.execute(
            select(mine, Vote.id, Vote.counted, theirs.id, theirs.counted)
            .join(theirs, and_(theirs.tenant_id == Vote.tenant_id, other == mine, theirs.person_id == target))
            .where(Vote.person_id == source)
            .order_by(mine)
        ).all()
        for thing, mine_id, mine_counts, theirs_id, theirs_counts in pairs:
            loser = theirs_id if mine_counts and not theirs_counts else mine_id
            holders.wipe(Vote, Vote.id == loser)
            if mine_counts and theirs_counts:
                db.session.execute(
                    update(counter)
                    .where(counter.id == thing)
                    .values(supports=counter.supports - 1)
                    .execution_options(synchronize_session=False)
                )
    holders.move(Vote, "person_id", source, target)
    holders.move(StepParticipation, "person_id", source, target, unique=[("step_id",)])
    spent = (
        select(func.count())
        .select_from(Vote)
        .where(
            Vote.tenant_id == StepParticipation.tenant_id,
            Vote.step_id == StepParticipation.step_id,
            Vote.person_id == target,
            Vote.contribution_id.is_not(None),
            Vote.counted,
        )
        .correlate(StepParticipation)
        .scalar_subquery()
    )
    db.session.execute(
        update(StepParticipation)
        .where(StepParticipation.person_id == target, StepParticipation.step_id.in_(steps))
        .values(supports=spent)
        .execution_options(synchronize_session=False)
    )


def _erase(person_id: UUID, now: datetime) -> None:
    holders.wipe(Draft, Draft.person_id == person_id)
    holders.wipe(Intention, Intention.person_id == person_id)
    holders.wipe(Follow, Follow.person_id == person_id)
    # What never counted is nobody's business any more; what counts keeps counting, for nobody in particular.
    holders.wipe(Vote, Vote.person_id == person_id, ~Vote.counted)
    db.session.execute(
        update(Photo)
        .where(Photo.uploader_id == person_id)
        .values(uploader_id=None)
        .execution_options(synchronize_session=False)
    )
    _erase_words(person_id, UNSEEN, now)
    _forget_author(person_id)
    db.session.expire_all()


def erase_texts(person_id: UUID, *, now: datetime) -> int:
    """The person also wants the words everybody reads to go: called before the erasure, which leaves them.

    Rows, numbers, supports and the comments of others stay. Returns how many texts went.
    """
    return _erase_words(person_id, ("published", "archived", "hidden", "merged", *UNSEEN), now)


def _forget_author(person_id: UUID) -> None:
    """What stays online is signed by nobody in particular, and no longer points to the person's row."""
    for model in (Contribution, Comment):
        db.session.execute(
            update(model)
            .where(model.author_id == person_id)
            .values(author_id=None, author_label=ERASED_LABEL)
            .execution_options(synchronize_session=False)
        )
    for signed in _SIGNED:
        db.session.execute(
            update(signed)
            .where(signed.author_id == person_id)
            .values(author_id=None)
            .execution_options(synchronize_session=False)
        )


def _erase_words(person_id: UUID, states: tuple[str, ...], now: datetime) -> int:
    spoken = db.session.scalars(
        select(Comment.id)
        .where(Comment.author_id == person_id, Comment.state.in_(states))
        .order_by(Comment.id)
    ).all()
    written = db.session.scalars(
        select(Contribution.id)
        .where(Contribution.author_id == person_id, Contribution.state.in_(states))
        .order_by(Contribution.id)
    ).all()
    # Every row before any counter of a step: an act that holds one of them may be waiting for that step.
    held = [contributions.lock(contribution_id) for contribution_id in written]
    for comment_id in spoken:
        comments.move(comment_id, "erased", was=states).body = ""
    for contribution in held:
        contribution.title, contribution.body = ERASED_TITLE, ""
        contribution.slug = contributions.slug_of(ERASED_TITLE)
        contribution.place = contribution.photo_id = None
        contribution.longitude = contribution.latitude = None
        contributions.move_state(contribution, "erased", now=now)
    db.session.flush()
    db.session.execute(
        delete(ContributionVersion)
        .where(ContributionVersion.contribution_id.in_(written))
        .execution_options(synchronize_session=False)
    )
    return len(spoken) + len(written)


def _export(person_id: UUID) -> dict[str, list[dict[str, Any]]]:
    def of(model: type[TenantModel], criterion: ColumnElement[bool]) -> list[dict[str, Any]]:
        return holders.rows(model, criterion)

    own = select(Contribution.id).where(Contribution.author_id == person_id)
    return {
        "contribution_version": of(ContributionVersion, ContributionVersion.contribution_id.in_(own)),
        "contribution": of(Contribution, Contribution.author_id == person_id),
        "comment": of(Comment, Comment.author_id == person_id),
        "photo": of(Photo, Photo.uploader_id == person_id),
        "intention": of(Intention, Intention.person_id == person_id),
        "draft": of(Draft, Draft.person_id == person_id),
        "follow": of(Follow, Follow.person_id == person_id),
        "vote": of(Vote, Vote.person_id == person_id),
        "step_participation": of(StepParticipation, StepParticipation.person_id == person_id),
        "official_answer": of(OfficialAnswer, OfficialAnswer.author_id == person_id),
        "status_change": of(StatusChange, StatusChange.author_id == person_id),
        "decision": of(Decision, Decision.author_id == person_id),
    }


HOLDER = Holder(
    name="participation",
    tables=(
        "comment",
        "contribution",
        "contribution_version",
        "decision",
        "draft",
        "follow",
        "intention",
        "intention_commit",
        "official_answer",
        "photo",
        "status_change",
        "step_participation",
        "vote",
    ),
    merge=_merge,
    erase=_erase,
    export=_export,
)
