"""Forms: what was typed comes back, and every refusal is a French sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from app.ui import forms

THEMES = ["mobilites", "nature", "ecole"]


class IdeaSchema(Schema):
    title = forms.text(min=5, max=80, required=True, missing="Écrivez un titre pour votre idée")
    body = forms.text(min=50, max=3000, required=True, multiline=True)
    theme = forms.choice(THEMES, required=True, missing="Choisissez un thème")
    when = forms.choice(["lundi", "mardi", "samedi"], many=True, max=2)
    note = forms.text(max=10)
    charter = forms.boolean(must=True)


GOOD = {"title": "Un pont", "body": "b" * 50, "theme": "nature", "charter": "on"}


def filled(**changes: object) -> forms.Form:
    return forms.Form(IdeaSchema(), MultiDict({**GOOD, **changes}))


def test_a_good_form_gives_plain_values():
    form = filled(when=["samedi", "lundi"], csrf_token="x", suite="1")

    assert form.validate() == {
        "title": "Un pont",
        "body": "b" * 50,
        "theme": "nature",
        "when": ["lundi", "samedi"],
        "note": "",
        "charter": True,
    }
    assert form.errors == {}
    assert form.summary == []


def test_an_empty_form_says_what_is_missing_in_the_order_of_the_page():
    form = forms.Form(
        IdeaSchema(), MultiDict({"title": "  \u200b ", "note": "trop long, vraiment"}), ids_prefix="idee-"
    )

    assert form.validate() is None
    assert form.summary == [
        ("idee-title", "Écrivez un titre pour votre idée"),
        ("idee-body", "Remplissez ce champ"),
        ("idee-theme", "Choisissez un thème"),
        ("idee-note", "Raccourcissez ce texte de 9 caractères : le maximum est de 10"),
        ("idee-charter", "Cochez cette case pour continuer"),
    ]
    assert form.error("theme") == "Choisissez un thème"
    assert form.error("when") is None


def test_what_was_typed_comes_back_untouched():
    form = filled(title="  <b>x\r\n", theme="voiture", when=["lundi", "dimanche"])

    form.validate()

    assert form.raw("title") == "  <b>x\r\n"
    assert form.raw("theme") == "voiture"
    assert form.raw_list("when") == ["lundi", "dimanche"]
    assert form.checked("when", "dimanche")
    assert form.raw("absent") == ""
    assert form.error("theme") == "Choisissez une réponse de la liste"


def test_a_first_display_shows_initial_values_and_no_error():
    form = forms.Form(
        IdeaSchema(),
        None,
        initial={"title": "Début", "charter": True, "when": ["lundi"], "note": date(2026, 3, 1)},
    )

    assert form.validate() is None
    assert form.errors == {}
    assert form.raw("title") == "Début"
    assert form.checked("charter")
    assert not form.checked("charter", "2")
    assert form.raw_list("when") == ["lundi"]
    assert form.raw("note") == "2026-03-01"
    assert form.raw("body") == ""


def test_lengths_are_counted_as_the_browser_shows_them():
    exact = "é" * 48 + "\r\n" + "x"
    decomposed = "e\u0301" * 80

    assert filled(body=exact).validate()["body"] == "é" * 48 + "\n" + "x"
    assert filled(body=exact[:-1]).validate() is None
    assert filled(title=decomposed).validate()["title"] == "é" * 80
    assert filled(title=decomposed + "a").error("title") is None
    over = filled(title=decomposed + "a")
    over.validate()
    assert over.error("title") == "Raccourcissez ce texte de 1 caractère : le maximum est de 80"
    short = filled(body="b" * 49)
    short.validate()
    assert short.error("body") == "Ajoutez quelques mots : il en faut au moins 50"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  a\tb \n", "a\tb"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00\x07b\x1b[31m", "ab[31m"),
        ("gauche\u202eetiord", "gaucheetiord"),
        ("\ud800a\ufeff", "a"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\u200d\u3164\u2800", ""),
        ("cafe\u0301", "café"),
        ("un\u00a0: deux\u00a0", "un\u00a0: deux"),
    ],
)
def test_cleaning(typed, kept):
    assert forms.clean(typed) == kept
    assert forms.clean(kept) == kept


def test_a_single_line_has_no_line_end():
    assert forms.clean("a\r\nb", multiline=False) == "a b"


def load(field: fields.Field, value: object) -> object:
    form = forms.Form(Schema.from_dict({"x": field})(), {} if value is None else {"x": value})
    values = form.validate()
    return form.error("x") if values is None else values["x"]


@pytest.mark.parametrize(
    ("field", "value", "result"),
    [
        (forms.email(required=True), "  Ines@Exemple.FR ", "Ines@exemple.fr"),
        (forms.email(required=True), "ines@", "Écrivez une adresse e-mail complète, comme nom@exemple.fr"),
        (
            forms.email(required=True),
            "a" * 250 + "@ex.fr",
            "Écrivez une adresse e-mail complète, comme nom@exemple.fr",
        ),
        (forms.email(required=True), None, "Écrivez votre adresse e-mail"),
        (forms.email(), "", ""),
        (
            forms.email(required=True),
            "a@b.fr\nBcc: c@d.fr",
            "Écrivez une adresse e-mail complète, comme nom@exemple.fr",
        ),
        (forms.integer(min=1, max=1200), "1 200", 1200),
        (forms.integer(min=1, max=1200), "1\u00a0201", "Indiquez au plus 1\u00a0200"),
        (forms.integer(min=1), "0", "Indiquez au moins 1"),
        (forms.integer(min=-5), "−4", -4),
        (forms.integer(), "1,5", "Écrivez un nombre entier, par exemple 12"),
        (forms.integer(), "9" * 18, "Indiquez au plus 2\u00a0147\u00a0483\u00a0647"),
        (forms.integer(), "9" * 9000, "Écrivez un nombre entier, par exemple 12"),
        (forms.integer(), "", None),
        (forms.euros(min=0), "1 200,50 €", 120050),
        (forms.euros(min=0), "12", 1200),
        (forms.euros(min=0), "12,505", "Écrivez un montant en euros, par exemple 1 200"),
        (forms.euros(), "1e5", "Écrivez un montant en euros, par exemple 1 200"),
        (forms.euros(), "NaN", "Écrivez un montant en euros, par exemple 1 200"),
        (forms.euros(max=1000), "10,01", "Indiquez au plus 10\u00a0€"),
        (forms.date(), "2026-11-27", date(2026, 11, 27)),
        (forms.date(), "27/11/2026", date(2026, 11, 27)),
        (forms.date(), "1.2.2026", date(2026, 2, 1)),
        (forms.date(), "31/02/2026", "Écrivez une date, par exemple 27/11/2026"),
        (forms.date(min=date(2026, 1, 1)), "2025-12-31", "Indiquez une date à partir du 1er janvier 2026"),
        (forms.date(max=date(2026, 1, 1)), "2026-01-02", "Indiquez une date jusqu’au 1er janvier 2026"),
        (forms.date(), "", None),
        (
            forms.moment(tz=ZoneInfo("Europe/Paris")),
            "2026-11-27T18:00",
            datetime(2026, 11, 27, 17, 0, tzinfo=UTC),
        ),
        (forms.moment(tz=lambda: UTC), "27/11/2026 8 h", datetime(2026, 11, 27, 8, 0, tzinfo=UTC)),
        (forms.moment(tz=UTC), "27/11/2026 9 h 30", datetime(2026, 11, 27, 9, 30, tzinfo=UTC)),
        (forms.moment(tz=UTC), "demain", "Écrivez une date et une heure, par exemple 27/11/2026 18:00"),
        (forms.boolean(), None, False),
        (forms.boolean(), "on", True),
        (forms.boolean(must=True), None, "Cochez cette case pour continuer"),
        (forms.boolean(must=True), "0", "Cochez cette case pour continuer"),
        (forms.boolean(), "peut-être", "Répondez par oui ou par non"),
        (forms.choice(THEMES), "", None),
        (forms.choice(THEMES), "autre", "Choisissez une réponse de la liste"),
        (forms.choice(THEMES, many=True, min=2), ["nature"], "Choisissez au moins 2 réponses"),
        (forms.choice(THEMES, many=True, min=1, missing="Cochez un thème"), [], []),
        (
            forms.choice(THEMES, many=True, required=True, min=1, missing="Cochez un thème"),
            [],
            "Cochez un thème",
        ),
        (forms.choice(THEMES, many=True, max=1), THEMES, "Choisissez une seule réponse"),
        (forms.choice(THEMES, many=True), ["ecole", "nature", "ecole"], ["nature", "ecole"]),
        (forms.choice(THEMES, many=True), ["autre"], "Choisissez une réponse de la liste"),
        (forms.url(), "https://ex.fr/a?b#c", "https://ex.fr/a?b#c"),
        (forms.url(), "javascript:alert(1)", "Écrivez une adresse complète, qui commence par https://"),
        (forms.url(), "https://ex", "Écrivez une adresse complète, qui commence par https://"),
        (forms.text(pattern=r"\d{5}", pattern_message="Écrivez 5 chiffres"), "7500", "Écrivez 5 chiffres"),
        (forms.text(default=None), "", None),
    ],
)
def test_each_field_loads_or_refuses_with_a_sentence(field, value, result):
    assert load(field, value) == result


def test_a_json_body_goes_through_the_same_fields():
    with pytest.raises(ValidationError) as caught:
        IdeaSchema().load({"title": "\u200b", "body": 12, "theme": None, "charter": True})

    assert caught.value.messages == {
        "title": ["Écrivez un titre pour votre idée"],
        "body": ["Écrivez un texte"],
        "theme": ["Choisissez un thème"],
    }


def test_the_library_s_own_words_are_translated():
    class Plain(Schema):
        a = fields.Integer(required=True)
        b = fields.Integer(validate=validate.Range(min=1, max=5))
        c = fields.String(validate=validate.Length(max=3))
        d = fields.String(validate=validate.OneOf(["x", "y"]))
        e = fields.Boolean()
        f = fields.Email()
        g = fields.List(fields.Integer())
        h = fields.Integer(validate=validate.Range(min=1))
        i = fields.String(validate=validate.Length(min=2, max=3))

    form = forms.Form(
        Plain(),
        MultiDict(
            {"b": "9", "c": "long", "d": "z", "e": "?", "f": "x", "g": ["1", "deux"], "h": "0", "i": "x"}
        ),
    )
    form.validate()

    assert form.errors == {
        "a": ["Remplissez ce champ"],
        "b": ["Indiquez une valeur de 1 à 5"],
        "c": ["Raccourcissez ce texte : le maximum est de 3 caractères"],
        "d": ["Choisissez une réponse de la liste"],
        "e": ["Répondez par oui ou par non"],
        "f": ["Écrivez une adresse e-mail complète, comme nom@exemple.fr"],
        "g": ["Écrivez un nombre, par exemple 12"],
        "h": ["Indiquez au moins 1"],
        "i": ["Écrivez de 2 à 3 caractères"],
    }


def test_rules_across_fields_and_later_refusals_join_the_summary():
    class Dates(Schema):
        opens = forms.date(required=True)
        closes = forms.date(required=True)

        @validates_schema
        def in_order(self, data, **_extra):
            if data["closes"] < data["opens"]:
                raise ValidationError("La fermeture vient après l’ouverture", "closes")

    form = forms.Form(Dates(), {"opens": "2026-02-02", "closes": "2026-02-01"})

    assert form.validate() is None
    assert form.summary == [("closes", "La fermeture vient après l’ouverture")]

    form = forms.Form(Dates(), {"opens": "2026-02-01", "closes": "2026-02-02"})
    assert form.validate() is not None
    form.add_error(forms.WHOLE_FORM, "La collecte est terminée")
    form.add_error("photo", "Cette photo est trop lourde")
    form.add_error("photo", "Cette photo est trop lourde")
    form.add_error("opens", "Trop tôt")
    assert form.values is None
    assert form.summary == [
        ("opens", "Trop tôt"),
        ("", "La collecte est terminée"),
        ("photo", "Cette photo est trop lourde"),
    ]


def test_hidden_fields_carry_every_posted_text():
    posted = MultiDict(
        [("csrf_token", "x"), ("title", "a\r\nb"), ("when", "lundi"), ("when", "mardi"), ("note", "")]
    )

    assert forms.posted_pairs(posted) == [
        ("title", "a\r\nb"),
        ("when", "lundi"),
        ("when", "mardi"),
        ("note", ""),
    ]
