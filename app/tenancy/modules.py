"""Finding the applications: one folder of `modules/` each, read in name order."""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.tenancy.manifest import ManifestError, ModuleManifest

ROOT = Path(__file__).resolve().parents[2]


def discover(path: Path = ROOT / "modules") -> dict[str, ModuleManifest]:
    """The manifests of the applications in a folder, by id, in name order; {} when the folder is absent or empty.

    path: a package importable under its own name. Folders without `__init__.py`, or starting with `_` or `.`, are
    passed over. Raises ManifestError for an application without manifest, an id that is not its folder's name, or a
    segment used twice.
    """
    manifests: dict[str, ModuleManifest] = {}
    by_segment: dict[str, str] = {}
    for folder in sorted(_folders(path), key=lambda folder: folder.name):
        manifest = _manifest_of(folder)
        if manifest.id != folder.name:
            raise ManifestError(f"modules/{folder.name}: its id is {manifest.id!r}, expected {folder.name!r}")
        other = by_segment.setdefault(manifest.segment, manifest.id)
        if other != manifest.id:
            raise ManifestError(
                f"modules/{folder.name}: segment {manifest.segment!r} already belongs to {other}"
            )
        manifests[manifest.id] = manifest
    return manifests


@cache
def registry() -> Mapping[str, ModuleManifest]:
    """The applications of this deployment, found once."""
    return MappingProxyType(discover())


def reset_registry() -> None:
    """Look again at the next call (a test changed the folder)."""
    registry.cache_clear()


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [
        child for child in path.iterdir() if child.name[0] not in "_." and (child / "__init__.py").is_file()
    ]


def _manifest_of(folder: Path) -> ModuleManifest:
    name = f"{folder.parent.name}.{folder.name}"
    module = importlib.import_module(name)
    if Path(module.__file__ or "").resolve().parent != folder.resolve():
        raise ManifestError(f"modules/{folder.name}: {name} is imported from another folder")
    manifest = getattr(module, "manifest", None)
    if not isinstance(manifest, ModuleManifest):
        raise ManifestError(
            f"modules/{folder.name}: no `manifest`, expected a ModuleManifest in its __init__.py"
        )
    return manifest
