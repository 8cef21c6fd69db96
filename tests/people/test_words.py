"""Addresses, names, passwords and paths: values in, an answer out."""

from __future__ import annotations

import pytest

from app.people import addresses, passwords, persons
from app.people.paths import local_path, with_suite


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Ines@Exemple.FR", "ines@exemple.fr"),
        ("  ines@exemple.fr\n", "ines@exemple.fr"),
        ("ine\u0301s@exemple.fr", "inés@exemple.fr"),
        ("ines@éxemple.fr", "ines@xn--xemple-9ua.fr"),
        ("ines@XN--XEMPLE-9UA.fr", "ines@xn--xemple-9ua.fr"),
        ("ines+ville@exemple.fr", "ines+ville@exemple.fr"),
        ("ines@exemple.fr.", "ines@exemple.fr"),
    ],
)
def test_two_spellings_of_a_mailbox_are_one_key(typed, key):
    assert addresses.email_key(typed) == key


@pytest.mark.parametrize(
    "typed",
    ["", "ines", "@exemple.fr", "ines@local", "ines@", "i@[127.0.0.1]", "i@127.0.0.1", f"i@{'a' * 64}.fr"],
)
def test_what_is_no_mailbox_is_refused_in_words(typed):
    assert addresses.refusal(typed) == "Écrivez une adresse e-mail complète, comme nom@exemple.fr"


def test_a_refusal_names_the_domains_that_are_accepted():
    domains = ("mercadel.example", "mercadel.test")

    assert addresses.refusal("i@mercadel.example", domains=domains) is None
    assert addresses.refusal("i@MERCADEL.test", domains=domains) is None
    assert "@mercadel.example ou @mercadel.test" in addresses.refusal(
        "i@sous.mercadel.example", domains=domains
    )


def test_a_temporary_mailbox_is_refused_under_any_subdomain():
    assert addresses.refusal("i@yopmail.com") == addresses.DISPOSABLE
    assert addresses.refusal("i@x.yopmail.com") == addresses.DISPOSABLE
    assert addresses.refusal("i@pasyopmail.com") is None


def test_a_masked_address_tells_its_owner_alone():
    assert addresses.mask("ines.rochard@exemple.fr") == "i…@exemple.fr"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ines.rochard@exemple.fr", "Inès R."),
        ("jean-pierre.martin@exemple.fr", "Jean M."),
        ("amina_b@exemple.fr", "Amina B."),
        ("zoe42@exemple.fr", "Zoé"),
        ("marie.dupont75+ville@exemple.fr", "Marie D."),
        ("contact@exemple.fr", ""),
        ("service.technique@exemple.fr", ""),
        ("x7f3k9@exemple.fr", ""),
        ("jd@exemple.fr", ""),
        ("bob@exemple.fr", ""),
        ("a.b.c.d@exemple.fr", ""),
        ("", ""),
    ],
)
def test_a_name_is_suggested_when_one_can_be_read_in_the_address(address, name):
    assert persons.suggest_name(address) == name


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("onze lettres"[:11], passwords.TOO_SHORT),
        ("x" * 201, passwords.TOO_LONG),
        ("motdepasse123", passwords.TOO_COMMON),
        ("M0tdepasse!!!", None),
        ("azertyuiopqs", passwords.TOO_COMMON),
        ("123456789012", passwords.TOO_COMMON),
        ("aaaaaaaaaaaa", passwords.TOO_COMMON),
        ("abcabcabcabc", passwords.TOO_COMMON),
        ("rochard-2026", passwords.HAS_NAME),
        ("Amina-R-2026-x", passwords.HAS_NAME),
        ("barque tiroir jeudi", None),
        ("amina barque tiroir jeudi", None),
        ("ẞœé漢字🚲🚲 barque", None),
    ],
)
def test_a_password_is_refused_in_words(password, sentence):
    assert passwords.refusal(password, email="ines.rochard@exemple.fr", name="Amina R.") == sentence


def test_a_password_of_exactly_twelve_characters_is_enough():
    assert passwords.refusal("barque tiroi") is None


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/idees/parcs/?tri=recent&page=2", "/idees/parcs/?tri=recent&page=2"),
        ("/t/rive/idees/parcs/", "/idees/parcs/"),
        ("/t/rive", "/"),
        ("/t/rive//ailleurs.example/", None),
        ("/t/levant/idees/", "/t/levant/idees/"),
        ("", None),
        (None, None),
        ("idees/", None),
        ("//ailleurs.example", None),
        ("/\\ailleurs.example", None),
        ("https://ailleurs.example/", None),
        ("/idees/\r\nX: y", None),
        ("/connexion/?suite=/", None),
        ("/" + "a" * 2000, None),
    ],
)
def test_only_a_path_of_the_platform_is_followed(given, path):
    assert local_path(given, "/t/rive") == path


def test_the_sign_in_pages_are_followed_when_asked():
    assert local_path("/connexion/", "", any_page=True) == "/connexion/"


def test_an_address_and_its_query_travel_whole():
    assert with_suite("/connexion/", "/idees/?a=1&b=é") == "/connexion/?suite=/idees/%3Fa%3D1%26b%3D%C3%A9"
    assert with_suite("/connexion/", None) == "/connexion/"
