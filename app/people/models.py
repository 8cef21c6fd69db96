"""One Person per human and tenant: guest, confirmed, account are attributes and credentials of the same row."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import TenantModel, tenant_key, tenant_unique

#: Levels of a session, weakest first (architecture: core objects).
LEVELS = ("guest", "confirmed", "account", "strong")

ROLES = ("mediator", "moderator", "analyst", "manager", "administrator")

#: How somebody wants the news of what they follow: never, once a week, or as it happens.
NOTIFY = ("none", "digest", "each")


class Person(TenantModel):
    """Somebody of one tenant. A guest has neither a verified attribute nor a public name.

    charter_at: when the charter was accepted; with `display_name` it makes an account. notify: one of NOTIFY.
    digest_sent_on: Monday of the last week they were told about, for those who hear once a week.
    acted_on: day of the last act; a guest without one for 30 days is purged.
    """

    __tablename__ = "person"
    __table_args__ = (
        tenant_key("zone_id", "zone", ondelete="SET NULL"),
        CheckConstraint("state in ('active', 'erased')", name="state"),
        CheckConstraint("notify in ('none', 'digest', 'each')", name="notify"),
        Index("ix_person_tenant_acted_on", "tenant_id", "acted_on"),
    )

    display_name: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="fr")
    zone_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="active")
    charter_at: Mapped[datetime | None]
    newsletter_at: Mapped[datetime | None]
    notify: Mapped[str] = mapped_column(default="each")
    digest_sent_on: Mapped[date | None]
    created_at: Mapped[datetime]
    acted_on: Mapped[date]

    @property
    def has_account(self) -> bool:
        return self.display_name is not None and self.charter_at is not None


class PersonAttribute(TenantModel):
    """An e-mail address (later: a phone, an identity). `verified_key` is the normalised value once proven;
    claims that nobody proved may repeat, a proven one belongs to one person of the tenant."""

    __tablename__ = "person_attribute"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        tenant_unique("kind", "verified_key", name="uq_person_attribute_verified"),
        Index("ix_person_attribute_person", "tenant_id", "person_id"),
    )

    person_id: Mapped[UUID]
    kind: Mapped[str]
    value: Mapped[str]
    verified_key: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Credential(TenantModel):
    """A way to sign in that the person holds: today a password (argon2id hash)."""

    __tablename__ = "credential"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        tenant_unique("person_id", "kind", name="uq_credential_person_kind"),
    )

    person_id: Mapped[UUID]
    kind: Mapped[str]
    secret: Mapped[str]
    created_at: Mapped[datetime]


class PersonRole(TenantModel):
    """A role of ROLES, for every démarche (`project_id` null) or one."""

    __tablename__ = "person_role"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        UniqueConstraint(
            "tenant_id",
            "person_id",
            "role",
            "project_id",
            name="uq_person_role_grant",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "role in ('mediator', 'moderator', 'analyst', 'manager', 'administrator')",
            name="role",
        ),
    )

    person_id: Mapped[UUID]
    role: Mapped[str]
    project_id: Mapped[UUID | None]
    granted_by: Mapped[UUID | None]
    granted_at: Mapped[datetime]


class PersonSession(TenantModel):
    """A browser somebody uses. The cookie holds a random token, the row only its SHA-256.

    level: one of LEVELS, what was proven on this browser. seen_on: day of the last request, no finer.
    """

    __tablename__ = "person_session"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        tenant_unique("token_hash", name="uq_person_session_token"),
        Index("ix_person_session_person", "tenant_id", "person_id"),
        CheckConstraint("level in ('guest', 'confirmed', 'account', 'strong')", name="level"),
    )

    person_id: Mapped[UUID]
    token_hash: Mapped[str]
    level: Mapped[str]
    device: Mapped[str]
    remember: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_on: Mapped[date]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInRequest(TenantModel):
    """A link and a code asked for an address. Both derive from the row's id and the deployment's key, so neither
    is stored. person_id: the guest who asked, if any. intention_id: what to resume, on any device."""

    __tablename__ = "sign_in_request"
    __table_args__ = (
        tenant_key("person_id", "person", ondelete="CASCADE"),
        Index("ix_sign_in_request_email_key", "tenant_id", "email_key"),
    )

    email: Mapped[str]
    email_key: Mapped[str]
    purpose: Mapped[str]
    person_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    intention_id: Mapped[UUID | None]
    next_path: Mapped[str | None]
    remember: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    code_attempts: Mapped[int] = mapped_column(default=0)


class Invitation(TenantModel):
    """A role offered to an address; its one-time link is printed by `parvis user invite` and lives seven days."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_email_key", "tenant_id", "email_key"),)

    email: Mapped[str]
    email_key: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
