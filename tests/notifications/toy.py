"""A toy application with a progress of its own, so that mails are tested without any module."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.participation.official import Status
from app.tenancy import modules
from app.tenancy.manifest import ModuleManifest

STATUSES = (
    Status("etude", "À l’étude", "Les services l’étudient.", "info"),
    Status("faite", "Réalisée", "C’est devenu réalité.", "ok", done=True),
)

MANIFEST = ModuleManifest(
    id="essai",
    title="Essai",
    summary="Pour essayer.",
    icon="bulb",
    tint="idees",
    segment="essais",
    version="1.0",
    statuses=("tests.notifications.toy:STATUSES",),
)


def lend(app: Flask, monkeypatch: Any) -> None:
    """The deployment has the toy until the test ends."""
    everything = {**app.extensions["modules"], MANIFEST.id: MANIFEST}
    monkeypatch.setitem(app.extensions, "modules", everything)
    monkeypatch.setattr(modules, "registry", lambda: everything)
