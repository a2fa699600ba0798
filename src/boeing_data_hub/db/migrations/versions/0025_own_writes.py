"""What a webhook says of itself, so that those of the hub's own writes need no look. Runs before its code."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE hub.store_webhooks ADD COLUMN changed_at timestamptz;
ALTER TABLE hub.store_webhooks ADD COLUMN location_id text;
ALTER TABLE hub.store_webhooks ADD COLUMN available integer;
"""


def upgrade() -> None:
    """Add the columns. They are nullable, so the table is not rewritten."""
    op.execute(COLUMNS)


def downgrade() -> None:
    """Drop them: every webhook is a reason to look again."""
    op.execute("ALTER TABLE hub.store_webhooks DROP COLUMN changed_at, DROP COLUMN location_id, DROP COLUMN available")
