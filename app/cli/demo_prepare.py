"""What `parvis demo` does before it opens: migrations, platforms, content, and links to sign in.

Runs in a process of its own and says on stdout, one JSON document a line: `migrated`, then `ready` with the platforms.
What it tells the person at the terminal goes to stderr.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any

from flask import Flask

from app.cli import environment, failures, serve
from app.cli.demo_people import sign_in_links
from app.cli.output import Refused, note
from app.db import clock
from app.jobs.scope import job_scope
from app.tenancy.web import external_url
from config.settings import Settings, load

#: Written later by its own file; the demonstration is empty without it.
CONTENT = "app.cli.demo_content"


def say(what: str, **more: Any) -> None:
    print(json.dumps({"say": what, **more}, ensure_ascii=False), flush=True)


def run() -> None:
    settings = load(os.environ)
    serve.prepare(settings, environment.TENANTS)
    say("migrated")
    environment.drop_operator_credentials()
    settings = load(os.environ)
    with environment.application(settings) as app:
        _load_content(app, settings)
        say("ready", platforms=[_platform(app, slug) for slug in app.extensions["tenants"].slugs()])


def _load_content(app: Flask, settings: Settings) -> None:
    if importlib.util.find_spec(CONTENT) is None:
        return
    importlib.import_module(CONTENT).load(app, settings)


def _platform(app: Flask, slug: str) -> dict[str, Any]:
    config = app.extensions["tenants"].by_slug(slug)
    with job_scope(config.id):
        links = [
            {"label": label, "url": external_url(path)}
            for label, path in sign_in_links(config, now=clock.now())
        ]
    return {"slug": slug, "name": config.name, "links": links}


def main() -> None:
    try:
        run()
    except Refused as error:
        note(error.format_message())
        sys.exit(1)
    except Exception as error:
        sentence = failures.sentence_of(error)
        if sentence is None:
            raise
        note(sentence)
        sys.exit(1)


if __name__ == "__main__":
    main()
