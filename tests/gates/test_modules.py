"""Gate: the core stands without any application, each application leaves alone, a ninth arrives alone (architecture §8)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.tenancy import modules
from tests.gates import ninth_application
from tests.support import routes
from tests.support.browser import Browser
from tests.support.fresh import copy_of_the_source, empty_modules, fresh_database, run_in
from tests.support.sample import Sample
from tests.support.world import TenantWorld

#: Tests of the core: they pass whatever applications there are, none included.
CORE_TESTS = ("tests/unit", "tests/people", "tests/participation")
#: Tests of the embedded servers, which know nothing of applications and last longest.
NO_MATTER = "test_embedded*.py"
#: Left out: browsers, what lasts, what says it needs an application, what only a whole clone can tell.
WITHOUT = "not browser and not slow and not bench and not needs_module"

GATES = (
    "doors",
    "migrations",
    "isolation_schema",
    "isolation_http",
    "policy",
    "query_budget",
    "weight",
    "erasure",
)


def pytest_in(copy: Path, *arguments: str, label: str) -> tuple[int, str]:
    """Exit code and end of what pytest says in a copy of the source, on a database of its own."""
    with fresh_database(f"gate_{label}") as services:
        done = run_in(
            copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, services=services, timeout=900
        )
    return done.returncode, done.stdout[-6000:] + done.stderr[-2000:]


def failed(said: str) -> set[str]:
    """Names of the tests that pytest's summary calls failed, without their parameters."""
    return {name.partition("[")[0] for name in re.findall(r"^FAILED \S+::(\S+)", said, re.MULTILINE)}


# --- leaving --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_core_s_tests_pass_without_any_application(tmp_path: Path) -> None:
    copy = copy_of_the_source(tmp_path)
    empty_modules(copy)
    folders = [folder for folder in CORE_TESTS if (copy / folder).is_dir()]
    leaning = [
        file
        for folder in folders
        for file in (copy / folder).rglob("test_*.py")
        if names_an_application(file, copy)
    ]

    code, said = pytest_in(
        copy, *folders, *(f"--ignore={file.relative_to(copy)}" for file in leaning),
        f"--ignore-glob=*{NO_MATTER}", "-m", WITHOUT, label="empty",
    )  # fmt: skip

    assert code == 0, said
    assert len(leaning) < sum(1 for folder in folders for _ in (copy / folder).rglob("test_*.py")) / 4


def names_an_application(file: Path, root: Path) -> bool:
    """A test that imports an application, itself or through another file of the tests, cannot be read without it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            helper = root / f"{name.replace('.', '/')}.py"
            if name.startswith("modules.") or (
                name.startswith("tests.") and helper.is_file() and names_an_application(helper, root)
            ):
                return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("gone", sorted(modules.registry()))
def test_the_application_boots_without_any_one_of_its_modules(tmp_path: Path, gone: str) -> None:
    copy = copy_of_the_source(tmp_path)
    empty_modules(copy, but=tuple(set(modules.registry()) - {gone}))

    code, said = pytest_in(copy, "tests/gates/boots.py", label="without")

    assert code == 0, said


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "all but it"])
@pytest.mark.parametrize("module_id", sorted(modules.registry()))
def test_a_tenant_with_one_application_and_one_with_the_others(
    app: Flask, make_tenant: Callable[..., TenantWorld], module_id: str, alone: bool
) -> None:
    every = app.extensions["modules"]
    on = {other for other in every if (other == module_id) == alone}
    tenant = make_tenant("rive", modules={other: {"enabled": other in on} for other in every})
    browser = Browser(tenant)

    home = browser.get("/")

    assert home.status_code == 200
    for other, manifest in every.items():
        path = f"/{manifest.segment}/"
        assert (f"{tenant.path}{path}" in home.text) == (other in on)
        assert browser.get(path).status_code == (302 if other in on else 404)


# --- arriving -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def enlarged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source with a ninth application."""
    copy = copy_of_the_source(tmp_path_factory.mktemp("ninth"))
    ninth_application.add(copy)
    return copy


@pytest.mark.slow
def test_a_ninth_application_is_one_folder_and_one_migration(enlarged: Path) -> None:
    """It boots, `parvis modules` knows it, and every gate that needs no browser walks over it and passes."""
    files = [f"tests/gates/test_{gate}.py" for gate in GATES]

    code, said = pytest_in(
        enlarged, "tests/gates/boots.py", *files, "-k", "not caught", "-m", WITHOUT, label="ninth"
    )

    assert code == 0, said
    listed = run_in(enlarged, "-m", "app.cli", "modules")
    assert "petition" in listed.stdout, listed.stdout + listed.stderr


# --- the gate can fail ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_faults_of_a_ninth_application_are_caught_without_naming_it(tmp_path: Path) -> None:
    """One fault for each gate, in files no test knows: each gate finds its own."""
    copy = copy_of_the_source(tmp_path)
    empty_modules(copy)
    ninth_application.add(copy)
    ninth_application.spoil(copy)
    files = [f"tests/gates/test_{gate}.py" for gate in GATES if gate != "isolation_http"]

    _, said = pytest_in(copy, *files, "-k", " or ".join(ninth_application.FAULTS), label="spoiled")

    assert failed(said) == set(ninth_application.FAULTS), said


@pytest.mark.slow
def test_a_core_that_leans_on_an_application_is_caught(tmp_path: Path) -> None:
    copy = copy_of_the_source(tmp_path)
    empty_modules(copy)
    home = copy / "app" / "site" / "pages.py"
    home.write_text(
        "import modules.boite_a_idees.models  # noqa: F401\n"
        + home.read_text("utf-8").replace("from __future__ import annotations\n", ""),
        "utf-8",
    )

    code, said = pytest_in(copy, "tests/gates/boots.py", label="leaning")

    assert code != 0
    assert "No module named 'modules.boite_a_idees'" in said


def test_the_walk_of_the_gates_knows_the_pages_of_the_applications(
    app: Flask, make_sample: Callable[..., Sample]
) -> None:
    """Each application's pages are among the page types, found from its routes and links alone."""
    sample = make_sample("rive", "ZqModulesxW")
    walked = {page.endpoint.partition(".")[0] for page in routes.page_types(app, sample, ("visitor",))}

    assert set(app.extensions["modules"]) - walked == set()
