"""The other columns of the file that a batch came from. Runs before its code. New tables only."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE hub.batch_columns (
    batch_id uuid PRIMARY KEY,
    columns  text[] NOT NULL
);
CREATE TABLE hub.batch_lines (
    batch_id uuid NOT NULL,
    position int NOT NULL,
    cells    jsonb NOT NULL,
    PRIMARY KEY (batch_id, position)
);
"""


def upgrade() -> None:
    """Create them. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE hub.batch_lines, hub.batch_columns")
