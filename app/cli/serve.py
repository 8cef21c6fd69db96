"""The three processes of a deployment: web, worker, scheduler."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from app.cli import environment
from app.cli.output import Refused, note
from config.settings import Settings


@click.command(epilog="Example: parvis serve --host 0.0.0.0 --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on; PARVIS_PORT by default.")
@click.option(
    "--tenants",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=environment.TENANTS,
    help="Folder of the platforms' YAML files.",
)
def serve(host: str, port: int | None, tenants: Path) -> None:
    """Prepare the deployment, then serve it with Gunicorn.

    Starts embedded servers when none are given, migrates when the owner's URL is given, applies the files of tenants
    that changed when the operator's URL is given, then forgets both URLs.
    """
    if port is not None:
        os.environ["PARVIS_PORT"] = str(port)
    settings = environment.with_servers()
    prepare(settings, tenants)
    environment.drop_operator_credentials()
    environment.share_figures(settings)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, gunicorn(host, settings.port), dict(os.environ))  # noqa: S606 (no shell is what we want)


def gunicorn(host: str, port: int) -> list[str]:
    """The command that serves the web application."""
    configuration = environment.ROOT / "config" / "gunicorn.py"
    return [sys.executable, "-m", "gunicorn", "--config", str(configuration), "--bind", f"{host}:{port}"]


def prepare(settings: Settings, tenants: Path) -> None:
    """Migrate and apply what changed, with the rights this process was given. Raises Refused, UnsafeRoleError."""
    from app import parts
    from app.db import clock, migrate
    from app.db.session import check_role, make_engine
    from app.tenancy import services

    if settings.owner_database_url is not None:
        migrate.upgrade(settings.owner_database_url)
    engine = make_engine(str(settings.database_url), pool_size=1)
    try:
        check_role(engine)
        found = migrate.current(engine)
    finally:
        engine.dispose()
    if found != migrate.newest():
        raise Refused(
            f"the database is at revision {found or 'none'}, expected {migrate.newest()}: run `parvis db upgrade`"
        )
    if settings.operator_database_url is not None:
        parts.register_all()
        operator = environment.operator_engine(settings)
        try:
            for line in services.apply_changed(
                operator, tenants, now=clock.now(), with_demonstrations=settings.mode != "production"
            ):
                note(line)
        finally:
            operator.dispose()


@click.command(epilog="Example: parvis worker high default")
@click.argument("queues", nargs=-1, type=click.Choice(["high", "default", "heavy"]))
def worker(queues: tuple[str, ...]) -> None:
    """Do the work that requests leave behind: mails, exports, recurring work.

    QUEUES: which ones, the most urgent first; all of them by default.
    """
    settings = _service_settings()
    from app.jobs import queue
    from app.jobs import worker as workers

    with environment.application(settings) as app:
        check_application_role()
        workers.run(app, queue.connect_worker(str(settings.redis_url)), queues or queue.QUEUES)


@click.command(epilog="Example: parvis scheduler")
def scheduler() -> None:
    """Keep the deployment's clock: recurring work of each platform, and work that no worker was told about.

    Running two is safe: they share the work.
    """
    settings = _service_settings()
    from app.jobs import scheduler as schedulers

    stop = threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    with environment.application(settings) as app:
        check_application_role()
        schedulers.run(app, stop)


def _service_settings() -> Settings:
    settings = environment.with_servers()
    environment.drop_operator_credentials()
    environment.share_figures(settings)
    return settings


def check_application_role() -> None:
    """Raises UnsafeRoleError."""
    from app.db.session import check_role, db

    check_role(db.engine)
