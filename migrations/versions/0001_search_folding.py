"""Fold letters for French search: case, ligatures and accents, with core functions only.

Signs beyond ASCII become spaces: where the database's character type is C, the parser of PostgreSQL takes every one
of them for a letter, and « l’école » would be one word with its apostrophe.
"""

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
            regexp_replace(
              normalize(replace(replace(lower(value), 'œ', 'oe'), 'æ', 'ae'), NFKD),
              '[\\u0300-\\u036f]', '', 'g'),
            '[\\u0080-\\u00bf\\u00d7\\u00f7\\u2000-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u303f\\ufe00-\\ufe0f\\U0001f000-\\U0001faff]',
            ' ', 'g')
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION app_fold(text)")
