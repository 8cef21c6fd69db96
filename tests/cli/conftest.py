"""`parvis` run as an operator would, inside the test process, on the servers of the test run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.support.servers import Servers


@dataclass(frozen=True)
class Ran:
    """What a command printed and the code it left with."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Parvis = Callable[..., Ran]


@pytest.fixture
def parvis(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Parvis:
    """`parvis("tenant", "list")` without any server; what it changes in the environment is undone."""
    for name in [name for name in os.environ if name.startswith("PARVIS_")]:
        monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "OPERATOR_DATABASE_URL", "REDIS_URL", "PORT"):
        # Set then deleted: whatever the command writes there goes when the test ends.
        monkeypatch.setenv(f"PARVIS_{name}", "")
        monkeypatch.delenv(f"PARVIS_{name}")
    monkeypatch.setenv("PARVIS_MODE", "test")
    monkeypatch.setenv("PARVIS_STATE_DIR", str(tmp_path / "var"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(arguments)
        captured = capsys.readouterr()
        code = left.value.code
        return Ran(code if isinstance(code, int) else 1, captured.out, captured.err)

    return run


@pytest.fixture
def on_servers(servers: Servers, monkeypatch: pytest.MonkeyPatch, parvis: Parvis) -> Parvis:
    """The same, with the database and Redis of the test run."""
    monkeypatch.setenv("PARVIS_DATABASE_URL", servers.database_url)
    monkeypatch.setenv("PARVIS_OWNER_DATABASE_URL", servers.owner_url)
    monkeypatch.setenv("PARVIS_OPERATOR_DATABASE_URL", servers.operator_url)
    monkeypatch.setenv("PARVIS_REDIS_URL", servers.redis_url)
    return parvis
