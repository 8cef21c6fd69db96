"""The verbs of the boîte à idées: propose, support, change, archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.db import audit
from app.db.context import require_tenant_id
from app.db.errors import Conflict
from app.db.session import db
from app.participation import contributions, votes
from app.participation.errors import ResidentsOnly
from app.participation.models import Step
from app.participation.steps import StepInfo
from app.participation.votes import SupportResult
from app.tenancy.web import tenant
from modules.boite_a_idees import queries, rules
from modules.boite_a_idees.models import Idea

#: Ideas read at a time by the nightly job.
BATCH = 500


def _zone_id(slug: str | None) -> UUID | None:
    zone = tenant().zone_by_slug(slug) if slug else None
    return zone.id if zone else None


def _photo_id(payload: Mapping[str, Any], person_id: UUID, *, kept: UUID | None = None) -> UUID | None:
    """The picture of the form when it is this person's; its description follows what was typed last."""
    raw = payload.get("photo")
    photo = queries.find_own_photo(UUID(raw) if raw else None, person_id, kept=kept)
    if photo is None:
        return None
    photo.alt = str(payload.get("alt") or "")
    return photo.id


def _check_residence(step: StepInfo, person_id: UUID, pending_for: str | None) -> None:
    """Asked once everything else is proven: the profile, filled in on the way, says where the person lives."""
    asked = step.settings.get("who_may_deposit") == "residents"
    if asked and pending_for is None and not queries.lives_here(person_id):
        raise ResidentsOnly


def propose(
    step: StepInfo, *, person_id: UUID, payload: Mapping[str, Any], now: datetime, pending_for: str | None
) -> Idea:
    """Deposit an idea. payload: values of `forms.parse_deposit`. Raises ResidentsOnly."""
    _check_residence(step, person_id, pending_for)
    idea = Idea(
        type="boite_a_idees.idea",
        title=payload["title"],
        body=payload["body"],
        author_id=person_id,
        theme=payload.get("theme") or None,
        zone_id=_zone_id(payload.get("zone")),
        place=payload.get("place") or None,
        longitude=payload.get("longitude"),
        latitude=payload.get("latitude"),
        photo_id=_photo_id(payload, person_id),
        status=rules.RECEIVED,
    )
    contributions.submit(step, idea, now=now, pending_for=pending_for)
    return idea


def complete(
    step: StepInfo, idea_id: UUID, *, person_id: UUID, now: datetime, pending_for: str | None
) -> Idea:
    """Its author proved something more. Raises NotFound, and ResidentsOnly before it would be published."""
    _check_residence(step, person_id, pending_for)
    contributions.complete(step, idea_id, now=now, pending_for=pending_for)
    return queries.get_idea_by_id(step, idea_id)


def edit(idea: Idea, *, person_id: UUID, payload: Mapping[str, Any], now: datetime) -> None:
    """Change an idea under its step's rules. Raises what `contributions.edit` raises."""
    longitude, latitude = payload.get("longitude"), payload.get("latitude")
    contributions.edit(
        idea,
        title=payload["title"],
        body=payload["body"],
        theme=payload.get("theme") or None,
        zone_id=_zone_id(payload.get("zone")),
        place=payload.get("place") or None,
        photo_id=_photo_id(payload, person_id, kept=idea.photo_id),
        point=(longitude, latitude) if longitude is not None and latitude is not None else None,
        now=now,
    )


def support(
    step: StepInfo, idea_id: UUID, *, person_id: UUID, now: datetime, pending_for: str | None = None
) -> SupportResult:
    """Support an idea; a second call changes nothing. Remembers the first time the threshold was met.

    Raises VotingClosed, StepNotOpen, NotVotable, SupportLimitReached.
    """
    result = votes.support(step, idea_id, person_id=person_id, now=now, pending_for=pending_for)
    if result.changed and result.counted:
        _note_threshold(step, idea_id, result.supports, now)
    return result


def complete_support(
    step: StepInfo, idea_id: UUID, *, person_id: UUID, now: datetime, pending_for: str | None
) -> str | None:
    """What the support still waits for, None when it counts from now on."""
    waiting = votes.complete(step, idea_id, person_id=person_id, now=now, pending_for=pending_for)
    if waiting is None:
        idea = queries.get_idea_by_id(step, idea_id)
        db.session.refresh(idea, ["supports"])
        _note_threshold(step, idea_id, idea.supports, now)
    return waiting


def _note_threshold(step: StepInfo, idea_id: UUID, supports: int, now: datetime) -> None:
    threshold = step.settings.get("threshold")
    if not threshold or supports < threshold:
        return
    db.session.execute(
        update(Idea.__table__)  # type: ignore[arg-type]
        .where(
            Idea.__table__.c.tenant_id == require_tenant_id(),
            Idea.__table__.c.id == idea_id,
            Idea.__table__.c.threshold_reached_at.is_(None),
        )
        .values(threshold_reached_at=now)
    )


def move_dates(
    step: StepInfo,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
    results_at: datetime | None,
    by: UUID,
    now: datetime,
) -> Step:
    """Change when the step opens, closes and publishes its results; None leaves that side open. Audited."""
    found = queries.get_step_dates(step.id)
    found.opens_at, found.closes_at, found.results_at = opens_at, closes_at, results_at
    audit.record("step.edit_dates", now=now, actor_id=by, target_kind="step", target_id=step.id)
    db.session.flush()
    return found


def archive_due(step_id: UUID, settings: Mapping[str, Any], *, now: datetime, tz: tzinfo) -> int:
    """Archive the ideas of a step whose day has come and that stayed under the threshold. Returns how many."""
    before = rules.archive_before(now, settings, tz)
    if before is None:
        return 0
    total = 0
    while True:
        ids = queries.list_to_archive(step_id, before=before, threshold=settings["threshold"], limit=BATCH)
        # One order for every job and moderator that takes several rows.
        archived = sum(_archive(idea_id, settings["threshold"], now) for idea_id in sorted(ids))
        total += archived
        if not archived:
            return total


def _archive(idea_id: UUID, threshold: int, now: datetime) -> bool:
    idea = contributions.lock(idea_id)
    # Supported by the last person needed, or taken up, since it was read.
    if idea.supports >= threshold or idea.status in rules.TAKEN_UP:
        return False
    try:
        contributions.archive(idea, now=now)
    except Conflict:
        return False
    return True
