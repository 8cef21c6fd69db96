"""Gate: a page asks the database the same number of questions whatever it shows, and few (architecture §5, §8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest
from flask import Flask

from tests.gates.conftest import MARK_A, MARK_B
from tests.gates.faults import pages as faults
from tests.support import routes
from tests.support.routes import PageType
from tests.support.sample import Sample
from tests.support.statements import count_statements

#: Statements of a page, transaction control apart.
BUDGET = 8
#: Pages that may ask more, and why.
MORE: dict[str, tuple[int, str]] = {}

READERS = ("visitor", "author", "manager")

FEW, MANY = 3, 60

Key = tuple[str, tuple[str, ...], str]


@pytest.fixture(scope="module", autouse=True)
def no_tenant_arrives() -> Iterator[None]:
    """The registry looks for new tenants every two seconds; whichever page comes then would pay for it."""
    with patch("app.tenancy.registry.FRESH_FOR", 3600.0):
        yield


@pytest.fixture(scope="module")
def small(make_sample: Callable[..., Sample]) -> Sample:
    return make_sample("rive", MARK_A, rows=FEW, said=FEW)


@pytest.fixture(scope="module")
def large(make_sample: Callable[..., Sample]) -> Sample:
    return make_sample("levant", MARK_B, rows=MANY, said=MANY, others=5)


def by_type(pages: list[PageType]) -> dict[Key, PageType]:
    return {(page.endpoint, page.query, page.who): page for page in pages}


def statements(app: Flask, sample: Sample, page: PageType) -> list[str]:
    """What the page asks once everything that is kept in memory is there."""
    browser = sample.browser(page.who)
    browser.get(page.path)
    with count_statements() as found:
        answer = browser.get(page.path)
    assert answer.status_code == 200
    return found


@pytest.fixture(scope="module")
def few(app: Flask, small: Sample) -> dict[Key, PageType]:
    return by_type(routes.page_types(app, small, READERS))


@pytest.fixture(scope="module")
def many(app: Flask, large: Sample) -> dict[Key, PageType]:
    return by_type(routes.page_types(app, large, READERS))


def budget_faults(
    app: Flask, small: Sample, large: Sample, few: dict[Key, PageType], many: dict[Key, PageType]
) -> list[str]:
    """Pages that ask more of sixty rows than of three, or more than their budget."""
    found = []
    for key, page in many.items():
        asked = statements(app, large, page)
        allowed, _ = MORE.get(page.endpoint, (BUDGET, ""))
        if len(asked) > allowed:
            found.append(
                f"{page.name}: {len(asked)} statements, at most {allowed}: " + " ; ".join(map(_short, asked))
            )
        if key in few:
            before = statements(app, small, few[key])
            if len(before) != len(asked):
                more = [one for one in asked if asked.count(one) != before.count(one)] or before
                found.append(
                    f"{page.name}: {len(before)} statements for {FEW} rows, {len(asked)} for {MANY} ({page.path}): "
                    + " ; ".join(map(_short, dict.fromkeys(more)))
                )
    return found


def _short(statement: str) -> str:
    return " ".join(statement.split())[:90]


def test_pages_ask_few_questions_whatever_the_number_of_rows(
    app: Flask, small: Sample, large: Sample, few: dict[Key, PageType], many: dict[Key, PageType]
) -> None:
    found = budget_faults(app, small, large, few, many)

    assert not found, "\n".join(found)


def test_the_same_pages_were_compared_with_few_and_with_many_rows(
    app: Flask, few: dict[Key, PageType], many: dict[Key, PageType]
) -> None:
    """Lists and details of every application are among them."""
    endpoints = {endpoint for endpoint, _, _ in few.keys() & many.keys()}

    assert "site.home" in endpoints
    for manifest in app.extensions["modules"].values():
        assert any(endpoint.startswith(f"{manifest.id}.") for endpoint in endpoints)


def test_health_asks_nothing_and_a_warm_home_page_knows_its_tenant(app: Flask, small: Sample) -> None:
    app.test_client().get("/healthz")
    with count_statements() as found:
        app.test_client().get("/healthz")
        small.browser("visitor").get("/cookies/")
        small.browser("visitor").get("/connexion/")

    assert [one for one in found if "FROM tenant " in one or "FROM zone" in one] == []


def test_no_exception_is_kept_for_a_page_that_is_gone(app: Flask) -> None:
    assert set(MORE) - set(app.view_functions) == set()


# --- the gate can fail ----------------------------------------------------------------------------------------


def faults_of(app: Flask, small: Sample, large: Sample, endpoint: str) -> list[str]:
    """What the gate says of one page of another application."""
    here, there = (replace(one, world=replace(one.world, app=app), _browsers={}) for one in (small, large))
    few, many = (by_type(routes.walk(app, one, ("visitor",), only=endpoint).pages) for one in (here, there))
    assert len(many) == 1
    return budget_faults(app, here, there, few, many)


def test_one_question_a_row_is_caught(make_app: Callable[[], Flask], small: Sample, large: Sample) -> None:
    faulty = make_app()
    faults.install_one_query_a_row(faulty)

    found = faults_of(faulty, small, large, "fault_queries.page")

    counted = re.search(rf"(\d+) statements for {FEW} rows, (\d+) for {MANY}", found[-1])
    assert counted is not None
    assert int(counted[2]) - int(counted[1]) == MANY - FEW


def test_too_many_questions_are_caught(make_app: Callable[[], Flask], small: Sample, large: Sample) -> None:
    faulty = make_app()
    faults.install_many_queries(faulty)

    found = faults_of(faulty, small, large, "fault_budget.page")

    assert len(found) == 1
    assert f"12 statements, at most {BUDGET}" in found[0]
