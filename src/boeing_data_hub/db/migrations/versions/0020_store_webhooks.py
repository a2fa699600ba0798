"""Webhooks that the store sent. Runs before its code. A new table, and an index on products by inventory item."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE hub.store_webhooks (
    webhook_id        text PRIMARY KEY,
    topic             text NOT NULL,
    product_id        text,
    inventory_item_id text,
    state             text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done')),
    not_before        timestamptz NOT NULL DEFAULT now(),
    received_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX store_webhooks_due ON hub.store_webhooks (not_before) WHERE state = 'due';
CREATE INDEX store_webhooks_received ON hub.store_webhooks (received_at);
CREATE INDEX products_by_inventory_item ON hub.products (inventory_item_id);
"""


def upgrade() -> None:
    """Create them. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX hub.products_by_inventory_item")
    op.execute("DROP TABLE hub.store_webhooks")
