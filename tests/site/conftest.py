"""Platforms with démarches of a toy application, and applications whose pages fail on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Blueprint, Flask

from app.db.errors import Conflict, Forbidden, TooManyRequests
from app.db.session import db
from app.factory import create_app
from config.settings import Settings
from tests.notifications import toy
from tests.support import world as worlds
from tests.support.world import TenantWorld


@pytest.fixture(autouse=True)
def _toy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.lend(app, monkeypatch)


@pytest.fixture
def demarche() -> Callable[..., UUID]:
    """`demarche(rive, "Des parcs", closes_in=…)`: one démarche with one step of the toy; the step's id."""

    def make(
        world: TenantWorld,
        title: str,
        *,
        project: dict[str, Any] | None = None,
        opens_in: timedelta | None = timedelta(days=-10),
        closes_in: timedelta | None = timedelta(days=20),
        **settings: Any,
    ) -> UUID:
        themes = (project or {}).pop("themes", [])
        made = worlds.make_project(world, title, **(project or {}))
        if themes:
            with world.scope():
                db.session.get_one(worlds.Project, (world.id, made)).themes = themes
        return worlds.make_step(
            world,
            project_id=made,
            module="essai",
            kind="texte",
            segment="essais",
            title=f"Vos idées pour : {title}",
            opens_in=opens_in,
            closes_in=closes_in,
            **settings,
        )

    return make


def _faults() -> Blueprint:
    faults = Blueprint("faults", __name__)

    @faults.route("/faute/<name>/", methods=["GET", "POST"])
    def fault(name: str) -> str:
        if name == "trop":
            raise TooManyRequests(wait=90)
        if name == "reserve":
            raise Forbidden(reason="Cette page est pour l’équipe.", helper="Dora A., administratrice")
        if name == "conflit":
            raise Conflict
        if name == "panne":
            raise RuntimeError("the password of amina@rive.example is tilleul")
        return "fait"

    return faults


@pytest.fixture(scope="module")
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """`make_app(metrics_token=…)`: another process with these settings, whose `/faute/<name>/` fails."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        app = create_app(
            replace(settings, **changes), config={"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
        )
        app.register_blueprint(_faults())
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def faulty(make_app: Callable[..., Flask]) -> Flask:
    return make_app(metrics_token="a token of the tests")
