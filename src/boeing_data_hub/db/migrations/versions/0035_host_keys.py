"""The host key that a saved list pins, for SFTP. Runs before its code. A column with a default: no row is rewritten."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute("ALTER TABLE hub.part_lists ADD COLUMN host_key text NOT NULL DEFAULT ''")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE hub.part_lists DROP COLUMN host_key")
