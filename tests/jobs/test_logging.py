"""Logs tell what happened and never who: addresses, tokens and texts are masked before the line is written."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from app.jobs.logging import MASK, configure_logging, mask_text
from config.settings import Settings


@pytest.fixture
def configured(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    configure_logging(replace(settings, log_format="json"))
    yield
    structlog.contextvars.clear_contextvars()
    configure_logging(settings)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == "", "the output of commands is for data"
    return [json.loads(line) for line in captured.err.splitlines()]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("mail to amina.r+ville@rive.example bounced", f"mail to {MASK} bounced"),
        ("/connexion/?adresse=amina%40rive.example&suite=/", f"/connexion/?adresse={MASK}&suite=/"),
        ("GET /t/rive/lien/eyJhbGciOi.Zm9v-_x/ 200", f"GET /t/rive/lien/{MASK}/ 200"),
        (
            'duplicate key value violates "uq"\nDETAIL:  Key (title)=(Des bancs) already exists.\nline 3',
            f'duplicate key value violates "uq"\nDETAIL: {MASK}\nline 3',
        ),
        ("INSERT …\n[parameters: {'body': 'Des bancs'}]", f"INSERT …\n[parameters: {MASK}"),
        ("/idees/parcs/12-des-bancs/", "/idees/parcs/12-des-bancs/"),
        ("price: 3 @ 2", "price: 3 @ 2"),
    ],
)
def test_what_names_a_person_is_masked(written: str, kept: str) -> None:
    assert mask_text(written) == kept


def test_a_line_has_its_tenant_and_request_and_loses_its_secrets(
    configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.contextvars.bind_contextvars(request_id="0123456789", tenant="rive")

    structlog.get_logger("tests").info(
        "sent",
        email="amina@rive.example",
        body="Des bancs",
        nested={"token": "abc", "to": ["amina@rive.example", 3]},
        path="/lien/abc/",
        nothing=None,
    )

    [line] = lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "sent",
        "level": "info",
        "request_id": "0123456789",
        "tenant": "rive",
        "email": MASK,
        "body": MASK,
        "nested": {"token": MASK, "to": [MASK, 3]},
        "path": f"/lien/{MASK}/",
    }


def test_a_traceback_is_kept_without_the_address_in_its_message(
    configured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ValueError("amina@rive.example is odd")
    except ValueError:
        structlog.get_logger("tests").exception("broken")

    [line] = lines(capsys)
    assert "test_logging.py" in str(line["exception"])
    assert f"ValueError: {MASK} is odd" in str(line["exception"])
    assert "amina" not in json.dumps(line)


def test_libraries_write_the_same_lines(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("refused %s", "amina@rive.example")
    logging.getLogger("rq.worker").info("said elsewhere already")

    [line] = lines(capsys)
    assert (line["event"], line["level"]) == (f"refused {MASK}", "warning")


def test_the_console_masks_too(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(replace(settings, log_format="console"))

    structlog.get_logger("tests").info("sent", to="amina@rive.example")

    written = capsys.readouterr().err
    assert "sent" in written
    assert f"to={MASK}" in written
    configure_logging(settings)
