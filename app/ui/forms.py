"""HTML forms over marshmallow: what was typed always comes back, and errors read like sentences.

A form is a schema and what was posted. Unknown fields are ignored (the anti-forgery token, a button's name);
an empty field is a missing one. The makers of fields of `app.ui.fields` are at hand here: `forms.text(max=80)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from app.ui.fields import boolean, choice, clean, email, euros, integer, moment, text, url
from app.ui.fields import day as date

__all__ = [
    "WHOLE_FORM",
    "Form",
    "boolean",
    "choice",
    "clean",
    "date",
    "email",
    "euros",
    "in_french",
    "integer",
    "moment",
    "posted_pairs",
    "text",
    "url",
]

#: Errors about the whole form rather than one field are kept under this name.
WHOLE_FORM = "_schema"


class Form:
    """One form of one page.

    data: what was posted (a MultiDict or a plain mapping), None for a first display. initial: values shown then.
    ids_prefix: put before field ids when two forms stand on a page.
    """

    def __init__(
        self,
        schema: Schema,
        data: Mapping[str, Any] | None,
        *,
        ids_prefix: str = "",
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.schema = schema
        self.data = data
        self.initial = initial or {}
        self.ids_prefix = ids_prefix
        self.errors: dict[str, list[str]] = {}
        self.values: dict[str, Any] | None = None

    def validate(self) -> dict[str, Any] | None:
        """The plain values, or None when something is wrong (see `errors`) or nothing was posted."""
        if self.data is None:
            return None
        self.errors = {}
        try:
            self.values = dict(self.schema.load(self._payload(self.data), unknown=EXCLUDE))
        except ValidationError as error:
            self.values = None
            for name, found in _by_field(error.messages).items():
                for message in _sentences(found):
                    self.add_error(str(name), message)
        return self.values

    def _payload(self, data: Mapping[str, Any]) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        for name, field in self.schema.load_fields.items():
            key = field.data_key or name
            if isinstance(field, fields.List):
                several = [_clean_any(value) for value in _several(data, key)]
                value: Any = [one for one in several if one not in ("", None)]
            else:
                value = _clean_any(data.get(key))
            if value not in ("", None, []):
                payload[key] = value
        return payload

    def add_error(self, name: str, message: str) -> None:
        """Say the message at the field; use WHOLE_FORM when it belongs to none."""
        known = self.errors.setdefault(name, [])
        if message not in known:
            known.append(message)
        self.values = None

    def error(self, name: str) -> str | None:
        """The sentence to show at the field: the first found."""
        found = self.errors.get(name)
        return found[0] if found else None

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) in the order of the schema; the id is "" when no field is to blame."""
        order = [field.data_key or name for name, field in self.schema.fields.items()]
        names = [name for name in order if name in self.errors] + [
            name for name in self.errors if name not in order
        ]
        return [("" if name == WHOLE_FORM else self.id(name), self.errors[name][0]) for name in names]

    def id(self, name: str) -> str:
        return f"{self.ids_prefix}{name}"

    def raw(self, name: str) -> str:
        """What to put back in the field: exactly what was typed, or the initial value before that."""
        if self.data is None:
            return _as_text(self.initial.get(name))
        return _as_text(self.data.get(name))

    def raw_list(self, name: str) -> list[str]:
        """Every value posted under the name, for checkboxes."""
        source = self.initial if self.data is None else self.data
        return [_as_text(value) for value in _several(source, name)]

    def checked(self, name: str, value: str = "1") -> bool:
        return value in self.raw_list(name)


def posted_pairs(
    data: Mapping[str, Any], *, without: Iterable[str] = ("csrf_token",)
) -> list[tuple[str, str]]:
    """Every (name, text) of a POST in order, for hidden fields that carry it to the next page."""
    left_out = set(without)
    return [
        (name, value)
        for name in data
        if name not in left_out
        for value in _several(data, name)
        if isinstance(value, str)
    ]


def _by_field(messages: Any) -> Mapping[Any, Any]:
    return messages if isinstance(messages, Mapping) else {WHOLE_FORM: messages}


def _several(source: Mapping[str, Any], name: str) -> list[Any]:
    getlist = getattr(source, "getlist", None)
    if getlist is not None:
        return list(getlist(name))
    value = source.get(name)
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _clean_any(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat is not None else value)


def _sentences(found: Any) -> list[str]:
    """Flatten what marshmallow reports: a list of sentences, or a tree of them by key or position."""
    if isinstance(found, Mapping):
        return [sentence for value in found.values() for sentence in _sentences(value)]
    if isinstance(found, (list, tuple)):
        return [sentence for value in found for sentence in _sentences(value)]
    return [in_french(str(found))]


_FRENCH = (
    (r"Missing data for required field\.|Field may not be null\.", "Remplissez ce champ"),
    (r"Not a valid (?:integer|number)\.|Number too large\.", "Écrivez un nombre, par exemple 12"),
    (r"Not a valid boolean\.", "Répondez par oui ou par non"),
    (r"Not a valid date\.", "Écrivez une date, par exemple 27/11/2026"),
    (r"Not a valid (?:datetime|time)\.", "Écrivez une date et une heure"),
    (r"Not a valid email address\.", "Écrivez une adresse e-mail complète, comme nom@exemple.fr"),
    (r"Not a valid URL\.", "Écrivez une adresse complète, qui commence par https://"),
    (r"Shorter than minimum length (\d+)\.", r"Ajoutez quelques mots : il en faut au moins \1"),
    (r"Longer than maximum length (\d+)\.", r"Raccourcissez ce texte : le maximum est de \1 caractères"),
    (r"Length must be between (\d+) and (\d+)\.", r"Écrivez de \1 à \2 caractères"),
    (r"Length must be (\d+)\.", r"Écrivez exactement \1 caractères"),
    (
        r"Must be greater than or equal to (.+?) and less than or equal to (.+?)\.",
        r"Indiquez une valeur de \1 à \2",
    ),
    (r"Must be greater than or equal to (.+?)\.", r"Indiquez au moins \1"),
    (r"Must be less than or equal to (.+?)\.", r"Indiquez au plus \1"),
    (r"Must be greater than (.+?)\.", r"Indiquez plus de \1"),
    (r"Must be less than (.+?)\.", r"Indiquez moins de \1"),
    (
        r"(?:Must be one of: |One or more of the choices you made was not in: )[\s\S]*",
        "Choisissez une réponse de la liste",
    ),
    (r"Unknown field\.", "Ce champ n’existe pas"),
    (
        r"Not a valid .+|Invalid .+|String does not match expected pattern\.",
        "Cette réponse n’a pas la forme attendue",
    ),
)
_TRANSLATIONS = tuple((re.compile(pattern), sentence) for pattern, sentence in _FRENCH)


def in_french(message: str) -> str:
    """The library's own sentences in French; ours pass unchanged."""
    for pattern, sentence in _TRANSLATIONS:
        match = pattern.fullmatch(message)
        if match:
            return match.expand(sentence)
    return message
