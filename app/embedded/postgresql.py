"""The embedded PostgreSQL: created, started, recognised, stopped, and its databases."""

import os
import secrets
import shutil
import signal
import time
from importlib import resources
from pathlib import Path

import psycopg
from psycopg import pq, sql

from app.embedded import binaries, processes
from app.embedded.errors import EmbeddedError
from app.embedded.places import Places

SUPERUSER = "parvis_bootstrap"
# Written everywhere, since libpq would otherwise take PGPORT from the caller's shell. It only names the socket.
PORT = 5432
START_SECONDS = 60.0

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    # Two cores are shared with web, worker and browser.
    "max_parallel_workers_per_gather": "0",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # The log outlives an erasure: it must hold no value that somebody typed.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

# Trust is enough for the three roles, behind a socket that only the caller's account reaches. The superuser needs
# the password kept beside the data, so that no code becomes superuser by writing a name in an address.
ACCESS = f"""\
local all {SUPERUSER} scram-sha-256
local all parvis_owner,parvis_app,parvis_operator trust
"""


def is_up(places: Places) -> bool:
    """Say whether the server accepts connections, by asking it."""
    return _ping(places) == pq.Ping.OK


def pid(places: Places) -> int | None:
    """Return the pid of the server that listens or listened there, whether it answers or not; None if there is none."""
    data_lock, socket_lock = _locks(places)
    return processes.find_pid(data_lock, program="postgres", mark=places.data) or processes.find_pid(
        socket_lock, program="postgres", mark=places.sockets
    )


def start(places: Places) -> None:
    """Start the server, creating its data directory first if needed, and wait until it accepts connections.

    Call it with the state directory locked and is_up() false. After a crash the server recovers by itself.
    Raises EmbeddedError with the end of the server's log when it does not start.
    """
    if _ping(places) == pq.Ping.REJECT and processes.wait_until(lambda: is_up(places), seconds=START_SECONDS):
        return
    unreachable = pid(places)
    if unreachable is not None:
        # It lives and nobody reaches it: something removed its socket.
        _stop(unreachable)
    programs = binaries.postgresql(places)
    if not places.data.exists():
        _create(places, programs)
    _check_major(places, programs.major)
    (places.data / "pg_hba.conf").write_text(ACCESS, "utf-8")

    said = ""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = _try_to_start(places, programs)
        if not said:
            return
        # The last backends of a killed postmaster hold its shared memory for a moment.
        if "shared memory block" not in said:
            break
        time.sleep(0.1)
    raise EmbeddedError(
        f"PostgreSQL did not start: {processes.last_lines(said)} (whole log: {places.log('postgresql')})"
    )


def stop(places: Places) -> None:
    """Stop the server in order, waiting until its process is gone; nothing to do when there is none."""
    postmaster = pid(places)
    if postmaster is not None:
        _stop(postmaster)


def prepare_database(
    places: Places, name: str, *, template: str | None = None, must_be_new: bool = False
) -> None:
    """Create the database if it is missing, and give the roles their rights in it.

    template: name of a database nobody is connected to, copied with its content; None for an empty one.
    Raises EmbeddedError if it exists and must_be_new, or if the template cannot be copied.
    """
    with connect(places, "postgres") as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount
        if found and must_be_new:
            raise EmbeddedError(f"the database {name} exists already")
        if not found:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template1")
            )
            try:
                connection.execute(statement)
            except (psycopg.errors.InvalidCatalogName, psycopg.errors.ObjectInUse) as error:
                raise EmbeddedError(f"the database {template} cannot be copied: {error}") from error
    with connect(places, name) as connection:
        connection.execute(roles_file().encode())


def drop_database(places: Places, name: str) -> None:
    """Drop the database, disconnecting whoever uses it; nothing to do when there is none."""
    with connect(places, "postgres") as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def connect(places: Places, database: str) -> psycopg.Connection:
    """Open an autocommit connection as superuser. For this room only."""
    return psycopg.connect(
        host=str(places.sockets),
        port=PORT,
        user=SUPERUSER,
        password=places.password.read_text("utf-8"),
        dbname=database,
        autocommit=True,
    )


def roles_file() -> str:
    """Return the SQL that creates the roles and their rights: the very file that operators run on their server."""
    return resources.files("config").joinpath("postgresql/roles.sql").read_text("utf-8")


def _ping(places: Places) -> pq.Ping:
    address = f"host={places.sockets} port={PORT} dbname=postgres user={SUPERUSER} connect_timeout=5"
    return pq.Ping(pq.PGconn.ping(address.encode()))


def _locks(places: Places) -> tuple[Path, Path]:
    return places.data / "postmaster.pid", places.sockets / f".s.PGSQL.{PORT}.lock"


def _options(places: Places) -> list[str]:
    settings = {
        **SETTINGS,
        "port": str(PORT),
        "unix_socket_directories": str(places.sockets),
        "unix_socket_permissions": "0700",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _stop(postmaster: int) -> None:
    # SIGINT ends the sessions and writes everything; SIGQUIT leaves the rest to recovery, which loses nothing either.
    processes.stop(postmaster, (signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))


def _create(places: Places, programs: binaries.PostgresPrograms) -> None:
    """Create the data directory aside and rename it: an interrupted creation leaves no half of one."""
    shutil.rmtree(places.draft, ignore_errors=True)
    places.make_private(places.draft)
    places.password.unlink(missing_ok=True)
    places.password.touch(mode=0o600)
    places.password.write_text(secrets.token_urlsafe(24), "utf-8")
    places.hand_over(places.password)
    arguments = [
        f"--username={SUPERUSER}",
        f"--pwfile={places.password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # Fast and the same everywhere; plain C would not lowercase accents.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        # There is nothing to lose yet; the server itself runs with fsync.
        "--no-sync",
    ]
    processes.run([programs.initdb, "-D", places.draft, *arguments], account=places.account)
    places.draft.rename(places.data)


def _check_major(places: Places, major: int) -> None:
    written = (places.data / "PG_VERSION").read_text("utf-8").strip()
    if written != str(major):
        raise EmbeddedError(
            f"{places.data} was written by PostgreSQL {written} and this installation brings {major}: "
            f"start afresh (make demo RESET=1), or export the data with the version that wrote it"
        )


def _try_to_start(places: Places, programs: binaries.PostgresPrograms) -> str:
    """Start the server once and return the empty string when it accepts connections, else what it said."""
    for lock in _locks(places):
        _discredit(lock)
    log = places.log("postgresql")
    said_before = log.stat().st_size if log.exists() else 0
    started = processes.spawn(
        [programs.postgres, "-D", places.data, *_options(places)], account=places.account, log=log
    )
    processes.wait_until(lambda: is_up(places) or not processes.is_alive(started), seconds=START_SECONDS)
    if is_up(places):
        return ""
    with log.open("rb") as lines:
        lines.seek(min(said_before, log.stat().st_size))
        return lines.read().decode(errors="replace") or "it said nothing"


def _discredit(lock: Path) -> None:
    """Make the lock file of a dead server name us, its next parent, whom PostgreSQL disregards.

    PostgreSQL refuses to start while the pid in it is alive, and after a crash that pid may be an uncollected zombie
    or somebody else's process. The file stays, because its other lines let PostgreSQL find the shared memory of
    backends still alive, the only thing that would make a start dangerous.
    """
    try:
        _, rest = lock.read_text("utf-8").split("\n", 1)
    except (FileNotFoundError, ValueError):
        return
    lock.write_text(f"{os.getpid()}\n{rest}", "utf-8")
