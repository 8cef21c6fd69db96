"""The real PostgreSQL and Redis of the test run.

With PARVIS_DATABASE_URL, PARVIS_OWNER_DATABASE_URL, PARVIS_OPERATOR_DATABASE_URL and PARVIS_REDIS_URL set, the run uses
those servers; else the embedded ones under var/test, with a database of its own. Tests never clean up: each makes
tenants of its own, and what one tenant holds no other sees.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app import embedded
from app.db import migrate

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "var" / "test"
NAMES = (
    "PARVIS_DATABASE_URL",
    "PARVIS_OWNER_DATABASE_URL",
    "PARVIS_OPERATOR_DATABASE_URL",
    "PARVIS_REDIS_URL",
)


@dataclass(frozen=True)
class Servers:
    """SQLAlchemy URLs of one migrated database by role, and Redis'. services: None on given servers."""

    database_url: str
    owner_url: str
    operator_url: str
    redis_url: str
    services: embedded.Services | None
    database: str | None

    def drop(self) -> None:
        if self.services is not None and self.database is not None:
            embedded.drop_database(self.services, self.database)


def start() -> Servers:
    given = [os.environ.get(name) for name in NAMES]
    if all(given):
        app_url, owner_url, operator_url, redis_url = (str(url) for url in given)
        servers = Servers(app_url, owner_url, operator_url, redis_url, None, None)
    else:
        services = embedded.up(STATE)
        name = f"parvis_test_{os.getpid()}"
        embedded.drop_database(services, name)
        own = embedded.create_database(services, name)
        servers = Servers(
            own.database_url, own.owner_database_url, own.operator_database_url, own.redis_url, services, name
        )
    migrate.upgrade(servers.owner_url)
    return servers
