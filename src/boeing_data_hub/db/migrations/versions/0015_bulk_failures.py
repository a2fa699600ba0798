"""Items of publish runs count their failed bulk operations apart from their failed tries.

It runs before its code. Locks: the table for a moment; the column has a constant default, so no row is rewritten.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count."""
    op.execute("ALTER TABLE hub.batch_items ADD COLUMN bulk_failures smallint NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Remove it."""
    op.execute("ALTER TABLE hub.batch_items DROP COLUMN bulk_failures")
