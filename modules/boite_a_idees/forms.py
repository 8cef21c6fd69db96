"""What pages post, turned into plain values: the deposit as its step wants it, and what agents fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validates_schema

from app.db.errors import InvalidInput
from app.participation import moderate
from app.participation.photos import ALT_MAX
from app.participation.steps import StepInfo
from app.tenancy.registry import TenantConfig
from app.tenancy.web import tenant
from app.ui import fields as make
from app.ui.forms import Form
from modules.boite_a_idees.rules import STATUSES

#: What a draft keeps and a deposit carries, by the names of the form.
TEXTS = ("title", "body", "theme", "zone", "place", "longitude", "latitude", "photo", "alt")
PLACE_MAX = 120
NOTE_MAX = 500
ANSWER_MAX = 20_000


class _Degrees(fields.Float):
    """Longitude or latitude of a hidden field: anything that is not one is no point at all, never an error to read."""

    def __init__(self, most: float) -> None:
        super().__init__(load_default=None, allow_none=True, allow_nan=True)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        return number if -self.most <= number <= self.most else None


class _Id(fields.String):
    """Identifier of a picture already sent, in a hidden field; a damaged one is no picture."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        try:
            return str(UUID(str(value)))
        except ValueError:
            return None


def deposit_schema(step: StepInfo, config: TenantConfig) -> Schema:
    """The schema of a deposit in this step; its fields are in the order of the page."""
    settings = step.settings
    body_min = settings["body_min"] if settings["body_required"] else None
    place = settings["place"]
    built: dict[str, fields.Field[Any]] = {
        "title": make.text(
            max=settings["title_max"], required=True, missing="Écrivez un titre pour votre idée"
        ),
        "body": make.text(
            min=body_min,
            max=settings["body_max"],
            required=settings["body_required"],
            missing="Décrivez votre idée",
            multiline=True,
        ),
        "theme": make.choice(
            config.themes, required=settings["theme_required"], missing="Choisissez un thème", default=""
        ),
        "zone": make.choice([zone.slug for zone in config.zones], default=""),
        "place": make.text(max=PLACE_MAX),
        "longitude": _Degrees(180),
        "latitude": _Degrees(90),
        "photo": _Id(load_default=None, allow_none=True),
        "alt": make.text(max=ALT_MAX),
    }
    if not config.themes:
        del built["theme"]
    if place == "off":
        for name in ("zone", "place", "longitude", "latitude"):
            del built[name]
    if settings["photo"] == "off":
        for name in ("photo", "alt"):
            del built[name]
    return (_PlaceRequired if place == "required" else Schema).from_dict(built, name="Deposit")()


class _PlaceRequired(Schema):
    @validates_schema(skip_on_field_errors=False)
    def check_place(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data.get("zone") and not data.get("place"):
            raise ValidationError(
                "Indiquez où se situe votre idée", "zone" if "zone" in self.fields else "place"
            )


def deposit_form(
    step: StepInfo, data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None
) -> Form:
    return Form(deposit_schema(step, tenant()), data, initial=initial)


def parse_deposit(step: StepInfo, form: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON values of a deposit, by the names of TEXTS. Raises InvalidInput.

    form: what was posted, `photo` being the id of a picture received before; `_draft` the draft it comes from.
    """
    filled = deposit_form(step, form)
    values = filled.validate()
    if values is not None and step.settings["photo"] == "required" and not values.get("photo"):
        filled.add_error("photo", "Ajoutez une photo")
    if values is None or filled.errors:
        raise InvalidInput(filled.errors)
    payload: dict[str, Any] = {name: values.get(name) for name in TEXTS}
    payload["_draft"] = form.get("_draft") or None
    return payload


def posted(form: Mapping[str, Any]) -> dict[str, Any]:
    """The texts exactly as typed, for a draft."""
    return {name: str(form.get(name) or "") for name in TEXTS}


# --- agents ---------------------------------------------------------------------------------------------------


def reason_form(data: Mapping[str, Any] | None) -> Form:
    schema = Schema.from_dict(
        {
            "reason": make.choice(list(moderate.REASONS), required=True, missing="Choisissez une raison"),
            "note": make.text(max=NOTE_MAX, multiline=True),
        }
    )()
    return Form(schema, data)


def answer_form(data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None) -> Form:
    schema = Schema.from_dict(
        {
            "signatory": make.text(max=120, required=True, missing="Indiquez qui signe la réponse"),
            "signatory_title": make.text(max=160),
            "body": make.text(max=ANSWER_MAX, required=True, missing="Écrivez la réponse", multiline=True),
            "status": make.choice([status.id for status in STATUSES], default=""),
        }
    )()
    return Form(schema, data, initial=initial)


def status_form(data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None) -> Form:
    """The status itself is judged by the core (`official.set_status`): '' takes it away."""
    schema = Schema.from_dict(
        {"status": make.text(max=60), "note": make.text(max=NOTE_MAX, multiline=True)}
    )()
    return Form(schema, data, initial=initial)


class _Dates(Schema):
    @validates_schema(skip_on_field_errors=True)
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        opens, closes, results = (data.get(name) for name in ("opens_at", "closes_at", "results_at"))
        if opens and closes and closes <= opens:
            raise ValidationError("La clôture vient après l’ouverture", "closes_at")
        if results and not closes:
            raise ValidationError("Sans clôture, il n’y a pas de date de résultats", "results_at")
        if results and closes and results < closes:
            raise ValidationError("Les résultats paraissent après la clôture", "results_at")


def dates_form(data: Mapping[str, Any] | None, *, initial: Mapping[str, Any] | None = None) -> Form:
    config = tenant()
    schema = _Dates.from_dict(
        {name: make.moment(tz=config.timezone) for name in ("opens_at", "closes_at", "results_at")},
        name="Dates",
    )()
    return Form(schema, data, initial=initial)
