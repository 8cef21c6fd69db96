"""Create the petitions."""

import sqlalchemy as sa
from alembic import op

from migrations.walls import enable_tenant_wall

revision = "9001"
down_revision = "HEAD"
branch_labels = None
depends_on = None

#: The module whose tables this revision touches, or None for the core.
module = "petition"


def upgrade() -> None:
    op.create_table(
        "petition_petition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_petition_petition_tenant_id_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_petition_petition")),
    )
    enable_tenant_wall("petition_petition")


def downgrade() -> None:
    op.drop_table("petition_petition")
