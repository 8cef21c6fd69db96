"""What the stories of the idea box have in common: a step, its ideas, the way of a deposit."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import UUID

from app.db import clock as clocks
from app.db.session import db
from app.participation.models import Contribution
from app.participation.steps import get_step_by_id
from modules.boite_a_idees import factories
from tests.support.browser import Browser
from tests.support.html import Page
from tests.support.world import TenantWorld


class Box:
    """A step where ideas are deposited, with what a story asks of it. path: its address without the prefix."""

    def __init__(self, world: TenantWorld, step_id: UUID) -> None:
        self.world, self.step_id = world, step_id
        with world.scope():
            step = get_step_by_id(step_id)
        self.path = f"/{step.segment}/{step.slug}/"

    def idea(self, **values: Any) -> Contribution:
        """A published idea. number, slug, id are read from it; its address is `address(idea)`."""
        with self.world.scope():
            return factories.make_idea(self.step_id, now=values.pop("now", clocks.now()), **values)

    def vote(self, idea: Any, number: int) -> None:
        """Real supports of as many people."""
        with self.world.scope():
            factories.make_votes(idea, number, now=clocks.now())

    def ideas(self, number: int, **values: Any) -> list[Any]:
        with self.world.scope():
            return factories.make_ideas(self.step_id, number, now=clocks.now(), **values)

    def address(self, idea: Any) -> str:
        return f"{self.path}{idea.number}-{idea.slug}/"

    def reload(self, idea: Any) -> Contribution:
        with self.world.scope():
            db.session.expire_all()
            return db.session.get_one(type(idea), (self.world.id, idea.id), populate_existing=True)

    def all(self) -> list[Contribution]:
        with self.world.scope():
            return list(
                db.session.scalars(
                    db.select(Contribution)
                    .where(Contribution.step_id == self.step_id)
                    .order_by(Contribution.number)
                )
            )


GOOD = {
    "title": "Des bancs à l’ombre",
    "body": "L’été, on ne peut plus s’asseoir dehors après midi. Trois bancs sous les arbres suffiraient.",
    "theme": "Mobilités",
}


def fill(browser: Browser, box: Box, **fields: Any) -> tuple[dict[str, str], Any]:
    """Open the deposit's form, then send it with these fields: (what was posted, the answer)."""
    page = Page(browser.get(f"{box.path}proposer/").text)
    form = next(one for one in page.forms if one.action.endswith("/proposer/"))
    hidden = {name: form.fields[name].value for name in ("jeton", "emis", "brouillon", "vues")}
    data = hidden | GOOD | fields
    return data, browser.post(f"{box.path}proposer/", data)


def confirm(browser: Browser, response: Any) -> Any:
    """From the answer of the form to the end of the way: reads the check page, confirms, reads where it leads."""
    check = browser.follow(response)
    assert "verifier" in check.request.path, check.request.path
    return browser.follow(browser.post(check.request.path.removeprefix(browser.world.path)))


def deposit(browser: Browser, box: Box, **fields: Any) -> Any:
    """The whole deposit of somebody known. Returns the page of thanks."""
    _, response = fill(browser, box, **fields)
    return confirm(browser, response)


def errors_of(response: Any) -> list[str]:
    """Sentences of the error summary, in order."""
    page = response.text
    if 'id="erreurs"' not in page:
        return []
    part = page.split('id="erreurs"')[1].split("</div>")[0]
    return [
        html.unescape(found).replace("\u00a0", " ") for found in re.findall(r"<(?:a|b)[^>]*>([^<]+)</", part)
    ]


def plain(response: Any) -> str:
    """The words of a page, no-break spaces as plain ones."""
    return Page(response.text).text.replace("\u00a0", " ")
