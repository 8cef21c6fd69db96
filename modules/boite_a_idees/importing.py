"""How lines of a file become ideas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.participation.importing.rows import ImportShape, Row
from app.participation.steps import StepInfo
from modules.boite_a_idees import rules
from modules.boite_a_idees.models import Idea


def _own_values(step: StepInfo, row: Row) -> Mapping[str, Any]:
    return {"threshold_reached_at": row.threshold_reached_at}


SHAPE = ImportShape(Idea, _own_values, first_status=rules.RECEIVED)
