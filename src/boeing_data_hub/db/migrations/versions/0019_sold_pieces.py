"""Pieces sold in the store, by part and day. Runs before its code. A new table and a new column."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE hub.sold_pieces (
    shop   text NOT NULL,
    sku    text NOT NULL,
    day    date NOT NULL,
    pieces integer NOT NULL CHECK (pieces > 0),
    PRIMARY KEY (sku, shop, day)
);
-- Pieces a day, as the last round through the catalogue found them.
ALTER TABLE hub.sync_parts ADD COLUMN sold double precision NOT NULL DEFAULT 0;
"""


def upgrade() -> None:
    """Create the table. Every upgrade ends by closing it, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop both."""
    op.execute("ALTER TABLE hub.sync_parts DROP COLUMN sold; DROP TABLE hub.sold_pieces")
