"""Children are kept alive, started again with patience, and none is left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.lock import Lock
from app.cli.supervisor import Child, Supervisor, kill_leftovers

#: Starts a grandchild, writes both pids, then waits.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def family(tmp_path: Path) -> Child:
    return Child(
        "web", [sys.executable, "-c", FAMILY, str(tmp_path / "pids")], dict(os.environ), tmp_path / "web.log"
    )


def pids(tmp_path: Path) -> list[int]:
    until(lambda: (tmp_path / "pids").exists() and len((tmp_path / "pids").read_text().split()) == 2)
    return [int(pid) for pid in (tmp_path / "pids").read_text().split()]


def test_a_killed_child_is_started_again_and_its_orphans_are_gone(family: Child, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([family], said.append)
    supervisor.start("web")
    parent, orphan = pids(tmp_path)
    (tmp_path / "pids").unlink()

    os.kill(parent, signal.SIGKILL)
    until(lambda: bool(supervisor.check() or said))
    until(lambda: not is_running(orphan))
    until(supervisor.check)

    assert said == [
        f"web stopped (signal SIGKILL); starting it again in 0.5 s. Its log: {tmp_path / 'web.log'}"
    ]
    again = pids(tmp_path)
    assert again[0] != parent
    supervisor.stop()
    until(lambda: not any(map(is_running, again)))
    assert supervisor.pids() == {}


def test_the_pause_doubles_while_a_child_keeps_crashing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.supervisor.FIRST_PAUSE", 0.01)
    said: list[str] = []
    child = Child("worker", [sys.executable, "-c", "raise SystemExit(3)"], {}, tmp_path / "log", pause=0.01)
    supervisor = Supervisor([child], said.append)
    supervisor.start("worker")

    until(lambda: (bool(supervisor.check()) and False) or len(said) >= 3)
    supervisor.stop()

    pauses = [sentence.partition("again in ")[2].partition(" s")[0] for sentence in said[:3]]
    assert pauses == ["0.01", "0.02", "0.04"]
    assert "exit code 3" in said[0]


def test_a_child_nobody_asked_for_is_not_started(family: Child) -> None:
    supervisor = Supervisor([family], print)

    assert supervisor.check() is False
    assert supervisor.pids() == {}


def test_what_does_not_leave_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open(sys.argv[1], 'w').close(); time.sleep(60)"
    )
    child = Child("worker", [sys.executable, "-c", stubborn, str(tmp_path / "up")], {}, tmp_path / "log")
    supervisor = Supervisor([child], print)
    supervisor.start("worker")
    until((tmp_path / "up").exists)
    pid = supervisor.pids()["worker"]

    supervisor.stop(patience=0.2)

    assert not is_running(pid)


def test_children_of_a_killed_supervisor_are_found_by_the_next(family: Child, tmp_path: Path) -> None:
    family.start()
    assert family.process is not None
    both = pids(tmp_path)

    kill_leftovers({"web": family.process.pid}, "no such program")
    assert is_running(both[0]), "a pid that now names another program is left alone"
    kill_leftovers({"web": family.process.pid, "gone": 2**22}, Path(sys.executable).name)

    family.process.wait()
    until(lambda: not any(map(is_running, both)))


def test_a_lock_belongs_to_one(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "folder" / "lock"), Lock(tmp_path / "folder" / "lock")

    assert first.take() is True
    assert second.take() is False
    first.release()
    assert second.take() is True
    second.release()
