"""`make bench`: every figure of speed and volume, as ratios to two bare views measured in the same run."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench import load, seed
from tests.bench.figures import Figures

ROOT = Path(__file__).resolve().parents[2]
HOST = "localhost"


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """gunicorn with the product's own configuration, on loopback."""

    def __init__(self, target: str, environ: dict[str, str], *, path: str) -> None:
        self.port = free_port()
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                str(ROOT / "config" / "gunicorn.py"),
                "--bind",
                f"127.0.0.1:{self.port}",
                "--max-requests",
                "0",
                target,
            ],
            cwd=ROOT,
            env=os.environ | environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=1):
                    break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - started > 30:
                    raise RuntimeError(f"{target} did not start") from None
                time.sleep(0.05)
        self.cold_start = time.perf_counter() - started

    def worker_memory(self) -> int:
        """Largest resident size of a worker, bytes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        sizes = [0]
        for child in children:
            for line in Path(f"/proc/{child}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    sizes.append(int(line.split()[1]) * 1024)
        return max(sizes)

    def cpu(self) -> float:
        """Seconds of processor the workers have used so far."""
        ticks = 0
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    seconds = float(os.environ.get("BENCH_SECONDS", "6"))
    folder = Path(tempfile.mkdtemp(prefix="parvis-bench-"))
    figures = Figures()
    world = seed.build(folder, figures)
    try:
        environ = world.environ | {"PARVIS_WEB_WORKERS": "2"}
        bare = Server("tests.bench.bare:create_bare()", environ, path="/r")
        web = Server("wsgi:app", environ, path="/healthz")
        try:
            measure(bare, web, world, figures, seconds)
        finally:
            bare.stop()
            web.stop()
        figures.check("web worker after load", web_memory(figures), "MB", at_most=160)
    finally:
        world.drop()
        shutil.rmtree(folder, ignore_errors=True)
    figures.table()
    return 0 if figures.all_met() else 1


def web_memory(figures: Figures) -> float:
    return figures.noted["memory"] / 1_000_000


def measure(bare: Server, web: Server, world: seed.World, figures: Figures, seconds: float) -> None:
    prefix = f"/t/{world.slug}"
    pages = {
        "list": f"{prefix}/idees/{world.big}/",
        "list_100": f"{prefix}/idees/{world.small}/",
        "list_recent": f"{prefix}/idees/{world.big}/?tri=recentes&page=7",
        "detail": f"{prefix}{world.discussed}",
        "home": f"{prefix}/",
    }

    def ask(server: Server, path: str, length: float = seconds) -> load.Load:
        request = load.get(path, HOST)
        return load.run(server.port, lambda *_: request, connections=8, seconds=length, expected=(200,))

    def cpu_of(path: str) -> float:
        before = web.cpu()
        result = ask(web, path)
        return (web.cpu() - before) / max(1, result.count) * 1000

    for path in pages.values():
        ask(web, path, 0.7)
    ask(bare, "/r", 0.7)
    r = ask(bare, "/r")
    figures.note("R, bare read", f"{r.per_second:.0f} req/s")
    for name, key, share in (
        ("idea list, 10,000 ideas", "list", 0.25),
        ("idea page, 300 comments", "detail", 0.20),
        ("home", "home", 0.25),
    ):
        result = ask(web, pages[key])
        figures.check(f"{name} / R", result.per_second / r.per_second, "", at_least=share)
        figures.check(f"{name}: refused or failed", result.failed, "", at_most=0)
        if key == "list":
            figures.check("idea list p95 / p50", result.p95 / result.p50, "", at_most=2)
    recent = ask(web, pages["list_recent"])
    figures.note("idea list, newest first, page 7 / R", f"{recent.per_second / r.per_second:.2f}")
    small, large = [], []
    for _ in range(2):
        small.append(cpu_of(pages["list_100"]))
        large.append(cpu_of(pages["list"]))
    figures.check("list CPU, 10,000 ideas / 100 ideas", sum(large) / sum(small), "", at_most=1.1)

    w_request = load.post("/w", HOST, "")
    w = load.run(bare.port, lambda *_: w_request, connections=8, seconds=seconds, expected=(200,))
    figures.note("W, bare write", f"{w.per_second:.0f} req/s")
    voters = world.voters

    def toggle(connection: int, turn: int) -> bytes:
        voter = voters[connection]
        path, verb = (
            world.votable[(turn // 2 + connection) % len(world.votable)],
            ("soutenir", "retirer-soutien")[turn % 2],
        )
        return load.post(f"{prefix}{path}{verb}", HOST, f"csrf_token={voter.token}", cookie=voter.cookie)

    result = load.run(web.port, toggle, connections=64, total=64 * 79, expected=(303, 302))
    figures.check("support toggle / W", result.per_second / w.per_second, "", at_least=0.25)
    figures.check("toggles refused or failed", result.failed, f"of {result.count}", at_most=0)
    figures.check("counters that differ from their rows", world.mismatches(), "", at_most=0)
    for name, count in world.statements(pages, toggle_path=world.votable[0]).items():
        figures.check(
            f"SQL statements: {name}",
            count,
            "",
            at_most={"list": 8, "detail": 8, "home": 8, "support": 9}[name],
        )
    figures.noted["memory"] = web.worker_memory()
    figures.check("web cold start", web.cold_start, "s", at_most=3)
    figures.note(
        "load generator peak memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )


if __name__ == "__main__":
    raise SystemExit(main())
