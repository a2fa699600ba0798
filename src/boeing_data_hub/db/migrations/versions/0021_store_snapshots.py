"""Snapshots of the store. Runs before its code. Only new tables."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE hub.store_snapshots (
    id           uuid PRIMARY KEY,
    shop         text NOT NULL,
    state        text NOT NULL DEFAULT 'prepared'
        CHECK (state IN ('prepared', 'starting', 'running', 'finished', 'comparing', 'ended')),
    outcome      text CHECK (outcome IN ('complete', 'failed', 'cancelled')),
    operation_id text,
    url          text,
    object_count bigint NOT NULL DEFAULT 0,
    products     integer NOT NULL DEFAULT 0,
    variants     integer NOT NULL DEFAULT 0,
    reached      text NOT NULL DEFAULT '',
    compared     integer NOT NULL DEFAULT 0,
    differing    integer NOT NULL DEFAULT 0,
    cancelling   boolean NOT NULL DEFAULT false,
    note         text,
    attempts     integer NOT NULL DEFAULT 0,
    actor        text NOT NULL,
    not_before   timestamptz NOT NULL DEFAULT now(),
    state_since  timestamptz NOT NULL DEFAULT now(),
    taken_at     timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    CHECK ((state = 'ended') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX store_snapshots_open ON hub.store_snapshots (shop) WHERE state <> 'ended';
CREATE INDEX store_snapshots_newest ON hub.store_snapshots (shop, created_at);

-- What the store had, whoever made it: stored line by line, in whatever order the lines come.
CREATE TABLE hub.store_snapshot_products (
    snapshot_id uuid NOT NULL,
    product_id  text NOT NULL,
    handle      text NOT NULL,
    title       text NOT NULL,
    status      text NOT NULL,
    vendor      text NOT NULL,
    tags        text[] NOT NULL,
    custom_id   text,
    metafields  jsonb NOT NULL,
    updated_at  timestamptz,
    PRIMARY KEY (snapshot_id, product_id)
);
CREATE TABLE hub.store_snapshot_variants (
    snapshot_id       uuid NOT NULL,
    variant_id        text NOT NULL,
    product_id        text NOT NULL,
    sku               text,
    barcode           text,
    price             numeric,
    inventory_item_id text,
    tracked           boolean NOT NULL,
    PRIMARY KEY (snapshot_id, variant_id)
);
CREATE INDEX store_snapshot_variants_product ON hub.store_snapshot_variants (snapshot_id, product_id);
CREATE INDEX store_snapshot_variants_sku ON hub.store_snapshot_variants (snapshot_id, upper(sku));
CREATE TABLE hub.store_snapshot_levels (
    snapshot_id       uuid NOT NULL,
    inventory_item_id text NOT NULL,
    location_id       text NOT NULL,
    available         integer NOT NULL,
    PRIMARY KEY (snapshot_id, inventory_item_id, location_id)
);
"""


def upgrade() -> None:
    """Create them. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them; a snapshot can be taken again."""
    op.execute(
        "DROP TABLE hub.store_snapshots, hub.store_snapshot_products, hub.store_snapshot_variants,"
        " hub.store_snapshot_levels"
    )
