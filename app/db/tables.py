"""Every table there is: the core's and those of the modules present in this deployment."""

from __future__ import annotations

import importlib
from pathlib import Path

from sqlalchemy import MetaData

from app.db.models import Base

#: Rooms that own tables; strings, because the rooms above this one may not be imported from here.
CORE_MODELS = (
    "app.db.outbox",
    "app.db.audit",
    "app.tenancy.models",
    "app.territory.models",
    "app.people.models",
    "app.participation.models",
)
MODULES_FOLDER = Path(__file__).resolve().parents[2] / "modules"


def module_model_files() -> list[str]:
    """Dotted names of the `models` of each folder of modules/, in name order."""
    return [
        f"modules.{folder.name}.models"
        for folder in sorted(MODULES_FOLDER.glob("[a-z]*"))
        if (folder / "models.py").is_file() or (folder / "models" / "__init__.py").is_file()
    ]


def metadata() -> MetaData:
    """The metadata with every table registered."""
    for dotted in (*CORE_MODELS, *module_model_files()):
        importlib.import_module(dotted)
    return Base.metadata
