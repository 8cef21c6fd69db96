"""The embedded Redis: started, recognised, stopped. Only its queues and short-lived counters live in it."""

import re
import signal
import socket

from app.embedded import binaries, processes
from app.embedded.errors import EmbeddedError
from app.embedded.places import Places

START_SECONDS = 60.0


def is_up(places: Places) -> bool:
    """Say whether the server answers, by asking it. Raises EmbeddedError when it listens and stays silent."""
    return _ask(places, b"PING\r\n").startswith("+PONG")


def pid(places: Places) -> int | None:
    """Return the pid of the server that listens or listened there, whether it answers or not; None if there is none."""
    found = processes.find_pid(places.redis / "redis.pid", program="redis-server", mark=places.redis_socket)
    if found is None and (said := re.search(r"process_id:(\d+)", _ask(places, b"INFO server\r\n"))):
        found = int(said[1])
    return found


def start(places: Places) -> None:
    """Start the server and wait until it answers. Call it with the state directory locked and is_up() false.

    Raises EmbeddedError with the end of the server's log when it does not start.
    """
    if pid(places) is not None:
        # It is reading its file, or something removed its socket.
        if processes.wait_until(
            lambda: is_up(places), seconds=START_SECONDS if places.redis_socket.exists() else 0
        ):
            return
        stop(places)
    program = binaries.redis_server(places)
    places.make_private(places.redis)
    log = places.log("redis")
    started = processes.spawn(
        [
            *(program, "--port", "0"),
            *("--unixsocket", places.redis_socket, "--unixsocketperm", "700"),
            *("--dir", places.redis, "--pidfile", places.redis / "redis.pid"),
            # Every answer is on disk before it leaves: "everysec" may answer before it writes while the disk is slow.
            *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
        ],
        account=places.account,
        log=log,
    )
    processes.wait_until(lambda: is_up(places) or not processes.is_alive(started), seconds=START_SECONDS)
    if not is_up(places):
        said = processes.last_lines(log.read_text("utf-8", errors="replace"))
        raise EmbeddedError(f"Redis did not start: {said} (whole log: {log})")


def stop(places: Places) -> None:
    """Stop the server in order, waiting until its process is gone; nothing to do when there is none."""
    server = pid(places)
    if server is not None:
        processes.stop(server, (signal.SIGTERM, 20), (signal.SIGKILL, 5))


def _ask(places: Places, question: bytes) -> str:
    """Return the first 4 KB of the answer; empty when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(str(places.redis_socket))
            client.sendall(question)
            return client.recv(4096).decode(errors="replace")
        except TimeoutError as error:
            # Starting a second one would put two writers on one file.
            raise EmbeddedError(
                f"Redis listens on {places.redis_socket} and does not answer: stop it"
            ) from error
        except OSError:
            return ""
