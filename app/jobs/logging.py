"""Structured logs: one line per fact, with tenant and request id, and nothing that names a person.

Bodies, tokens and addresses never belong in a log call. What slips through anyway (a library's message, a path with a
token, the detail of a database error) is masked here, last thing before the line is written.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import Settings

MASK = "[masked]"

_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: Signed links, and addresses of an intention: who holds one is that person.
_TOKEN_PATH = re.compile(r"(/lien/|/mon-espace/notifications/)[^/\s?\"']+")
#: PostgreSQL quotes whole rows in the details of an error, SQLAlchemy the values of the statement.
_DATABASE_DETAIL = re.compile(r"(DETAIL:|\[parameters:).*")

_SECRET_KEYS = frozenset(
    (
        *(
            "address",
            "authorization",
            "body",
            "code",
            "cookie",
            "csrf_token",
            "email",
            "jeton",
            "mail",
            "password",
        ),
        *("recipient", "secret", "title", "token"),
    )
)


def mask_text(text: str) -> str:
    """The text without e-mail addresses, tokens in paths or quoted rows."""
    if "DETAIL:" in text or "[parameters:" in text:
        text = _DATABASE_DETAIL.sub(rf"\1 {MASK}", text)
    if "/lien/" in text:
        text = _TOKEN_PATH.sub(rf"\1{MASK}", text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(MASK, text)
    return text


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: MASK if key in _SECRET_KEYS else _masked(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return mask_text(str(value))


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor. Keys that name a secret lose their value, texts lose what looks like one."""
    for key, value in event.items():
        if not key.startswith("_"):
            event[key] = MASK if key in _SECRET_KEYS and value else _masked(value)
    return event


def _drop_absent(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Drop `tenant=None` and its like: absent says the same."""
    for key in [key for key, value in event.items() if value is None]:
        del event[key]
    return event


class _Stderr(io.TextIOBase):
    """Whatever `sys.stderr` is when the line is written: whoever replaced it meanwhile may have closed the former."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_STDERR = _Stderr()


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _final(log_format: str) -> list[Processor]:
    json_lines = log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        # The traceback is already text, masked: the console must not format another one from the exception.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    )
    return [structlog.processors.format_exc_info, _drop_absent, mask, renderer]


def configure_logging(settings: Settings) -> None:
    """Send structlog and the standard library's loggers to stderr, as `settings.log_format` says.

    Called again, it replaces what it did.
    """
    structlog.configure(
        processors=[*_shared(), *_final(settings.log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _STDERR)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_STDERR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_final(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    for previous in [each for each in root.handlers if getattr(each, "parvis", False)]:
        root.removeHandler(previous)
    handler.parvis = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # They say at INFO what our own lines already say.
    for chatty in ("rq", "rq.worker", "alembic", "werkzeug", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
