"""Products whose price in the store is below what Boeing charges us, as the last check found them."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE hub.below_cost (
    shop text NOT NULL,
    sku  text NOT NULL,
    PRIMARY KEY (shop, sku)
);
"""


def upgrade() -> None:
    """Create the table. Every upgrade ends by closing it, see `closing.py`."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE hub.below_cost")
