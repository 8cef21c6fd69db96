"""Add a table and forget the way back."""

import sqlalchemy as sa
from alembic import op

revision = "fault_no_downgrade"
down_revision = None

module = None


def upgrade() -> None:
    op.create_table("one_way", sa.Column("id", sa.Uuid()))


def downgrade() -> None:
    pass
