"""`parvis demo`: three platforms on this machine, everything started, everything stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType
from typing import Any

import click

from app import embedded
from app.cli import environment, serve
from app.cli.output import Refused, note
from app.cli.supervisor import Child, Supervisor, kill_leftovers
from config.settings import Settings, load

HOST = "127.0.0.1"
#: Two web processes are enough for one visitor, and start sooner.
WEB_WORKERS = "2"
#: Seconds the first start may take: migrations and content, on a slow disk.
PATIENCE = 300.0
#: Seconds after which the person at the terminal is told what takes so long.
SLOW = 3.0
#: Seconds a killed process may take to let go of its port.
KILLED_PATIENCE = 5.0
#: What a demonstration writes, apart from the embedded servers' own files and the secret key.
CONTENT = ("files", "mail", "figures", "log", "demo.json", "demo-migrated")


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or the system asks us to leave."""


@click.command(epilog="Example: parvis demo --port 8000 --reset")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port of the platforms."
)
@click.option("--reset", is_flag=True, help="Forget everything and start afresh.")
def demo(port: int, reset: bool) -> None:
    """Run three demonstration platforms on this machine until Ctrl-C.

    Starts PostgreSQL and Redis under var/, migrates, loads the platforms and their content, then web, worker and
    scheduler. A second run finds everything where it was.
    """
    environ = os.environ
    if environ.setdefault("PARVIS_MODE", "demo") != "demo":
        raise Refused(f"PARVIS_MODE is {environ['PARVIS_MODE']!r}: the demonstration runs in mode demo only")
    environ.setdefault("PARVIS_WEB_WORKERS", WEB_WORKERS)
    environ["PARVIS_PORT"] = str(port)
    settings = load(environ)
    environ["PARVIS_STATE_DIR"] = str(settings.state_dir.resolve())
    settings = load(environ)
    lock = environment.lock_of(settings)
    if not lock.take():
        raise Refused(_already_running(settings))
    try:
        with _Signals() as stopping:
            _run(settings, port, reset, stopping)
    finally:
        lock.release()


class _Signals:
    """Remembers that we were asked to stop; `check` raises Stopped where stopping is possible."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.asked = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _Signals:
        for number in self.NUMBERS:
            self._previous[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def check(self) -> None:
        if self.asked:
            raise Stopped


def _run(settings: Settings, port: int, reset: bool, stopping: _Signals) -> None:
    own_servers = settings.database_url is None or settings.redis_url is None
    _check_port(port, patience=KILLED_PATIENCE if _kill_leftovers(settings) else 0.0)
    if reset:
        _wipe(settings, own_servers)
    supervisor: Supervisor | None = None
    preparing: subprocess.Popen[bytes] | None = None
    try:
        note("Starting PostgreSQL and Redis…" if own_servers else "Using the servers given…")
        settings = environment.with_servers()
        stopping.check()
        preparing = _prepare()
        supervisor = Supervisor(_children(settings, port), note)
        if own_servers and _migrated_before(settings):
            supervisor.start("web")
            _write_state(settings, supervisor)
        report = _follow(preparing, supervisor, settings, stopping)
        _migrated_file(settings).write_text(_newest_migration(), "utf-8")
        _wait_ready(port, supervisor, settings, stopping)
        note(_welcome(report, settings, port))
        # After the welcome: pages do not need them, and on two cores they would delay the first one.
        supervisor.start("worker", "scheduler")
        _write_state(settings, supervisor)
        while True:
            stopping.check()
            if supervisor.check():
                _write_state(settings, supervisor)
            time.sleep(0.2)
    except Stopped:
        note("Stopping…")
    finally:
        if preparing is not None:
            preparing.kill()
            preparing.wait()
        if supervisor is not None:
            supervisor.stop()
        _state_file(settings).unlink(missing_ok=True)
        if own_servers:
            embedded.down(settings.state_dir)
    note("Everything is stopped.")


def _prepare() -> subprocess.Popen[bytes]:
    """A process of its own migrates, applies and loads: this one stays small, and needs no application to supervise."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli.demo_prepare"],
        cwd=environment.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _follow(
    preparing: subprocess.Popen[bytes], supervisor: Supervisor, settings: Settings, stopping: _Signals
) -> dict[str, Any]:
    """Read what the preparation says, one JSON document a line, until it ends; the web starts once it migrated.

    Returns what it said last, the platforms. Raises Stopped, Refused when it fails.
    """
    if preparing.stdout is None:
        raise RuntimeError("the preparation was started without a pipe")
    pipe = preparing.stdout.fileno()
    os.set_blocking(pipe, False)
    report: dict[str, Any] = {}
    received = b""
    slow_at = float("inf")
    while True:
        stopping.check()
        ended = preparing.poll() is not None
        with suppress(BlockingIOError):
            while chunk := os.read(pipe, 65_536):
                received += chunk
        *complete, received = received.split(b"\n")
        for line in complete:
            report = json.loads(line)
            if report["say"] == "migrated":
                supervisor.start("web")
                _write_state(settings, supervisor)
                slow_at = time.monotonic() + SLOW
        if ended:
            break
        if time.monotonic() > slow_at:
            note("Loading the content of the platforms, which takes a moment the first time…")
            slow_at = float("inf")
        supervisor.check()
        time.sleep(0.02)
    if preparing.returncode != 0:
        raise Refused("the demonstration could not be prepared: what went wrong is above")
    return report


