"""Which parts Boeing's newest answer to sync did not know. Runs before its code."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Its default is constant, so the table is not rewritten."""
    op.execute("ALTER TABLE hub.sync_parts ADD COLUMN absent boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE hub.sync_parts DROP COLUMN absent")
