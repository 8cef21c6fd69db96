"""Platforms from the command line: judged, applied, read back, and people invited."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.conftest import Parvis

DOCUMENT = """\
tenant: {slug}
name: Ville d’Essai
kind: commune
country: FR
hosts: [{slug}.example]
locale: fr
timezone: Europe/Paris
theme: {{preset: rivage, brand: "#0b5c6b", accent: "#ffb52e"}}
access: {{visibility: public, sign_in: [link, password], email_domains: []}}
legal:
  publisher: Ville d’Essai
  director: La maire
  host: Hébergeur, 1 rue du Port
  address: Place du Pont
  phone: 02 00 00 00 00
  email: contact@essai.example
  dpo: dpo@essai.example
themes: [Mobilités, Nature]
modules: {{}}
"""


@pytest.fixture
def slug() -> str:
    return f"essai-{uuid4().hex[:8]}"


@pytest.fixture
def file(tmp_path: Path, slug: str) -> Path:
    path = tmp_path / "essai.yaml"
    path.write_text(DOCUMENT.format(slug=slug), "utf-8")
    return path


def test_every_fault_of_every_file_is_told_with_its_place(parvis: Parvis, file: Path, tmp_path: Path) -> None:
    worse = tmp_path / "worse.yaml"
    worse.write_text(
        file.read_text("utf-8").replace("kind: commune", "kind: village").replace("name:", "nane:"), "utf-8"
    )

    good, bad, told = (
        parvis("tenant", "validate", str(file)),
        parvis("tenant", "validate", str(file), str(worse)),
        parvis("tenant", "validate", "--json", str(worse)),
    )

    assert (good.code, good.out, good.err) == (0, "", "")
    assert (bad.code, bad.out) == (1, "")
    assert all(
        re.match(rf"{re.escape(str(worse))}:\d+:\d+: \w+: .+, expected .+", line)
        for line in bad.err.splitlines()
    )
    assert any("kind" in line and "village" in line for line in bad.err.splitlines())
    assert told.code == 1
    assert {"file", "line", "column", "path", "found", "expected"} == set(told.data[0])


def test_a_file_is_applied_once_then_read_back(
    on_servers: Parvis, file: Path, slug: str, tmp_path: Path
) -> None:
    created, again = (
        on_servers("tenant", "apply", str(file), "--why", "Ouverture"),
        on_servers("tenant", "apply", str(file)),
    )

    assert (created.code, created.err) == (0, f"{slug} is created, at revision 1.\n")
    assert (again.code, again.err) == (0, f"{slug} already is what the file says, at revision 1.\n")

    listed = {row["slug"]: row for row in on_servers("tenant", "list", "--json").data}
    assert listed[slug]["hosts"] == [f"{slug}.example"]
    assert slug in on_servers("tenant", "list").out
    shown = on_servers("tenant", "show", slug)
    assert f"slug:      {slug}" in shown.out
    assert on_servers("tenant", "show", slug, "--json").data["document"]["name"] == "Ville d’Essai"

    exported = tmp_path / "exported.yaml"
    exported.write_text(on_servers("tenant", "export", slug).out, "utf-8")
    assert "revision: 1" in exported.read_text("utf-8")
    assert on_servers("tenant", "validate", str(exported)).code == 0
    changed = exported.read_text("utf-8").replace("Ville d’Essai", "Ville d’Ailleurs")
    exported.write_text(changed, "utf-8")
    assert on_servers("tenant", "apply", str(exported), "--json").data["revision"] == 2


def test_a_faulty_file_is_refused_and_changes_nothing(on_servers: Parvis, file: Path, slug: str) -> None:
    file.write_text(file.read_text("utf-8").replace("kind: commune", "kind: village"), "utf-8")

    ran = on_servers("tenant", "apply", str(file))

    assert ran.code == 1
    assert ran.err.startswith(f"{file}:")
    assert slug not in on_servers("tenant", "list").out


@pytest.mark.parametrize("command", ["show", "export"])
def test_a_tenant_nobody_knows_is_refused(on_servers: Parvis, command: str) -> None:
    ran = on_servers("tenant", command, "nowhere")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "no tenant is called 'nowhere': see `parvis tenant list`\n"


def test_editors_get_a_schema(parvis: Parvis) -> None:
    schema = parvis("tenant", "schema").data

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "tenant" in schema["properties"]


def test_the_applications_and_the_policy_are_printed(parvis: Parvis) -> None:
    modules, policy = parvis("modules", "--json").data, parvis("policy", "--json").data

    assert all(module["segment"] for module in modules)
    hide = next(row for row in policy if row["action"] == "contribution.hide")
    assert hide["roles"] == ["moderator", "manager", "administrator"]
    assert hide["states"] == ["published", "archived"]
    assert "contribution.hide" in parvis("policy").out
    assert parvis("modules").out.startswith("ID")


def test_an_invitation_prints_a_link_and_nothing_else(on_servers: Parvis, file: Path, slug: str) -> None:
    on_servers("tenant", "apply", str(file))

    ran = on_servers("user", "invite", "maire@essai.example", "--tenant", slug, "--role", "administrator")
    told = on_servers(
        "user", "invite", "maire@essai.example", "--tenant", slug, "--role", "moderator", "--json"
    )

    assert ran.code == 0
    assert re.fullmatch(rf"http://localhost:8000/t/{slug}/lien/[\w.-]+/\n", ran.out)
    assert told.data["valid_days"] == 7
    assert json.dumps(told.data).count("maire@") == 0


@pytest.mark.parametrize(
    ("email", "tenant", "sentence"),
    [("nobody", None, "nobody"), ("maire@essai.example", "nowhere", "no tenant is called 'nowhere'")],
)
def test_an_impossible_invitation_is_refused(
    on_servers: Parvis, file: Path, slug: str, email: str, tenant: str | None, sentence: str
) -> None:
    on_servers("tenant", "apply", str(file))

    ran = on_servers("user", "invite", email, "--tenant", tenant or slug, "--role", "moderator")

    assert ran.code == 1
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1
