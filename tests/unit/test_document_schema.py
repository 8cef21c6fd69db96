"""The JSON Schema given to editors says what the loader says, as far as an editor can know."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.tenancy.document import normal
from app.tenancy.document.jsonschema import json_schema
from tests.support.documents import EXAMPLE, GOOD, MANIFESTS, START, read, steps

SCHEMA = json_schema(MANIFESTS)


def complaints(text: str) -> list[str]:
    """Paths at which the schema refuses the document."""
    errors = Draft202012Validator(SCHEMA).iter_errors(read(text).document)
    return sorted({".".join(str(part) for part in error.absolute_path) for error in errors})


def test_it_is_a_schema_that_can_be_written_as_json() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_object_is_closed_and_every_key_has_its_sentence() -> None:
    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            # `propertyNames` and typed additional keys belong to free mappings such as colour overrides.
            if "properties" in node and node.get("type") == "object":
                assert node["additionalProperties"] is False, path
                if "$defs" not in path and not path.endswith(".settings") and ".modules." not in path:
                    for key, child in node["properties"].items():
                        assert child.get("description"), f"{path}.{key}"
            for key, child in node.items():
                walk(child, f"{path}.{key}")
        elif isinstance(node, list):
            for child in node:
                walk(child, path)

    walk(SCHEMA, "")


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        START,
        steps(GOOD),
        START + "map: {tiles: 'https://t.example/{z}/{x}/{y}.png?key=${secret:TILES}'}\n",
    ],
)
def test_what_the_loader_accepts_the_schema_accepts(text: str) -> None:
    full = normal.defaults(read(text).document, manifests=MANIFESTS)

    assert read(text).ok
    assert complaints(text) == []
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(full)] == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("nom: x\n" + START, ""),
        (START.replace("name: Rive\n", ""), ""),
        (START.replace("commune", "comune"), "kind"),
        (START.replace("rive", "Rive_1"), "tenant"),
        (START + "theme: {brand: red}\n", "theme.brand"),
        (START + "theme: {brnad: '#123456'}\n", "theme"),
        (START + "theme: {overrides: {link: blue}}\n", "theme.overrides.link"),
        (START + "access: {sign_in: []}\n", "access.sign_in"),
        (START + "access: {sign_in: [link, link]}\n", "access.sign_in"),
        (START + "hosts: [a.example, 3]\n", "hosts.1"),
        (START + "timezone: Europe/Pari\n", "timezone"),
        (START + "retention: {inactive_account_days: 12}\n", "retention.inactive_account_days"),
        (START + "modules: {petition: true}\n", "modules"),
        (START + "modules: {entraide: 'yes'}\n", "modules.entraide"),
        (START + "modules: {entraide: {enabled: 'yes'}}\n", "modules.entraide"),
        (START + "modules: {entraide: {expires_after_days: 0}}\n", "modules.entraide"),
        (START + "legal: {email: mairie}\n", "legal.email"),
        (START + "map: {tiles: 'http://t.example'}\n", "map.tiles"),
        (steps(GOOD.replace("boite_a_idees", "boite")), "projects.0.steps.0.module"),
        (steps(GOOD.replace("depot", "depots")), "projects.0.steps.0.kind"),
        (steps(GOOD.replace("{limit: 3}", "{}")), "projects.0.steps.0.settings"),
        (steps(GOOD.replace(", settings: {limit: 3}", "")), "projects.0.steps.0"),
        (steps(GOOD.replace("limit: 3", "limit: 3, x: 1")), "projects.0.steps.0.settings"),
        (steps(GOOD.replace("kind: depot, ", "")), "projects.0.steps.0"),
        (steps(GOOD.replace("closes_at: +6d, ", "")), "projects.0.steps.0"),
    ],
)
def test_what_an_editor_can_see_is_refused_by_both(text: str, path: str) -> None:
    assert complaints(text) == [path]
    assert not read(text).ok


def test_without_any_application_the_schema_still_holds() -> None:
    schema = json_schema({})

    assert [error.message for error in Draft202012Validator(schema).iter_errors(read(START).document)] == []
    assert not Draft202012Validator(schema).is_valid(read(EXAMPLE).document)
