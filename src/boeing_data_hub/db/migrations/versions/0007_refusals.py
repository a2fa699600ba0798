"""An upstream's rejected calls: how many, the last accepted one, when a quota resets, and Boeing's message.

Runs before its code. `pacing` has a row for each upstream, so nothing is locked for longer than a moment.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE hub.pacing ADD COLUMN fruitless integer NOT NULL DEFAULT 0;
ALTER TABLE hub.pacing ADD COLUMN accepted_at timestamptz;
ALTER TABLE hub.pacing ADD COLUMN back_at timestamptz;
ALTER TABLE hub.pacing ADD COLUMN words text;
"""


def upgrade() -> None:
    """Add the columns."""
    op.execute(COLUMNS)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute(
        "ALTER TABLE hub.pacing DROP COLUMN fruitless, DROP COLUMN accepted_at, DROP COLUMN back_at, DROP COLUMN words"
    )
