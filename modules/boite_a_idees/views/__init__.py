"""Pages of the boîte à idées, one file per thing people come to do."""

from __future__ import annotations

from modules.boite_a_idees.views import acting, deposit, editing, listing, managing, reading, versions
from modules.boite_a_idees.views.page import blueprint

__all__ = ["acting", "blueprint", "deposit", "editing", "listing", "managing", "reading", "versions"]
