"""Which store the hub publishes to, as a row: every list, count and page is about it. Deaths of workers get a count of
their own, beside the failed tries of an item. The hub knows its image in the store by its media id. Locks: none for
long; the default is constant, so no row is rewritten.

Products, conflicts, leftover products and bulk operations of a former store stay in their tables and are shown nowhere;
they are there again when the hub is connected to that store again.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns; where products were published, their newest store is the current one."""
    op.execute(
        """
        CREATE TABLE hub.current_store (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            shop text NOT NULL,
            since timestamptz NOT NULL DEFAULT now()
        );
        ALTER TABLE hub.current_store ENABLE ROW LEVEL SECURITY;
        INSERT INTO hub.current_store (shop) SELECT shop FROM hub.products ORDER BY updated_at DESC LIMIT 1;
        ALTER TABLE hub.products ADD COLUMN image_media_id text;
        ALTER TABLE hub.batch_items ADD COLUMN deaths smallint NOT NULL DEFAULT 0;
        """
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE hub.current_store")
    op.execute("ALTER TABLE hub.batch_items DROP COLUMN deaths")
    op.execute("ALTER TABLE hub.products DROP COLUMN image_media_id")
