"""What a person's own space reads: what they wrote, began, supported and follow.

Rows have the columns selected, by name; the type checker cannot follow a dozen of them through a join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.db.session import db
from app.participation.models import (
    Comment,
    Contribution,
    Decision,
    Draft,
    Follow,
    Intention,
    OfficialAnswer,
    Project,
    Step,
    Vote,
)

PER_PAGE = 20
#: Steps that close within this time are said on the first page.
SOON = timedelta(days=30)

_STEP = (
    Step.module,
    Step.segment,
    Step.slug.label("step_slug"),
    Step.title.label("step_title"),
)
_ITEM = (
    Contribution.id,
    Contribution.number,
    Contribution.slug,
    Contribution.title,
    Contribution.state,
    Contribution.pending_for,
    Contribution.status,
    Contribution.supports,
    Contribution.comments,
    Contribution.answered,
)


def _step_of(model: Any) -> Any:
    return (Step.tenant_id == model.tenant_id) & (Step.id == model.step_id)


@dataclass(frozen=True)
class Page:
    rows: Sequence[Any]
    page: int
    pages: int


def _latest(target: Any, kind: Any) -> Any:
    """The last decision taken about each row of `kind` (hidden, refused), correlated."""
    other = aliased(Decision)
    return (
        select(other.id)
        .where(other.tenant_id == kind.tenant_id, getattr(other, target) == kind.id)
        .order_by(other.at.desc(), other.id.desc())
        .limit(1)
        .correlate(kind)
        .scalar_subquery()
    )


def contributions(person_id: UUID, page: int) -> Page:
    """Everything the person deposited, in any state but erased, newest first, with the last decision about it."""
    mine = (Contribution.author_id == person_id, Contribution.state != "erased")
    total = db.session.scalar(select(func.count()).select_from(Contribution).where(*mine)) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        select(
            *_ITEM,
            *_STEP,
            Contribution.created_at,
            Decision.reason,
            Decision.note,
            Decision.at.label("decided_at"),
        )
        .join(Step, _step_of(Contribution))
        .outerjoin(
            Decision,
            (Decision.tenant_id == Contribution.tenant_id)
            & (Decision.id == _latest("contribution_id", Contribution)),
        )
        .where(*mine)
        .order_by(Contribution.created_at.desc(), Contribution.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    return Page(rows, page, pages)


def comments(person_id: UUID, limit: int = PER_PAGE) -> Sequence[Any]:
    """The person's last comments, with what they are about."""
    return db.session.execute(
        select(
            Comment.id,
            Comment.body,
            Comment.state.label("comment_state"),
            Comment.pending_for.label("comment_pending_for"),
            Comment.created_at,
            Decision.reason,
            *_ITEM[1:4],
            *_STEP,
        )
        .join(
            Contribution,
            (Contribution.tenant_id == Comment.tenant_id) & (Contribution.id == Comment.contribution_id),
        )
        .join(Step, _step_of(Comment))
        .outerjoin(
            Decision,
            (Decision.tenant_id == Comment.tenant_id) & (Decision.id == _latest("comment_id", Comment)),
        )
        .where(Comment.author_id == person_id, Comment.state != "erased")
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()


def drafts(person_id: UUID) -> Sequence[Any]:
    """Texts typed and not sent, the last touched first."""
    return db.session.execute(
        select(Draft.id, Draft.act, Draft.fields, Draft.updated_at, Draft.step_id, *_STEP, Step.closes_at)
        .join(Step, _step_of(Draft))
        .where(Draft.person_id == person_id)
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
    ).all()


def begun(person_id: UUID, now: datetime) -> Sequence[Any]:
    """Participations begun and not sent yet."""
    return db.session.execute(
        select(Intention.id, Intention.act, Intention.payload, Intention.created_at, *_STEP)
        .join(Step, _step_of(Intention))
        .where(Intention.person_id == person_id, Intention.state == "open", Intention.expires_at > now)
        .order_by(Intention.created_at.desc(), Intention.id.desc())
    ).all()


def votes(person_id: UUID) -> Sequence[Any]:
    """Supports given, the last first; what was hidden or taken back since is left out."""
    return db.session.execute(
        select(
            *_ITEM,
            *_STEP,
            Vote.counted,
            Vote.pending_for.label("vote_pending_for"),
            Vote.created_at,
            Vote.step_id,
        )
        .join(
            Contribution,
            (Contribution.tenant_id == Vote.tenant_id) & (Contribution.id == Vote.contribution_id),
        )
        .join(Step, _step_of(Vote))
        .where(Vote.person_id == person_id, Contribution.state.in_(("published", "archived", "merged")))
        .order_by(Vote.created_at.desc(), Vote.id.desc())
    ).all()


_NEWS = (Follow.level.in_(("essential", "all")),)


def followed_contributions(person_id: UUID) -> Sequence[Any]:
    """What the person may still read of what they follow: public, or their own."""
    return db.session.execute(
        select(*_ITEM, *_STEP, Follow.level)
        .join(
            Contribution,
            (Contribution.tenant_id == Follow.tenant_id) & (Contribution.id == Follow.contribution_id),
        )
        .join(Step, _step_of(Contribution))
        .where(
            Follow.person_id == person_id,
            *_NEWS,
            or_(
                Contribution.state.in_(("published", "archived", "merged")),
                (Contribution.author_id == person_id) & (Contribution.state != "erased"),
            ),
        )
        .order_by(Follow.created_at.desc(), Follow.id.desc())
    ).all()


def followed_steps(person_id: UUID) -> Sequence[Any]:
    return db.session.execute(
        select(Step.id, *_STEP, Step.opens_at, Step.closes_at)
        .join(Follow, (Follow.tenant_id == Step.tenant_id) & (Follow.step_id == Step.id))
        .where(Follow.person_id == person_id, *_NEWS)
        .order_by(Follow.created_at.desc(), Follow.id.desc())
    ).all()


def followed_projects(person_id: UUID) -> Sequence[Any]:
    return db.session.execute(
        select(Project.id, Project.slug, Project.title)
        .join(Follow, (Follow.tenant_id == Project.tenant_id) & (Follow.project_id == Project.id))
        .where(Follow.person_id == person_id, *_NEWS, Project.state != "draft")
        .order_by(Follow.created_at.desc(), Follow.id.desc())
    ).all()


def answers(person_id: UUID, limit: int = 5) -> Sequence[Any]:
    """Official answers to what the person wrote or follows, the last first."""
    concerned = select(Follow.contribution_id).where(
        Follow.person_id == person_id, Follow.contribution_id.is_not(None), *_NEWS
    )
    return db.session.execute(
        select(*_ITEM, *_STEP, OfficialAnswer.signatory, OfficialAnswer.published_at.label("answered_at"))
        .join(
            OfficialAnswer,
            (OfficialAnswer.tenant_id == Contribution.tenant_id)
            & (OfficialAnswer.contribution_id == Contribution.id),
        )
        .join(Step, _step_of(Contribution))
        .where(
            or_(Contribution.author_id == person_id, Contribution.id.in_(concerned)),
            Contribution.state.in_(("published", "archived", "merged")),
        )
        .order_by(OfficialAnswer.published_at.desc(), OfficialAnswer.id.desc())
        .limit(limit)
    ).all()


def deadlines(now: datetime, modules: Sequence[str], limit: int = 5) -> Sequence[Any]:
    """Open steps that close soon, the first to close first."""
    return db.session.execute(
        select(*_STEP, Step.closes_at, Project.title.label("project_title"))
        .join(Project, (Project.tenant_id == Step.tenant_id) & (Project.id == Step.project_id))
        .where(
            Project.state == "published",
            Step.module.in_(modules),
            or_(Step.opens_at.is_(None), Step.opens_at <= now),
            Step.closes_at > now,
            Step.closes_at <= now + SOON,
        )
        .order_by(Step.closes_at, Step.id)
        .limit(limit)
    ).all()
