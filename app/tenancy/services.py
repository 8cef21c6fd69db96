"""Apply a tenant's file, list tenants, give a document back. Run by the operator role only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.db import audit
from app.db.context import tenant_scope
from app.db.session import operator_session
from app.tenancy import modules, parts
from app.tenancy.document import normal
from app.tenancy.document.loader import Loaded, load
from app.tenancy.errors import DocumentRefused, HostTaken, OutdatedFile, TenancyError, UnknownTenant
from app.tenancy.models import Tenant, TenantDocument


@dataclass(frozen=True)
class Applied:
    """changed: False when the file says what the platform already is; revision is then the current one."""

    slug: str
    revision: int
    changed: bool
    created: bool


def load_file(path: Path) -> Loaded:
    """Read and judge a tenant's file with every check of this deployment."""
    return load(path, manifests=modules.registry(), checks=parts.checks())


def apply_file(engine: Engine, path: Path, *, author: str, why: str, now: datetime) -> Applied:
    """Make the platform what the file says. engine: the operator's.

    Everything is one transaction: a refusal leaves the tenant as it was. A file that says what it said when it was
    last applied, or what the platform is, changes nothing. Raises DocumentRefused, HostTaken, OutdatedFile.
    """
    loaded = load_file(path)
    if not loaded.ok:
        raise DocumentRefused(loaded.faults)
    written = dict(loaded.document)
    based_on = written.pop("revision", None)
    document = normal.defaults(written, manifests=modules.registry())
    document.pop("revision", None)
    file_hash = _hash(document, path.parent)
    slug = document["tenant"]
    with operator_session(engine) as session:
        # Two applications of one file at the same instant queue here.
        session.execute(text("select pg_advisory_xact_lock(7365729)"))
        tenant = session.scalar(select(Tenant).where(Tenant.slug == slug))
        created = tenant is None
        if tenant is None:
            _check_hosts(session, document)
            tenant = Tenant(slug=slug, hosts=document["hosts"], created_at=now)
            session.add(tenant)
            session.flush()
        with tenant_scope(tenant.id):
            session.execute(text(f"SET LOCAL app.tenant_id = '{tenant.id}'"))
            current, last_file = _current(session), _last_file(session)
            if current is not None and _says_nothing_new(document, file_hash, based_on, current, last_file):
                return Applied(slug, current.revision, changed=False, created=False)
            _check_hosts(session, document)
            _check_base(slug, current, last_file, based_on)
            revision = (current.revision if current else 0) + 1
            for part in parts.parts():
                if part.write is not None:
                    part.write(session, document, path.parent, now)
            session.add(
                TenantDocument(
                    revision=revision,
                    document=document,
                    source="file",
                    file_hash=file_hash,
                    author=author,
                    why=why,
                    created_at=now,
                )
            )
            session.add(
                audit.AuditEntry(
                    at=now,
                    actor_id=None,
                    actor_kind="operator",
                    action="tenant.applied",
                    target_kind="tenant",
                    target_id=tenant.id,
                    details={"revision": revision},
                )
            )
            tenant.hosts = document["hosts"]
            session.flush()
    return Applied(slug, revision, changed=True, created=created)


def apply_changed(
    engine: Engine, folder: Path, *, now: datetime, with_demonstrations: bool = True
) -> list[str]:
    """At start-up: apply each file of the folder whose content changed; one line of report per file.

    A file that is refused keeps its platform at the current revision, and says so. with_demonstrations: whether files
    marked `demo: true` count; a production deployment leaves them asleep.
    """
    lines, moving = [], []
    for path in sorted(folder.glob("*.yaml")):
        if not with_demonstrations and load_file(path).document.get("demo") is True:
            continue
        try:
            lines += _applied_at_start(engine, path, now)
        except HostTaken:
            # Perhaps by a platform that gives it up in a file further on.
            moving.append(path)
        except TenancyError as error:
            lines.append(_kept(path, error))
    for path in moving:
        try:
            lines += _applied_at_start(engine, path, now)
        except TenancyError as error:
            lines.append(_kept(path, error))
    return lines


def _applied_at_start(engine: Engine, path: Path, now: datetime) -> list[str]:
    applied = apply_file(engine, path, author="start-up", why=f"{path.name} changed", now=now)
    return [f"{path.name}: {applied.slug} is now at revision {applied.revision}"] if applied.changed else []


def _kept(path: Path, error: TenancyError) -> str:
    return f"{path.name}: refused, the platform stays as it was: {error}"


