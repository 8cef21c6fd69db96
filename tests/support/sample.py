"""One tenant full of everything: each application's step, contributions, discussion, pictures, people of every role.

All its words carry a mark, so that a word of it found anywhere else is recognised. An application with rules of its
own about its rows may bring `modules/<id>/factories.py` with a function
`make_contribution(step, *, title, body, author_id) -> Contribution`, not yet in the session.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from PIL import Image
from sqlalchemy import Engine, update
from sqlalchemy.dialects.postgresql import insert

from app.db import clock, signing
from app.db.session import db
from app.notifications import readers
from app.participation import (
    comments,
    contributions,
    counters,
    drafts,
    follows,
    moderate,
    official,
    photos,
    votes,
)
from app.participation.models import Contribution, Decision, Project, Step, StepCounter
from app.participation.steps import get_step_by_id
from app.people import roles, sign_in
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.world import TenantWorld

STAFF = ("mediator", "moderator", "analyst", "manager", "administrator")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class StepRow:
    id: UUID
    module: str
    kind: str
    segment: str
    slug: str
    project_slug: str


@dataclass(frozen=True)
class ContributionRow:
    id: UUID
    step: StepRow
    number: int
    slug: str
    state: str


@dataclass
class Sample:
    """people: role -> person; `author` wrote the contributions, `neighbour` comments and supports, `newcomer` has no
    account yet. intentions_of: browser -> the act it has begun."""

    world: TenantWorld
    mark: str
    people: dict[str, UUID] = field(default_factory=dict)
    steps: list[StepRow] = field(default_factory=list)
    contributions: list[ContributionRow] = field(default_factory=list)
    comments: list[UUID] = field(default_factory=list)
    photos: list[UUID] = field(default_factory=list)
    drafts: list[UUID] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    intentions_of: dict[str, UUID] = field(default_factory=dict)
    _browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, who: str) -> Browser:
        """visitor: nobody known; asked: waits for a sign-in mail; newcomer: proved an address, has no account yet;
        else somebody of `people`. Any other name is a browser of its own, see `intentions_of`."""
        if who not in self._browsers:
            browser = Browser(self.world)
            if who in self.people:
                browser.sign_in(self.people[who], level="confirmed" if who == "newcomer" else "account")
            if who == "asked":
                browser.post("/connexion/", {"email": f"asked.{self.mark.lower()}@rive.example"})
            if who in STAFF:
                manage(browser)
            self._browsers[who] = browser
        return self._browsers[who]

    def of(self, step: StepRow) -> list[ContributionRow]:
        return [row for row in self.contributions if row.step == step]


def manage(browser: Browser) -> None:
    """Show the team's tools in this browser, as the button of the account menu does."""
    slug, path = browser.world.slug, browser.world.path
    browser.client.set_cookie(f"parvis_{slug}_gestion", "1", domain=browser.host, path=f"{path}/")


def picture() -> io.BytesIO:
    """A small photograph."""
    content = io.BytesIO()
    Image.new("RGB", (640, 480), (40, 120, 90)).save(content, "JPEG")
    content.seek(0)
    return content


def make(
    app: Flask,
    engine: Engine,
    slug: str,
    mark: str,
    *,
    rows: int = 3,
    said: int = 3,
    others: int = 0,
    **document: Any,
) -> Sample:
    """A populated tenant.

    rows: contributions a step and rows of each kind a person owns. said: comments on the first contribution.
    others: démarches more, whose steps are empty.
    """
    document = {"name": f"Ville {mark}", "tagline": f"La plateforme {mark}"} | document
    sample = Sample(worlds.make_tenant(app, engine, slug, **document), mark)
    _people(sample)
    for manifest in app.extensions["modules"].values():
        if sample.world.config.module_enabled(manifest.id):
            for kind in manifest.step_kinds:
                _step(sample, manifest.id, kind, manifest.segment, rows=rows, said=said)
    with sample.world.scope():
        _own(sample, rows)
    for step in sample.steps[:1] * others:
        worlds.make_step(sample.world, module=step.module, kind=step.kind, segment=step.segment)
    return sample


