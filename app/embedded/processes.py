"""Starting servers that outlive us, recognising them, stopping them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from app.embedded.errors import EmbeddedError
from app.embedded.places import Account

LOG_BYTES = 10_000_000


def spawn(command: Sequence[str | Path], *, account: Account | None, log: Path) -> int:
    """Start a server in its own session, out of reach of Ctrl-C, its output appended to log, and return its pid.

    It outlives us. While we live it is our child, so that we collect it ourselves when it ends: in containers, init
    often does not.
    """
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        try:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **_isolation(account),
            )
        except OSError as error:
            raise _cannot_run(command, account, error) from error
    server.returncode = 0  # Popen would warn that it still runs when the object goes.
    return server.pid


def run(command: Sequence[str | Path], *, account: Account | None) -> None:
    """Run a command to its end as the account (None: the caller), with nothing of our environment.

    Raises EmbeddedError when it cannot be run or fails, with the last lines it printed.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **_isolation(account),
        )
    except OSError as error:
        raise _cannot_run(command, account, error) from error
    if done.returncode != 0:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {last_lines(done.stdout)}")


def is_alive(pid: int) -> bool:
    """Say whether the process runs. One that is dead and not yet collected does not."""
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    stat = Path(f"/proc/{pid}/stat")
    with suppress(OSError):
        # "pid (name) state …", where the name may hold anything.
        return stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()[0] != "Z"
    return not Path("/proc/self/stat").exists()


def command_line(pid: int) -> str:
    """Return the command line of a process; empty when it is gone, dead, or has not quite begun."""
    if Path("/proc/self/cmdline").exists():
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
                .strip()
            )
        except OSError:
            return ""
    asked = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def find_pid(pid_file: Path, *, program: str, mark: Path) -> int | None:
    """Return the pid written on the file's first line if that process is alive, runs program and names mark.

    A bare pid proves nothing: after a crash or a restart of the container it may be anybody's.
    """
    try:
        pid = int(pid_file.read_text("utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    line = command_line(pid)
    return pid if program in line and str(mark) in line and is_alive(pid) else None


def stop(pid: int, *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn, waiting the given seconds after it, until the process is gone.

    Raises EmbeddedError when it outlives them all.
    """
    for number, patience in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=patience):
            return
    raise EmbeddedError(f"process {pid} does not stop")


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask every 20 ms until the condition holds (True) or the time is over (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def last_lines(text: str, count: int = 3) -> str:
    """Return the last lines of what a program said, on one line."""
    return " | ".join(line.strip() for line in text.strip().splitlines()[-count:]) or "it said nothing"


class _Isolation(TypedDict):
    cwd: str
    env: dict[str, str]
    umask: int
    start_new_session: bool
    user: int | None
    group: int | None
    extra_groups: list[int] | None


def _isolation(account: Account | None) -> _Isolation:
    return {
        "cwd": "/",
        # Bare: a PGDATA or PGPORT of the caller's shell must not reach our servers.
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        "umask": 0o077,
        "start_new_session": True,
        "user": None if account is None else account.uid,
        "group": None if account is None else account.gid,
        "extra_groups": None if account is None else [],
    }


def _cannot_run(command: Sequence[str | Path], account: Account | None, error: OSError) -> EmbeddedError:
    # A container may map no other user than root, for instance.
    who = "the current user" if account is None else f"the account {account.name}"
    return EmbeddedError(f"{Path(command[0]).name} cannot be run as {who}: {error}")
