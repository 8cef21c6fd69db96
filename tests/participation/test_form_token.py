"""The two hidden fields of a text form."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.db import signing
from app.db.clock import FrozenClock
from app.participation import form_token
from tests.support.world import TenantWorld


def test_a_form_says_when_it_was_served_and_which_one_it_is(rive: TenantWorld, clock: FrozenClock) -> None:
    served = clock()
    with rive.scope():
        first, second = form_token.issue(), form_token.issue()
        clock.move(hours=30)

        assert form_token.read(first) == (UUID(first["jeton"]), served)
        assert first["jeton"] != second["jeton"]


@pytest.mark.parametrize(
    ("jeton", "emis"), [(None, None), ("", ""), ("12", "2026-11-22T10:00:00+00:00"), ("' or 1", "a.b.c")]
)
def test_what_is_not_ours_counts_for_nothing(rive: TenantWorld, jeton: str | None, emis: str | None) -> None:
    with rive.scope():
        assert form_token.read({"jeton": jeton, "emis": emis}) == (None, None)
        assert form_token.read({}) == (None, None)


def test_an_instant_signed_elsewhere_or_for_something_else_is_refused(
    rive: TenantWorld, levant: TenantWorld, clock: FrozenClock
) -> None:
    with levant.scope():
        foreign = form_token.issue()["emis"]
    with rive.scope():
        other = signing.sign("another.purpose", clock().isoformat())
        damaged = form_token.issue()["emis"][:-2]

        for emis in (foreign, other, damaged):
            assert form_token.read({"emis": emis}) == (None, None)
