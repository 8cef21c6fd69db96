"""Kinds of values a document is made of. Each validator says in English what it wants (`expected`).

Modules may use them in their own settings; plain marshmallow fields work as well.
"""

import re
import zoneinfo
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from marshmallow import ValidationError, fields, validate

from app.tenancy.document import moments

SECRET = re.compile(r"\$\{secret:([A-Za-z][A-Za-z0-9_-]{0,63})\}")

COLOUR = r"#[0-9a-fA-F]{6}"
UNIQUE = "each item once"

SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
IDENTIFIER = r"[a-z][a-z0-9_]*"
EMAIL = r"[A-Za-z0-9._%+-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"


class Expectation(validate.Validator):
    """A validator that knows its sentence."""

    expected: str

    def refuse(self) -> ValidationError:
        return ValidationError(f"Expected {self.expected}.")


class Pattern(Expectation):
    """The whole text matches the pattern, written in the part of the language that Python and JavaScript share."""

    def __init__(self, pattern: str, expected: str) -> None:
        self.pattern, self.expected = pattern, expected
        self._compiled = re.compile(pattern)

    def __call__(self, value: str) -> str:
        if not self._compiled.fullmatch(value):
            raise self.refuse()
        return value


class Must(Expectation):
    """The value passes a test that no pattern can express."""

    def __init__(self, test: Callable[[Any], bool], expected: str) -> None:
        self.test, self.expected = test, expected

    def __call__(self, value: Any) -> Any:
        if not self.test(value):
            raise self.refuse()
        return value


class Known(Expectation):
    """The value is one of a list too long to print."""

    # Not called `choices`: apispec would take it for the list itself.
    def __init__(self, known: Callable[[], Iterable[str]], expected: str) -> None:
        self.known, self.expected = known, expected

    def __call__(self, value: str) -> str:
        if value not in self.known():
            raise self.refuse()
        return value


def unique() -> Must:
    """No two equal items in a list."""
    return Must(lambda items: all(item not in items[:i] for i, item in enumerate(items)), UNIQUE)


def line(longest: int, **options: Any) -> fields.String:
    """One line of text, not blank, at most `longest` characters."""
    pattern = Pattern(
        rf"(?=.*\S)[^\n\r\u0000-\u001f\u0085\u2028\u2029]{{1,{longest}}}",
        f"one line of text, 1 to {longest} characters",
    )
    return fields.String(validate=pattern, **options)


def prose(longest: int, **options: Any) -> fields.String:
    """Text of several paragraphs, at most `longest` characters."""
    return fields.String(validate=validate.Length(max=longest), **options)


def slug(longest: int = 60, **options: Any) -> fields.String:
    return fields.String(
        validate=[Pattern(SLUG, "lower-case letters, digits and hyphens"), validate.Length(max=longest)],
        **options,
    )


def choice(*values: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(values), **options)


def colour(**options: Any) -> fields.String:
    return fields.String(validate=Pattern(COLOUR, 'a colour such as "#0b5c6b" (between quotes)'), **options)


def host(**options: Any) -> fields.String:
    pattern = Pattern(rf"(?=.{{1,253}}$){HOST}", "a host name in lower case, without scheme, port or path")
    return fields.String(validate=pattern, **options)


def email(**options: Any) -> fields.String:
    return fields.String(validate=Pattern(rf"(?=.{{1,254}}$){EMAIL}", "an e-mail address"), **options)


def moment(**options: Any) -> fields.String:
    return fields.String(validate=Must(moments.is_moment, moments.EXPECTED), **options)


def day(**options: Any) -> fields.String:
    return fields.String(validate=Must(moments.is_day, "a day such as 2026-05-31"), **options)


def file_path(*suffixes: str, **options: Any) -> fields.String:
    """A file beside the document: relative, with `/`, never climbing out of its folder."""
    ends = "|".join(re.escape(suffix) for suffix in suffixes)
    expected = f"a path relative to this file, without .., ending in {' or '.join(suffixes)}"
    pattern = rf"(?!/)(?!(.*/)?\.\.?(/|$))[^\\\n\r:]{{1,200}}({ends})"
    return fields.String(validate=Pattern(pattern, expected), **options)


def timezone(**options: Any) -> fields.String:
    return fields.String(validate=Known(timezones, "a time zone such as Europe/Paris"), **options)


@cache
def timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def wrong_secrets(text: str) -> bool:
    """True when the text starts a reference to a secret and does not finish it as `${secret:NAME}`."""
    return "${" in SECRET.sub("", text)
