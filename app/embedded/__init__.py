"""A real PostgreSQL and a real Redis for a machine that has neither, from wheels, under one state directory.

For development, demonstrations and tests. With PARVIS_DATABASE_URL and PARVIS_REDIS_URL set, nobody calls this room.
The servers are services: started once, shared by every process of the directory, stopped explicitly. Nothing counts
who uses them, and a server is alive when it answers.
"""

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from app.embedded import places as _places
from app.embedded import postgresql, redis_server
from app.embedded.errors import EmbeddedError
from app.embedded.places import Places

__all__ = [
    "EmbeddedError",
    "Services",
    "Status",
    "create_database",
    "down",
    "drop_database",
    "status",
    "up",
    "wipe",
]

DATABASE = "parvis"


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of running servers. The first three are SQLAlchemy URLs of one database, one per role."""

    database_url: str
    owner_database_url: str
    operator_database_url: str
    redis_url: str
    state_dir: Path


@dataclass(frozen=True, slots=True)
class Status:
    """What runs for a state directory: the pid of each server, None when it does not run."""

    postgresql: int | None
    redis: int | None


def up(state_dir: Path) -> Services:
    """Bring both servers up, with the database `parvis` and its three roles, and return their addresses.

    Whatever already runs is used as it is, so every process may call it, at the same time too.
    Raises EmbeddedError when a server cannot be started.
    """
    state_dir = state_dir.resolve()
    with _places.locked(state_dir):
        places = _places.prepare(state_dir)
        for predecessor in _places.predecessors(places):
            _stop(predecessor)
        if not postgresql.is_up(places):
            postgresql.start(places)
        if not redis_server.is_up(places):
            redis_server.start(places)
        # Written after the roles: an interrupted start does them again, and so does a new version of the file.
        fingerprint = hashlib.sha256(postgresql.roles_file().encode()).hexdigest()
        if not places.ready.exists() or places.ready.read_text("utf-8") != fingerprint:
            postgresql.prepare_database(places, DATABASE)
            places.ready.write_text(fingerprint, "utf-8")
    return _services(places, DATABASE)


def down(state_dir: Path) -> None:
    """Stop both servers in order and wait until they are gone. What they hold stays for the next `up`.

    Raises EmbeddedError when one does not stop.
    """
    if not state_dir.exists():
        return
    with _places.locked(state_dir.resolve()):
        places = _places.find(state_dir)
        if places is not None:
            _stop(places)


def wipe(state_dir: Path) -> None:
    """Stop both servers and delete everything they hold. Nothing else in the state directory is touched."""
    if not state_dir.exists():
        return
    with _places.locked(state_dir.resolve()):
        places = _places.find(state_dir)
        if places is None:
            return
        _stop(places)
        for directory in (
            places.data,
            places.redis,
            places.programs,
            places.sockets,
            places.state_dir / "log",
        ):
            if directory.exists():
                shutil.rmtree(directory)
        for file in (places.password, places.ready, places.state_dir / "embedded.json"):
            file.unlink(missing_ok=True)
        if places.home != places.state_dir:
            (places.state_dir / "postgresql").unlink(missing_ok=True)
            shutil.rmtree(places.home, ignore_errors=True)


def status(state_dir: Path) -> Status:
    """Say what runs for the state directory. Starts nothing, creates nothing."""
    places = _places.find(state_dir)
    if places is None:
        return Status(None, None)
    return Status(
        postgresql.pid(places) if postgresql.is_up(places) else None,
        redis_server.pid(places) if redis_server.is_up(places) else None,
    )


def create_database(services: Services, name: str, template: str | None = None) -> Services:
    """Create one more database with the same roles and rights, and return its addresses (Redis stays the same).

    template: name of a database nobody is connected to, copied with its content; None for an empty one.
    Raises EmbeddedError if the name is taken or the template cannot be copied.
    """
    places = _running(services)
    postgresql.prepare_database(places, name, template=template, must_be_new=True)
    return replace(_services(places, name), redis_url=services.redis_url)


def drop_database(services: Services, name: str) -> None:
    """Drop a database, disconnecting whoever uses it; nothing to do when there is none."""
    postgresql.drop_database(_running(services), name)


def _stop(places: Places) -> None:
    # Redis first: what it loses on its way down, PostgreSQL's outbox still knows.
    redis_server.stop(places)
    postgresql.stop(places)
    shutil.rmtree(places.sockets, ignore_errors=True)


def _running(services: Services) -> Places:
    places = _places.find(services.state_dir)
    if places is None:
        raise EmbeddedError(f"no embedded server was ever started in {services.state_dir}")
    return places


def _services(places: Places, database: str) -> Services:
    def address(role: str) -> str:
        return f"postgresql+psycopg://{role}@/{quote(database)}?host={places.sockets}&port={postgresql.PORT}"

    return Services(
        database_url=address("parvis_app"),
        owner_database_url=address("parvis_owner"),
        operator_database_url=address("parvis_operator"),
        redis_url=f"unix://{places.redis_socket}?db=0",
        state_dir=places.state_dir,
    )
