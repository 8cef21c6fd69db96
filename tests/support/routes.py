"""Every route of the application with real values in its address, so that a page is tested the day it exists.

A parameter this file does not know stops the gates: say here, or in `modules/<id>/factories.py` as an entry of
`FILLERS`, how a value is found in a populated tenant.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter, Rule

from app.ui.web import theme_of
from tests.support.html import Page
from tests.support.sample import Sample

Values = dict[str, Any]
#: (sample, values chosen so far, rule) -> the values of one parameter.
Filler = Callable[[Sample, Values, Rule], list[Any]]


class UnknownParameter(AssertionError):
    """A route has a parameter nobody said how to fill."""


def segment_of(rule: Rule) -> str:
    return rule.rule.strip("/").partition("/")[0]


def _steps(sample: Sample, values: Values, rule: Rule) -> list[Any]:
    return [step.slug for step in sample.steps if step.segment == segment_of(rule)]


def _numbers(sample: Sample, values: Values, rule: Rule) -> list[Any]:
    return [row.number for row in sample.contributions if row.step.slug == values["step_slug"]]


def _slugs(sample: Sample, values: Values, rule: Rule) -> list[Any]:
    if "number" in values:
        return [
            row.slug
            for row in sample.contributions
            if (row.step.slug, row.number) == (values["step_slug"], values["number"])
        ]
    return sorted({step.project_slug for step in sample.steps})


def _theme(sample: Sample, values: Values, rule: Rule) -> list[Any]:
    with sample.world.scope():
        return [theme_of(sample.world.config).hash]


def _sessions(sample: Sample, values: Values, rule: Rule) -> list[Any]:
    return [row.id for row in sample.browser("author").sessions() if row.person_id == sample.people["author"]]


FILLERS: dict[str, Filler] = {
    "step_slug": _steps,
    "number": _numbers,
    "slug": _slugs,
    "digest": _theme,
    "contribution_id": lambda sample, values, rule: [row.id for row in sample.contributions],
    "target_id": lambda sample, values, rule: [row.id for row in sample.contributions],
    "comment_id": lambda sample, values, rule: list(sample.comments),
    "photo_id": lambda sample, values, rule: list(sample.photos),
    "width": lambda sample, values, rule: [480],
    "draft_id": lambda sample, values, rule: list(sample.drafts),
    "session_id": _sessions,
    "intention_id": lambda sample, values, rule: list(sample.intentions_of.values()),
    "token": lambda sample, values, rule: list(sample.tokens),
}


def fillers(app: Flask) -> dict[str, Filler]:
    """The core's fillers and those that applications bring."""
    found = dict(FILLERS)
    for module_id in app.extensions["modules"]:
        name = f"modules.{module_id}.factories"
        if importlib.util.find_spec(name) is not None:
            found |= getattr(importlib.import_module(name), "FILLERS", {})
    return found


def rules(app: Flask) -> list[Rule]:
    """Every rule, those of the deployment itself (health, figures) included."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))


def parameters(rule: Rule) -> list[str]:
    """Names of a rule's parameters in the order of its address."""
    return [content for dynamic, content in rule._trace if dynamic]


def fill(app: Flask, rule: Rule, sample: Sample) -> list[Values]:
    """Every combination of values that the sample has for this rule; [{}] for a rule without parameters.

    Raises UnknownParameter.
    """
    known = fillers(app)
    combinations: list[Values] = [{}]
    for name in parameters(rule):
        converter = rule._converters[name]
        if not isinstance(converter, AnyConverter) and name not in known:
            raise UnknownParameter(
                f"{rule.rule} ({rule.endpoint}): nobody knows a value of <{name}>;"
                " add it to FILLERS of tests/support/routes.py or of the application's factories.py"
            )
        combinations = [
            values | {name: value}
            for values in combinations
            for value in (
                sorted(converter.items)
                if isinstance(converter, AnyConverter)
                else known[name](sample, values, rule)
            )
        ]
    return combinations


def address(app: Flask, rule: Rule, values: Values) -> str:
    """The path of a rule, without the tenant's prefix. Not `url_for`: an endpoint may have several rules."""
    built = rule.build(values, append_unknown=False)
    assert built is not None, f"{rule.rule} cannot be built from {values}"
    return str(built[1])


