"""Databases made for one test, and copies of the source tree."""

from __future__ import annotations

import faulthandler
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import embedded
from app.embedded import Services
from tests.support.servers import ROOT, STATE

#: Not part of the source: what a clone does not have, and what would copy gigabytes.
NOT_SOURCE = shutil.ignore_patterns(
    ".venv", "var", ".git", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "node_modules"
)


@contextmanager
def fresh_database(label: str) -> Iterator[Services]:
    """An empty database with the three roles, dropped at the end.

    Always on the embedded server: the roles of a given server may not create databases.
    """
    services = embedded.up(STATE)
    name = f"parvis_{label}_{os.getpid()}_{secrets.token_hex(3)}"
    try:
        yield embedded.create_database(services, name)
    finally:
        embedded.drop_database(services, name)


def copy_of_the_source(folder: Path) -> Path:
    """The tree as a clone has it, in `folder`/copy."""
    target = folder / "copy"
    shutil.copytree(ROOT, target, ignore=NOT_SOURCE, symlinks=True)
    return target


def empty_modules(copy: Path, *, but: tuple[str, ...] = ()) -> None:
    """Remove every application of a copy except those named."""
    for application in (copy / "modules").iterdir():
        if application.is_dir() and application.name not in but:
            shutil.rmtree(application)


def run_in(
    copy: Path, *arguments: str, services: Services | None = None, timeout: int = 600
) -> subprocess.CompletedProcess[str]:
    """Run `python …` in a copy, importing the copy's own packages. services: the database it works on."""
    # A whole suite inside one test lasts longer than a test that hangs is given before its stack is printed.
    faulthandler.cancel_dump_traceback_later()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    if services is not None:
        environment |= {
            "PARVIS_DATABASE_URL": services.database_url,
            "PARVIS_OWNER_DATABASE_URL": services.owner_database_url,
            "PARVIS_OPERATOR_DATABASE_URL": services.operator_database_url,
            "PARVIS_REDIS_URL": services.redis_url,
        }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