def _people(sample: Sample) -> None:
    for who in ("author", "neighbour"):
        sample.people[who] = worlds.make_person(
            sample.world, f"{who.capitalize()} {sample.mark}", zone="nord"
        )
    sample.people["newcomer"] = worlds.make_person(sample.world, None)
    for role in STAFF:
        sample.people[role] = worlds.make_person(
            sample.world, f"{role.capitalize()} {sample.mark}", role=role
        )


def _step(sample: Sample, module: str, kind: str, segment: str, *, rows: int, said: int) -> None:
    """A démarche of one open step, its contributions and the discussion of the first of them."""
    world, mark = sample.world, sample.mark
    number = next(_numbers)
    project_slug = f"demarche-gate-{number}"
    project = worlds.make_project(
        world,
        f"Démarche {mark} {number}",
        slug=project_slug,
        question=f"Quelle question {mark} ?",
        summary=f"Un résumé {mark}.",
        body=f"Une présentation {mark}.",
    )
    step_slug = f"etape-gate-{number}"
    step_id = worlds.make_step(
        world,
        project_id=project,
        module=module,
        kind=kind,
        segment=segment,
        slug=step_slug,
        title=f"Étape {mark}",
    )
    step = StepRow(step_id, module, kind, segment, step_slug, project_slug)
    sample.steps.append(step)
    with world.scope():
        for index in range(rows):
            sample.contributions.append(contribute(sample, step, f"Idée {mark} {index}"))
        _enrich(sample, sample.of(step)[0], said)
        hidden = contribute(sample, step, f"Idée masquée {mark}")
        moderate.hide(
            db.session.get_one(Contribution, (world.id, hidden.id)),
            reason=next(iter(moderate.REASONS)), by=sample.people["moderator"], now=clock.now(),
        )  # fmt: skip
        waiting = contribute(sample, step, f"Idée en attente {mark}", pending_for="moderation")
        sample.contributions += [replace(hidden, state="hidden"), waiting]


def contribute(
    sample: Sample, step: StepRow, title: str, *, author: str = "author", pending_for: str | None = None
) -> ContributionRow:
    """One contribution of the step, written by the core's own service. Call it in the sample's scope."""
    info = get_step_by_id(step.id)
    row = _new(step, title=title, body=_words(sample), author_id=sample.people[author], info=info)
    saved = contributions.submit(info, row, now=clock.now(), pending_for=pending_for)
    return ContributionRow(saved.id, step, saved.number, saved.slug, saved.state)


