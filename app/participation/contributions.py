"""The life of a contribution: deposited, numbered, published, changed, withdrawn.

Locks are always taken in this order: the contribution, then its step, then the cells of the counters.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from slugify import slugify
from sqlalchemy import select, update

from app.db import outbox
from app.db.errors import Conflict, NotFound
from app.db.session import db
from app.participation import counters, events, follows
from app.participation.errors import EditNotAllowed, EditsOff
from app.participation.models import Contribution, ContributionVersion, Step
from app.participation.steps import StepInfo, get_step_by_id, phase

SLUG_LENGTH = 80
EDITABLE = ("pending", "published")


def slug_of(title: str) -> str:
    """Last part of an address. A title without a letter that Latin can spell gives a plain word."""
    words = title.replace("’", " ").replace("'", " ")
    return slugify(words, max_length=SLUG_LENGTH, word_boundary=True) or "contribution"


def path_of(step: StepInfo, number: int, slug: str) -> str:
    """Address of a contribution, without the tenant's prefix."""
    return f"/{step.segment}/{step.slug}/{number}-{slug}/"


def get(step: StepInfo, number: int) -> Contribution:
    """In any state: what may be shown of it is `access.reading`. Raises NotFound."""
    found = db.session.scalar(
        select(Contribution).where(Contribution.step_id == step.id, Contribution.number == number)
    )
    if found is None:
        raise NotFound
    return found


