"""Pauses by hand. Runs before its code. A new table."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE hub.manual_pauses (
    what   text PRIMARY KEY CHECK (what IN ('boeing', 'publishing', 'sync')),
    author text NOT NULL,
    reason text NOT NULL DEFAULT '',
    since  timestamptz NOT NULL DEFAULT now(),
    until  timestamptz
);
"""


def upgrade() -> None:
    """Create it. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE hub.manual_pauses")
