"""A small load generator for loopback: keep-alive connections, bounded in time, one thread each.

It costs the same per request whatever it asks, so that two addresses measured in turn compare fairly.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Request = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Load:
    """requests per second, milliseconds at 50 % and 95 %, answers that were not expected."""

    per_second: float
    p50: float
    p95: float
    count: int
    failed: int


def read_answer(stream: socket.socket, buffer: bytearray) -> tuple[int, bytes]:
    """Status and body of one answer with Content-Length."""
    while True:
        end = buffer.find(b"\r\n\r\n")
        if end >= 0:
            break
        chunk = stream.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        buffer += chunk
    head = bytes(buffer[:end])
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    total = end + 4 + length
    while len(buffer) < total:
        chunk = stream.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        buffer += chunk
    body = bytes(buffer[end + 4 : total])
    del buffer[:total]
    return status, body


def get(path: str, host: str, *, cookie: str = "") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Accept: text/html", "Connection: keep-alive"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(path: str, host: str, body: str, *, cookie: str = "") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body.encode())}",
        "Connection: keep-alive",
    ]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def run(
    port: int,
    request: Request,
    *,
    connections: int,
    seconds: float = 0.0,
    total: int = 0,
    expected: tuple[int, ...],
) -> Load:
    """Send requests for `seconds`, or `total` of them in all. request(connection, turn) gives the bytes to send."""
    stop = time.perf_counter() + (seconds or 600)
    times: list[list[float]] = [[] for _ in range(connections)]
    failures = [0] * connections
    share = total // connections if total else None

    def work(number: int) -> None:
        buffer = bytearray()
        stream = socket.create_connection(("127.0.0.1", port), timeout=30)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        turn = 0
        while time.perf_counter() < stop and (share is None or turn < share):
            started = time.perf_counter()
            try:
                stream.sendall(request(number, turn))
                status, _ = read_answer(stream, buffer)
            except (ConnectionError, OSError):
                # A worker that reached its number of requests closes politely: open again, count the time.
                stream.close()
                buffer.clear()
                stream = socket.create_connection(("127.0.0.1", port), timeout=30)
                continue
            times[number].append(time.perf_counter() - started)
            failures[number] += status not in expected
            turn += 1
        stream.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    every = sorted(value for one in times for value in one)
    if not every:
        return Load(0.0, 0.0, 0.0, 0, sum(failures))
    return Load(
        len(every) / elapsed,
        every[len(every) // 2] * 1000,
        every[int(len(every) * 0.95)] * 1000,
        len(every),
        sum(failures),
    )