def lock(contribution_id: UUID) -> Contribution:
    """Hold the row until the transaction ends and read it again. Raises NotFound."""
    found = db.session.scalar(
        select(Contribution)
        .where(Contribution.id == contribution_id)
        # Not FOR UPDATE: that would also stop the votes and comments that refer to the row.
        .with_for_update(key_share=True, of=Contribution)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def submit(
    step: StepInfo, contribution: Contribution, *, now: datetime, pending_for: str | None
) -> Contribution:
    """Write a new contribution: its number, address, state and place in the counters; its author follows it.

    contribution: not yet in the session; title, body and what the application adds are filled in. created_at and
    published_at are kept when given (an import). pending_for: what its author must still prove; a step moderated
    before publication adds `moderation` once nothing else is missing.
    """
    pending_for = pending_for or _moderation(step)
    published = pending_for is None
    row = db.session.execute(
        update(Step)
        .where(Step.id == step.id)
        .values(
            next_number=Step.next_number + 1,
            contributions=Step.contributions + int(published),
            shuffled=Step.shuffled + int(published),
        )
        .returning(Step.next_number, Step.shuffled)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound
    contribution.step_id = step.id
    contribution.number = row.next_number - 1
    contribution.slug = slug_of(contribution.title)
    contribution.state = "published" if published else "pending"
    contribution.pending_for = pending_for
    contribution.status = contribution.status or ""
    contribution.created_at = contribution.created_at or now
    if published:
        contribution.published_at = contribution.published_at or now
        contribution.shuffle_rank = row.shuffled - 1
    db.session.add(contribution)
    db.session.flush()
    counters.move_cells(step.id, was=None, becomes=counters.cell_of(contribution))
    if contribution.author_id is not None:
        follows.follow_by_default(contribution.author_id, contribution_id=contribution.id, now=now)
    _tell(contribution, now)
    return contribution


def complete(
    step: StepInfo, contribution_id: UUID, *, now: datetime, pending_for: str | None
) -> Contribution:
    """Its author proved something more: publish it, or say what it waits for now.

    pending_for: what is still missing. After the closing of the step it is `too_late`, whatever was proven.
    A contribution that waits for nothing from its author is given back unchanged. Raises NotFound.
    """
    contribution = lock(contribution_id)
    if contribution.step_id != step.id:
        raise NotFound
    if contribution.state != "pending" or contribution.pending_for not in ("identity", "requirements"):
        return contribution
    # Read again under the lock: an agent may have moved the closing while the person was proving who they are.
    dates = db.session.execute(
        select(Step.opens_at, Step.closes_at, Step.results_at)
        .where(Step.id == step.id)
        .with_for_update(key_share=True)
    ).one()
    if phase(dates.opens_at, dates.closes_at, dates.results_at, now) != "open":
        missing: str | None = "too_late"
    else:
        missing = pending_for or _moderation(step)
    if missing == contribution.pending_for:
        return contribution
    move_state(contribution, "pending" if missing else "published", pending_for=missing, now=now)
    _tell(contribution, now)
    return contribution


def edit(
    contribution: Contribution,
    *,
    title: str,
    body: str,
    theme: str | None,
    zone_id: UUID | None,
    place: str | None,
    photo_id: UUID | None,
    now: datetime,
    point: tuple[float, float] | None = None,
) -> Contribution:
    """Change a contribution under its step's rules; a text that people supported stays readable as a version.

    point: (longitude, latitude) of the place; a place that changes without one loses its point.
    Raises StepClosed, StepNotOpen, EditsOff, EditNotAllowed, and Conflict when it is no longer pending or published.
    """
    contribution = lock(contribution.id)
    step = get_step_by_id(contribution.step_id)
    step.check_open(now)
    if contribution.state not in EDITABLE:
        raise Conflict
    rule = step.settings.get("edits_allowed", "with_versions")
    if rule == "never":
        raise EditsOff
    supported = contribution.supports > 0
    if rule == "until_support" and supported:
        raise EditNotAllowed
    new: dict[str, object] = {
        "title": title,
        "body": body,
        "theme": theme,
        "zone_id": zone_id,
        "place": place,
        "photo_id": photo_id,
    }
    if point is not None or place != contribution.place:
        new["longitude"], new["latitude"] = point or (None, None)
    changed = {name: value for name, value in new.items() if getattr(contribution, name) != value}
    if not changed:
        return contribution
    if supported and changed.keys() & {"title", "body"}:
        _keep_version(contribution, now)
    was = counters.cell_of(contribution)
    for name, value in changed.items():
        setattr(contribution, name, value)
    contribution.slug = slug_of(title)
    contribution.edited_at = now
    db.session.flush()
    counters.move(step.id, was=was, becomes=counters.cell_of(contribution))
    if contribution.state == "published":
        outbox.post(events.ContributionEdited(contribution.id), now=now)
    return contribution


def _keep_version(contribution: Contribution, now: datetime) -> None:
    db.session.add(
        ContributionVersion(
            contribution_id=contribution.id,
            number=contribution.versions,
            title=contribution.title,
            body=contribution.body,
            supports=contribution.supports,
            replaced_at=now,
        )
    )
    contribution.versions += 1


def withdraw(contribution: Contribution, *, now: datetime) -> Contribution:
    """Its author takes it back, whatever the phase: it leaves pages and counters; row, supports and comments stay.

    Raises Conflict unless it is pending or published.
    """
    contribution = lock(contribution.id)
    if contribution.state not in EDITABLE:
        raise Conflict
    move_state(contribution, "withdrawn", now=now)
    outbox.post(events.ContributionWithdrawn(contribution.id), now=now)
    return contribution


def archive(contribution: Contribution, *, now: datetime) -> Contribution:
    """Take a published contribution out of the default list; it stays readable. Raises Conflict."""
    contribution = lock(contribution.id)
    if contribution.state != "published":
        raise Conflict
    return move_state(contribution, "archived", now=now)


def number_of_versions(contribution: Contribution) -> int:
    """Texts it has had, the current one included. Costs no statement."""
    return contribution.versions


def list_versions(contribution_id: UUID) -> list[ContributionVersion]:
    """The texts that were replaced, newest first."""
    return list(
        db.session.scalars(
            select(ContributionVersion)
            .where(ContributionVersion.contribution_id == contribution_id)
            .order_by(ContributionVersion.number.desc())
        )
    )


def move_state(
    contribution: Contribution, state: str, *, pending_for: str | None = None, now: datetime
) -> Contribution:
    """Give a contribution another state, with everything that follows: every change of state passes here.

    The counters move, a published one takes the next rank of the random order, one that leaves gives its rank up.
    The caller holds the row (`lock`) and decides whether the move is allowed.
    """
    was = counters.cell_of(contribution)
    contribution.state, contribution.pending_for = state, pending_for
    becomes = counters.cell_of(contribution)
    arrives = state == "published" and was.state != "published"
    leaves = state != "published" and was.state == "published"
    if leaves:
        contribution.shuffle_rank = None
    if arrives:
        contribution.published_at = contribution.published_at or now
    db.session.flush()
    if arrives or leaves:
        change = int(arrives) - int(leaves)
        shuffled = db.session.execute(
            update(Step)
            .where(Step.id == contribution.step_id)
            .values(contributions=Step.contributions + change, shuffled=Step.shuffled + int(arrives))
            .returning(Step.shuffled)
            .execution_options(synchronize_session=False)
        ).scalar_one()
        if arrives:
            contribution.shuffle_rank = shuffled - 1
            db.session.flush()
    counters.move_cells(contribution.step_id, was=was, becomes=becomes)
    return contribution


def _moderation(step: StepInfo) -> str | None:
    return "moderation" if step.settings.get("moderation") == "before" else None


def _tell(contribution: Contribution, now: datetime) -> None:
    """A deposit that changed what it waits for is news; one that waits for nothing is also published."""
    outbox.post(events.ContributionSubmitted(contribution.id, contribution.pending_for), now=now)
    if contribution.state == "published":
        outbox.post(events.ContributionPublished(contribution.id), now=now)