def list_tenants(engine: Engine) -> list[dict[str, Any]]:
    """slug, name, kind, state, revision, hosts and modules of each tenant, by slug."""
    with operator_session(engine) as session:
        rows = session.execute(
            select(Tenant, TenantDocument.document)
            .join(
                TenantDocument,
                (TenantDocument.tenant_id == Tenant.id) & (TenantDocument.revision == Tenant.revision),
            )
            .order_by(Tenant.slug)
        ).all()
        return [_summary(tenant, document) for tenant, document in rows]


def show(engine: Engine, slug: str) -> dict[str, Any]:
    """The tenant's summary and its current document, complete with defaults. Raises UnknownTenant."""
    with operator_session(engine) as session:
        tenant, document = _found(session, slug)
        return _summary(tenant, document.document) | {"document": document.document}


def export(engine: Engine, slug: str) -> str:
    """The current document as YAML, with `revision: N` so that its next application knows what it is based on.

    Raises UnknownTenant.
    """
    with operator_session(engine) as session:
        _, document = _found(session, slug)
        return normal.canonical(document.document | {"revision": document.revision})


def tenant_id_of(engine: Engine, slug: str) -> Any:
    """Raises UnknownTenant."""
    with operator_session(engine) as session:
        found = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    if found is None:
        raise UnknownTenant(slug)
    return found


def _found(session: Session, slug: str) -> tuple[Tenant, TenantDocument]:
    row = session.execute(
        select(Tenant, TenantDocument)
        .join(
            TenantDocument,
            (TenantDocument.tenant_id == Tenant.id) & (TenantDocument.revision == Tenant.revision),
        )
        .where(Tenant.slug == slug)
    ).one_or_none()
    if row is None:
        raise UnknownTenant(slug)
    return row[0], row[1]


def _summary(tenant: Tenant, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "slug": tenant.slug,
        "name": document["name"],
        "kind": document["kind"],
        "state": tenant.state,
        "revision": tenant.revision,
        "hosts": list(tenant.hosts),
        "modules": sorted(
            key
            for key, value in document["modules"].items()
            if value.get("enabled") and value.get("allowed", True)
        ),
    }


def _current(session: Session) -> TenantDocument | None:
    return session.scalar(select(TenantDocument).order_by(TenantDocument.revision.desc()).limit(1))


def _check_hosts(session: Session, document: dict[str, Any]) -> None:
    taken = {
        host: slug
        for slug, hosts in session.execute(
            select(Tenant.slug, Tenant.hosts).where(Tenant.slug != document["tenant"])
        )
        for host in hosts
    }
    for host in document["hosts"]:
        if host in taken:
            raise HostTaken(host, taken[host])


def _last_file(session: Session) -> TenantDocument | None:
    """The newest revision that a file brought."""
    return session.scalar(
        select(TenantDocument)
        .where(TenantDocument.source == "file")
        .order_by(TenantDocument.revision.desc())
        .limit(1)
    )


def _says_nothing_new(
    document: dict[str, Any],
    file_hash: str,
    based_on: int | None,
    current: TenantDocument,
    last_file: TenantDocument | None,
) -> bool:
    """based_on: a file that names a revision asks to be compared with the platform of today, not with its own past."""
    if last_file is None or last_file.file_hash is None:
        return False
    if based_on is None and last_file.file_hash == file_hash:
        return True
    same_files = last_file.file_hash.partition("-")[2] == file_hash.partition("-")[2]
    return same_files and normal.content_hash(current.document) == normal.content_hash(document)


def _check_base(
    slug: str, current: TenantDocument | None, last_file: TenantDocument | None, based_on: int | None
) -> None:
    """A file is based on the revision it names, else on the one its previous version produced (contract §4)."""
    if current is None:
        return
    if based_on is None and last_file is not None:
        based_on = last_file.revision
    if based_on != current.revision:
        raise OutdatedFile(slug, based_on or 0, current.revision)


def _hash(document: dict[str, Any], folder: Path) -> str:
    """`<of the document>-<of every file it names>`, both SHA-256 in hexadecimal."""
    files = hashlib.sha256()
    for part in parts.parts():
        for name in part.files(document) if part.files else []:
            path = folder / name
            content = path.read_bytes() if path.is_file() else b""
            files.update(f"{name}\0{len(content)}\0".encode() + content)
    return f"{normal.content_hash(document)}-{files.hexdigest()}"
