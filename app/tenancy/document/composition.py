"""The modules' part of the document: `modules.<id>`, the steps' settings and the paths that may be locked."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields

from app.tenancy.document.faults import Path, Problem, describe, quote
from app.tenancy.document.judge import input_fields, judge, judge_field, nested_schema
from app.tenancy.document.schema import SWITCHES, DocumentSchema
from app.tenancy.document.suggestions import closest, one_of
from app.tenancy.manifest import ManifestError, ModuleManifest, resolve

Manifests = Mapping[str, ModuleManifest]

SWITCH_FIELDS: dict[str, fields.Field[Any]] = {
    "enabled": fields.Boolean(load_default=True, metadata={"description": "Switched on."}),
    "allowed": fields.Boolean(
        load_default=True, metadata={"description": "Sold to this platform; only operators change it."}
    ),
}


def settings_schema(manifest: ModuleManifest) -> Schema:
    """The schema of `modules.<id>` without the core's own keys; empty when the module has no settings.

    Raises ManifestError when the module's schema is no schema or takes one of the core's keys.
    """
    schema = _schema(manifest.tenant_settings)
    for key in SWITCHES:
        if key in input_fields(schema):
            raise ManifestError(
                f"module {manifest.id!r}: its settings declare {key!r}, which belongs to the core"
            )
    return schema


def step_schema(manifest: ModuleManifest, kind: str) -> Schema:
    """The schema of the settings of one kind of step. Raises KeyError for an unknown kind, ManifestError."""
    return _schema(manifest.step_kinds[kind])


def kind_of(step: Mapping[str, Any], manifest: ModuleManifest) -> str | None:
    """The kind a step has, or the only one it can have; None when it must choose."""
    if "kind" in step:
        return str(step["kind"])
    return next(iter(manifest.step_kinds)) if len(manifest.step_kinds) == 1 else None


def is_on(entry: Any) -> bool:
    """Whether `modules.<id>` switches the application on: `true`, or a mapping neither disabled nor disallowed."""
    if isinstance(entry, dict):
        return entry.get("enabled", True) is True and entry.get("allowed", True) is True
    return entry is True


def judge_modules(modules: Any, manifests: Manifests, *, tolerant: bool) -> Iterator[Problem]:
    """What is wrong with the value of `modules`. tolerant: applications that are not installed are passed over."""
    if not isinstance(modules, dict):
        return
    for module_id, entry in modules.items():
        path: Path = ("modules", module_id)
        manifest = manifests.get(module_id)
        if manifest is None:
            if not tolerant:
                yield Problem(
                    path,
                    "unknown module",
                    one_of(manifests, word=module_id) if manifests else "no module: none is installed",
                    at_key=True,
                )
            continue
        if isinstance(entry, dict):
            for key, field in SWITCH_FIELDS.items():
                if key in entry:
                    yield from judge_field(field, entry[key], (*path, key))
            own = {key: value for key, value in entry.items() if key not in SWITCHES}
            yield from judge(settings_schema(manifest), own, path, also=SWITCHES)
        elif not isinstance(entry, bool):
            yield Problem(path, describe(entry), "true, false or a mapping of settings")
        if is_on(entry):
            for needed in manifest.requires:
                if not is_on(modules.get(needed)):
                    yield Problem(
                        path,
                        f"{module_id} switched on without {needed}",
                        f"modules.{needed} switched on too",
                        at_key=True,
                    )


def judge_steps(projects: Any, manifests: Manifests, *, tolerant: bool) -> Iterator[Problem]:
    """What is wrong with the module, kind and settings of each step of `projects`."""
    for number, project in enumerate(projects if isinstance(projects, list) else ()):
        steps = project.get("steps") if isinstance(project, dict) else None
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            if isinstance(step, dict) and isinstance(step.get("module"), str):
                yield from _judge_step(
                    step, ("projects", number, "steps", index), manifests, tolerant=tolerant
                )


def _judge_step(
    step: dict[str, Any], path: Path, manifests: Manifests, *, tolerant: bool
) -> Iterator[Problem]:
    manifest = manifests.get(step["module"])
    if manifest is None:
        if not tolerant:
            expected = (
                one_of(manifests, word=step["module"]) if manifests else "no step: no module is installed"
            )
            yield Problem((*path, "module"), f"unknown module {quote(step['module'])}", expected)
        return
    kind = kind_of(step, manifest)
    if kind is None or kind not in manifest.step_kinds:
        found = "nothing" if kind is None else f"{quote(kind)}, no step of {manifest.id}"
        yield Problem(
            (*path, "kind"),
            found,
            one_of(manifest.step_kinds, word=kind) if manifest.step_kinds else "another module, with steps",
        )
        return
    settings = step.get("settings", {})
    if isinstance(settings, dict):
        yield from judge(step_schema(manifest, kind), settings, (*path, "settings"))


def judge_locked(locked: Any, manifests: Manifests, *, tolerant: bool) -> Iterator[Problem]:
    """What is wrong with `locked`: each item must name a key that a document may have."""
    for index, dotted in enumerate(locked if isinstance(locked, list) else ()):
        if isinstance(dotted, str):
            expected = _missing_part(dotted, manifests, tolerant=tolerant)
            if expected is not None:
                yield Problem(("locked", index), quote(dotted), expected)


def _missing_part(dotted: str, manifests: Manifests, *, tolerant: bool) -> str | None:
    """None when the path can exist in a document, else what would."""
    known: Mapping[str, Any] | None = input_fields(DocumentSchema())
    parts = dotted.split(".")
    for depth, part in enumerate(parts):
        before = ".".join(parts[:depth])
        if known is None:
            return f"{before}, which has no keys that can be locked"
        if part not in known:
            if tolerant and before == "modules":
                return None
            near = closest(part, known)
            names = [f"{before}.{name}" if before else name for name in ([near] if near else known)]
            return one_of(names) if names else f"{before}, which has no keys"
        known = _keys_below(known[part], (*parts[:depth], part), manifests)
    return None


def _keys_below(field: Any, path: tuple[str, ...], manifests: Manifests) -> Mapping[str, Any] | None:
    if path == ("modules",):
        return manifests
    if len(path) == 2 and path[0] == "modules":
        return {**SWITCH_FIELDS, **input_fields(settings_schema(manifests[path[1]]))}
    if isinstance(field, fields.Nested) and not field.many:
        return input_fields(nested_schema(field))
    return None


def _schema(dotted: str | None) -> Schema:
    if dotted is None:
        return Schema()
    found = resolve(dotted)
    if isinstance(found, type) and issubclass(found, Schema):
        return found()
    raise ManifestError(f"{dotted} is {found!r}, expected a marshmallow schema class")
