"""From the environment to settings that name real servers: those given, else the embedded ones."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from app import embedded
from app.cli.lock import Lock
from app.cli.output import Refused
from config.settings import Settings, load

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parents[2]
TENANTS = ROOT / "tenants"

#: Web, worker and scheduler never hold these.
OPERATOR_CREDENTIALS = ("PARVIS_OWNER_DATABASE_URL", "PARVIS_OPERATOR_DATABASE_URL")


def lock_of(settings: Settings) -> Lock:
    """Held by whoever runs the demonstration of this state directory."""
    return Lock(settings.state_dir / "demo.lock")


def with_servers(environ: MutableMapping[str, str] = os.environ) -> Settings:
    """Settings with every URL, written back to the environment for the processes to come.

    Starts the embedded servers when PostgreSQL or Redis is not given; they keep running. Raises SettingsError,
    EmbeddedError.
    """
    settings = load(environ)
    if settings.database_url is not None and settings.redis_url is not None:
        return settings
    services = embedded.up(settings.state_dir)
    if settings.database_url is None:
        environ["PARVIS_DATABASE_URL"] = services.database_url
        environ["PARVIS_OWNER_DATABASE_URL"] = services.owner_database_url
        environ["PARVIS_OPERATOR_DATABASE_URL"] = services.operator_database_url
    if settings.redis_url is None:
        environ["PARVIS_REDIS_URL"] = services.redis_url
    return load(environ)


def for_management(environ: MutableMapping[str, str] = os.environ) -> Settings:
    """Settings of a command that manages platforms and then leaves.

    Embedded servers that this command had to start are stopped when it ends, unless a demonstration began meanwhile.
    """
    if "PARVIS_MODE" not in environ and "PARVIS_DATABASE_URL" not in environ:
        # The embedded servers belong to the demonstration: nobody should have to say so twice.
        environ["PARVIS_MODE"] = "demo"
    settings = load(environ)
    ours = settings.database_url is None or settings.redis_url is None
    if ours and embedded.status(settings.state_dir).postgresql is None:
        atexit.register(_stop_servers, settings)
    return with_servers(environ)


def _stop_servers(settings: Settings) -> None:
    lock = lock_of(settings)
    if lock.take():
        embedded.down(settings.state_dir)
        lock.release()


def operator_engine(settings: Settings) -> Engine:
    """Raises Refused when the operator's URL is not given."""
    from app.db.session import make_engine

    if settings.operator_database_url is None:
        raise Refused(
            "PARVIS_OPERATOR_DATABASE_URL is not set: this command works as the role parvis_operator"
        )
    return make_engine(settings.operator_database_url, pool_size=1)


def drop_operator_credentials(environ: MutableMapping[str, str] = os.environ) -> None:
    for name in OPERATOR_CREDENTIALS:
        environ.pop(name, None)


def share_figures(settings: Settings, environ: MutableMapping[str, str] = os.environ) -> None:
    """Give web, worker and scheduler one directory for their figures, without what dead processes left there.

    Before the figures are first imported. Without a metrics token nobody reads them and each process keeps its own.
    """
    if settings.metrics_token is None:
        return
    folder = (settings.state_dir / "figures").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        pid = file.stem.rpartition("_")[2]
        if not (pid.isdigit() and _is_alive(int(pid))):
            file.unlink(missing_ok=True)
    environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The application, in its context, for a command that works as the application does."""
    from app.db.session import db
    from app.factory import create_app

    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def tenant_id_of(app: Flask, slug: str) -> UUID:
    """Raises Refused for a tenant that does not exist."""
    config = app.extensions["tenants"].by_slug(slug)
    if config is None:
        raise Refused(f"no tenant is called {slug!r}: see `parvis tenant list`")
    found: UUID = config.id
    return found
