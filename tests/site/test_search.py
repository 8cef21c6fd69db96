"""Searching the platform: what everybody may read, however it is spelt, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation.models import Contribution
from app.site import queries
from tests.participation.deposits import deposit
from tests.site.test_pages import text_of
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.statements import count_statements
from tests.support.world import TenantWorld

Browse = Callable[..., Browser]
Demarche = Callable[..., UUID]


@pytest.fixture
def banc(rive: TenantWorld, demarche: Demarche, clock: FrozenClock) -> UUID:
    return deposit(rive, demarche(rive, "Des parcs"), "Des chevaux place de l’Étang", body="Pour les élèves.")


def set_state(world: TenantWorld, contribution_id: UUID, state: str) -> None:
    with world.scope():
        db.session.get_one(Contribution, (world.id, contribution_id)).state = state


@pytest.mark.parametrize(
    "words", ["cheval", "CHEVAUX", "etang", "Étang", "élève", "eleves", "chevaux etang", "éta"]
)
def test_accents_capitals_and_plurals_do_not_count(
    rive: TenantWorld, banc: UUID, browse: Browse, words: str
) -> None:
    page = text_of(browse(rive), f"/recherche/?q={words}")

    assert f"1 résultat pour « {words} »" in page
    assert "Des chevaux place de l’Étang</a>" in page
    assert "/1-des-chevaux-place-de-l-etang/" in page


@pytest.mark.parametrize("words", ["cheminée", "chevaux cheminée", "de la", "%", "'", "\\", ":*", "!()&|<->"])
def test_nothing_found_says_so(rive: TenantWorld, banc: UUID, browse: Browse, words: str) -> None:
    page = browse(rive).get("/recherche/", query_string={"q": words})

    assert page.status_code == 200
    assert "0\u00a0résultat pour" in page.text
    assert "Rien ne correspond à ces mots." in page.text
    assert "chevaux place" not in page.text


def test_an_empty_question_asks_nothing(rive: TenantWorld, banc: UUID, browse: Browse) -> None:
    with count_statements() as sent:
        page = text_of(browse(rive), "/recherche/?q=%20%20")

    assert sent == []
    assert "Les accents, les majuscules et les pluriels ne comptent pas." in page


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("published", 1),
        ("archived", 1),
        ("hidden", 0),
        ("withdrawn", 0),
        ("rejected", 0),
        ("merged", 0),
        ("erased", 0),
    ],
)
def test_only_what_everybody_may_read_is_found(
    rive: TenantWorld, banc: UUID, browse: Browse, amina: UUID, dora: UUID, state: str, found: int
) -> None:
    set_state(rive, banc, state)

    for browser in (browse(rive), browse(rive, amina), browse(rive, dora)):
        page = text_of(browser, "/recherche/?q=cheval")
        assert f"{found} résultat pour" in page
        assert ("Archivée" in page) == (state == "archived")


def test_a_pending_text_and_a_demarche_in_preparation_are_not_found(
    rive: TenantWorld, demarche: Demarche, browse: Browse, amina: UUID, clock: FrozenClock
) -> None:
    deposit(rive, demarche(rive, "Des parcs"), "Un cheval", author=amina, pending_for="identity")
    deposit(rive, demarche(rive, "Des chevaux", project={"state": "draft"}), "Un cheval")

    for browser in (browse(rive), browse(rive, amina)):
        page = text_of(browser, "/recherche/?q=cheval")
        assert "0 résultat pour" in page
        assert "Des chevaux" not in page


def test_066_a_private_text_is_found_by_its_author_and_the_team(
    rive: TenantWorld, demarche: Demarche, browse: Browse, amina: UUID, dora: UUID, clock: FrozenClock
) -> None:
    deposit(rive, demarche(rive, "Entre nous", private=True), "Un cheval", author=amina)
    stranger = worlds.make_person(rive, "Bertille B.")

    assert "1 résultat" in text_of(browse(rive, amina), "/recherche/?q=cheval")
    assert "1 résultat" in text_of(browse(rive, dora), "/recherche/?q=cheval")
    for browser in (browse(rive), browse(rive, stranger)):
        assert "0 résultat" in text_of(browser, "/recherche/?q=cheval")


def test_another_platform_s_texts_are_not_found(
    rive: TenantWorld, levant: TenantWorld, banc: UUID, browse: Browse, chloe: UUID
) -> None:
    for browser in (browse(levant), browse(levant, chloe)):
        assert "0 résultat pour" in text_of(browser, "/recherche/?q=cheval")


def test_html_in_the_question_stays_text(rive: TenantWorld, banc: UUID, browse: Browse) -> None:
    page = browse(rive).get("/recherche/", query_string={"q": '"><script>alert(1)</script><b>cheval</b>'})

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<b>cheval" not in page.text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;cheval&lt;/b&gt;"' in page.text


@pytest.mark.parametrize(
    "words", ["cheval " * 2_000, "x" * 10_000, "é" * 10_000, "\u202e\u0000cheval🐴", "cheval\ncheval"]
)
def test_any_question_is_answered(rive: TenantWorld, banc: UUID, browse: Browse, words: str) -> None:
    page = browse(rive).get("/recherche/", query_string={"q": words})

    assert page.status_code == 200
    assert len(page.text) < 40_000


@pytest.mark.parametrize("page", ["0", "-1", "2", "99", "9" * 40, "deux", ""])
def test_any_page_number_shows_results(rive: TenantWorld, banc: UUID, browse: Browse, page: str) -> None:
    assert "1 résultat pour" in text_of(browse(rive), f"/recherche/?q=cheval&page={page}")


def test_results_are_paged_titles_first(
    rive: TenantWorld, demarche: Demarche, browse: Browse, clock: FrozenClock
) -> None:
    step = demarche(rive, "Des parcs")
    for number in range(24):
        deposit(rive, step, f"Idée {number}", body="Pour un cheval.")
    deposit(rive, step, "Un cheval au parc", body="Rien d’autre.")

    first, second = (text_of(browse(rive), f"/recherche/?q=cheval&page={page}") for page in (1, 2))

    assert "25 résultats pour" in first
    assert first.count('<h3 class="h4">') == queries.SEARCH_PAGE
    assert second.count('<h3 class="h4">') == 5
    assert first.index("Un cheval au parc") < first.index("Idée 0")
    assert "Un cheval au parc" not in second


def test_a_demarche_is_found_by_its_words(
    rive: TenantWorld, demarche: Demarche, browse: Browse, clock: FrozenClock
) -> None:
    demarche(rive, "Des écoles fraîches")

    page = text_of(browse(rive), "/recherche/?q=ecoles")

    assert "Des écoles fraîches</a>" in page
    assert "Rien ne correspond" not in page


def test_the_cost_does_not_grow(
    rive: TenantWorld, demarche: Demarche, browse: Browse, amina: UUID, clock: FrozenClock
) -> None:
    step, costs = demarche(rive, "Des parcs"), []
    browser = browse(rive, amina)
    for rows in (3, 20):
        for _ in range(rows):
            deposit(rive, step, "Un cheval")
        with count_statements() as sent:
            text_of(browser, "/recherche/?q=cheval")
        costs.append(len(sent))

    assert costs[0] == costs[1] <= 8
