"""Believable content for the demonstration platforms, from the files beside their YAML.

Ideas pass through the importer like anybody's file; supports, comments and answers are rows like real ones, so that
every figure shown equals what it counts. Ages are days before now. The same each time, identifiers apart.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy import func, select

from app.cli import demo_crowd, demo_talk, environment
from app.cli.demo_crowd import Crowd, Idea
from app.db import clock
from app.db.session import db
from app.jobs.scope import job_scope
from app.participation import shuffle
from app.participation.importing import importer, mapping, reader, targets, values
from app.participation.importing.bulk import insert_rows, update_rows
from app.participation.importing.rows import Application, Row, Stage
from app.participation.models import Contribution, StepParticipation, Vote
from app.participation.official import Status
from app.participation.steps import StepInfo
from app.tenancy.registry import TenantConfig
from config.settings import Settings

log = structlog.get_logger(__name__)

MAP = (
    "title=titre,body=texte,theme=theme,zone=quartier,author=auteur,key=cle,status=statut,"
    "longitude=longitude,latitude=latitude,age_days=depose_il_y_a_jours"
)
SEED = 2026


@dataclass(frozen=True)
class Files:
    """Lines of the files of one platform, as tenants/README.md describes them."""

    inhabitants: list[dict[str, str]]
    ideas: list[dict[str, str]]
    comments: list[dict[str, str]]
    answers: list[dict[str, str]]
    versions: list[dict[str, str]]
    ideas_file: bytes


def load(app: Flask, settings: Settings) -> None:
    """Fill each demonstration platform that has files and no contribution yet, one transaction each."""
    for slug in app.extensions["tenants"].slugs():
        config: TenantConfig = app.extensions["tenants"].by_slug(slug)
        folder = environment.TENANTS / "assets" / slug
        if not config.is_demo or not (folder / "idees.csv").is_file():
            continue
        with job_scope(config.id):
            count = fill(app, config, folder, now=clock.now())
            db.session.commit()
        if count:
            log.info("demo_content_loaded", tenant=slug, ideas=count)


def fill(app: Flask, config: TenantConfig, folder: Path, *, now: datetime) -> int:
    """Write the content of a folder in the scope and transaction at hand; 0 if it has ideas already, else how many."""
    digest = hashlib.sha256(f"demo:{config.id}".encode()).digest()
    db.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True))))
    if db.session.scalar(select(func.count()).select_from(Contribution)):
        return 0
    files = _read(folder)
    largest = max(int(idea["soutiens"]) for idea in files.ideas)
    supporters = max(0, largest + demo_crowd.MARGIN - len(files.inhabitants))
    crowd = demo_crowd.settle(config, files.inhabitants, supporters=supporters, now=now)
    ideas: dict[str, Idea] = {}
    for slug in dict.fromkeys(idea["etape"] for idea in files.ideas):
        step = targets.find_step(slug)
        application = targets.application_of(app.extensions["modules"].get(step.module), step)
        ideas |= _write_step(config, step, application, files, crowd, now)
        shuffle.redraw(step.id, seed=SEED, now=now)
    demo_talk.write(config, ideas, files.comments, files.answers, files.versions, crowd, now=now)
    db.session.flush()
    return len(ideas)


def _read(folder: Path) -> Files:
    def lines(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return Files(
        lines("habitants.csv"),
        lines("idees.csv"),
        lines("commentaires.csv"),
        lines("reponses.csv"),
        lines("versions.csv") if (folder / "versions.csv").is_file() else [],
        (folder / "idees.csv").read_bytes(),
    )


def _write_step(
    config: TenantConfig, step: StepInfo, application: Application, files: Files, crowd: Crowd, now: datetime
) -> dict[str, Idea]:
    """The ideas of one step with their supports, by key."""
    written = {idea["cle"]: idea for idea in files.ideas if idea["etape"] == step.slug}
    answers = {answer["cle_idee"]: answer for answer in files.answers}
    voters = demo_crowd.share(
        crowd.voters,
        [(key, int(idea["soutiens"]), crowd.by_name[idea["auteur"]]) for key, idea in written.items()],
        limit=step.settings.get("support_limit"),
        step=step.slug,
    )
    rows, votes = [], {}
    until = min(now, step.closes_at or now)
    for judged in _judge(config, application, files, crowd, now):
        if judged.key not in written:
            continue
        idea = written[judged.key]
        created = demo_crowd.moment(now, config.timezone, int(idea["depose_il_y_a_jours"]), judged.key)
        created = max(created, (step.opens_at or created) + timedelta(minutes=10))
        votes[judged.key] = demo_crowd.spread(
            len(voters[judged.key]), created, until, config.slug, judged.key
        )
        rows.append(
            replace(
                judged,
                number=int(judged.key),
                created_at=created,
                published_at=created,
                stages=tuple(_stages(config, application, idea, answers.get(judged.key), created, now)),
                threshold_reached_at=_reached(votes[judged.key], step.settings.get("threshold")),
            )
        )
    planned = importer.plan(step, rows, (), lock=True)
    done = importer.write(step, planned, application, hidden_reason="off_topic", now=now)
    ideas = {
        str(row.key): Idea(id_, step, row, voters[str(row.key)], votes[str(row.key)])
        for id_, row in zip(done.ids, planned.new, strict=True)
    }
    _write_votes(list(ideas.values()))
    return ideas


def _reached(votes: Sequence[datetime], threshold: int | None) -> datetime | None:
    return votes[threshold - 1] if threshold and len(votes) >= threshold else None


def _judge(
    config: TenantConfig, application: Application, files: Files, crowd: Crowd, now: datetime
) -> list[Row]:
    table = reader.read(files.ideas_file, encoding="utf-8", delimiter=",")
    around = values.surroundings(
        themes=config.themes,
        statuses=application.statuses,
        timezone=config.timezone,
        now=now,
        authors=crowd.by_name,
    )
    rows, rejected, _ = values.judge(table, mapping.parse([MAP]).bind(table.columns), around)
    if rejected:
        raise ValueError(f"idees.csv of {config.slug}, line {rejected[0].line}: {rejected[0].reason}")
    return rows


def _stages(
    config: TenantConfig,
    application: Application,
    idea: Mapping[str, str],
    answer: Mapping[str, str] | None,
    created: datetime,
    now: datetime,
) -> Iterator[Stage]:
    """The way of an idea to the status of its file: what comes before it, at believable dates, then it."""
    if not idea["statut_il_y_a_jours"]:
        return
    last = demo_crowd.moment(now, config.timezone, int(idea["statut_il_y_a_jours"]), "answer", idea["cle"])
    last = max(last, created + timedelta(hours=1))
    before = _before(application.statuses, idea["statut"])
    for place, status in enumerate(before):
        at = created + (last - created) * (place + 1) / (len(before) + 1)
        if place == 0:
            at = min(at, created + timedelta(days=9))
        days = (now.astimezone(config.timezone).date() - at.astimezone(config.timezone).date()).days
        awake = demo_crowd.moment(now, config.timezone, days, "stage", idea["cle"], place)
        yield Stage(status=status, at=min(max(awake, created + timedelta(hours=1)), last))
    note = answer["echeance_texte"] if answer and answer["statut"] == idea["statut"] else ""
    yield Stage(status=idea["statut"], at=last, note=note)


def _before(statuses: Sequence[Status], status: str) -> list[str]:
    """Statuses an idea usually had before this one, in the application's order, its first (received) left out."""
    reached = next(one for one in statuses if one.id == status)
    earlier = statuses[1 : statuses.index(reached)]
    # A refusal comes after a study, never after a decision to do it.
    return [
        one.id for one in earlier if not one.done and not (reached.colour == "bad" and one.colour == "ok")
    ]


def _write_votes(ideas: Sequence[Idea]) -> None:
    votes, spent = [], defaultdict[tuple[UUID, UUID], int](int)
    for idea in ideas:
        for voter, at in zip(idea.voters, idea.votes, strict=True):
            votes.append(
                {
                    "step_id": idea.step.id,
                    "contribution_id": idea.id,
                    "person_id": voter,
                    "counted": True,
                    "created_at": at,
                }
            )
            spent[idea.step.id, voter] += 1
    insert_rows(Vote, votes)
    insert_rows(
        StepParticipation,
        [{"step_id": step, "person_id": voter, "supports": count} for (step, voter), count in spent.items()],
    )
    update_rows(Contribution, [{"id": idea.id, "supports": len(idea.votes)} for idea in ideas])
