"""Decisions, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from modules.boite_a_idees import rules
from modules.boite_a_idees.views.versions import diff

PARIS = ZoneInfo("Europe/Paris")
DAY = datetime(2026, 10, 3, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)


def shape(stops):
    return [(stop.title, stop.state) for stop in stops]


def test_a_received_idea_stands_at_its_first_stop():
    assert shape(rules.journey("recue", DAY, {})) == [
        ("Déposée", "now"),
        ("Recevable", "next"),
        ("À l’étude", "next"),
        ("Décision", "next"),
        ("Réalisation", "next"),
    ]


def test_the_stops_behind_are_done_even_when_nobody_dated_them():
    stops = rules.journey("etude", DAY, {"etude": LATER})

    assert shape(stops)[:4] == [
        ("Déposée", "done"),
        ("Recevable", "done"),
        ("À l’étude", "now"),
        ("Décision", "next"),
    ]
    assert (stops[1].on, stops[2].on) == (None, LATER)


def test_a_realised_idea_has_every_stop_behind_it():
    assert {state for _, state in shape(rules.journey("realisee", DAY, {}))} == {"done"}


def test_an_idea_not_retained_promises_no_further_stop():
    stops = rules.journey("refusee", DAY, {"recevable": DAY, "refusee": LATER})

    assert shape(stops) == [("Déposée", "done"), ("Recevable", "done"), ("Non retenue", "now")]
    assert stops[-1].on == LATER


@pytest.mark.parametrize(
    ("rule", "supports", "expected"),
    [
        ("never", 0, False),
        ("until_support", 0, True),
        ("until_support", 1, False),
        ("with_versions", 1, True),
    ],
)
def test_062_editing_is_offered_as_the_step_allows(rule, supports, expected):
    asked = {"edits_allowed": rule}

    assert rules.can_edit(asked, state="published", supports=supports, phase="open") is expected
    assert rules.can_edit(asked, state="published", supports=supports, phase="closed") is False
    assert rules.can_edit(asked, state="hidden", supports=supports, phase="open") is False


@pytest.mark.parametrize(("supports", "left"), [(0, 300), (299, 1), (300, 0), (301, 0)])
def test_supports_still_needed(supports, left):
    assert rules.missing_supports(supports, 300) == left
    assert rules.missing_supports(supports, None) == 0


def test_067_the_archive_day_and_the_job_s_limit_agree_to_the_second():
    settings = {"archive_after_days": 90, "threshold": 300}
    # 23:59 in Paris on the 3rd of October, in summer time; the job comes on the 1st of January, in winter time.
    last_minute = datetime(2026, 10, 3, 21, 59, 59, tzinfo=UTC)
    job = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)

    assert rules.archive_day(last_minute, settings, PARIS) == date(2027, 1, 1)
    before = rules.archive_before(job, settings, PARIS)
    assert before is not None
    assert last_minute < before
    assert not datetime(2026, 10, 3, 22, 0, tzinfo=UTC) < before
    assert rules.archive_day(datetime(2026, 10, 3, 22, 0, tzinfo=UTC), settings, PARIS) == date(2027, 1, 2)


def test_067_a_step_without_delay_or_threshold_archives_nothing():
    for settings in (
        {"archive_after_days": None, "threshold": 300},
        {"archive_after_days": 90, "threshold": None},
    ):
        assert rules.archive_day(DAY, settings, PARIS) is None
        assert rules.archive_before(LATER, settings, PARIS) is None


def test_residents_are_asked_only_where_it_counts():
    residents = {"who_may_deposit": "residents"}

    assert rules.may_deposit(residents, has_account=True, zone_known=True)
    assert not rules.may_deposit(residents, has_account=True, zone_known=False)
    assert rules.may_deposit(residents, has_account=False, zone_known=False)
    assert rules.may_deposit({"who_may_deposit": "everyone"}, has_account=True, zone_known=False)


def test_a_change_is_told_word_by_word():
    pieces = list(diff("Un banc sous l’arbre.\nMerci.", "Deux bancs sous l’arbre.\nMerci."))

    assert [mark for mark, _ in pieces].count("del") == [mark for mark, _ in pieces].count("ins") > 0
    assert "".join(words for mark, words in pieces if mark != "del") == "Deux bancs sous l’arbre.\nMerci."
    assert "".join(words for mark, words in pieces if mark != "ins") == "Un banc sous l’arbre.\nMerci."


def test_two_long_texts_are_compared_without_losing_a_word():
    before = "\n".join(f"Ligne {number} du texte d’origine." for number in range(800))
    after = before.replace("Ligne 40 du", "La ligne 40 du") + "\nUne de plus."

    pieces = list(diff(before, after))

    assert "".join(words for mark, words in pieces if mark != "del") == after
    assert "".join(words for mark, words in pieces if mark != "ins") == before
