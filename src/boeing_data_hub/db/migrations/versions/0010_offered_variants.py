"""A quote line may offer the only variant of the number that was asked for. Runs before its code; rewrites nothing."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Every upgrade ends by closing tables, see `closing.py`."""
    op.execute("ALTER TABLE hub.quote_lines ADD COLUMN offered text")


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("ALTER TABLE hub.quote_lines DROP COLUMN offered")
