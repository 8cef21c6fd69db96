"""Child processes kept alive until they are asked to stop, and none left afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES = 10_000_000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: A child that lived this long was healthy: its next crash is a first crash.
HEALTHY_AFTER = 60.0


@dataclass
class Child:
    """A process and its descendants, in a session of their own: Ctrl-C reaches them through us only."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    #: What makes it leave at once, without waiting for idle connections.
    stop_with: signal.Signals = signal.SIGTERM
    wanted: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    due_at: float = field(default=0.0)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def kill_descendants(self) -> None:
        """Kill what is left of its process group; a killed Gunicorn leaves workers that hold the port."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """say(sentence): tells the person at the terminal that a child crashed."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._say = say

    def start(self, *names: str) -> None:
        """Start these children; those that run already go on."""
        for child in self.children:
            if child.name in names and not child.wanted:
                child.wanted = True
                child.start()

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process is not None}

    def check(self) -> bool:
        """Start again what crashed, after a pause that doubles each time. Returns whether a child was started."""
        changed = False
        for child in self.children:
            if child.process is None:
                if child.wanted and time.monotonic() >= child.due_at:
                    child.start()
                    changed = True
                continue
            status = child.process.poll()
            if status is None:
                continue
            child.kill_descendants()
            if time.monotonic() - child.started_at > HEALTHY_AFTER:
                child.pause = FIRST_PAUSE
            how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
            self._say(
                f"{child.name} stopped ({how}); starting it again in {child.pause:g} s. Its log: {child.log}"
            )
            child.process = None
            child.due_at = time.monotonic() + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        return changed

    def stop(self, patience: float = 5.0) -> None:
        """Ask every child to leave, wait `patience` seconds in all, kill what remains, descendants included."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                with suppress(ProcessLookupError):
                    child.process.send_signal(child.stop_with)
        deadline = time.monotonic() + patience
        for child in self.children:
            if child.process is None:
                continue
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.kill_descendants()
            child.process.wait()
            child.process, child.wanted = None, False


def kill_leftovers(pids: Mapping[str, int], mark: str) -> bool:
    """Kill the groups of children whose supervisor was killed; says whether there were any.

    A pid counts only if it still leads its group and its command line names `mark`: by now it may be anybody's.
    """
    from app.embedded.processes import command_line

    killed = False
    for pid in pids.values():
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == pid and mark in command_line(pid):
                os.killpg(pid, signal.SIGKILL)
                killed = True
    return killed
