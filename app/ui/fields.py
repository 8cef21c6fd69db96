"""Makers of marshmallow fields that refuse in French, for HTML forms and JSON alike.

Every maker takes `required` and `missing` (the sentence when nothing was given). The sentences about length may hold
{min}, {max} and {over}.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from app.ui.filters import amount_eur, date_long, number

MISSING = "Remplissez ce champ"
TOO_SHORT = "Ajoutez quelques mots : il en faut au moins {min}"
TOO_LONG = "Raccourcissez ce texte de {over} caractères : le maximum est de {max}"
NOT_A_TEXT = "Écrivez un texte"
NOT_A_NUMBER = "Écrivez un nombre entier, par exemple 12"
NOT_AN_AMOUNT = "Écrivez un montant en euros, par exemple 1 200"
NOT_A_DATE = "Écrivez une date, par exemple 27/11/2026"
NOT_A_MOMENT = "Écrivez une date et une heure, par exemple 27/11/2026 18:00"
NOT_AN_EMAIL = "Écrivez une adresse e-mail complète, comme nom@exemple.fr"
NOT_AN_ADDRESS = "Écrivez une adresse complète, qui commence par https://"
NOT_IN_LIST = "Choisissez une réponse de la liste"

#: PostgreSQL's integer: a larger figure is a mistake, to be told rather than to fail on.
LARGEST = 2_147_483_647

Validator = Callable[[Any], Any]

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls, direction overrides that would leak into the page, invisible marks, lone surrogates, non-characters.
# Zero-width joiners stay: emoji and several scripts are written with them.
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_EDGES = " \t\n\u00a0\u1680\u2000-\u200f\u202f\u205f\u2800\u3000\u3164"
_AT_EDGES = re.compile(rf"^[{_EDGES}]+|(?<![{_EDGES}])[{_EDGES}]+$")


def clean(text: str, *, multiline: bool = True) -> str:
    """NFC text without control characters or outer blanks; each line end is one "\\n", as the browser counts it.

    multiline=False turns line ends and tabs into spaces.
    """
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    if not multiline:
        text = text.replace("\n", " ").replace("\t", " ")
    return _AT_EDGES.sub("", unicodedata.normalize("NFC", text))


class _Text(fields.String):
    def __init__(self, *, multiline: bool, **options: Any) -> None:
        super().__init__(**options)
        self.multiline = multiline

    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        text = clean(super()._deserialize(value, attr, data, **extra) or "", multiline=self.multiline)
        if not text and self.required:
            raise self.make_error("required")
        return text


def _messages(missing: str, invalid: str) -> dict[str, Any]:
    return {"required": missing, "null": missing, "invalid": invalid, "too_large": invalid}


def text(
    *,
    min: int | None = None,
    max: int | None = None,
    required: bool = False,
    missing: str = MISSING,
    too_short: str = TOO_SHORT,
    too_long: str = TOO_LONG,
    multiline: bool = False,
    pattern: str | None = None,
    pattern_message: str = "Cette réponse n’a pas la forme attendue",
    validate: Iterable[Validator] = (),
    default: str | None = "",
) -> fields.String:
    """Text, cleaned; min and max count characters, a line end for one. An empty optional text is `default`."""
    expected = re.compile(pattern) if pattern else None

    def check(value: str | None) -> None:
        if not value:
            return
        if max is not None and len(value) > max:
            raise ValidationError(
                too_long.format(over=len(value) - max, max=number(max)).replace(
                    " 1 caractères", " 1 caractère"
                )
            )
        if min is not None and len(value) < min:
            raise ValidationError(too_short.format(min=number(min)))
        if expected and not expected.fullmatch(value):
            raise ValidationError(pattern_message)

    return _Text(
        multiline=multiline,
        validate=[check, *validate],
        error_messages=_messages(missing, NOT_A_TEXT),
        **_presence(required, default),
    )


def choice(
    options: Iterable[str],
    *,
    many: bool = False,
    min: int = 0,
    max: int | None = None,
    required: bool = False,
    missing: str = "Choisissez une réponse",
    wrong: str = NOT_IN_LIST,
    default: Any = None,
) -> fields.Field[Any]:
    """One of the options; with many=True, from min to max distinct ones, in the order of `options`."""
    allowed = list(options)
    one = fields.String(
        validate=validate.OneOf(allowed, error=wrong), error_messages=_messages(missing, wrong)
    )
    if not many:
        return fields.String(
            validate=validate.OneOf(allowed, error=wrong),
            error_messages=_messages(missing, wrong),
            **_presence(required, default),
        )

    def check(values: list[str]) -> None:
        chosen = len(set(values))
        if chosen < min:
            raise ValidationError(f"Choisissez au moins {min} réponses" if min > 1 else missing)
        if max is not None and chosen > max:
            raise ValidationError(
                f"Choisissez {max} réponses au plus" if max > 1 else "Choisissez une seule réponse"
            )

    return _Several(
        one,
        allowed,
        validate=check,
        error_messages=_messages(missing, wrong),
        **_presence(required, default or []),
    )


class _Several(fields.List[Any]):
    def __init__(self, one: fields.String, allowed: list[str], **options: Any) -> None:
        super().__init__(one, **options)
        self.rank = {value: position for position, value in enumerate(allowed)}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> list[Any]:
        found = super()._deserialize(value, attr, data, **extra)
        return sorted(set(found), key=lambda one: self.rank.get(one or "", 0))


def email(
    *, required: bool = False, missing: str = "Écrivez votre adresse e-mail", default: str | None = ""
) -> fields.String:
    """An address of 254 characters at most, its domain in lower case."""
    return _Email(
        multiline=False,
        validate=[_check_email],
        error_messages=_messages(missing, NOT_AN_EMAIL),
        **_presence(required, default),
    )


class _Email(_Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        local, at, domain = super()._deserialize(value, attr, data, **extra).rpartition("@")
        return f"{local}{at}{domain.lower()}"


_EMAIL = validate.Email(error=NOT_AN_EMAIL)


def _check_email(value: str) -> None:
    if value and len(value) > 254:
        raise ValidationError(NOT_AN_EMAIL)
    if value:
        _EMAIL(value)


def url(*, required: bool = False, missing: str = MISSING, default: str | None = "") -> fields.String:
    """An http or https address of 2,000 characters at most."""
    return text(
        max=2000,
        required=required,
        missing=missing,
        default=default,
        pattern=r"https?://[^\s/?#<>\"@]+\.[^\s/?#<>\".]{2,}(?:[/?#][^\s<>\"]*)?",
        pattern_message=NOT_AN_ADDRESS,
    )


class _WholeNumber(fields.Integer):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f]", "", value)
            if not re.fullmatch(r"[-−+]?\d{1,18}", value):
                raise self.make_error("invalid", input=value)
            value = int(value.replace("−", "-"))
        return super()._deserialize(value, attr, data, **extra)


def integer(
    *,
    min: int | None = None,
    max: int | None = None,
    required: bool = False,
    missing: str = MISSING,
    default: int | None = None,
) -> fields.Integer:
    """A whole number; "1 200" is understood. Bounds included, PostgreSQL's integer without any."""
    check = _between(min, max, number)
    return _WholeNumber(
        strict=True,
        validate=check,
        error_messages=_messages(missing, NOT_A_NUMBER),
        **_presence(required, default),
    )


