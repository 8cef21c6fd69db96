"""Add a table without saying whose it is."""

import sqlalchemy as sa
from alembic import op

revision = "fault_no_module"
down_revision = None


def upgrade() -> None:
    op.create_table("orphan", sa.Column("id", sa.Uuid()))


def downgrade() -> None:
    op.drop_table("orphan")
