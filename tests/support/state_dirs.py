"""State directories of embedded servers that a test starts for itself."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from sqlalchemy.engine import make_url

from app import embedded


@contextmanager
def reachable_directory() -> Iterator[Path]:
    """A state directory that any account can reach, as `var/` of a clone usually is; wiped at the end."""
    parent = Path(tempfile.mkdtemp(prefix="parvis-test-"))
    parent.chmod(0o755)
    try:
        yield parent / "var"
    finally:
        embedded.wipe(parent / "var")
        shutil.rmtree(parent)


def connect(url: str) -> psycopg.Connection:
    """A bare autocommit connection to a SQLAlchemy URL."""
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(), autocommit=True)


def alive(candidates: list[psutil.Process]) -> list[psutil.Process]:
    """Those still running after three seconds of patience; a dead one that nobody collected does not run."""
    _, left = psutil.wait_procs(candidates, timeout=3)
    return [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def family(state_dir: Path) -> list[psutil.Process]:
    """Both servers of a state directory and every process they started."""
    found = embedded.status(state_dir)
    assert found.postgresql is not None
    assert found.redis is not None
    parents = [psutil.Process(found.postgresql), psutil.Process(found.redis)]
    return [*parents, *(child for parent in parents for child in parent.children(recursive=True))]
