"""Calls of urgent searches are counted. Runs before its code."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count. A constant default rewrites no rows."""
    op.execute("ALTER TABLE hub.boeing_calls ADD COLUMN urgent integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE hub.boeing_calls DROP COLUMN urgent")
