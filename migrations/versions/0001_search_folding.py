"""Fold letters for French search: case, ligatures and accents, with core functions only."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

module = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION app_fold(value text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS $$
          SELECT regexp_replace(
            normalize(replace(replace(lower(value), 'œ', 'oe'), 'æ', 'ae'), NFKD),
            '[\\u0300-\\u036f]', '', 'g')
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION app_fold(text)")