def endpoint_of(app: Flask, path: str, method: str = "GET") -> str | None:
    """The endpoint that would answer this path (without the tenant's prefix); None when none does."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
    except HTTPException:
        return None
    return str(endpoint)


# --- pages ----------------------------------------------------------------------------------------------------

#: Endpoints that answer something else than a page, and why no page gate asks them anything.
NOT_PAGES = {
    "platform.healthz": "plain text",
    "platform.readyz": "plain text",
    "platform.metrics": "plain text",
}


@dataclass(frozen=True)
class PageType:
    """One kind of page: an endpoint, and the names in its query. who: a browser of the sample that may see it."""

    endpoint: str
    query: tuple[str, ...]
    path: str
    who: str

    @property
    def name(self) -> str:
        return f"{self.endpoint}{'?' + '&'.join(self.query) if self.query else ''} as {self.who}"


#: Readers of `tests/support/sample.py` between whom every page is seen by somebody.
WHO = ("visitor", "asked", "newcomer", "author", "manager")

#: Rows of each kind tried for one route: the first, which has everything, and the last ones, hidden or waiting.
LAST = 3


@dataclass
class Walk:
    """pages: the kinds of page found. reached: endpoints that answered somebody with something else than a refusal."""

    pages: list[PageType] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)


def walk(app: Flask, sample: Sample, who: tuple[str, ...] = WHO, *, only: str | None = None) -> Walk:
    """Every route filled in, then every link on the pages found, as each reader. only: one endpoint and no link.

    An answer that says the server broke stops the walk: a page that fails is not a page that was passed over.
    """
    done = Walk()
    for reader in who:
        todo = [path for path in _starts(app, sample, reader) if only in (None, endpoint_of(app, path))]
        tries: Counter[tuple[str, tuple[str, ...]]] = Counter()
        found: set[tuple[str, tuple[str, ...]]] = set()
        while todo:
            path = todo.pop(0)
            parts = urlsplit(path)
            endpoint = endpoint_of(app, parts.path)
            query = tuple(sorted({name for name, _ in parse_qsl(parts.query)}))
            if endpoint is None or endpoint in NOT_PAGES or (endpoint, query) in found:
                continue
            tries[endpoint, query] += 1
            if tries[endpoint, query] > 8:
                continue
            answer = sample.browser(reader).get(path)
            assert answer.status_code < 500, f"GET {path} as {reader} answers {answer.status_code}"
            if answer.status_code < 400 and "/connexion/?" not in answer.headers.get("Location", ""):
                done.reached.add(endpoint)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            found.add((endpoint, query))
            done.pages.append(PageType(endpoint, query, path, reader))
            if only is None:
                todo += [link for link in _local_links(sample, answer.text) if link not in todo]
    return done


def page_types(app: Flask, sample: Sample, who: tuple[str, ...] = WHO) -> list[PageType]:
    """Every kind of HTML page, as seen by each reader who gets a page."""
    return walk(app, sample, who).pages


def pages_of_every_route(app: Flask) -> set[str]:
    """Endpoints that answer GET, whatever they answer."""
    return {
        rule.endpoint
        for rule in rules(app)
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_PAGES
    }


def _starts(app: Flask, sample: Sample, reader: str) -> Iterator[str]:
    mine = sample.intentions_of.get(reader)
    for rule in rules(app):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_PAGES:
            continue
        if "intention_id" in parameters(rule):
            yield from (address(app, rule, {"intention_id": mine}) for _ in range(mine is not None))
        elif mine is None:
            combinations = fill(app, rule, sample)
            yield from dict.fromkeys(
                address(app, rule, one) for one in (*combinations[:1], *combinations[-LAST:])
            )


def _local_links(sample: Sample, source: str) -> list[str]:
    prefix = f"{sample.world.path}/"
    return [
        link.removeprefix(sample.world.path).partition("#")[0]
        for link in Page(source).links()
        if link.startswith(prefix)
    ]


# --- other tenants --------------------------------------------------------------------------------------------


def fingerprint(connection: Connection, tenant_id: Any) -> dict[str, str]:
    """A digest of each table's rows of one tenant: what changed between two of them was changed by somebody."""
    tables = connection.scalars(
        text(
            "select table_name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'"
        )
    ).all()
    return {
        table: str(
            connection.scalar(
                text(
                    f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from \"{table}\" t where tenant_id = :t"
                ),
                {"t": tenant_id},
            )
        )
        for table in tables
    }
