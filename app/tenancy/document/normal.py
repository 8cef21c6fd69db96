"""The document completed with its defaults, written back as YAML, and reduced to a fingerprint."""

import copy
import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, missing
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from app.tenancy.document.composition import SWITCH_FIELDS, Manifests, kind_of, settings_schema, step_schema
from app.tenancy.document.judge import input_fields, nested_schema
from app.tenancy.document.schema import SWITCHES, DocumentSchema, zone_label_of

_SHORT_LIST = 100
_WORDS = re.compile(r"[^\W_]([\w .,/@'’()–-]*[\w.)])?")


def defaults(document: Mapping[str, Any], *, manifests: Manifests) -> dict[str, Any]:
    """A document without faults, every key that has a default written out; keys in the schema's order.

    Each installed application has its mapping (`enabled` is False when the document does not name it); one that is not
    installed keeps its words. Doing it twice changes nothing. The argument is left as it was.
    """
    full = fill(DocumentSchema(), document)
    full.setdefault("locales", [full["locale"]])
    if "kind" in full:
        full.setdefault("zone_label", zone_label_of(full["kind"]))
    full["modules"] = _complete_modules(full["modules"], manifests)
    for project in full["projects"]:
        for step in project["steps"]:
            manifest = manifests.get(step["module"])
            kind = kind_of(step, manifest) if manifest else None
            if manifest and kind is not None and kind in manifest.step_kinds:
                step["kind"] = kind
                step["settings"] = fill(step_schema(manifest, kind), step["settings"])
    return _ordered(full, DocumentSchema())


def fill(schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the mapping with the schema's defaults, nested ones included; unknown keys are kept, last."""
    full: dict[str, Any] = {}
    for key, field in input_fields(schema).items():
        if key in value:
            full[key] = _fill_field(field, value[key])
        elif field.load_default is not missing:
            default = field.load_default
            full[key] = default() if callable(default) else copy.deepcopy(default)
        elif isinstance(field, fields.Nested) and not field.many and not field.required:
            full[key] = fill(nested_schema(field), {})
    full.update({key: copy.deepcopy(item) for key, item in value.items() if key not in full})
    return full


def canonical(document: Mapping[str, Any]) -> str:
    """The document as YAML, always the same text for the same content: what `export` writes.

    Keys follow the schema; applications and their settings follow the alphabet after `enabled` and `allowed`.
    """
    ordered = _ordered(document, DocumentSchema())
    if isinstance(ordered.get("modules"), dict):
        ordered["modules"] = {name: _by_name(entry) for name, entry in sorted(ordered["modules"].items())}
    yaml = YAML()
    # One line per value: a changed word is a changed line, and no folding to get wrong.
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda data: True
    out = io.StringIO()
    yaml.dump(_styled(ordered), out)
    return out.getvalue()


def content_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of what the document says, as 64 hexadecimal characters; key order and `revision` do not count."""
    said = {key: value for key, value in document.items() if key != "revision"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _complete_modules(modules: Mapping[str, Any], manifests: Manifests) -> dict[str, Any]:
    complete: dict[str, Any] = {}
    for module_id in sorted({*modules, *manifests}):
        entry = modules.get(module_id, False)
        settings = dict(entry) if isinstance(entry, Mapping) else {}
        switches = {
            "enabled": settings.pop("enabled", True if isinstance(entry, Mapping) else entry),
            "allowed": settings.pop("allowed", SWITCH_FIELDS["allowed"].load_default),
        }
        manifest = manifests.get(module_id)
        complete[module_id] = {
            **switches,
            **(fill(settings_schema(manifest), settings) if manifest else settings),
        }
    return complete


def _fill_field(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, Mapping):
        return fill(nested_schema(field), value)
    if isinstance(field, fields.Nested) and field.many and isinstance(value, list):
        return [fill(nested_schema(field), item) for item in value]
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_fill_field(field.inner, item) for item in value]
    if isinstance(field, fields.Dict) and field.value_field is not None and isinstance(value, Mapping):
        return {key: _fill_field(field.value_field, item) for key, item in value.items()}
    return copy.deepcopy(value)


def _ordered(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The same content, keys in the schema's order, then unknown ones by name."""
    known = input_fields(schema)
    keys = [key for key in known if key in value] + sorted(key for key in value if key not in known)
    return {key: _ordered_field(value[key], known.get(key)) for key in keys}


def _ordered_field(value: Any, field: fields.Field[Any] | None) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, Mapping):
        return _ordered(value, nested_schema(field))
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested) and isinstance(value, list):
        return [_ordered_field(item, field.inner) for item in value]
    return copy.deepcopy(value)


def _by_name(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    first = [key for key in SWITCHES if key in entry]
    return {key: entry[key] for key in [*first, *sorted(key for key in entry if key not in SWITCHES)]}


def _styled(value: Any) -> Any:
    """Values dressed for reading: short lists on one line, paragraphs as blocks."""
    if isinstance(value, Mapping):
        return CommentedMap((_styled(key), _styled(item)) for key, item in value.items())
    if isinstance(value, list):
        styled = CommentedSeq(_styled(item) for item in value)
        simple = all(not isinstance(item, (Mapping, list)) and "\n" not in str(item) for item in value)
        if simple and sum(len(str(item)) + 2 for item in value) < _SHORT_LIST:
            styled.fa.set_flow_style()
        return styled
    if not isinstance(value, str):
        return value
    if _is_block(value):
        return LiteralScalarString(value)
    # The library forgets quotes here and there (`[?a]`); it may only choose for words that look like words.
    return value if _WORDS.fullmatch(value) else DoubleQuotedScalarString(value)


def _is_block(text: str) -> bool:
    # Anything a block scalar would alter (spaces at the ends of lines, other line breaks) stays between quotes.
    lines = text.split("\n")
    return (
        len(lines) > 1
        and text.strip() == text.rstrip("\n")
        and all(line == line.rstrip() and line.isprintable() for line in lines)
        and not text.endswith("\n\n")
        and bool(text.strip())
    )