class _Euros(fields.Integer):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        typed = re.sub(r"[\s\u00a0\u202f€]", "", str(value)).replace(",", ".")
        if not re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]{1,2})?", typed):
            raise self.make_error("invalid", input=value)
        return int(Decimal(typed) * 100)


def euros(
    *,
    min: int | None = None,
    max: int | None = None,
    required: bool = False,
    missing: str = MISSING,
    default: int | None = None,
) -> fields.Integer:
    """An amount typed in euros ("1 200,50 €"), loaded as integer cents; min and max are cents."""
    check = _between(min, max, amount_eur)
    return _Euros(
        validate=check, error_messages=_messages(missing, NOT_AN_AMOUNT), **_presence(required, default)
    )


def _between(low: int | None, high: int | None, shown: Callable[[int], str]) -> Validator:
    def check(value: int | None) -> None:
        if value is None:
            return
        if low is not None and value < low:
            raise ValidationError(f"Indiquez au moins {shown(low)}")
        ceiling = LARGEST if high is None else high
        if value > ceiling:
            raise ValidationError(f"Indiquez au plus {shown(ceiling)}")
        if low is None and value < -LARGEST:
            raise ValidationError(NOT_A_NUMBER)

    return check


_DAY = re.compile(r"(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?(\d{4})")


