"""Create the tables of the core: tenants, people, démarches, contributions, discussion, outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import TENANT_OF_TRANSACTION, append_only, enable_tenant_wall

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: The module whose tables this revision touches, or None for the core.
module = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_tenant_at", "audit_entry", ["tenant_id", "at"], unique=False)
    op.create_table(
        "due_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_work")),
        sa.UniqueConstraint("tenant_id", "kind", "ref", name="uq_due_work_work"),
    )
    op.create_index("ix_due_work_due_at", "due_work", ["due_at"], unique=False)
    op.create_table(
        "event",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event")),
    )
    op.create_table(
        "invitation",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invitation")),
    )
    op.create_index(
        "ix_invitation_email_key",
        "invitation",
        ["tenant_id", "email_key"],
        unique=False,
    )
    op.create_table(
        "project",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("cover", sa.String(), nullable=False),
        sa.Column("themes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('draft', 'published', 'archived')", name=op.f("ck_project_state")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_project")),
        sa.UniqueConstraint("tenant_id", "slug", name="uq_project_slug"),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("hosts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('live', 'closed')", name=op.f("ck_tenant_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
    )
    op.create_table(
        "tenant_logo",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_logo")),
    )
    op.create_table(
        "tenant_document",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_document")),
        sa.UniqueConstraint("tenant_id", "revision", name="uq_tenant_document_revision"),
    )
    op.create_table(
        "zone",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("shape", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zone")),
        sa.UniqueConstraint("tenant_id", "slug", name="uq_zone_slug"),
    )
    op.create_table(
        "delivery",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["event.tenant_id", "event.id"],
            name=op.f("fk_delivery_tenant_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("tenant_id", "event_id", "handler", name="uq_delivery_event_handler"),
    )
    op.create_table(
        "person",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("charter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newsletter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify", sa.String(), nullable=False),
        sa.Column("digest_sent_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=False),
        sa.CheckConstraint("state in ('active', 'erased')", name=op.f("ck_person_state")),
        sa.CheckConstraint("notify in ('none', 'digest', 'each')", name=op.f("ck_person_notify")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "zone_id"],
            ["zone.tenant_id", "zone.id"],
            name=op.f("fk_person_tenant_id_zone_id"),
            ondelete="SET NULL (zone_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_tenant_acted_on", "person", ["tenant_id", "acted_on"], unique=False)
    op.create_table(
        "step",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("results_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requirements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("contributions", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("shuffled", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "closes_at is null or opens_at is null or closes_at > opens_at",
            name=op.f("ck_step_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "project_id"],
            ["project.tenant_id", "project.id"],
            name=op.f("fk_step_tenant_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_step")),
        sa.UniqueConstraint("tenant_id", "segment", "slug", name="uq_step_segment_slug"),
    )
    op.create_index("ix_step_project", "step", ["tenant_id", "project_id", "position"], unique=False)
    op.create_table(
        "credential",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_credential_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credential")),
        sa.UniqueConstraint("tenant_id", "person_id", "kind", name="uq_credential_person_kind"),
    )
    op.create_table(
        "draft",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_draft_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_draft_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_draft")),
    )
    op.create_index(
        "ix_draft_person",
        "draft",
        ["tenant_id", "person_id", "updated_at"],
        unique=False,
    )
    op.create_table(
        "intention",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("form_issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'committed', 'done', 'dropped')",
            name=op.f("ck_intention_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_intention_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_intention_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_intention")),
    )
    op.create_index(
        "ix_intention_person",
        "intention",
        ["tenant_id", "person_id", "state"],
        unique=False,
    )
    op.create_table(
        "person_attribute",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("verified_key", sa.String(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_person_attribute_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person_attribute")),
        sa.UniqueConstraint("tenant_id", "kind", "verified_key", name="uq_person_attribute_verified"),
    )
    op.create_index(
        "ix_person_attribute_person",
        "person_attribute",
        ["tenant_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "person_role",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role in ('mediator', 'moderator', 'analyst', 'manager', 'administrator')",
            name=op.f("ck_person_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_person_role_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person_role")),
        sa.UniqueConstraint(
            "tenant_id",
            "person_id",
            "role",
            "project_id",
            name="uq_person_role_grant",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "person_session",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("remember", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "level in ('guest', 'confirmed', 'account', 'strong')",
            name=op.f("ck_person_session_level"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_person_session_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person_session")),
        sa.UniqueConstraint("tenant_id", "token_hash", name="uq_person_session_token"),
    )
    op.create_index(
        "ix_person_session_person",
        "person_session",
        ["tenant_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "photo",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("widths", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("width > 0 and height > 0", name=op.f("ck_photo_size")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "uploader_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_photo_tenant_id_uploader_id"),
            ondelete="SET NULL (uploader_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_photo")),
    )
    op.create_table(
        "sign_in_request",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("intention_id", sa.Uuid(), nullable=True),
        sa.Column("next_path", sa.String(), nullable=True),
        sa.Column("remember", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_sign_in_request_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sign_in_request")),
    )
    op.create_index(
        "ix_sign_in_request_email_key",
        "sign_in_request",
        ["tenant_id", "email_key"],
        unique=False,
    )
    op.create_table(
        "step_counter",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_step_counter_n")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_step_counter_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_step_counter")),
        sa.UniqueConstraint(
            "tenant_id",
            "step_id",
            "state",
            "theme",
            "zone",
            "status",
            name="uq_step_counter_cell",
        ),
    )
    op.create_table(
        "step_participation",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.CheckConstraint("supports >= 0", name=op.f("ck_step_participation_supports")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_step_participation_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_step_participation_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_step_participation")),
        sa.UniqueConstraint("tenant_id", "step_id", "person_id", name="uq_step_participation_person"),
    )
    op.create_table(
        "contribution",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_label", sa.String(), nullable=True),
        sa.Column("theme", sa.String(), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pending_for", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("threshold_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("shuffle_rank", sa.Integer(), nullable=True),
        sa.Column("import_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('french'::regconfig, app_fold(title)), 'A')"
                " || setweight(to_tsvector('french'::regconfig, app_fold(body)), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (pending_for is not null)"
            " and pending_for in ('identity', 'requirements', 'moderation', 'too_late')",
            name=op.f("ck_contribution_pending_for"),
        ),
        sa.CheckConstraint(
            "state in ('draft', 'pending', 'published', 'hidden', 'archived', 'withdrawn', 'merged', 'rejected',"
            " 'erased')",
            name=op.f("ck_contribution_state"),
        ),
        sa.CheckConstraint("supports >= 0 and comments >= 0", name=op.f("ck_contribution_counters")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_contribution_tenant_id_author_id"),
            ondelete="SET NULL (author_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "photo_id"],
            ["photo.tenant_id", "photo.id"],
            name=op.f("fk_contribution_tenant_id_photo_id"),
            ondelete="SET NULL (photo_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_contribution_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "zone_id"],
            ["zone.tenant_id", "zone.id"],
            name=op.f("fk_contribution_tenant_id_zone_id"),
            ondelete="SET NULL (zone_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("tenant_id", "step_id", "import_key", name="uq_contribution_import_key"),
        sa.UniqueConstraint("tenant_id", "step_id", "number", name="uq_contribution_step_number"),
    )
    op.create_index(
        "ix_contribution_author",
        "contribution",
        ["tenant_id", "author_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_commented",
        "contribution",
        ["tenant_id", "step_id", "state", "comments", "number"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_published",
        "contribution",
        ["tenant_id", "state", "published_at"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_recent",
        "contribution",
        ["tenant_id", "step_id", "state", "published_at", "number"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_shuffled",
        "contribution",
        ["tenant_id", "step_id", "state", "shuffle_rank", "number"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_supported",
        "contribution",
        ["tenant_id", "step_id", "state", "supports", "number"],
        unique=False,
    )
    op.create_index(
        "ix_contribution_themed",
        "contribution",
        ["tenant_id", "step_id", "state", "theme", "supports", "number"],
        unique=False,
    )
    op.create_table(
        "intention_commit",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"],
            ["intention.tenant_id", "intention.id"],
            name=op.f("fk_intention_commit_tenant_id_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_intention_commit")),
    )
    op.create_table(
        "comment",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_label", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pending_for", sa.String(), nullable=True),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("import_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'published', 'hidden', 'withdrawn', 'erased')",
            name=op.f("ck_comment_state"),
        ),
        sa.CheckConstraint("supports >= 0 and replies >= 0", name=op.f("ck_comment_counters")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_comment_tenant_id_author_id"),
            ondelete="SET NULL (author_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_comment_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["comment.tenant_id", "comment.id"],
            name=op.f("fk_comment_tenant_id_parent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_comment_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_comment")),
        sa.UniqueConstraint("tenant_id", "contribution_id", "import_key", name="uq_comment_import_key"),
    )
    op.create_index(
        "ix_comment_author",
        "comment",
        ["tenant_id", "author_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_comment_liked",
        "comment",
        ["tenant_id", "contribution_id", "parent_id", "supports"],
        unique=False,
    )
    op.create_index(
        "ix_comment_recent",
        "comment",
        ["tenant_id", "contribution_id", "parent_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "contribution_version",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_contribution_version_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contribution_version")),
        sa.UniqueConstraint(
            "tenant_id",
            "contribution_id",
            "number",
            name="uq_contribution_version_number",
        ),
    )
    op.create_table(
        "follow",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level in ('none', 'essential', 'all')", name=op.f("ck_follow_level")),
        sa.CheckConstraint(
            "num_nonnulls(contribution_id, step_id, project_id) = 1",
            name=op.f("ck_follow_target"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_follow_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_follow_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "project_id"],
            ["project.tenant_id", "project.id"],
            name=op.f("fk_follow_tenant_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_follow_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_follow")),
        sa.UniqueConstraint("tenant_id", "person_id", "contribution_id", name="uq_follow_contribution"),
        sa.UniqueConstraint("tenant_id", "person_id", "project_id", name="uq_follow_project"),
        sa.UniqueConstraint("tenant_id", "person_id", "step_id", name="uq_follow_step"),
    )
    op.create_index(
        "ix_follow_contribution",
        "follow",
        ["tenant_id", "contribution_id"],
        unique=False,
    )
    op.create_table(
        "official_answer",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("signatory", sa.String(), nullable=False),
        sa.Column("signatory_title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_official_answer_tenant_id_author_id"),
            ondelete="SET NULL (author_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_official_answer_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_official_answer")),
    )
    op.create_index(
        "ix_official_answer_contribution",
        "official_answer",
        ["tenant_id", "contribution_id", "published_at"],
        unique=False,
    )
    op.create_table(
        "status_change",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_status_change_tenant_id_author_id"),
            ondelete="SET NULL (author_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_status_change_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_status_change")),
    )
    op.create_index(
        "ix_status_change_contribution",
        "status_change",
        ["tenant_id", "contribution_id", "at"],
        unique=False,
    )
    op.create_table(
        "decision",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("previous_state", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(contribution_id is null) <> (comment_id is null)",
            name=op.f("ck_decision_target"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_decision_tenant_id_author_id"),
            ondelete="SET NULL (author_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "comment_id"],
            ["comment.tenant_id", "comment.id"],
            name=op.f("fk_decision_tenant_id_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_decision_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_decision")),
    )
    op.create_index(
        "ix_decision_comment",
        "decision",
        ["tenant_id", "comment_id", "at"],
        unique=False,
    )
    op.create_index(
        "ix_decision_contribution",
        "decision",
        ["tenant_id", "contribution_id", "at"],
        unique=False,
    )
    op.create_table(
        "vote",
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text(TENANT_OF_TRANSACTION),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("pending_for", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(contribution_id is null) <> (comment_id is null)",
            name=op.f("ck_vote_target"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "comment_id"],
            ["comment.tenant_id", "comment.id"],
            name=op.f("fk_vote_tenant_id_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contribution_id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_vote_tenant_id_contribution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_vote_tenant_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "step_id"],
            ["step.tenant_id", "step.id"],
            name=op.f("fk_vote_tenant_id_step_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote")),
        sa.UniqueConstraint("tenant_id", "comment_id", "person_id", name="uq_vote_comment_person"),
        sa.UniqueConstraint(
            "tenant_id",
            "contribution_id",
            "person_id",
            name="uq_vote_contribution_person",
        ),
    )
    op.create_index("ix_vote_person", "vote", ["tenant_id", "person_id", "step_id"], unique=False)

    enable_tenant_wall(
        "audit_entry",
        "comment",
        "contribution",
        "contribution_version",
        "credential",
        "decision",
        "delivery",
        "draft",
        "event",
        "follow",
        "intention",
        "intention_commit",
        "invitation",
        "official_answer",
        "person",
        "person_attribute",
        "person_role",
        "person_session",
        "photo",
        "project",
        "sign_in_request",
        "status_change",
        "step",
        "step_counter",
        "step_participation",
        "tenant_document",
        "tenant_logo",
        "vote",
        "zone",
    )
    append_only("audit_entry", "tenant_document")
    # The application reads which tenants exist; only the operator writes them.
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON tenant FROM parvis_app")
    # A new revision of a document shows on its tenant, whoever wrote it, so that web processes notice.
    op.execute(
        """
        CREATE FUNCTION tenant_revision_bump() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
        AS $$
        BEGIN
          UPDATE tenant SET revision = NEW.revision WHERE id = NEW.tenant_id AND revision < NEW.revision;
          RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER tenant_document_bump AFTER INSERT ON tenant_document"
        " FOR EACH ROW EXECUTE FUNCTION tenant_revision_bump()"
    )


