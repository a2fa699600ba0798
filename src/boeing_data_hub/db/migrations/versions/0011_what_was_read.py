"""What was read of a list, and the list itself, so that another column can be chosen. Locks: none for long.

Constant defaults: no row is rewritten. Drafts, and the lists in them, are removed after a day as before.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.execute(
        "ALTER TABLE hub.search_drafts"
        " ADD COLUMN reading jsonb,"
        " ADD COLUMN flagged text[] NOT NULL DEFAULT '{}',"
        " ADD COLUMN chosen jsonb NOT NULL DEFAULT '{}',"
        " ADD COLUMN content bytea"
    )


def downgrade() -> None:
    """Drop them."""
    op.execute(
        "ALTER TABLE hub.search_drafts"
        " DROP COLUMN reading, DROP COLUMN flagged, DROP COLUMN chosen, DROP COLUMN content"
    )
