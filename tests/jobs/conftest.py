"""An application without pages: jobs need the database, the tenants and the queue, no room above."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from flask import Flask
from redis import Redis

from app.db import outbox
from app.db.outbox import OutboxEvent
from app.db.session import CONNECT_ARGS, db
from app.db.storage import make_store
from app.jobs import queue
from app.jobs.metrics import Metrics
from app.tenancy.registry import TenantRegistry
from config.settings import Settings
from tests.support.servers import Servers
from tests.support.world import TenantWorld

MakeApp = Callable[[Redis | None], Flask]


def _app(settings: Settings, redis: Redis | None) -> Flask:
    app = Flask("parvis-jobs")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        PARVIS_SETTINGS=settings,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 5, "max_overflow": 10, "connect_args": CONNECT_ARGS},
    )
    db.init_app(app)
    with app.app_context():
        registry = TenantRegistry(db.engine)
    app.extensions.update(
        tenants=registry, modules={}, metrics=Metrics(), file_store=make_store(settings.storage_url)
    )
    queue.install(app, redis)
    return app


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """Without Redis: whoever sweeps does the work."""
    app = _app(settings, None)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _nothing_waits(app: Flask) -> None:
    """What other tests left to do would be done here, by whoever sweeps."""
    with app.app_context():
        db.session.execute(db.delete(outbox.DueWork))
        db.session.commit()


@pytest.fixture
def make_app(settings: Settings) -> Iterator[MakeApp]:
    """`make_app(redis)` is another process of the deployment."""
    made: list[Flask] = []

    def make(redis: Redis | None) -> Flask:
        made.append(_app(settings, redis))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    """A database of Redis of its own, emptied."""
    client = Redis.from_url(servers.redis_url.replace("db=0", "db=9"))
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@dataclass(frozen=True)
class BellRang(OutboxEvent):
    """An event of the tests; its number tells one test's events from another's."""

    name: ClassVar[str] = "tests.bell_rang"
    number: str


@dataclass
class Town:
    """A tenant whose handlers are the test's own."""

    world: TenantWorld
    number: str

    def ring(self) -> list[UUID]:
        """Post the event; the ids of its deliveries, by handler name."""
        with self.world.scope():
            outbox.post(BellRang(number=self.number))
            return [delivery_id for _, delivery_id in outbox.take_wake_ups()]

    def delivery(self, delivery_id: UUID) -> outbox.Delivery:
        with self.world.scope():
            return db.session.get_one(outbox.Delivery, (self.world.id, delivery_id))

    def due(self) -> list[outbox.DueWork]:
        with self.world.scope():
            rows = db.session.scalars(
                db.select(outbox.DueWork).where(outbox.DueWork.tenant_id == self.world.id)
            )
            return sorted(rows, key=lambda row: (row.kind, row.ref))


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`listen(mail=function)` makes these functions the only handlers of BellRang."""

    def subscribe(**handlers: Callable[[dict[str, Any]], None]) -> None:
        monkeypatch.setitem(outbox._handlers, BellRang.name, dict(handlers))

    return subscribe


@pytest.fixture
def town(rive: TenantWorld) -> Town:
    return Town(rive, uuid4().hex)