def downgrade() -> None:
    op.drop_index("ix_vote_person", table_name="vote")
    op.drop_table("vote")
    op.drop_index("ix_decision_contribution", table_name="decision")
    op.drop_index("ix_decision_comment", table_name="decision")
    op.drop_table("decision")
    op.drop_index("ix_status_change_contribution", table_name="status_change")
    op.drop_table("status_change")
    op.drop_index("ix_official_answer_contribution", table_name="official_answer")
    op.drop_table("official_answer")
    op.drop_index("ix_follow_contribution", table_name="follow")
    op.drop_table("follow")
    op.drop_table("contribution_version")
    op.drop_index("ix_comment_recent", table_name="comment")
    op.drop_index("ix_comment_liked", table_name="comment")
    op.drop_index("ix_comment_author", table_name="comment")
    op.drop_table("comment")
    op.drop_table("intention_commit")
    op.drop_index("ix_contribution_themed", table_name="contribution")
    op.drop_index("ix_contribution_supported", table_name="contribution")
    op.drop_index("ix_contribution_shuffled", table_name="contribution")
    op.drop_index("ix_contribution_recent", table_name="contribution")
    op.drop_index("ix_contribution_published", table_name="contribution")
    op.drop_index("ix_contribution_commented", table_name="contribution")
    op.drop_index("ix_contribution_author", table_name="contribution")
    op.drop_table("contribution")
    op.drop_table("step_participation")
    op.drop_table("step_counter")
    op.drop_index("ix_sign_in_request_email_key", table_name="sign_in_request")
    op.drop_table("sign_in_request")
    op.drop_table("photo")
    op.drop_index("ix_person_session_person", table_name="person_session")
    op.drop_table("person_session")
    op.drop_table("person_role")
    op.drop_index("ix_person_attribute_person", table_name="person_attribute")
    op.drop_table("person_attribute")
    op.drop_index("ix_intention_person", table_name="intention")
    op.drop_table("intention")
    op.drop_index("ix_draft_person", table_name="draft")
    op.drop_table("draft")
    op.drop_table("credential")
    op.drop_index("ix_step_project", table_name="step")
    op.drop_table("step")
    op.drop_index("ix_person_tenant_acted_on", table_name="person")
    op.drop_table("person")
    op.drop_table("delivery")
    op.drop_table("zone")
    op.drop_table("tenant_logo")
    op.drop_table("tenant_document")
    op.drop_table("tenant")
    op.drop_table("project")
    op.drop_index("ix_invitation_email_key", table_name="invitation")
    op.drop_table("invitation")
    op.drop_table("event")
    op.drop_index("ix_due_work_due_at", table_name="due_work")
    op.drop_table("due_work")
    op.drop_index("ix_audit_entry_tenant_at", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION tenant_revision_bump()")
