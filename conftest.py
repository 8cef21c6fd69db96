"""Fixtures of every test: one application a run, tenants of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.db import clock as clocks
from app.db.session import make_engine
from tests.support import servers as servers_module
from tests.support import world
from tests.support.browser import Browser
from tests.support.servers import Servers
from tests.support.world import TenantWorld


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    started = servers_module.start()
    yield started
    started.drop()


@pytest.fixture(scope="session")
def settings(servers: Servers, tmp_path_factory: pytest.TempPathFactory):
    from config.settings import load

    folder = tmp_path_factory.mktemp("var")
    return load(
        {
            "PARVIS_MODE": "test",
            "PARVIS_DATABASE_URL": servers.database_url,
            "PARVIS_REDIS_URL": servers.redis_url,
            "PARVIS_SECRET_KEY": "only for tests, never anywhere else",
            "PARVIS_STORAGE_URL": f"file:{folder / 'files'}",
            "PARVIS_STATE_DIR": str(folder),
            "PARVIS_LOG_FORMAT": os.environ.get("PARVIS_LOG_FORMAT", "console"),
        }
    )


@pytest.fixture(scope="session")
def app(settings) -> Iterator[Flask]:
    from app.db.session import db
    from app.factory import create_app

    app = create_app(settings, config={"TESTING": False, "PROPAGATE_EXCEPTIONS": False})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def operator_engine(servers: Servers) -> Iterator[Engine]:
    engine = make_engine(servers.operator_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Iterator[clocks.FrozenClock]:
    """Sunday 22 November 2026, 11:00 in Paris; move it with `clock.move(days=…)`."""
    frozen = clocks.FrozenClock(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))
    with clocks.using(frozen):
        yield frozen


@pytest.fixture
def make_tenant(app: Flask, operator_engine: Engine) -> Callable[..., TenantWorld]:
    def make(slug: str = "rive", **document: object) -> TenantWorld:
        return world.make_tenant(app, operator_engine, slug, **document)

    return make


@pytest.fixture
def rive(make_tenant: Callable[..., TenantWorld]) -> TenantWorld:
    """Where Amina lives and Bruno moderates."""
    return make_tenant("rive")


@pytest.fixture
def levant(make_tenant: Callable[..., TenantWorld]) -> TenantWorld:
    """Where Chloé lives; she must see nothing of Rive."""
    return make_tenant("levant")


@pytest.fixture
def amina(rive: TenantWorld) -> UUID:
    return world.make_person(rive, "Amina R.", zone="nord")


@pytest.fixture
def bruno(rive: TenantWorld) -> UUID:
    return world.make_person(rive, "Bruno M.", role="moderator")


@pytest.fixture
def dora(rive: TenantWorld) -> UUID:
    return world.make_person(rive, "Dora A.", role="administrator")


@pytest.fixture
def chloe(levant: TenantWorld) -> UUID:
    return world.make_person(levant, "Chloé L.")


@pytest.fixture
def browse() -> Callable[..., Browser]:
    """`browse(rive)` is a visitor's browser, `browse(rive, amina)` one where Amina is signed in."""

    def open_browser(tenant: TenantWorld, person: UUID | None = None) -> Browser:
        browser = Browser(tenant)
        return browser.sign_in(person) if person else browser

    return open_browser


@pytest.fixture
def fixtures_folder() -> Path:
    return Path(__file__).parent / "tests" / "data"
