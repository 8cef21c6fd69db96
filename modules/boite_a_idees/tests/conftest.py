"""The cast of the ideas' stories: a step of Rive, open, with a threshold, and those who come to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.db import clock as clocks
from modules.boite_a_idees.tests.stories import Box
from tests.support.world import TenantWorld, make_step


@pytest.fixture
def make_box() -> Callable[..., Box]:
    """`make_box(rive, threshold=300)`: a step with these settings, open by default."""

    def make(world: TenantWorld, **settings: Any) -> Box:
        return Box(world, make_step(world, **settings))

    return make


@pytest.fixture
def box(clock: clocks.FrozenClock, rive: TenantWorld, make_box: Callable[..., Box]) -> Box:
    """Rive's idea box, open for 20 days, threshold of 300."""
    return make_box(rive, threshold=300)
