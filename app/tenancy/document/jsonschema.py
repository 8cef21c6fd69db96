"""The document described to editors: JSON Schema, draft 2020-12 (`parvis tenant schema`)."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields, validate

from app.tenancy.document.composition import SWITCH_FIELDS, Manifests, settings_schema, step_schema
from app.tenancy.document.fields import UNIQUE, Known, Must, Pattern
from app.tenancy.document.judge import input_fields, nested_schema
from app.tenancy.document.schema import DocumentSchema
from app.tenancy.manifest import ModuleManifest

_SECRET = {"type": "string", "pattern": r"\$\{secret:[A-Za-z][A-Za-z0-9_-]{0,63}\}"}


def json_schema(manifests: Manifests) -> dict[str, Any]:
    """The JSON Schema of a tenant document on a deployment with these applications.

    It refuses what an editor can see while typing (keys, types, choices, formats); what needs several values or files
    (a step closing before it opens, a missing logo) is left to `parvis tenant validate`.
    """
    converter = _converter()
    document = _object(converter, DocumentSchema())
    document["properties"]["modules"] = _modules(converter, manifests)
    _describe_steps(converter, document, manifests)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Parvis platform",
        "description": "One participation platform: identity, look, legal notices and applications.",
        **document,
    }


def _converter() -> OpenAPIConverter:
    plugin = MarshmallowPlugin()
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    converter = plugin.converter
    if converter is None:
        raise RuntimeError("apispec made no converter")
    return converter


def _object(converter: OpenAPIConverter, schema: Schema) -> dict[str, Any]:
    known = input_fields(schema)
    required = [key for key, field in known.items() if field.required]
    return {
        "type": "object",
        "properties": {key: _property(converter, field) for key, field in known.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _property(converter: OpenAPIConverter, field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        described = _object(converter, nested_schema(field))
        described = {"type": "array", "items": described} if field.many else described
    elif isinstance(field, fields.List):
        described = {"type": "array", "items": _property(converter, field.inner)}
    elif isinstance(field, fields.Dict):
        described = {"type": "object"}
        if field.key_field is not None:
            described["propertyNames"] = _property(converter, field.key_field)
        if field.value_field is not None:
            described["additionalProperties"] = _property(converter, field.value_field)
    else:
        described = converter.field2property(field)
    for validator in field.validators:
        _add_validator(described, validator)
    if "description" in field.metadata:
        described["description"] = field.metadata["description"]
    described.pop("secret", None)
    if field.metadata.get("secret"):
        sentence = described.pop("description", "")
        described = {"description": sentence, "anyOf": [described, _SECRET]}
    return described


def _add_validator(described: dict[str, Any], validator: Any) -> None:
    if isinstance(validator, Pattern):
        # The validators match the whole text, JSON Schema looks inside it.
        described["pattern"] = f"^(?:{validator.pattern})$"
    elif isinstance(validator, Known):
        described["enum"] = sorted(validator.known())
    elif isinstance(validator, Must) and validator.expected == UNIQUE:
        described["uniqueItems"] = True
    elif isinstance(validator, validate.Length) and described.get("type") == "array":
        bounds = {"minItems": validator.equal or validator.min, "maxItems": validator.equal or validator.max}
        described.update({key: bound for key, bound in bounds.items() if bound is not None})


def _modules(converter: OpenAPIConverter, manifests: Manifests) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Applications and their settings.",
        "properties": {module_id: _module(converter, manifest) for module_id, manifest in manifests.items()},
        "additionalProperties": False,
    }


def _module(converter: OpenAPIConverter, manifest: ModuleManifest) -> dict[str, Any]:
    described = _object(converter, settings_schema(manifest))
    switches = {key: _property(converter, field) for key, field in SWITCH_FIELDS.items()}
    described["properties"] = {**switches, **described["properties"]}
    return {
        "description": f"{manifest.title}: {manifest.summary}",
        "anyOf": [{"type": "boolean", "description": "On or off, with default settings."}, described],
    }


def _describe_steps(converter: OpenAPIConverter, document: dict[str, Any], manifests: Manifests) -> None:
    """Each step's `module`, `kind` and `settings`, according to the module and kind it names."""
    step = document["properties"]["projects"]["items"]["properties"]["steps"]["items"]
    step["properties"]["module"] = {
        "enum": list(manifests),
        "description": step["properties"]["module"]["description"],
    }
    rules: list[dict[str, Any]] = []
    for manifest in manifests.values():
        named = {"properties": {"module": {"const": manifest.id}}, "required": ["module"]}
        kinds: dict[str, Any] = {"properties": {"kind": {"enum": list(manifest.step_kinds)}}}
        if len(manifest.step_kinds) != 1:
            kinds["required"] = ["kind"]
        rules.append({"if": named, "then": kinds})
        for kind in manifest.step_kinds:
            settings = _object(converter, step_schema(manifest, kind))
            has_kind: dict[str, Any] = {
                "properties": {"module": {"const": manifest.id}, "kind": {"const": kind}}
            }
            has_kind["required"] = ["module"] if len(manifest.step_kinds) == 1 else ["module", "kind"]
            then: dict[str, Any] = {"properties": {"settings": settings}}
            if settings.get("required"):
                then["required"] = ["settings"]
            rules.append({"if": has_kind, "then": then})
    if rules:
        step["allOf"] = rules
    timeless = {"properties": {"timeless": {"const": True}}, "required": ["timeless"]}
    step["if"] = timeless
    step["then"] = {"not": {"required": ["closes_at"]}}
    step["else"] = {"required": ["closes_at"]}
