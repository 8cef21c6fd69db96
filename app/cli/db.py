"""`parvis db`: the database and its revision."""

from __future__ import annotations

import sys

import click

from app.cli import environment, output
from app.cli.output import Refused, json_option


@click.group(epilog="Example: parvis db upgrade")
def db() -> None:
    """Bring the database up to date, or check that it is."""


@db.command(epilog="Example: PARVIS_OWNER_DATABASE_URL=postgresql://… parvis db upgrade")
def upgrade() -> None:
    """Run the migrations that are missing, as the role parvis_owner; all of them or none."""
    settings = environment.for_management()
    from app.db import migrate

    if settings.owner_database_url is None:
        raise Refused("PARVIS_OWNER_DATABASE_URL is not set: migrations run as the role parvis_owner")
    migrate.upgrade(settings.owner_database_url)
    output.note(f"The database is at revision {migrate.newest()}.")


@db.command(epilog="Example: parvis db check --json")
@json_option
def check(as_json: bool) -> None:
    """Say whether the database is at the newest revision and the application's role is safe; exit 1 if not."""
    settings = environment.for_management()
    from app.db import migrate
    from app.db.session import UnsafeRoleError, check_role, make_engine

    engine = make_engine(str(settings.database_url), pool_size=1)
    try:
        found, newest = migrate.current(engine), migrate.newest()
        try:
            check_role(engine)
            fault = None
        except UnsafeRoleError as error:
            fault = str(error)
    finally:
        engine.dispose()
    good = found == newest and fault is None
    if as_json:
        output.data({"revision": found, "expected": newest, "role_fault": fault, "good": good})
        sys.exit(0 if good else 1)
    if found != newest:
        raise Refused(
            f"the database is at revision {found or 'none'}, expected {newest}: run `parvis db upgrade`"
        )
    if fault is not None:
        raise Refused(fault)
    output.note(f"The database is at revision {newest}, the newest.")
