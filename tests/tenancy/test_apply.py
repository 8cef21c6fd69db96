"""A platform is what its file says: applied whole or not at all, once, and never over what it did not know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from app.db.audit import AuditEntry
from app.tenancy import parts, services
from app.tenancy.errors import DocumentRefused, HostTaken, OutdatedFile, UnknownTenant
from app.tenancy.models import TenantDocument, TenantLogo
from app.tenancy.services import Applied
from app.territory.models import Zone
from tests.tenancy.files import LOGO, NOW, PROJECT, PlatformFile

MakeFile = Callable[..., PlatformFile]


def test_a_new_file_creates_its_platform(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord", "Sud")
    rive_file.draw_logo()
    rive_file.document["projects"] = [PROJECT]

    applied = rive_file.apply()

    assert applied == Applied(rive_file.slug, 1, changed=True, created=True)
    tenant = rive_file.tenant()
    assert tenant is not None
    assert (tenant.revision, tenant.state, tenant.hosts) == (1, "live", [f"{rive_file.slug}.example"])
    assert rive_file.zones() == {"Nord": True, "Sud": True}
    assert [logo.content.decode() for logo in rive_file.rows(TenantLogo)] == [LOGO]
    assert (rive_file.project().title, rive_file.step().title) == ("Des parcs", "Vos idées")
    [document] = rive_file.rows(TenantDocument)
    assert (document.source, document.author, document.why, document.created_at) == (
        "file",
        "ines",
        "test",
        NOW,
    )
    [entry] = rive_file.rows(AuditEntry)
    assert (entry.action, entry.actor_kind, entry.details) == ("tenant.applied", "operator", {"revision": 1})


def test_applying_again_changes_nothing(rive_file: PlatformFile) -> None:
    rive_file.apply()

    again = rive_file.apply(now=NOW + timedelta(days=3))

    assert again == Applied(rive_file.slug, 1, changed=False, created=False)
    assert rive_file.revisions() == [1]


def test_words_and_order_that_say_the_same_are_no_change(rive_file: PlatformFile) -> None:
    rive_file.apply()
    rive_file.document = dict(reversed(rive_file.document.items())) | {"locale": "fr", "country": "FR"}

    assert not rive_file.apply().changed


def test_a_changed_word_is_a_revision(rive_file: PlatformFile) -> None:
    rive_file.apply()
    rive_file.document["name"] = "Rive-sur-Mer"

    assert rive_file.apply() == Applied(rive_file.slug, 2, changed=True, created=False)
    assert services.show(rive_file.engine, rive_file.slug)["name"] == "Rive-sur-Mer"
    assert rive_file.revisions() == [1, 2]


def test_a_file_that_the_document_names_counts(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord", "Sud")
    rive_file.draw_logo()
    rive_file.apply()

    rive_file.draw_logo(LOGO.replace("9 9", "8 8"))
    assert rive_file.apply().revision == 2
    assert [logo.content.decode() for logo in rive_file.rows(TenantLogo)] == [LOGO.replace("9 9", "8 8")]

    rive_file.name_zones("Nord", "Est")
    assert rive_file.apply().revision == 3


def test_a_zone_that_left_is_kept_and_comes_back_as_itself(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord", "Sud")
    rive_file.apply()
    before = {zone.name: zone.id for zone in rive_file.rows(Zone)}

    rive_file.name_zones("Est", "Nord")
    rive_file.apply()
    assert rive_file.zones() == {"Est": True, "Nord": True, "Sud": False}

    rive_file.name_zones("Sud", "Nord", "Est")
    rive_file.apply()
    assert list(rive_file.zones().items()) == [("Sud", True), ("Nord", True), ("Est", True)]
    assert {zone.name: zone.id for zone in rive_file.rows(Zone) if zone.name in before} == before


def test_a_logo_that_left_is_gone(rive_file: PlatformFile) -> None:
    rive_file.draw_logo()
    rive_file.apply()
    del rive_file.document["theme"]["logo"]

    rive_file.apply()

    assert rive_file.rows(TenantLogo) == []


def test_a_logo_that_every_page_would_carry_is_refused_when_heavy(rive_file: PlatformFile) -> None:
    rive_file.draw_logo(LOGO + " " * 100_000)

    with pytest.raises(DocumentRefused, match=r"theme\.logo: a file of 100 kB, expected at most 100 kB"):
        rive_file.apply()


def test_hosts_move_and_are_never_shared(make_file: MakeFile) -> None:
    rive, levant = make_file("rive"), make_file("levant")
    rive.apply()
    levant.document["hosts"] += rive.document["hosts"]

    with pytest.raises(
        HostTaken, match=rf"host '{rive.slug}\.example' already belongs to tenant '{rive.slug}'"
    ):
        levant.apply()
    assert levant.tenant() is None

    rive.document["hosts"] = []
    rive.apply()
    levant.apply()
    tenant = levant.tenant()
    assert tenant is not None
    assert tenant.hosts == [f"{levant.slug}.example", f"{rive.slug}.example"]


def test_a_refused_file_writes_nothing(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord")
    rive_file.document |= {"kind": "ville", "nmae": "Rive", "projects": [PROJECT]}
    with pytest.raises(DocumentRefused) as refused:
        rive_file.apply()
    assert [fault.path for fault in refused.value.faults] == ["kind", "nmae"]  # type: ignore[attr-defined]
    assert rive_file.tenant() is None

    rive_file.document |= {"kind": "commune"}
    del rive_file.document["nmae"]
    rive_file.apply()
    rive_file.document["theme"] = {"brand": "#0b5c6b", "overrides": {"ink": "#ffffff"}}
    rive_file.name_zones("Ailleurs")
    with pytest.raises(DocumentRefused):
        rive_file.apply()
    assert rive_file.revisions() == [1]
    assert rive_file.zones() == {"Nord": True}


def test_a_failure_on_the_way_leaves_everything_as_it_was(
    rive_file: PlatformFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    rive_file.name_zones("Nord")
    rive_file.apply()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setitem(parts._parts, "projects", parts.Part("projects", write=fail))
    rive_file.name_zones("Sud")
    with pytest.raises(OSError, match="disk full"):
        rive_file.apply()

    assert rive_file.zones() == {"Nord": True}
    assert rive_file.revisions() == [1]


def test_two_applications_at_once_make_one_revision(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord")
    rive_file.document["projects"] = [PROJECT]
    path, together = rive_file.save(), threading.Barrier(4)
    done: list[Applied] = []

    def run() -> None:
        together.wait()
        done.append(services.apply_file(rive_file.engine, path, author="ines", why="test", now=NOW))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(applied.changed for applied in done) == [False, False, False, True]
    assert {applied.revision for applied in done} == {1}
    assert rive_file.revisions() == [1]


# --- the platform moved meanwhile -----------------------------------------------------------------------------


def test_a_file_older_than_the_platform_is_refused(rive_file: PlatformFile) -> None:
    rive_file.apply()
    rive_file.revise_on_the_platform(tagline="Écrit dans le back-office")
    rive_file.document["name"] = "Rive-sur-Mer"

    with pytest.raises(
        OutdatedFile,
        match=rf"{rive_file.slug}: the file is based on revision 1 and the platform is at revision 2",
    ):
        rive_file.apply()

    assert (
        services.show(rive_file.engine, rive_file.slug)["document"]["tagline"] == "Écrit dans le back-office"
    )
    assert services.show(rive_file.engine, rive_file.slug)["name"] == "Ville de Rive"


def test_a_file_that_did_not_change_is_no_conflict(rive_file: PlatformFile, operator_engine: Engine) -> None:
    rive_file.apply()
    rive_file.revise_on_the_platform(tagline="Écrit dans le back-office")

    assert rive_file.apply() == Applied(rive_file.slug, 2, changed=False, created=False)
    assert services.apply_changed(operator_engine, rive_file.folder, now=NOW) == []


def test_what_export_writes_applies_cleanly_then_takes_changes(rive_file: PlatformFile) -> None:
    rive_file.name_zones("Nord")
    rive_file.draw_logo()
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()
    rive_file.revise_on_the_platform(tagline="Écrit dans le back-office")

    rive_file.document = rive_file.export()
    assert rive_file.document["revision"] == 2
    assert rive_file.apply() == Applied(rive_file.slug, 2, changed=False, created=False)

    rive_file.document["name"] = "Rive-sur-Mer"
    assert rive_file.apply().revision == 3
    rive_file.document["name"] = "Rive-les-Bains"
    with pytest.raises(OutdatedFile, match="based on revision 2 and the platform is at revision 3"):
        rive_file.apply()


def test_export_twice_is_the_same_text(rive_file: PlatformFile) -> None:
    rive_file.document["projects"] = [PROJECT]
    rive_file.apply()

    first = services.export(rive_file.engine, rive_file.slug)
    rive_file.path.write_text(first, encoding="utf-8")
    services.apply_file(rive_file.engine, rive_file.path, author="ines", why="test", now=NOW)

    assert services.export(rive_file.engine, rive_file.slug) == first


@pytest.mark.parametrize("ask", [services.show, services.export, services.tenant_id_of])
def test_a_tenant_that_is_not_there_is_said(operator_engine: Engine, ask: Callable[..., object]) -> None:
    with pytest.raises(UnknownTenant, match="no tenant is called 'nulle-part'"):
        ask(operator_engine, "nulle-part")


# --- at start-up ----------------------------------------------------------------------------------------------


def test_start_up_applies_what_changed_and_reports_what_it_refuses(
    make_file: MakeFile, operator_engine: Engine
) -> None:
    good, bad = make_file("bonne"), make_file("mauvaise", kind="ville")
    for file in (good, bad):
        file.save()

    lines = services.apply_changed(operator_engine, good.folder, now=NOW)

    assert lines[0] == f"{good.slug}.yaml: {good.slug} is now at revision 1"
    assert lines[1].startswith(f"{bad.slug}.yaml: refused, the platform stays as it was: ")
    assert services.apply_changed(operator_engine, good.folder, now=NOW) == lines[1:]


def test_start_up_moves_a_host_whichever_file_comes_first(
    make_file: MakeFile, operator_engine: Engine
) -> None:
    first, second = make_file("a"), make_file("b")
    first.apply()
    second.apply()
    host = second.document["hosts"].pop()
    first.document["hosts"].append(host)
    first.save()
    second.save()

    lines = services.apply_changed(operator_engine, first.folder, now=NOW)

    assert sorted(lines) == [
        f"{first.slug}.yaml: {first.slug} is now at revision 2",
        f"{second.slug}.yaml: {second.slug} is now at revision 2",
    ]


def test_the_list_tells_each_platform(rive_file: PlatformFile, operator_engine: Engine) -> None:
    rive_file.document["modules"] = {"boite_a_idees": {"allowed": False}, "entraide": True}
    rive_file.apply()

    [row] = [row for row in services.list_tenants(operator_engine) if row["slug"] == rive_file.slug]

    assert row == {
        "slug": rive_file.slug,
        "name": "Ville de Rive",
        "kind": "commune",
        "state": "live",
        "revision": 1,
        "hosts": [f"{rive_file.slug}.example"],
        "modules": ["entraide"],
    }


def test_production_leaves_the_files_of_demonstration_asleep(operator_engine, rive_file):
    rive_file.document["demo"] = True
    rive_file.save()

    asleep = services.apply_changed(operator_engine, rive_file.folder, now=NOW, with_demonstrations=False)
    awake = services.apply_changed(operator_engine, rive_file.folder, now=NOW)

    assert asleep == []
    assert len(awake) == 1
