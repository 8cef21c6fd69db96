"""The embedded servers: what they refuse, and the sentence that says what to do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import embedded
from app.embedded import EmbeddedError, Services, binaries, places
from tests.support.state_dirs import reachable_directory


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Servers shared by the tests that leave them running."""
    with reachable_directory() as directory:
        yield embedded.up(directory)


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    """Servers shared by the tests that kill, stop or break them: each starts them again."""
    with reachable_directory() as directory:
        yield directory


def test_a_planted_socket_directory_is_refused(state_dir: Path) -> None:
    embedded.up(state_dir)
    embedded.down(state_dir)
    found = places.find(state_dir)
    assert found is not None
    assert not found.sockets.exists()
    found.sockets.symlink_to(state_dir)

    with pytest.raises(EmbeddedError, match="should be a private directory of the servers' account"):
        embedded.up(state_dir)

    found.sockets.unlink()


def test_data_of_another_postgresql_is_refused_with_the_remedy(state_dir: Path) -> None:
    embedded.up(state_dir)
    embedded.down(state_dir)
    found = places.find(state_dir)
    assert found is not None
    (found.data / "PG_VERSION").write_text("14\n", "utf-8")

    with pytest.raises(
        EmbeddedError, match=r"was written by PostgreSQL 14 and this installation brings 18: start afresh"
    ):
        embedded.up(state_dir)

    (found.data / "PG_VERSION").write_text("18\n", "utf-8")


def test_a_server_that_does_not_start_says_why(state_dir: Path) -> None:
    embedded.up(state_dir)
    embedded.down(state_dir)
    found = places.find(state_dir)
    assert found is not None
    configuration = found.data / "postgresql.conf"
    before = configuration.read_text("utf-8")
    configuration.write_text("no_such_setting = 1\n", "utf-8")

    with pytest.raises(EmbeddedError, match=r"PostgreSQL did not start: .*no_such_setting"):
        embedded.up(state_dir)

    configuration.write_text(before, "utf-8")


def test_a_damaged_state_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "embedded.json").write_text("{", "utf-8")

    with pytest.raises(EmbeddedError, match=r"embedded\.json is damaged: remove"):
        embedded.status(tmp_path)


def test_missing_programs_are_named_with_their_remedy(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = places.find(services.state_dir)
    assert found is not None
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(
        EmbeddedError, match=r"pip install -r requirements/embedded\.txt, or set PARVIS_DATABASE_URL"
    ):
        binaries.postgresql(found)
    with pytest.raises(EmbeddedError, match=r"apt-get install redis-server.*or set PARVIS_REDIS_URL"):
        binaries.redis_server(found)


def test_a_redis_too_old_on_path_gives_way_to_the_wheel(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = places.find(services.state_dir)
    assert found is not None
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=5.0.3 sha=00000000:0\n", "utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert binaries.redis_server(found) != old
