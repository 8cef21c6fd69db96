"""`parvis demo`, the real one: everything starts, survives a crash, stops, and leaves no process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import embedded

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


class Demo:
    """A demonstration in a state directory of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[str] | None = None
        self.output = state / "terminal"

    def command(self, port: int | None = None) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
        environment |= {"PARVIS_STATE_DIR": str(self.state), "PYTHONPATH": str(ROOT)}
        with self.output.open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "app.cli", "demo", "--port", str(port or self.port)],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )

    def start(self) -> str:
        """Until it says how to stop it; what it said."""
        before = self.output.stat().st_size if self.output.exists() else 0
        self.process = process = self.command()

        def said() -> str:
            return self.output.read_text("utf-8").encode()[before:].decode()

        until(lambda: "Ctrl-C stops everything." in said() or process.poll() is not None, seconds=120)
        assert process.poll() is None, said()
        return said()

    def stop(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def get(self, path: str, host: str = "localhost") -> tuple[int, str]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Host": f"{host}:{self.port}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()

    def children(self) -> dict[str, int]:
        pids: dict[str, int] = json.loads((self.state / "demo.json").read_text())["children"]
        return pids

    def processes(self) -> dict[int, str]:
        """Every living process that names the state directory, in its arguments or its environment."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (folder / "cmdline").read_bytes()
                named = arguments + (folder / "environ").read_bytes()
            except OSError:
                continue
            if arguments and str(self.state).encode() in named and int(folder.name) != os.getpid():
                found[int(folder.name)] = arguments.replace(b"\0", b" ").decode(errors="replace")
        return found


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def demo() -> Iterator[Demo]:
    # Short and open to the account that runs PostgreSQL for root.
    state = Path(tempfile.mkdtemp(prefix="parvis-demo-", dir="/tmp"))
    state.chmod(0o711)
    demo = Demo(state)
    yield demo
    if demo.process is not None and demo.process.poll() is None:
        demo.process.terminate()
        demo.process.wait(60)
    for pid in demo.processes():
        os.kill(pid, signal.SIGKILL)
    embedded.wipe(state)
    shutil.rmtree(state)


def test_the_demonstration_lives_and_leaves(demo: Demo) -> None:
    said = demo.start()

    assert f"http://localhost:{demo.port}/t/valmorin/" in said
    assert f"http://valmorin.localhost:{demo.port}/" in said
    assert f"Mails land in {demo.state / 'mail'}." in said
    assert demo.get("/t/valmorin/")[0] == 200
    assert "Valmorin" in demo.get("/", host="valmorin.localhost")[1]
    assert demo.get("/readyz") == (200, "ready\n")
    for who in ("a citizen", "a moderator", "an administrator"):
        links = re.findall(rf"sign in as {who}: http://localhost:{demo.port}(/t/\S+)", said)
        assert len(links) == 3
        assert 'method="post"' in demo.get(links[-1])[1], "a page with a button: scanners follow links"

    # A second one says so, wherever it would listen; another program's port is refused in one sentence.
    second = demo.command(port=demo.port + 1)
    assert second.wait(30) == 1
    assert f"a demonstration already runs on http://localhost:{demo.port}/" in demo.output.read_text("utf-8")

    # The web is killed without a chance to say goodbye, its workers orphaned: it comes back.
    until(lambda: set(demo.children()) == {"web", "worker", "scheduler"})
    web = demo.children()["web"]
    os.kill(web, signal.SIGKILL)
    until(lambda: demo.children().get("web", web) != web)

    def answers() -> bool:
        try:
            return demo.get("/t/valmorin/")[0] == 200
        except OSError:
            return False

    until(answers)
    assert "web stopped (signal SIGKILL); starting it again" in demo.output.read_text("utf-8")

    # No process of the web, worker or scheduler could act as owner or operator.
    for pid in demo.children().values():
        names = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"PARVIS_DATABASE_URL=" in names
        assert b"PARVIS_OWNER_DATABASE_URL" not in names
        assert b"PARVIS_OPERATOR_DATABASE_URL" not in names

    assert demo.stop(signal.SIGINT) == 0
    assert demo.processes() == {}
    assert embedded.status(demo.state) == embedded.Status(None, None)


def test_a_killed_demonstration_starts_again_where_it_was(demo: Demo) -> None:
    demo.start()
    until(lambda: set(demo.children()) == {"web", "worker", "scheduler"})
    assert demo.process is not None
    demo.process.kill()
    demo.process.wait()
    assert demo.processes() != {}, "nobody stopped its children"

    said = demo.start()

    assert "is now at revision" not in said, "the platforms were there already"
    assert demo.get("/t/valmorin/")[0] == 200
    assert demo.stop(signal.SIGTERM) == 0
    assert demo.processes() == {}


def test_a_port_that_is_taken_is_said_in_one_sentence(demo: Demo) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert demo.command(port=port).wait(30) == 1

    assert demo.output.read_text("utf-8").splitlines() == [
        f"port {port} is taken (Address already in use): choose another one, make demo PORT=8001"
    ]
    assert demo.processes() == {}
