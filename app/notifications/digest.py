"""The weekly mail of those who asked for one: what happened in seven days to what they follow or wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from app.db import outbox
from app.db.session import db
from app.notifications.events import DigestDue
from app.notifications.mail import Item, Mail
from app.notifications.readers import Reader
from app.notifications.subjects import READABLE, status_of
from app.participation import access, contributions
from app.participation.models import (
    Comment,
    Contribution,
    Follow,
    OfficialAnswer,
    Project,
    StatusChange,
    Step,
)
from app.participation.steps import StepInfo, list_steps
from app.people.models import Person
from app.tenancy.registry import TenantConfig
from app.ui.filters import count, date_full, plural

#: Local hour of the Monday mail; it tells of the seven days before.
HOUR = time(8, 0)
#: Things told in one mail; the rest is a number and a link.
MAX_ITEMS = 20


def send_digests(config: TenantConfig, now: datetime) -> None:
    """On Mondays, post one delivery for each person who hears once a week; on Tuesdays, for those Monday missed.

    Runs in the tenant's scope, inside a transaction it does not end. Running it again, or twice at once, posts nothing
    more: the week is written on each person in the statement that chooses them.
    """
    today = now.astimezone(config.timezone).date()
    monday = today - timedelta(days=today.weekday())
    # Later in the week it would tell those who just chose it what they already received one by one.
    if today - monday > timedelta(days=1) or now < _end(config, monday):
        return
    chosen = db.session.scalars(
        update(Person)
        .where(
            Person.notify == "digest",
            Person.state == "active",
            or_(Person.digest_sent_on.is_(None), Person.digest_sent_on < monday),
        )
        .values(digest_sent_on=monday)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    ).all()
    for person_id in sorted(chosen):
        outbox.post(DigestDue(week=monday.isoformat(), person_id=person_id), now=now)


def _end(config: TenantConfig, monday: date) -> datetime:
    return datetime.combine(monday, HOUR, config.timezone).astimezone(UTC)


@dataclass
class _News:
    """What happened to one contribution. comments: of other people."""

    answers: list[str] = field(default_factory=list)
    status: str = ""
    comments: int = 0


def build(config: TenantConfig, monday: date, reader: Reader) -> Mail | None:
    """The mail of the week that ends on that Monday; None when nothing happened."""
    until = _end(config, monday)
    since = until - timedelta(days=7)
    steps = {step.id: step for step in list_steps() if config.module_enabled(step.module)}
    items = _contribution_items(reader, steps, since, until)
    items += _opening_items(reader, steps, since, until, config)
    if not items:
        return None
    hidden = len(items) - MAX_ITEMS
    lines = [f"Voici ce qui s’est passé en sept jours sur {config.name}."]
    return Mail(
        to=reader.email,
        subject=f"Votre semaine sur {config.name}",
        title="Votre semaine",
        lines=lines,
        items=items[:MAX_ITEMS],
        button=("Voir mes abonnements", "/mon-espace/abonnements/"),
        more=[(f"Et {count(hidden, 'autre nouvelle', 'autres nouvelles')}", "/mon-espace/abonnements/")]
        if hidden > 0
        else [],
        why="Vous recevez ce message une fois par semaine parce que vous l’avez choisi.",
        stop_path=reader.stop_path(),
        key=f"digest:{monday.isoformat()}:{reader.person_id}",
    )


def _contribution_items(
    reader: Reader, steps: Mapping[UUID, StepInfo], since: datetime, until: datetime
) -> list[Item]:
    news = _news(reader, since, until)
    if not news:
        return []
    rows = db.session.scalars(
        select(Contribution)
        .where(Contribution.id.in_(news), Contribution.step_id.in_(steps))
        .order_by(Contribution.step_id, Contribution.number)
    ).all()
    # Answers first, then progress: what was waited for.
    ranked = sorted(rows, key=lambda row: (not news[row.id].answers, not news[row.id].status))
    return [_item(row, steps[row.step_id], news[row.id]) for row in ranked]


def _item(contribution: Contribution, step: StepInfo, news: _News) -> Item:
    lines = [f"Réponse de {signed}." for signed in news.answers]
    status = status_of(step, news.status)
    if status is not None:
        lines.append(f"Avancement : {status.label}. {status.sentence}".strip())
    if news.comments:
        new = plural(news.comments, "nouveau commentaire", "nouveaux commentaires")
        lines.append(f"{count(news.comments, new, new)}.")
    path = contributions.path_of(step, contribution.number, contribution.slug)
    return Item(f"« {contribution.title} »", path, lines)


def _mine(reader: Reader) -> Select[Any]:
    """Ids of what the reader follows or wrote, without what they asked to hear nothing of."""
    mine = Follow.person_id == reader.person_id
    about = and_(Follow.tenant_id == Contribution.tenant_id, Follow.contribution_id == Contribution.id, mine)
    return select(Contribution.id).where(
        or_(Contribution.author_id == reader.person_id, exists().where(about, Follow.level != "none")),
        ~exists().where(about, Follow.level == "none"),
        Contribution.state.in_(READABLE),
        access.visible_to(reader.visitor()),
    )


def _news(reader: Reader, since: datetime, until: datetime) -> dict[UUID, _News]:
    """Three statements, whatever the number of contributions."""
    mine = _mine(reader)
    found: dict[UUID, _News] = {}

    def within(column: Any) -> ColumnElement[bool]:
        criterion: ColumnElement[bool] = and_(column >= since, column < until)
        return criterion

    answers = db.session.execute(
        select(OfficialAnswer.contribution_id, OfficialAnswer.signatory, OfficialAnswer.signatory_title)
        .where(OfficialAnswer.contribution_id.in_(mine), within(OfficialAnswer.published_at))
        .where(OfficialAnswer.author_id.is_distinct_from(reader.person_id))
        .order_by(OfficialAnswer.published_at, OfficialAnswer.id)
    )
    for contribution_id, *signed in answers:
        found.setdefault(contribution_id, _News()).answers.append(", ".join(part for part in signed if part))
    # The last one of the week tells where it stands; '' took the progress away and is no news.
    changes = db.session.execute(
        select(StatusChange.contribution_id, StatusChange.status)
        .where(StatusChange.contribution_id.in_(mine), within(StatusChange.at))
        .where(StatusChange.author_id.is_distinct_from(reader.person_id))
        .order_by(StatusChange.at, StatusChange.id)
    )
    latest = {row.contribution_id: row.status for row in changes}
    for contribution_id, status in latest.items():
        if status:
            found.setdefault(contribution_id, _News()).status = status
    comments = db.session.execute(
        select(Comment.contribution_id, func.count().label("comments"))
        .where(Comment.contribution_id.in_(mine), within(Comment.created_at), Comment.state == "published")
        .where(Comment.author_id.is_distinct_from(reader.person_id))
        .group_by(Comment.contribution_id)
    )
    for contribution_id, number in comments:
        found.setdefault(contribution_id, _News()).comments = number
    return found


def _opening_items(
    reader: Reader, steps: Mapping[UUID, StepInfo], since: datetime, until: datetime, config: TenantConfig
) -> list[Item]:
    """Steps that opened, of those the reader follows alone or with their whole démarche."""
    followed = (Follow.person_id == reader.person_id, Follow.level != "none")
    opened = db.session.scalars(
        select(Step.id)
        .join(Project, and_(Project.tenant_id == Step.tenant_id, Project.id == Step.project_id))
        .where(
            Step.opens_at >= since,
            Step.opens_at < until,
            or_(
                exists().where(Follow.tenant_id == Step.tenant_id, Follow.step_id == Step.id, *followed),
                exists().where(
                    Follow.tenant_id == Step.tenant_id, Follow.project_id == Project.id, *followed
                ),
            ),
        )
        .order_by(Step.opens_at, Step.id)
    )
    return [_opening(steps[step_id], config) for step_id in opened if step_id in steps]


def _opening(step: StepInfo, config: TenantConfig) -> Item:
    until = f" jusqu’au {date_full(step.closes_at, config.timezone)}" if step.closes_at else ""
    return Item(step.title, f"/{step.segment}/{step.slug}/", [f"C’est ouvert{until}."])
