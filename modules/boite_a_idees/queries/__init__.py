"""Every SELECT of the boîte à idées: rows of plain values, never more than a page shows."""

from __future__ import annotations

from app.people.holders import Holder
from modules.boite_a_idees.queries.finds import (
    find_draft,
    find_last_draft,
    find_own_photo,
    get_idea,
    get_idea_by_id,
    get_step_dates,
    list_outlines,
    list_steps_with,
    list_to_archive,
    lives_here,
)
from modules.boite_a_idees.queries.lists import PAGE, Criteria, facets, list_cards, ring_pages
from modules.boite_a_idees.queries.pages import History, get_detail, get_history, list_nearby

#: Nobody's data is in the application's own table: who wrote an idea is a column of `contribution`.
HOLDERS: tuple[Holder, ...] = ()

__all__ = [
    "HOLDERS",
    "PAGE",
    "Criteria",
    "History",
    "facets",
    "find_draft",
    "find_last_draft",
    "find_own_photo",
    "get_detail",
    "get_history",
    "get_idea",
    "get_idea_by_id",
    "get_step_dates",
    "list_cards",
    "list_nearby",
    "list_outlines",
    "list_steps_with",
    "list_to_archive",
    "lives_here",
    "ring_pages",
]
