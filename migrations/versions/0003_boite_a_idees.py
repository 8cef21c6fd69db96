"""Create the ideas of the boîte à idées."""

import sqlalchemy as sa
from alembic import op

from migrations.walls import enable_tenant_wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: The module whose tables this revision touches, or None for the core.
module = "boite_a_idees"


def upgrade() -> None:
    op.create_table(
        "boite_a_idees_idea",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("threshold_reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"],
            ["contribution.tenant_id", "contribution.id"],
            name=op.f("fk_boite_a_idees_idea_tenant_id_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_boite_a_idees_idea")),
    )
    enable_tenant_wall("boite_a_idees_idea")


def downgrade() -> None:
    op.drop_table("boite_a_idees_idea")
