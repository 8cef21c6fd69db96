"""What a module may say of itself, and how the core finds it."""

import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path
from textwrap import dedent

import pytest

from app.tenancy import modules
from app.tenancy.manifest import ManifestError, ModuleManifest, resolve

PETITION = {
    "id": "petition",
    "title": "Pétition",
    "summary": "Porter un texte au conseil.",
    "icon": "pen",
    "tint": "idees",
    "segment": "petitions",
    "version": "1.0",
}
HANDLERS = (len, max)


def make(**changes: object) -> ModuleManifest:
    return ModuleManifest(**{**PETITION, **changes})  # type: ignore[arg-type]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package of toy modules, importable, forgotten afterwards."""
    folder = tmp_path / "toy_modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "toy_modules"]:
        del sys.modules[name]


def write(package: Path, folder: str, **changes: object) -> None:
    (package / folder).mkdir()
    arguments = ", ".join(f"{key}={value!r}" for key, value in {**PETITION, "id": folder, **changes}.items())
    text = f"""\
        from app.tenancy.manifest import ModuleManifest
        manifest = ModuleManifest({arguments})
        """
    (package / folder / "__init__.py").write_text(dedent(text))


def test_a_manifest_keeps_what_it_is_told_and_cannot_change() -> None:
    manifest = make(step_kinds={"signature": "modules.petition.forms:Settings"}, requires=("boite_a_idees",))

    assert (manifest.id, manifest.public, manifest.acts, manifest.requires) == (
        "petition",
        None,
        (),
        ("boite_a_idees",),
    )
    assert dict(manifest.step_kinds) == {"signature": "modules.petition.forms:Settings"}
    assert {manifest} == {make(requires=("boite_a_idees",), step_kinds=dict(manifest.step_kinds))}
    with pytest.raises(FrozenInstanceError):
        manifest.id = "autre"  # type: ignore[misc]
    with pytest.raises(TypeError):
        manifest.step_kinds["autre"] = "x"  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Pétition"}, "module 'Pétition': id: expected lower-case letters, digits and underscores"),
        ({"title": " "}, "module 'petition': title is empty, expected text"),
        (
            {"tint": "a-idees"},
            "module 'petition': tint is 'a-idees', expected one of entraide, idees, questionnaire, "
            "consultation, questions, budget, votation, appel",
        ),
        (
            {"segment": "Pétitions"},
            "module 'petition': segment is 'Pétitions', expected lower-case letters, digits and hyphens",
        ),
        (
            {"segment": "admin"},
            "module 'petition': segment is 'admin', expected one that is not an address of the core",
        ),
        ({"version": "un"}, "module 'petition': version is 'un', expected digits such as 1.0"),
        ({"requires": ("petition",)}, "module 'petition': requires itself, expected other modules"),
        (
            {"step_kinds": {"Vote": "a:b"}},
            "module 'petition': step kind 'Vote': expected lower-case letters, digits and underscores",
        ),
        (
            {"step_kinds": {"vote": "a:"}},
            "module 'petition': step_kinds.vote is 'a:', expected a string such as "
            "'modules.petition.views:blueprint'",
        ),
        (
            {"public": "views blueprint"},
            "module 'petition': public is 'views blueprint', expected a string such as "
            "'modules.petition.views:blueprint'",
        ),
        (
            {"acts": "modules.petition.views:SIGN"},
            "module 'petition': acts is None, expected a string such as 'modules.petition.views:blueprint'",
        ),
        (
            {"jobs": (len,)},
            "module 'petition': jobs is <built-in function len>, expected a string such as "
            "'modules.petition.views:blueprint'",
        ),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ManifestError) as refusal:
        make(**changes)

    assert str(refusal.value) == message


def test_dotted_strings_are_imported_when_asked_and_flattened() -> None:
    manifest = make(handlers=(f"{__name__}:HANDLERS", "math:sqrt"), models="json.decoder")

    assert [handler.__name__ for handler in manifest.objects("handlers")] == ["len", "max", "sqrt"]
    assert manifest.objects("models")[0].__name__ == "json.decoder"
    assert manifest.objects("acts") == manifest.objects("public") == ()


@pytest.mark.parametrize(
    ("dotted", "message"),
    [
        ("no_such_package.views:blueprint", "no_such_package.views:blueprint: no module no_such_package"),
        ("json.views:blueprint", "json.views:blueprint: no module json.views"),
        (
            "json.decoder:JSONDecoder.nothing",
            "json.decoder:JSONDecoder.nothing: json.decoder has no JSONDecoder.nothing",
        ),
    ],
)
def test_a_dotted_string_that_leads_nowhere_is_refused(dotted: str, message: str) -> None:
    with pytest.raises(ManifestError) as refusal:
        resolve(dotted)

    assert str(refusal.value) == message


def test_what_a_module_itself_fails_to_import_is_not_hidden(package: Path) -> None:
    (package / "broken.py").write_text("import a_library_that_is_absent\n")

    with pytest.raises(ModuleNotFoundError, match="a_library_that_is_absent"):
        resolve("toy_modules.broken:x")


def test_modules_are_found_in_name_order(package: Path) -> None:
    write(package, "petition")
    write(package, "jury", segment="jurys")
    (package / "_drafts").mkdir()
    (package / "_drafts" / "__init__.py").write_text("1/0")
    (package / "leftover").mkdir()
    (package / "README.md").write_text("")

    assert [(key, manifest.segment) for key, manifest in modules.discover(package).items()] == [
        ("jury", "jurys"),
        ("petition", "petitions"),
    ]


def test_no_folder_and_an_empty_folder_are_fine(tmp_path: Path) -> None:
    assert modules.discover(tmp_path / "absent") == {}
    assert modules.discover(tmp_path) == {}


def test_an_id_is_its_folders_name(package: Path) -> None:
    write(package, "jury", id="petition")

    with pytest.raises(ManifestError, match=r"^modules/jury: its id is 'petition', expected 'jury'$"):
        modules.discover(package)


def test_a_segment_belongs_to_one_module(package: Path) -> None:
    write(package, "jury")
    write(package, "petition")

    with pytest.raises(
        ManifestError, match=r"^modules/petition: segment 'petitions' already belongs to jury$"
    ):
        modules.discover(package)


def test_a_folder_without_manifest_is_refused(package: Path) -> None:
    (package / "jury").mkdir()
    (package / "jury" / "__init__.py").write_text("")

    with pytest.raises(
        ManifestError, match=r"^modules/jury: no `manifest`, expected a ModuleManifest in its __init__.py$"
    ):
        modules.discover(package)


def test_a_module_imported_from_elsewhere_is_refused(package: Path, tmp_path: Path) -> None:
    write(package, "petition")
    modules.discover(package)
    other = tmp_path / "copy" / "toy_modules"
    other.mkdir(parents=True)
    write(other, "petition")

    with pytest.raises(ManifestError, match=r"toy_modules.petition is imported from another folder"):
        modules.discover(other)


def test_the_registry_is_found_once_until_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[dict[str, ModuleManifest]] = [{"petition": make()}, {}]
    monkeypatch.setattr(modules, "discover", lambda: found.pop(0))
    modules.reset_registry()

    first = modules.registry()

    assert modules.registry() is first
    assert list(first) == ["petition"]
    modules.reset_registry()
    assert dict(modules.registry()) == {}
    modules.reset_registry()
