"""Typography and figures: what a French reader sees, to the space."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from app.ui import filters

PARIS = ZoneInfo("Europe/Paris")
_ = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Bonjour !", f"Bonjour{_}!"),
        ("Bonjour!", f"Bonjour{_}!"),
        ("Vraiment?!", f"Vraiment{_}?!"),
        ("Note : ceci ; cela", f"Note{_}: ceci{_}; cela"),
        ("Note: ceci", f"Note{_}: ceci"),
        ("« Oui »", f"«{_}Oui{_}»"),
        ("«Oui»", f"«{_}Oui{_}»"),
        ("100 %", f"100{_}%"),
        ("100%", f"100{_}%"),
        ("48 000 €", f"48{_}000{_}€"),
        ("1 204 567 habitants", f"1{_}204{_}567 habitants"),
        ("en 2026 nous", "en 2026 nous"),
        ("à 400 m d'ici", f"à 400{_}m d’ici"),
        ("à 3 mètres", "à 3 mètres"),
        ("ouvert à 14 h 32", f"ouvert à 14{_}h{_}32"),
        ("idée n° 128", f"idée n°{_}128"),
        ("M. Dupont et Mme Roy", f"M.{_}Dupont et Mme{_}Roy"),
        ("l'eau d'été, aujourd'hui", "l’eau d’été, aujourd’hui"),
        ("'entre' 5' 30", "'entre' 5' 30"),
        ("il est 12:30:15", "il est 12:30:15"),
        ("rien de spécial ici", "rien de spécial ici"),
        (f"déjà{_}!", f"déjà{_}!"),
        ("", ""),
    ],
)
def test_spaces_and_apostrophes_follow_french_usage(typed, shown):
    assert filters.typo(typed) == shown
    assert filters.typo(shown) == shown


def test_an_address_is_left_alone():
    text = "Voir https://ex.fr/l'eau?x=1%20000;y:2! et www.ex.fr/?a ; merci !"

    assert filters.typo(text) == f"Voir https://ex.fr/l'eau?x=1%20000;y:2! et www.ex.fr/?a{_}; merci{_}!"


def test_markup_stays_markup_and_its_tags_and_entities_do_not_move():
    markup = Markup('<a title="Oui ?" href="/?a=1&amp;b=2">L&#39;eau &amp; le feu ?</a> Fini !')

    shown = filters.typo(markup)

    assert isinstance(shown, Markup)
    assert shown == f'<a title="Oui ?" href="/?a=1&amp;b=2">L’eau &amp; le feu{_}?</a> Fini{_}!'


def test_plain_text_is_not_promoted_to_markup():
    assert not isinstance(filters.typo("<b>non !</b>"), Markup)
    assert filters.typo(None) == ""
    assert filters.typo(12) == "12"


@pytest.mark.parametrize(
    "hostile", ["<" * 100_000, "&" * 100_000, "l'" * 50_000, "! " * 50_000, "http://" * 15_000, "1 " * 50_000]
)
def test_a_hundred_thousand_characters_take_well_under_a_second(hostile):
    started = perf_counter()

    filters.typo(hostile)
    filters.typo(Markup(hostile))

    assert perf_counter() - started < 1


def test_dates_are_read_in_the_tenant_s_zone():
    closing = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)

    assert filters.date_full(closing, PARIS) == f"vendredi 27 novembre 2026, 23{_}h{_}59"
    assert filters.date_long(datetime(2026, 10, 2, 22, 30, tzinfo=UTC), PARIS) == "3 octobre 2026"
    assert filters.date_long(date(2026, 8, 1)) == "1er août 2026"
    assert filters.date_short(closing, PARIS) == "27 nov. 2026"
    assert filters.date_short(closing, PARIS, now=closing) == "27 nov."
    assert filters.day_month(closing, PARIS) == "27 novembre"
    assert filters.date_box(date(2026, 12, 2)) == ("02", "déc.")
    assert filters.hour(datetime(2026, 3, 3, 8, 0, tzinfo=UTC), PARIS) == f"9{_}h"


def test_a_date_without_zone_is_refused_with_its_value():
    with pytest.raises(ValueError, match="has no time zone, expected an aware datetime"):
        filters.date_long(datetime(2026, 1, 1, 12, 0), PARIS)


@pytest.mark.parametrize(
    ("elapsed", "said"),
    [
        (timedelta(seconds=-5), "à l’instant"),
        (timedelta(seconds=59), "à l’instant"),
        (timedelta(seconds=60), f"il y a 1{_}minute"),
        (timedelta(minutes=4), f"il y a 4{_}minutes"),
        (timedelta(minutes=59, seconds=59), f"il y a 59{_}minutes"),
        (timedelta(hours=1), f"il y a 1{_}heure"),
        (timedelta(days=1), f"il y a 1{_}jour"),
        (timedelta(days=2, hours=23), f"il y a 2{_}jours"),
        (timedelta(days=31), f"il y a 1{_}mois"),
        (timedelta(days=364), f"il y a 12{_}mois"),
        (timedelta(days=800), f"il y a 2{_}ans"),
    ],
)
def test_how_long_ago(elapsed, said):
    now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

    assert filters.ago(now - elapsed, now) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 21, 10, 0, tzinfo=PARIS), f"Encore 6{_}jours"),
        (datetime(2026, 11, 26, 18, 0, tzinfo=PARIS), f"Encore 1{_}jour"),
        (datetime(2026, 11, 26, 18, 0, 1, tzinfo=PARIS), f"Jusqu’à demain, 18{_}h"),
        (datetime(2026, 11, 27, 0, 0, tzinfo=PARIS), f"Dernier jour{_}: jusqu’à 18{_}h"),
        (datetime(2026, 11, 27, 17, 59, 59, tzinfo=PARIS), f"Dernier jour{_}: jusqu’à 18{_}h"),
        (datetime(2026, 11, 27, 18, 0, tzinfo=PARIS), "Terminé"),
    ],
)
def test_time_left_never_promises_too_much(now, said):
    assert filters.left(datetime(2026, 11, 27, 18, 0, tzinfo=PARIS), now, PARIS) == said


def test_time_tag_carries_a_machine_date_and_escapes_its_text():
    moment = datetime(2026, 11, 12, 9, 0, 5, 123, tzinfo=timezone(timedelta(hours=1)))

    assert (
        filters.time_tag(moment, "<hier>") == '<time datetime="2026-11-12T09:00:05+01:00">&lt;hier&gt;</time>'
    )
    assert filters.time_tag(date(2026, 11, 12), "le 12") == '<time datetime="2026-11-12">le 12</time>'


def test_amounts_and_counts():
    assert filters.amount_eur(30_000_000) == f"300{_}000{_}€"
    assert filters.amount_eur(1250) == f"12,50{_}€"
    assert filters.amount_eur(1205) == f"12,05{_}€"
    assert filters.amount_eur(-100) == f"−1{_}€"
    assert filters.amount_eur(0) == f"0{_}€"
    assert filters.number(9240) == f"9{_}240"
    assert filters.number(1.5) == "1,5"
    assert filters.count(0, "annonce") == f"0{_}annonce"
    assert filters.count(1, "annonce") == f"1{_}annonce"
    assert filters.count(1947, "annonce") == f"1{_}947{_}annonces"
    assert filters.count(2, "avis", "avis") == f"2{_}avis"
    assert filters.plural(1.5, "heure") == "heure"
    assert filters.file_size(820_000) == f"820{_}Ko"
    assert filters.file_size(12) == f"1{_}Ko"
    assert filters.file_size(2_000_000) == f"2{_}Mo"
    assert filters.file_size(1_234_567) == f"1,2{_}Mo"


def test_a_percentage_says_all_or_nothing_only_when_true():
    assert [filters.percent(n, 300) for n in (0, 1, 214, 299, 300, 301)] == [0, 1, 71, 99, 100, 100]
    assert filters.percent(3, 0) == 0


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Inès R.", "IR"),
        ("Ville de Valmorin", "VV"),
        ("marcel", "M"),
        ("Jean d'Arc", "JA"),
        ("de", "D"),
        ("", "?"),
        (None, "?"),
        ("🙂", "?"),
        ("أمينة علي", "أع"),
    ],
)
def test_initials(name, letters):
    assert filters.initials(name) == letters


def test_forty_short_texts_cost_less_than_a_millisecond():
    texts = [
        "Un pont cyclable vers Port-Neuf",
        "300 000 € pour vos quartiers : à vous de choisir",
        "Des cours d'école plus fraîches",
    ] * 14

    best = min(_time(lambda: [filters.typo(text) for text in texts]) for _round in range(20))

    assert best < 0.001


def _time(work):
    started = perf_counter()
    work()
    return perf_counter() - started
