"""The demonstration's content: believable, complete, and every figure equal to the rows it counts."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from app import parts
from app.cli import demo_content, environment
from app.cli.demo_people import CAST, sign_in_links
from app.db import clock
from app.db.outbox import Event
from app.db.session import db
from app.participation import contributions, counters, follows, official, votes
from app.participation.models import (
    Comment,
    Contribution,
    Follow,
    OfficialAnswer,
    Step,
    StepParticipation,
    Vote,
)
from app.people import persons
from app.people.models import Person, PersonRole
from app.tenancy import services
from modules.boite_a_idees.models import Idea
from tests.support.world import TenantWorld

PLATFORMS = ("valmorin", "mercadel", "haut-layon")


@dataclass(frozen=True)
class Platform:
    """A demonstration platform under a name of this run. folder: its files."""

    world: TenantWorld
    folder: Path

    def lines(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def platforms(
    app: Flask, operator_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Platform]:
    """The three platforms as `parvis demo` makes them, loaded twice."""
    parts.register_all()
    tenants = tmp_path_factory.mktemp("demo") / "tenants"
    shutil.copytree(environment.TENANTS, tenants)
    made = {}
    for name in PLATFORMS:
        slug = f"{name}-{uuid4().hex[:6]}"
        file = tenants / f"{name}.yaml"
        text = file.read_text("utf-8").replace(f"tenant: {name}\n", f"tenant: {slug}\n")
        file.write_text(text.replace("hosts: [", f"hosts: [{slug}."), "utf-8")
        shutil.copytree(tenants / "assets" / name, tenants / "assets" / slug)
        services.apply_file(operator_engine, file, author="test", why="test", now=clock.now())
        app.extensions["tenants"].forget()
        config = app.extensions["tenants"].by_slug(slug)
        made[name] = Platform(TenantWorld(app, slug, config.id), tenants / "assets" / slug)
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(environment, "TENANTS", tenants)
        for _ in range(2):
            demo_content.load(app, app.config["PARVIS_SETTINGS"])
    return made


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest, platforms: dict[str, Platform]) -> Platform:
    return platforms[request.param]


@pytest.fixture
def valmorin(platforms: dict[str, Platform]) -> Platform:
    return platforms["valmorin"]


def test_every_figure_equals_the_rows_it_counts(platform: Platform) -> None:
    with platform.world.scope():
        assert counters.recount() == []
        assert votes.recount() == []
        talked = select(func.count()).where(
            Comment.tenant_id == Contribution.tenant_id, Comment.contribution_id == Contribution.id
        )
        wrong = select(func.count()).where(Contribution.comments != talked.scalar_subquery())
        assert db.session.scalar(wrong) == 0
        useful = select(func.count()).where(
            Vote.tenant_id == Comment.tenant_id, Vote.comment_id == Comment.id
        )
        wrong = select(func.count()).where(Comment.supports != useful.scalar_subquery())
        assert db.session.scalar(wrong) == 0
        spent = select(func.count()).where(
            Vote.tenant_id == StepParticipation.tenant_id,
            Vote.step_id == StepParticipation.step_id,
            Vote.person_id == StepParticipation.person_id,
            Vote.contribution_id.is_not(None),
        )
        wrong = select(func.count()).where(StepParticipation.supports != spent.scalar_subquery())
        assert db.session.scalar(wrong) == 0


def test_the_files_are_there_whole_and_once(platform: Platform) -> None:
    ideas, comments = platform.lines("idees.csv"), platform.lines("commentaires.csv")

    with platform.world.scope():
        rows = {idea.import_key: idea for idea in db.session.scalars(select(Idea))}
        assert len(rows) == len(ideas)
        for line in ideas:
            row = rows[line["cle"]]
            assert (row.title, row.supports, row.status) == (
                line["titre"],
                int(line["soutiens"]),
                line["statut"],
            )
            assert (row.number, row.author_label) == (int(line["cle"]), None)
            assert persons.get_person(row.author_id or uuid4()).display_name == line["auteur"]
        assert db.session.scalar(select(func.count(Comment.id))) == len(comments)
        replies = db.session.scalar(select(func.count(Comment.id)).where(Comment.parent_id.is_not(None)))
        assert replies == sum(bool(line["reponse_a"]) for line in comments)
        answers = db.session.scalar(select(func.count(OfficialAnswer.id)))
        assert answers == len(platform.lines("reponses.csv"))


def test_everything_happened_while_it_could(platform: Platform) -> None:
    now = clock.now()
    with platform.world.scope():
        steps = {step.id: step for step in db.session.scalars(select(Step))}
        for idea in db.session.scalars(select(Idea)):
            step = steps[idea.step_id]
            assert step.opens_at is None or step.opens_at < idea.created_at < now
            assert step.closes_at is None or idea.created_at < step.closes_at
            stages = [change.at for change in official.list_changes(idea.id)]
            assert stages == sorted(stages)
            assert all(idea.created_at < at < now for at in stages)
            assert idea.status_at == (stages[-1] if stages else None)
            first, last = db.session.execute(
                select(func.min(Vote.created_at), func.max(Vote.created_at)).where(
                    Vote.contribution_id == idea.id
                )
            ).one()
            assert first is None or idea.created_at <= first <= last <= now
            assert last is None or step.closes_at is None or last <= step.closes_at


def test_nobody_gives_more_than_the_step_allows_nor_supports_their_own(platform: Platform) -> None:
    with platform.world.scope():
        for step_id, limit in db.session.execute(
            select(Step.id, Step.settings["support_limit"].as_integer()).where(
                Step.settings["support_limit"].as_integer().is_not(None)
            )
        ):
            given = db.session.scalar(
                select(func.max(StepParticipation.supports)).where(StepParticipation.step_id == step_id)
            )
            assert given is None or given <= limit
        own = select(func.count(Vote.id)).join(
            Contribution,
            (Contribution.tenant_id == Vote.tenant_id) & (Contribution.id == Vote.contribution_id),
        )
        assert db.session.scalar(own.where(Contribution.author_id == Vote.person_id)) == 0


def test_an_idea_that_met_its_threshold_knows_since_when(platform: Platform) -> None:
    with platform.world.scope():
        for idea, threshold in db.session.execute(
            select(Idea, Step.settings["threshold"].as_integer()).join(
                Step, (Step.tenant_id == Contribution.tenant_id) & (Step.id == Contribution.step_id)
            )
        ):
            met = threshold is not None and idea.supports >= threshold
            assert (idea.threshold_reached_at is not None) == met
            if met:
                earlier = select(func.count(Vote.id)).where(
                    Vote.contribution_id == idea.id, Vote.created_at <= idea.threshold_reached_at
                )
                assert db.session.scalar(earlier) == threshold


def test_people_can_sign_in_with_the_domain_of_their_platform(platform: Platform) -> None:
    domains = platform.world.config.closed_to_domains
    with platform.world.scope():
        unknown = select(func.count(Person.id)).where(
            Person.display_name.is_not(None), Person.charter_at.is_(None)
        )
        assert db.session.scalar(unknown) == 0
        inhabitants = platform.lines("habitants.csv")
        named = db.session.scalar(select(func.count(Person.id)).where(Person.display_name.is_not(None)))
        assert named == len(inhabitants) + len(CAST)
        author = db.session.scalars(select(Idea.author_id).order_by(Idea.number)).first()
        assert author is not None
        address = persons.verified_email(author)
        assert address is not None
        assert address.endswith(f"@{domains[0]}" if domains else f"@{platform.world.slug}.example")


def test_the_cast_is_there_with_its_roles_and_nothing_done_yet(platform: Platform) -> None:
    with platform.world.scope():
        before = db.session.scalar(select(func.count(Person.id)))
        sign_in_links(platform.world.config, now=clock.now())
        assert db.session.scalar(select(func.count(Person.id))) == before
        held = db.session.execute(
            select(Person.display_name, PersonRole.role)
            .outerjoin(
                PersonRole, (PersonRole.tenant_id == Person.tenant_id) & (PersonRole.person_id == Person.id)
            )
            .where(Person.display_name.in_([member.name for member in CAST]))
        )
        granted = {row.display_name: row.role for row in held}
        assert granted == {member.name: member.role for member in CAST}
        citizen = db.session.scalars(select(Person.id).where(Person.display_name == CAST[0].name)).one()
        assert db.session.scalar(select(func.count(Vote.id)).where(Vote.person_id == citizen)) == 0
        followed = select(func.count(Follow.id)).where(Follow.person_id == citizen)
        assert db.session.scalar(followed) == 3


def test_nobody_receives_a_mail_for_it(platform: Platform) -> None:
    with platform.world.scope():
        assert db.session.scalar(select(func.count(Event.id))) == 0


def test_the_bridge_of_valmorin_tells_its_whole_story(valmorin: Platform) -> None:
    with valmorin.world.scope():
        bridge = db.session.scalars(select(Idea).where(Idea.title == "Un pont cyclable vers Port-Neuf")).one()
        version = contributions.list_versions(bridge.id)[0]
        changes = official.list_changes(bridge.id)
        answer = official.list_answers(bridge.id)[0]

        assert (bridge.number, bridge.supports, bridge.comments, bridge.versions) == (128, 214, 24, 2)
        assert (version.title, version.replaced_at) == (
            "Une passerelle à vélo vers Port-Neuf",
            bridge.edited_at,
        )
        assert 0 < version.supports < bridge.supports
        assert [change.status for change in changes] == ["recevable", "etude"]
        assert changes[-1].note == "Résultat publié ici avant le 31 janvier"
        assert (answer.signatory, answer.published_at) == ("Claire Vasseur", changes[-1].at)
        assert bridge.answered
        assert bridge.author_id is not None
        assert follows.is_following(bridge.author_id, contribution_id=bridge.id)


def test_a_refused_idea_was_never_said_to_be_decided(platform: Platform) -> None:
    with platform.world.scope():
        for idea in db.session.scalars(select(Idea).where(Idea.status == "refusee")):
            assert [change.status for change in official.list_changes(idea.id)] == [
                "recevable",
                "etude",
                "refusee",
            ]


def test_loaded_again_it_changes_nothing(app: Flask, valmorin: Platform) -> None:
    with valmorin.world.scope():
        assert demo_content.fill(app, valmorin.world.config, valmorin.folder, now=clock.now()) == 0
