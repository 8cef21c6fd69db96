"""Tenant documents for tests, and the toy applications they switch on."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.tenancy.document.loader import Loaded, load_bytes
from app.tenancy.manifest import ModuleManifest


class HelpSettings(Schema):
    private_contact = fields.Boolean(load_default=True)
    expires_after_days = fields.Integer(load_default=30, validate=validate.Range(1, 90))
    categories = fields.List(fields.String(validate=validate.Length(1, 60)), load_default=list)
    warn_after_days = fields.Integer()
    api_key = fields.String(validate=validate.Length(equal=32), metadata={"secret": True})
    relays = fields.List(fields.Nested("RelaySettings"))

    @validates_schema
    def warn_before_the_end(self, data: dict[str, Any], **_: object) -> None:
        # Hooks find every default in place.
        if data.get("warn_after_days", 0) > data["expires_after_days"]:
            raise ValidationError("a warning before the end", "warn_after_days")


class RelaySettings(Schema):
    host = fields.String(required=True)
    password = fields.String(required=True, validate=validate.Length(min=12), metadata={"secret": True})
    tries = fields.Integer(load_default=3)


class DepositSettings(Schema):
    limit = fields.Integer(required=True, validate=validate.Range(min=1))


class VoteSettings(Schema):
    secret = fields.Boolean(load_default=True)


class GreedySettings(Schema):
    enabled = fields.Boolean()


def make_manifest(module_id: str, **fields_of_it: Any) -> ModuleManifest:
    known = {
        "title": module_id,
        "summary": "Une application.",
        "icon": "idea",
        "tint": "idees",
        "version": "1.0",
    }
    return ModuleManifest(id=module_id, segment=module_id.replace("_", "-"), **{**known, **fields_of_it})


MANIFESTS = {
    "boite_a_idees": make_manifest(
        "boite_a_idees",
        step_kinds={
            "depot": "tests.support.documents:DepositSettings",
            "vote": "tests.support.documents:VoteSettings",
        },
    ),
    "entraide": make_manifest("entraide", tenant_settings="tests.support.documents:HelpSettings"),
    "votation": make_manifest(
        "votation", requires=("boite_a_idees",), step_kinds={"vote": "tests.support.documents:VoteSettings"}
    ),
}

# Contract §4, its ellipses filled in.
EXAMPLE = """\
tenant: valmorin
name: Ville de Valmorin
kind: commune                 # commune, departement, region, intercommunalite, province, entreprise, association
country: FR
hosts: [participer.valmorin.example]
locale: fr                    # more in `locales`
timezone: Europe/Paris
theme: {preset: rivage, brand: "#0b5c6b", accent: "#ffb52e", logo: assets/valmorin/logo.svg}
access: {visibility: public, sign_in: [link, password], email_domains: []}
legal:
  publisher: Ville de Valmorin
  director: Claire Aubin, maire
  host: Parvis SAS, 3 quai du Lin, 44000 Nantes, 02 40 00 00 00
  address: 1 place de la Halle, 12345 Valmorin
  phone: 02 38 00 00 00
  email: participer@valmorin.example
  dpo: dpo@valmorin.example
retention: {inactive_account_days: 730}
zones: assets/valmorin/quartiers.geojson
themes: [Santé, Solidarité, Économie, Mobilités]
modules:
  entraide: {enabled: true, private_contact: true, expires_after_days: 30, categories: [Courses, Garde d'enfants]}
  boite_a_idees: true         # short form: on, with defaults
  votation: false
locked: [theme, modules.entraide.private_contact]   # read-only in the back-office
projects: []                  # optional first content: projects and steps (a preset has them)
"""
START = "tenant: rive\nname: Rive\nkind: commune\ndemo: true\n"


def read(text: str, **options: Any) -> Loaded:
    return load_bytes(text.encode(), file="rive.yaml", **{"manifests": MANIFESTS, **options})


def faults(text: str, **options: Any) -> list[str]:
    return [str(fault) for fault in read(text, **options).faults]


def steps(*lines: str) -> str:
    head = (
        START + "themes: [Eau]\nprojects:\n  - slug: parcs\n    title: Parcs\n    themes: [Eau]\n    steps:\n"
    )
    return head + "".join(f"      - {line}\n" for line in lines)


GOOD = "{slug: idees, title: Idées, module: boite_a_idees, kind: depot, closes_at: +6d, settings: {limit: 3}}"
