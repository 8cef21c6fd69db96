"""`parvis serve`, `worker` and `scheduler` as a server's service manager runs them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.cli.conftest import Parvis
from tests.support.servers import Servers

ROOT = Path(__file__).resolve().parents[2]

Start = Callable[..., subprocess.Popen[str]]


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def start(servers: Servers, tmp_path: Path) -> Iterator[Start]:
    """`start("worker")` runs the command with every URL given; stopped when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **more: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "PARVIS_MODE": "production",
            "PARVIS_BASE_DOMAIN": "participer.example",
            "PARVIS_SECRET_KEY": "only for tests, never anywhere else",
            "PARVIS_STATE_DIR": str(tmp_path / "var"),
            "PARVIS_DATABASE_URL": servers.database_url,
            "PARVIS_OWNER_DATABASE_URL": servers.owner_url,
            "PARVIS_OPERATOR_DATABASE_URL": servers.operator_url,
            "PARVIS_REDIS_URL": servers.redis_url.replace("db=0", "db=8"),
            "PARVIS_WEB_WORKERS": "2",
            "PARVIS_METRICS_TOKEN": "for Prometheus",
            **more,
        }
        with (tmp_path / "output").open("a") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                text=True,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_it_serves_without_the_operators_rights_and_counts_over_its_processes(
    start: Start, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    empty = tmp_path / "tenants"
    empty.mkdir()
    web = start("serve", "--port", str(port), "--tenants", str(empty))

    def get(path: str, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    until(lambda: get("/healthz")[0] == 200 or web.poll() is not None)
    assert get("/readyz") == (200, "ready\n"), (tmp_path / "output").read_text()
    for _ in range(20):
        get("/healthz")

    assert get("/metrics")[0] == 404
    status, figures = get("/metrics", Authorization="Bearer for Prometheus")
    assert status == 200
    counted = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in figures.splitlines()
        if not line.startswith("#")
    }
    asked = 'parvis_requests_total{endpoint="platform.healthz",method="GET",status="200"}'
    assert counted[asked] >= 21, "both processes answer for both"
    assert "parvis_outbox_oldest_seconds" in counted
    variables = Path(f"/proc/{web.pid}/environ").read_bytes()
    assert b"PARVIS_DATABASE_URL=" in variables
    assert b"OWNER" not in variables
    assert b"OPERATOR" not in variables

    web.send_signal(signal.SIGTERM)
    assert web.wait(30) == 0


@pytest.mark.parametrize(
    ("command", "started", "stopped"),
    [("worker", "worker_started", "worker_stopped"), ("scheduler", "scheduler_started", "scheduler_stopped")],
)
def test_the_other_processes_leave_when_asked(
    start: Start, tmp_path: Path, command: str, started: str, stopped: str
) -> None:
    process = start(command)
    until(lambda: started in (tmp_path / "output").read_text() or process.poll() is not None)
    assert process.poll() is None, (tmp_path / "output").read_text()

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    assert stopped in (tmp_path / "output").read_text()


def test_a_role_that_row_level_security_does_not_hold_is_refused(
    start: Start, servers: Servers, tmp_path: Path
) -> None:
    process = start("scheduler", PARVIS_DATABASE_URL=servers.owner_url)

    assert process.wait(60) == 1
    assert "which owns tables; expected the role parvis_app" in (tmp_path / "output").read_text()


def test_a_database_that_is_behind_is_refused_without_the_owners_url(
    on_servers: Parvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PARVIS_OWNER_DATABASE_URL")
    monkeypatch.setattr("app.db.migrate.newest", lambda: "9999")

    ran = on_servers("serve", "--tenants", str(tmp_path))

    assert ran.code == 1
    assert ran.err.startswith("the database is at revision 0")
    assert ran.err.rstrip().endswith("expected 9999: run `parvis db upgrade`")
