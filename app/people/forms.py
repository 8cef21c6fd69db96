"""What the pages of this room post."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from app.people import addresses, passwords
from app.people.models import NOTIFY
from app.tenancy.registry import TenantConfig
from app.ui import forms

NAME_MAX = 40
_NOT_A_NAME = re.compile(r"@|https?:|www\.|[<>{}\[\]|\\^~#]")
_OFFICIAL = re.compile(
    r"\b(?:admin|administrat\w*|moderat\w*|mairie|maire|la ville|ville de|departement de|region de|prefecture"
    r"|service technique|equipe municipale|support|webmaster)\b"
)

NO_NAME = "Choisissez le nom que les autres verront"
NAME_SHORT = "Écrivez un nom d’au moins 2 lettres"
NAME_ODD = "Écrivez un nom sans adresse ni lien, par exemple Inès R."
NAME_OFFICIAL = "Ce nom ferait croire que la collectivité parle. Choisissez-en un autre"
NO_CHARTER = "Acceptez la charte pour continuer"
NO_CODE = "Écrivez les 6 chiffres reçus par e-mail"
NO_PASSWORD = "Écrivez votre mot de passe"  # noqa: S105


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _check_email(tenant: TenantConfig) -> Callable[[str], None]:
    def check(value: str) -> None:
        sentence = addresses.refusal(value, domains=tenant.closed_to_domains)
        if sentence:
            raise ValidationError(sentence)

    return check


def _check_name(tenant: TenantConfig) -> Callable[[str], None]:
    def check(value: str) -> None:
        folded = _fold(value)
        if sum(letter.isalpha() for letter in value) < 2:
            raise ValidationError(NAME_SHORT)
        if _NOT_A_NAME.search(value):
            raise ValidationError(NAME_ODD)
        authority = {_fold(tenant.name), _fold(tenant.document["legal"].get("publisher") or tenant.name)}
        if _OFFICIAL.search(folded) or any(name and name in folded for name in authority):
            raise ValidationError(NAME_OFFICIAL)

    return check


def _email_field(tenant: TenantConfig) -> Any:
    field = forms.email(required=True)
    field.validators.append(_check_email(tenant))
    return field


def email_form(
    tenant: TenantConfig, data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None
) -> forms.Form:
    """Fields: email, rester (stay signed in)."""
    schema = Schema.from_dict({"email": _email_field(tenant), "rester": forms.boolean()})
    return forms.Form(schema(), data, initial=initial)


def password_form(data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None) -> forms.Form:
    """Fields: email, mot_de_passe, rester. The domain is not checked: an invited person may have another one."""
    schema = Schema.from_dict(
        {
            "email": forms.email(required=True),
            "mot_de_passe": forms.text(required=True, missing=NO_PASSWORD, max=1000),
            "rester": forms.boolean(),
        }
    )
    return forms.Form(schema(), data, initial=initial)


def code_form(data: Mapping[str, Any] | None) -> forms.Form:
    schema = Schema.from_dict({"code": forms.text(required=True, missing=NO_CODE, max=40)})
    return forms.Form(schema(), data)


def _profile_fields(tenant: TenantConfig) -> dict[str, Any]:
    return {
        "nom": forms.text(required=True, missing=NO_NAME, max=NAME_MAX, validate=[_check_name(tenant)]),
        "zone": forms.choice([zone.slug for zone in tenant.zones]),
    }


def first_visit_form(
    tenant: TenantConfig, data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None
) -> forms.Form:
    """Fields: nom, zone (slug or None), charte, lettre."""
    schema = Schema.from_dict(
        _profile_fields(tenant)
        | {"charte": forms.boolean(must=True, missing=NO_CHARTER), "lettre": forms.boolean()}
    )
    return forms.Form(schema(), data, initial=initial)


def profile_form(
    tenant: TenantConfig, data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None
) -> forms.Form:
    """Fields: nom, zone (slug or None), lettre."""
    schema = Schema.from_dict(_profile_fields(tenant) | {"lettre": forms.boolean()})
    return forms.Form(schema(), data, initial=initial)


def zone_options(tenant: TenantConfig) -> list[tuple[str, str]]:
    return [(zone.slug, zone.name) for zone in tenant.zones]


def notify_form(data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None) -> forms.Form:
    """Field: choix, one of models.NOTIFY."""
    schema = Schema.from_dict({"choix": forms.choice(NOTIFY, required=True)})
    return forms.Form(schema(), data, initial=initial)


def new_password_form(
    data: Mapping[str, Any] | None, *, email: str = "", name: str = "", ask_current: bool
) -> forms.Form:
    """Fields: nouveau, and actuel when the current one must be given."""

    def check(value: str) -> None:
        sentence = passwords.refusal(value, email=email, name=name)
        if sentence:
            raise ValidationError(sentence)

    fields: dict[str, Any] = {}
    if ask_current:
        fields["actuel"] = forms.text(required=True, missing="Écrivez votre mot de passe actuel", max=1000)
    fields["nouveau"] = forms.text(required=True, missing="Écrivez le nouveau mot de passe", validate=[check])
    return forms.Form(Schema.from_dict(fields)(), data)


def current_password_form(data: Mapping[str, Any] | None) -> forms.Form:
    """Field: actuel; its id differs from the other form's, both stand on one page."""
    schema = Schema.from_dict(
        {"actuel": forms.text(required=True, missing="Écrivez votre mot de passe actuel", max=1000)}
    )
    return forms.Form(schema(), data, ids_prefix="retrait-")
