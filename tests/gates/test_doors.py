"""Gate: each room imports only those before it (architecture §2), as import-linter's contracts say."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.servers import ROOT

#: Contract of pyproject.toml -> (file, import) that breaks it.
FAULTS = {
    "Each room imports only those before it": ("app/db/upwards.py", "import app.people.models"),
    "The core imports no application": ("app/site/favourite.py", "import modules.boite_a_idees.models"),
    "No application imports another": ("modules/boite_a_idees/neighbour.py", "import modules.toy.models"),
    "The settings know nobody": ("config/curious.py", "import app.db.clock"),
    "Counting knows neither web nor database": ("app/tally/count.py", "import sqlalchemy"),
}


def broken_doors(folder: Path) -> str:
    """What import-linter says of the packages of a folder; '' when every contract holds."""
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if found.returncode == 0 else found.stdout + found.stderr


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The packages with a second, empty application beside the first."""
    for name in ("app", "config", "modules"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("modules/boite_a_idees", "modules/toy", "app/tally"):
        (tmp_path / package).mkdir(exist_ok=True)
        for file in ("__init__.py", "models.py"):
            (tmp_path / package / file).touch()
    return tmp_path


def test_every_door_opens_the_right_way() -> None:
    assert broken_doors(ROOT) == ""


@pytest.mark.parametrize("contract", FAULTS)
def test_an_import_the_wrong_way_is_caught(sources: Path, contract: str) -> None:
    file, fault = FAULTS[contract]
    (sources / file).write_text(f"{fault}\n", encoding="utf-8")

    said = broken_doors(sources)

    assert f"{contract} BROKEN" in said
    assert fault.split()[1].split(".")[0] in said


def test_every_contract_has_its_fault() -> None:
    """A contract added to pyproject.toml is one more thing to show able to fail."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]

    assert {contract["name"] for contract in contracts} == set(FAULTS)