def _children(settings: Settings, port: int) -> list[Child]:
    inherited = dict(os.environ)
    environment.drop_operator_credentials(inherited)
    environment.share_figures(settings, inherited)
    logs = settings.state_dir / "log"
    parvis = [sys.executable, "-m", "app.cli"]
    path = os.pathsep.join(filter(None, (str(environment.ROOT), inherited.get("PYTHONPATH"))))
    inherited["PYTHONPATH"] = path
    # Loaded once, before the processes divide: no connection is open by then.
    web = [*serve.gunicorn(HOST, port), "--preload"]
    return [
        Child("web", web, inherited, logs / "web.log", signal.SIGINT),
        Child("worker", [*parvis, "worker"], inherited, logs / "worker.log"),
        Child("scheduler", [*parvis, "scheduler"], inherited, logs / "scheduler.log"),
    ]


def _wait_ready(port: int, supervisor: Supervisor, settings: Settings, stopping: _Signals) -> None:
    deadline = time.monotonic() + PATIENCE
    while (answer := _ask(port, "/readyz")) != "ready":
        stopping.check()
        if supervisor.check():
            _write_state(settings, supervisor)
        if time.monotonic() > deadline:
            logs = settings.state_dir / "log"
            raise Refused(
                f"the platforms do not answer ({answer or 'no connection'}): see the logs in {logs}"
            )
        time.sleep(0.05)


def _ask(port: int, path: str) -> str:
    """The body of the answer, "" without one."""
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode(errors="replace").strip()
    except OSError:
        return ""
    finally:
        connection.close()


def _welcome(report: dict[str, Any], settings: Settings, port: int) -> str:
    base = settings.base_domain
    lines = ["", f"Parvis is ready: http://{base}:{port}/", ""]
    for platform in report.get("platforms", []):
        lines.append(platform["name"])
        lines.append(f"  http://{platform['slug']}.{base}:{port}/")
        lines.append(f"  http://{base}:{port}/t/{platform['slug']}/")
        lines += [f"  sign in as {link['label']}: {link['url']}" for link in platform["links"]]
        lines.append("")
    if settings.mail_url is None:
        lines.append(f"Mails land in {settings.state_dir / 'mail'}.")
    lines.append(f"Logs are in {settings.state_dir / 'log'}. Ctrl-C stops everything.")
    return "\n".join(lines)


# --- what other runs left, or hold ----------------------------------------------------------------------------


def _state_file(settings: Settings) -> Path:
    return settings.state_dir / "demo.json"


def _migrated_file(settings: Settings) -> Path:
    return settings.state_dir / "demo-migrated"


def _newest_migration() -> str:
    return max(path.name for path in (environment.ROOT / "migrations" / "versions").glob("*.py"))


def _migrated_before(settings: Settings) -> bool:
    """The last demonstration ran every migration there is: the web need not wait for the preparation."""
    file = _migrated_file(settings)
    return file.exists() and file.read_text("utf-8") == _newest_migration()


def _read_state(settings: Settings) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_state_file(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _write_state(settings: Settings, supervisor: Supervisor) -> None:
    state = {"pid": os.getpid(), "port": settings.port, "children": supervisor.pids()}
    draft = _state_file(settings).with_suffix(".new")
    draft.write_text(json.dumps(state), "utf-8")
    # Whole or not at all: another demonstration may be reading it.
    draft.replace(_state_file(settings))


def _already_running(settings: Settings) -> str:
    state = _read_state(settings)
    where = f" on http://{settings.base_domain}:{state['port']}/ (process {state['pid']})" if state else ""
    return f"a demonstration already runs{where}: stop it with Ctrl-C in its terminal first"


def _kill_leftovers(settings: Settings) -> bool:
    """The last demonstration was killed: its children hold the port and the database. Says whether there were any."""
    state = _read_state(settings)
    _state_file(settings).unlink(missing_ok=True)
    return kill_leftovers(state.get("children", {}), str(Path(sys.executable).name))


def _check_port(port: int, *, patience: float) -> None:
    """Raises Refused when the port stays taken for `patience` seconds."""
    deadline = time.monotonic() + patience
    while (fault := _fault_of(port)) is not None:
        if time.monotonic() >= deadline:
            raise Refused(f"port {port} is taken ({fault}): choose another one, make demo PORT=8001")
        time.sleep(0.05)


def _fault_of(port: int) -> str | None:
    with socket.socket() as probe:
        # As Gunicorn does: connections that linger after a stop are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or type(error).__name__
    return None


def _wipe(settings: Settings, own_servers: bool) -> None:
    if not own_servers:
        raise Refused("--reset forgets the embedded servers only: the given database is yours to empty")
    note("Starting afresh…")
    embedded.wipe(settings.state_dir)
    for name in CONTENT:
        path = settings.state_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
