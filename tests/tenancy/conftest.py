"""Platforms described by files, on toy applications."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app import parts
from app.tenancy import modules
from tests.support.documents import MANIFESTS
from tests.tenancy import files
from tests.tenancy.files import PlatformFile


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment has the toy applications of tests/support/documents.py, and every room's part of the document."""
    monkeypatch.setattr(modules, "registry", lambda: MANIFESTS)
    parts.register_all()


@pytest.fixture
def make_file(toys: None, operator_engine: Engine, tmp_path: Path) -> Callable[..., PlatformFile]:
    def make(slug: str = "rive", **document: Any) -> PlatformFile:
        return files.make(operator_engine, tmp_path / "tenants", slug, **document)

    return make


@pytest.fixture
def rive_file(make_file: Callable[..., PlatformFile]) -> PlatformFile:
    return make_file("rive")
