"""What is said about the ideas of a demonstration platform: comments, answers, an earlier text, who follows."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.cli import demo_crowd
from app.cli.demo_crowd import Crowd, Idea
from app.db.session import db
from app.db.types import uuid7
from app.participation.importing.bulk import insert_rows, update_rows
from app.participation.models import (
    Comment,
    Contribution,
    ContributionVersion,
    Follow,
    OfficialAnswer,
    Step,
    Vote,
)
from app.tenancy.registry import TenantConfig

#: The ideas that the citizen of the cast follows: the most supported ones.
FOLLOWED = 3


def write(
    config: TenantConfig,
    ideas: Mapping[str, Idea],
    comments: Sequence[Mapping[str, str]],
    answers: Sequence[Mapping[str, str]],
    versions: Sequence[Mapping[str, str]],
    crowd: Crowd,
    *,
    now: datetime,
) -> None:
    """Comments with their replies and useful counts, answers, the earlier text of edited ideas, follows.

    ideas: by key, as the files name them. comments, answers, versions: lines of those files.
    """
    _write_comments(config, ideas, comments, crowd, now)
    _write_answers(config, ideas, answers, now)
    _write_earlier(ideas, versions)
    favourites = sorted(ideas.values(), key=lambda idea: (-len(idea.votes), idea.row.number))[:FOLLOWED]
    _follow([(crowd.citizen, idea, now) for idea in favourites])


def _write_comments(
    config: TenantConfig,
    ideas: Mapping[str, Idea],
    lines: Sequence[Mapping[str, str]],
    crowd: Crowd,
    now: datetime,
) -> None:
    by_idea: dict[str, list[dict[str, Any]]] = defaultdict(list)
    likes: list[dict[str, Any]] = []
    for line in lines:
        key, idea = line["cle_idee"], ideas[line["cle_idee"]]
        earlier = by_idea[key]
        rank = len(earlier) + 1
        after = earlier[-1]["created_at"] if earlier else idea.row.created_at
        at = demo_crowd.moment(now, config.timezone, int(line["il_y_a_jours"]), "comment", key, rank)
        parent = earlier[int(line["reponse_a"]) - 1] if line["reponse_a"] else None
        comment = {
            "id": uuid7(),
            "contribution_id": idea.id,
            "step_id": idea.step.id,
            "parent_id": parent["id"] if parent else None,
            "author_id": crowd.by_name[line["auteur"]],
            "body": line["texte"],
            "state": "published",
            "supports": int(line["utiles"] or 0),
            "replies": 0,
            "import_key": f"{key}/{rank}",
            "created_at": max(at, after + timedelta(minutes=11)),
        }
        if parent:
            parent["replies"] += 1
        earlier.append(comment)
        likes += _likes(config, idea, comment, crowd, now)
    written = [comment for thread in by_idea.values() for comment in thread]
    insert_rows(Comment, written)
    insert_rows(Vote, likes)
    update_rows(Contribution, [{"id": ideas[key].id, "comments": len(by_idea[key])} for key in by_idea])
    _follow(
        [
            (comment["author_id"], ideas[key], comment["created_at"])
            for key in by_idea
            for comment in by_idea[key]
        ]
    )


def _likes(
    config: TenantConfig, idea: Idea, comment: Mapping[str, Any], crowd: Crowd, now: datetime
) -> list[dict[str, Any]]:
    """A vote for each person who found the comment useful, its author apart."""
    names = (config.slug, comment["import_key"])
    until = max(min(now, idea.step.closes_at or now), comment["created_at"])
    people = demo_crowd.choose(crowd.voters, comment["supports"], *names, but=[comment["author_id"]])
    return [
        {
            "step_id": idea.step.id,
            "comment_id": comment["id"],
            "person_id": person,
            "counted": True,
            "created_at": at,
        }
        for person, at in zip(
            people, demo_crowd.spread(len(people), comment["created_at"], until, *names), strict=True
        )
    ]


def _write_answers(
    config: TenantConfig, ideas: Mapping[str, Idea], lines: Sequence[Mapping[str, str]], now: datetime
) -> None:
    answers = []
    for line in lines:
        idea = ideas[line["cle_idee"]]
        stage = idea.row.stages[-1] if idea.row.stages else None
        at = demo_crowd.moment(now, config.timezone, int(line["il_y_a_jours"]), "answer", line["cle_idee"])
        # An answer that gives the status is one act with it.
        if stage is not None and stage.status == line["statut"]:
            at = stage.at
        answers.append(
            {
                "contribution_id": idea.id,
                "signatory": line["signataire"],
                "signatory_title": line["qualite"],
                "body": line["texte"],
                "published_at": at,
            }
        )
    insert_rows(OfficialAnswer, answers)
    update_rows(Contribution, [{"id": answer["contribution_id"], "answered": True} for answer in answers])
    given = (
        select(func.count(OfficialAnswer.id))
        .join(
            Contribution,
            (Contribution.tenant_id == OfficialAnswer.tenant_id)
            & (Contribution.id == OfficialAnswer.contribution_id),
        )
        .where(Contribution.tenant_id == Step.tenant_id, Contribution.step_id == Step.id)
        .correlate(Step)
        .scalar_subquery()
    )
    db.session.execute(update(Step).values(answers=given).execution_options(synchronize_session=False))


def _write_earlier(ideas: Mapping[str, Idea], lines: Sequence[Mapping[str, str]]) -> None:
    versions, edits = [], []
    for line in lines:
        idea = ideas[line["cle_idee"]]
        edited = idea.row.created_at + timedelta(days=int(line["apres_jours"]))
        versions.append(
            {
                "contribution_id": idea.id,
                "number": 1,
                "title": line["titre"],
                "body": line["texte"],
                "supports": bisect_right(idea.votes, edited),
                "replaced_at": edited,
            }
        )
        edits.append({"id": idea.id, "versions": 2, "edited_at": edited})
    insert_rows(ContributionVersion, versions)
    update_rows(Contribution, edits)


def _follow(wanted: Sequence[tuple[UUID, Idea, datetime]]) -> None:
    """Authors already follow their own ideas; nobody follows one twice."""
    rows: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    for person, idea, at in wanted:
        rows.setdefault(
            (person, idea.id),
            {"person_id": person, "contribution_id": idea.id, "level": "essential", "created_at": at},
        )
    if rows:
        added = insert(Follow).on_conflict_do_nothing(constraint="uq_follow_contribution")
        db.session.execute(added, list(rows.values()))
