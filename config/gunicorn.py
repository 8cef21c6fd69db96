"""Gunicorn, read by `gunicorn --config config/gunicorn.py` and by `parvis serve`.

Threads, because a slow visitor or mail server then holds a thread and not a whole process; processes, because the work
is Python's own and one of them keeps one core busy.
"""

import gc
import os
from pathlib import Path

from config.settings import load

_settings = load(os.environ)
# Inside a container the affinity says how many cores are really ours.
_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

wsgi_app = "wsgi:app"
worker_class = "gthread"
workers = _settings.web_workers or 2 * _cores
threads = 4
# Each process opens its own connections to PostgreSQL and Redis; shared ones would mix their answers.
preload_app = False

timeout = 30
graceful_timeout = 30
keepalive = 5
# A process is replaced now and then, never all at once: what a library leaks stays small.
max_requests = 5000
max_requests_jitter = 1000

# The application logs each request itself, except those of secret acts, which no log may know.
accesslog = None
errorlog = "-"
# A heartbeat written on a busy disk would get healthy processes killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (Gunicorn unlinks the file at once)
# Nothing manages it through that socket, so nobody should.
control_socket_disable = True
# PARVIS_TRUSTED_PROXIES alone says which headers are believed.
secure_scheme_headers: dict[str, str] = {}


def post_worker_init(worker: object) -> None:
    """What was built at start-up lives as long as the worker: the collector need not look at it at each turn, and may
    wait for more young objects than the seven hundred a single page makes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