def _iso(typed: str) -> str:
    """From "27/11/2026 18:00" to "2026-11-27T18:00"; anything else unchanged."""
    day = _DAY.match(typed)
    if day is None:
        return typed
    rest = typed[day.end() :].strip().replace("h", ":").replace(" ", "")
    rest = f"{rest}00" if rest.endswith(":") else rest
    return f"{day[3]}-{day[2]:0>2}-{day[1]:0>2}" + (f"T{rest:0>5}" if rest else "")


class _Day(fields.Date):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        try:
            return date.fromisoformat(_iso(str(value)))
        except ValueError:
            raise self.make_error("invalid", input=value, obj_type="date") from None


def day(
    *,
    min: date | None = None,
    max: date | None = None,
    required: bool = False,
    missing: str = "Indiquez une date",
    default: date | None = None,
) -> fields.Date:
    """A calendar day, from the browser's field (ISO) or typed as 27/11/2026. Bounds included."""

    def check(value: date | None) -> None:
        if value is not None and min is not None and value < min:
            raise ValidationError(f"Indiquez une date à partir du {date_long(min)}")
        if value is not None and max is not None and value > max:
            raise ValidationError(f"Indiquez une date jusqu’au {date_long(max)}")

    return _Day(validate=check, error_messages=_messages(missing, NOT_A_DATE), **_presence(required, default))


class _Moment(fields.AwareDateTime):
    def __init__(self, *, tz: tzinfo | Callable[[], tzinfo], **options: Any) -> None:
        super().__init__(**options)
        self.zone = tz

    def _deserialize(self, value: Any, attr: str | None, data: Any, **extra: Any) -> Any:
        try:
            moment = datetime.fromisoformat(_iso(str(value)))
        except ValueError:
            raise self.make_error("invalid", input=value, obj_type="datetime") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone() if callable(self.zone) else self.zone)
        return moment.astimezone(UTC)


def moment(
    *,
    tz: tzinfo | Callable[[], tzinfo],
    required: bool = False,
    missing: str = "Indiquez une date et une heure",
    default: datetime | None = None,
) -> fields.AwareDateTime:
    """A local date and time of the tenant's zone, loaded as aware UTC. tz may be a function, read at each load."""
    return _Moment(tz=tz, error_messages=_messages(missing, NOT_A_MOMENT), **_presence(required, default))


def boolean(
    *, must: bool = False, missing: str = "Cochez cette case pour continuer", default: bool = False
) -> fields.Boolean:
    """A checkbox: absent is `default`. must=True refuses anything but a tick."""

    def check(value: bool) -> None:
        if must and not value:
            raise ValidationError(missing)

    return fields.Boolean(
        truthy={"1", "on", "true", "oui", 1},
        falsy={"0", "off", "false", "non", 0},
        validate=check,
        error_messages=_messages(missing, "Répondez par oui ou par non"),
        **_presence(must, default),
    )


def _presence(required: bool, default: Any) -> dict[str, Any]:
    if required:
        return {"required": True}
    return {"required": False, "load_default": default, "allow_none": default is None}
