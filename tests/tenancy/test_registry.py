"""Which platforms exist and what they are, known in memory and never older than two seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app.db.session import db
from app.tenancy import registry as registries
from app.tenancy.registry import TenantRegistry
from tests.support.statements import count_statements
from tests.support.world import TenantWorld
from tests.tenancy.files import PlatformFile


@pytest.fixture
def registry(app: Flask) -> TenantRegistry:
    """Another process, which knows nothing yet."""
    with app.app_context():
        engine = db.engine
    return TenantRegistry(engine)


def test_a_warm_registry_asks_nothing(rive: TenantWorld, registry: TenantRegistry) -> None:
    registry.by_slug(rive.slug)

    with count_statements() as sent:
        for _ in range(50):
            registry.by_slug(rive.slug)
            registry.by_host(f"{rive.slug}.example")
            registry.by_id(rive.id)

    assert sent == []


def test_a_new_revision_is_seen_within_two_seconds_and_touches_no_other_tenant(
    rive_file: PlatformFile, levant: TenantWorld, registry: TenantRegistry
) -> None:
    rive_file.name_zones("Nord")
    rive_file.apply()
    before, other = registry.by_slug(rive_file.slug), registry.by_slug(levant.slug)
    assert before is not None
    assert [zone.name for zone in before.zones] == ["Nord"]

    rive_file.document["name"] = "Rive-sur-Mer"
    rive_file.name_zones("Nord", "Sud")
    rive_file.apply()
    applied = time.monotonic()
    while (after := registry.by_slug(rive_file.slug)) is before and time.monotonic() - applied < 5:
        time.sleep(0.05)

    assert time.monotonic() - applied <= registries.FRESH_FOR + 0.5
    assert after is not None
    assert (after.name, after.revision, [zone.name for zone in after.zones]) == (
        "Rive-sur-Mer",
        2,
        ["Nord", "Sud"],
    )
    assert before.name == "Ville de Rive"
    assert registry.by_slug(levant.slug) is other


def test_a_new_platform_and_a_moved_host_are_seen(
    make_file: Callable[..., PlatformFile], registry: TenantRegistry
) -> None:
    first, second = make_file("rive"), make_file("levant")
    first.apply()
    registry.slugs()
    assert registry.by_slug(second.slug) is None

    host = f"{first.slug}.example"
    first.document["hosts"] = []
    first.apply()
    second.document["hosts"].append(host)
    second.apply()
    registry.forget()

    found = registry.by_host(host)
    assert found is not None
    assert found.slug == second.slug
    assert second.slug in registry.slugs()


def test_a_zone_that_left_the_file_is_not_offered(rive_file: PlatformFile, registry: TenantRegistry) -> None:
    rive_file.name_zones("Nord", "Sud")
    rive_file.apply()
    rive_file.name_zones("Sud")
    rive_file.apply()

    config = registry.by_slug(rive_file.slug)

    assert config is not None
    assert [zone.name for zone in config.zones] == ["Sud"]
    assert config.zone_by_slug("nord") is None
    assert config.zone(config.zones[0].id) is config.zones[0]


def test_while_the_database_is_away_what_was_known_stays(
    rive: TenantWorld, registry: TenantRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = registry.by_slug(rive.slug)
    gone = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/gone", connect_args={"connect_timeout": 1})
    monkeypatch.setattr(registry, "_engine", gone)
    registry.forget()

    assert registry.by_slug(rive.slug) is known
    asked = time.monotonic()
    assert registry.by_slug(rive.slug) is known
    assert time.monotonic() - asked < 0.05, "a database that is away is not asked at every request"
    with pytest.raises(OperationalError):
        TenantRegistry(gone).by_slug(rive.slug)


def test_an_application_needs_to_be_allowed_enabled_and_here(
    make_file: Callable[..., PlatformFile], registry: TenantRegistry
) -> None:
    file = make_file(
        "rive", modules={"boite_a_idees": {"allowed": False}, "entraide": {"expires_after_days": 9}}
    )
    file.apply()

    config = registry.by_slug(file.slug)

    assert config is not None
    assert {
        name: config.module_enabled(name) for name in ("boite_a_idees", "entraide", "votation", "inconnue")
    } == {
        "boite_a_idees": False,
        "entraide": True,
        "votation": False,
        "inconnue": False,
    }
    assert config.module_settings("entraide")["expires_after_days"] == 9
    assert config.module_settings("inconnue") == {}


def test_secrets_come_from_their_folder_and_never_from_the_document(
    make_file: Callable[..., PlatformFile], app: Flask, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = make_file("rive", legal={"email": "${secret:CONTACT}", "phone": "${secret:PHONE}"})
    file.apply()
    (tmp_path / "CONTACT").write_text("contact@rive.example\n", encoding="utf-8")
    with app.app_context():
        engine = db.engine

    config = TenantRegistry(engine, secrets_dir=tmp_path).by_slug(file.slug)

    assert config is not None
    assert (config.document["legal"]["email"], config.document["legal"]["phone"]) == (
        "contact@rive.example",
        "",
    )
    assert "secret_missing" in capfd.readouterr().err
    with engine.connect() as connection:
        connection.execute(text(f"SET LOCAL app.tenant_id = '{config.id}'"))
        kept = connection.scalar(text("select document::text from tenant_document"))
    assert "${secret:CONTACT}" in str(kept)