def contribute_many(sample: Sample, step: StepRow, states: Sequence[str]) -> list[ContributionRow]:
    """Contributions of the author in these states, one each, written at once. Call it in the sample's scope."""
    info, now = get_step_by_id(step.id), clock.now()
    last = db.session.execute(
        update(Step)
        .where(Step.id == step.id)
        .values(
            next_number=Step.next_number + len(states),
            contributions=Step.contributions + states.count("published"),
        )
        .returning(Step.next_number)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    rows = []
    for number, state in enumerate(states, last - len(states)):
        title = f"Idée {sample.mark} en nombre {number}"
        row = _new(step, title=title, body=_words(sample), author_id=sample.people["author"], info=info)
        row.step_id, row.number, row.slug, row.state = step.id, number, contributions.slug_of(title), state
        row.pending_for = "moderation" if state == "pending" else None
        row.created_at, row.published_at = now, now
        rows.append(row)
    db.session.add_all(rows)
    db.session.flush()
    for cell, times in Counter(counters.cell_of(row) for row in rows).items():
        added = insert(StepCounter).values(
            step_id=step.id, state=cell.state, theme=cell.theme, zone=cell.zone, status=cell.status, n=times
        )
        db.session.execute(
            added.on_conflict_do_update(
                constraint="uq_step_counter_cell", set_={"n": StepCounter.n + added.excluded.n}
            )
        )
    db.session.add_all(
        Decision(
            contribution_id=row.id, action="hide", reason=next(iter(moderate.REASONS)), previous_state="published",
            author_id=sample.people["moderator"], at=now,
        )
        for row in rows
        if row.state == "hidden"
    )  # fmt: skip
    db.session.flush()
    return [ContributionRow(row.id, step, row.number, row.slug, row.state) for row in rows]


def _words(sample: Sample) -> str:
    return f"Un texte assez long de {sample.mark}, qui dit pourquoi et comment, avec quelques mots de plus."


def _new(step: StepRow, *, title: str, body: str, author_id: UUID, info: Any) -> Contribution:
    own = f"modules.{step.module}.factories"
    if importlib.util.find_spec(own) is not None:
        made = getattr(importlib.import_module(own), "make_contribution", None)
        if made is not None:
            row: Contribution = made(info, title=title, body=body, author_id=author_id)
            return row
    manifest = current_app.extensions["modules"][step.module]
    statuses = manifest.objects("statuses")
    kind = next(iter(manifest.objects("contribution_types")), Contribution)
    found: Contribution = kind(
        title=title, body=body, author_id=author_id, status=statuses[0].id if statuses else "", theme="Nature"
    )
    return found


def _enrich(sample: Sample, first: ContributionRow, said: int) -> None:
    """Give the step's first contribution all that one can have."""
    now, people, info = clock.now(), sample.people, get_step_by_id(first.step.id)
    row = db.session.get_one(Contribution, (sample.world.id, first.id))
    photo = photos.receive(picture(), alt=f"Photo {sample.mark}", uploader_id=people["author"], now=now)
    sample.photos.append(photo.id)
    row.photo_id, row.place = photo.id, f"Place {sample.mark}"
    row.zone_id, row.longitude, row.latitude = sample.world.zones["nord"], 0.5, 0.5
    db.session.flush()
    votes.support(info, first.id, person_id=people["neighbour"], now=now)
    contributions.edit(
        row, title=row.title, body=f"{row.body} Précision {sample.mark}.", theme=row.theme, zone_id=row.zone_id,
        place=row.place, photo_id=row.photo_id, point=(0.5, 0.5), now=now,
    )  # fmt: skip
    for index in range(said):
        comment = comments.add(
            info, first.id, author_id=people["neighbour"], body=f"Commentaire {sample.mark} {index}",
            parent_id=None, now=now + timedelta(seconds=index), pending_for=None,
        )  # fmt: skip
        sample.comments.append(comment.id)
    comments.add(
        info, first.id, author_id=people["author"], body=f"Réponse {sample.mark}", parent_id=sample.comments[-1],
        now=now + timedelta(minutes=2), pending_for=None,
    )  # fmt: skip
    votes.like(info, sample.comments[-1], person_id=people["author"], now=now, useful=True)
    statuses = current_app.extensions["modules"][first.step.module].objects("statuses")
    official.answer(
        row, signatory=f"Élue {sample.mark}", signatory_title="Maire", body=f"Réponse officielle {sample.mark}",
        status=statuses[-1].id if statuses else None, statuses=statuses, by=people["manager"], now=now,
    )  # fmt: skip


def _own(sample: Sample, rows: int) -> None:
    """What belongs to the author alone, in `rows` copies: drafts, follows, browsers; links sent by mail."""
    now, author = clock.now(), sample.people["author"]
    first = sample.steps[0] if sample.steps else None
    if first is not None:
        info = get_step_by_id(first.id)
        acts = _acts_of(first.module)
        for index in range(rows if acts else 0):
            kept = drafts.save(
                acts[0].id,
                info,
                author,
                {"title": f"Brouillon {sample.mark} {index}"},
                draft_id=None,
                now=now,
            )
            sample.drafts.append(kept.id)
        for row in sample.of(first)[:rows]:
            follows.follow(author, contribution_id=row.id, now=now)
        project = db.session.scalars(db.select(Project.id).where(Project.slug == first.project_slug)).one()
        follows.follow(author, project_id=project, now=now)
    asked = sign_in.ask(f"{sample.mark.lower()}@rive.example", now=now)
    sample.tokens.append(sign_in.link_path(asked.id).split("/")[2])
    sample.tokens.append(signing.sign(readers.PURPOSE, str(author)))
    invited = roles.invite(f"invitee.{sample.mark.lower()}@rive.example", "moderator", now=now)
    sample.tokens.append(invited.rstrip("/").rpartition("/")[2])


def _acts_of(module: str) -> tuple[Any, ...]:
    return tuple(current_app.extensions["modules"][module].objects("acts"))
