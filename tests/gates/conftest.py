"""Fixtures of the gates: populated tenants, and other applications on which a fault can be put."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.db.session import db
from app.factory import create_app
from config.settings import Settings
from tests.support import sample as samples
from tests.support.sample import Sample

#: Words found nowhere else. In mixed case: an address made from a title has them in lower case, so that an address
#: of our own making echoed by a page is not taken for a leak.
MARK_A, MARK_B = "ZqRivexW", "ZqLevantxW"


@pytest.fixture(scope="module")
def make_sample(app: Flask, operator_engine: Engine) -> Callable[..., Sample]:
    """`make_sample("rive", "Mark", rows=3, said=3, **document)`: see tests/support/sample.py."""

    def make(slug: str, mark: str, **more: Any) -> Sample:
        return samples.make(app, operator_engine, slug, mark, **more)

    return make


@pytest.fixture(scope="module")
def make_app(settings: Settings) -> Iterator[Callable[[], Flask]]:
    """Another application on the same database, to put a fault on before its first request."""
    made: list[Flask] = []

    def make() -> Flask:
        made.append(create_app(settings, config={"TESTING": False, "PROPAGATE_EXCEPTIONS": False}))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
