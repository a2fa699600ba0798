"""Up to which pieces sales are counted, so that reads of the store count them, too. Runs before its code."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Its default is constant, so the table is not rewritten; empty: counted up to what was set."""
    op.execute("ALTER TABLE hub.products ADD COLUMN counted jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    """Drop it: what was sold since the last publish may be counted once more."""
    op.execute("ALTER TABLE hub.products DROP COLUMN counted")
