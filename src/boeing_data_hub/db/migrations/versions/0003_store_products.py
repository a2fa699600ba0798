"""What is in the store, what is sent there, plans, conflicts, orphans. Runs before its code; locks nothing old."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# `shop` is the store's own id: ids of one store mean nothing in another, even when the settings are changed.
TABLES = """
CREATE TABLE hub.products (
    shop              text NOT NULL,
    sku               text NOT NULL,
    custom_id         text NOT NULL,
    search_key        text NOT NULL,
    handle            text NOT NULL,
    title             text NOT NULL,
    price             numeric(14, 2),
    state             text NOT NULL DEFAULT 'intended'
                      CHECK (state IN ('intended', 'live', 'archived', 'missing')),
    product_id        text,
    variant_id        text,
    inventory_item_id text,
    form              jsonb,
    listing_hash      text,
    stock_hash        text,
    stock             jsonb NOT NULL DEFAULT '{}',
    kept              jsonb NOT NULL DEFAULT '{}',
    left_out          jsonb NOT NULL DEFAULT '[]',
    on_channel        boolean NOT NULL DEFAULT false,
    image_sha256      text,
    image_url         text,
    image_code        text,
    image_at          timestamptz,
    intent            jsonb,
    intent_at         timestamptz,
    batch_id          uuid,
    store_updated_at  timestamptz,
    published_at      timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop, sku),
    CONSTRAINT products_custom_id UNIQUE (shop, custom_id)
);
CREATE INDEX products_search ON hub.products (search_key text_pattern_ops);
CREATE INDEX products_by_id ON hub.products (product_id);
CREATE INDEX products_intended ON hub.products (intent_at) WHERE intent IS NOT NULL;

-- What a batch changed, with what was there before: the memory an undo works from.
CREATE TABLE hub.publish_changes (
    batch_id   uuid NOT NULL,
    sku        text NOT NULL,
    shop       text NOT NULL,
    action     text NOT NULL CHECK (action IN ('created', 'updated')),
    changes    jsonb NOT NULL DEFAULT '[]',
    before     jsonb,
    after      jsonb NOT NULL,
    product_id text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_id, sku)
);
CREATE INDEX publish_changes_sku ON hub.publish_changes (sku, at DESC);

-- What the store was last seen to have under a SKU that we know no product of. `others` are not ours.
CREATE TABLE hub.store_sightings (
    shop    text NOT NULL,
    sku     text NOT NULL,
    ours    jsonb,
    others  jsonb NOT NULL DEFAULT '[]',
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop, sku)
);

CREATE TABLE hub.conflicts (
    shop       text NOT NULL,
    sku        text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('sku_taken', 'handle_taken')),
    product_id text,
    title      text,
    sentence   text NOT NULL,
    batch_id   uuid,
    found_at   timestamptz NOT NULL DEFAULT now(),
    decision   text CHECK (decision IN ('adopt', 'leave')),
    decided_by text,
    decided_at timestamptz,
    PRIMARY KEY (shop, sku)
);
CREATE INDEX conflicts_open ON hub.conflicts (found_at) WHERE decided_at IS NULL;

-- Products of ours in the store that are to go, until they are gone.
CREATE TABLE hub.orphans (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop       text NOT NULL,
    sku        text NOT NULL,
    product_id text,
    reason     text NOT NULL,
    batch_id   uuid,
    state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'gone', 'kept')),
    attempts   integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    error      text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orphans_due ON hub.orphans (not_before) WHERE state = 'due';

CREATE TABLE hub.plan_items (
    batch_id uuid NOT NULL,
    position integer NOT NULL,
    sku      text NOT NULL,
    action   text NOT NULL CHECK (action IN ('create', 'update', 'restock', 'unchanged', 'blocked', 'conflict')),
    code     text,
    sentence text,
    changes  jsonb NOT NULL DEFAULT '[]',
    digest   text NOT NULL,
    PRIMARY KEY (batch_id, position, sku)
);

-- A call that sets stock, kept before it is made: sent again with the same key it is carried out once.
CREATE TABLE hub.stock_calls (
    key        uuid PRIMARY KEY,
    shop       text NOT NULL,
    rows       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hub.bulk_runs (
    id           uuid PRIMARY KEY,
    shop         text NOT NULL,
    batch_id     uuid NOT NULL,
    state        text NOT NULL DEFAULT 'prepared'
                 CHECK (state IN ('prepared', 'starting', 'running', 'finished', 'ended')),
    lines        integer NOT NULL,
    operation_id text,
    path         text,
    url          text,
    partial      boolean NOT NULL DEFAULT false,
    object_count integer NOT NULL DEFAULT 0,
    cancelling   boolean NOT NULL DEFAULT false,
    note         text,
    attempts     integer NOT NULL DEFAULT 0,
    not_before   timestamptz NOT NULL DEFAULT now(),
    state_since  timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bulk_runs_open ON hub.bulk_runs (not_before) WHERE state <> 'ended';
CREATE INDEX bulk_runs_batch ON hub.bulk_runs (batch_id);

CREATE TABLE hub.bulk_lines (
    run_id    uuid NOT NULL,
    number    integer NOT NULL,
    sku       text NOT NULL,
    variables jsonb NOT NULL,
    settled   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, number)
);
CREATE INDEX bulk_lines_open ON hub.bulk_lines (sku) WHERE NOT settled;

-- What people enter about a part by hand. It takes precedence over Boeing's data and is kept across searches.
CREATE TABLE hub.hand_data (
    sku             text PRIMARY KEY,
    trace           text,
    expiration_date date,
    notes           text,
    condition       text,
    cert            text,
    price_override  numeric(14, 2) CHECK (price_override > 0),
    excluded        boolean NOT NULL DEFAULT false,
    updated_by      text NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hub.images (
    source         text PRIMARY KEY,
    sha256         text NOT NULL,
    url            text NOT NULL,
    filename       text NOT NULL,
    is_placeholder boolean NOT NULL,
    code           text,
    sentence       text,
    passing        boolean NOT NULL DEFAULT false,
    fetched_at     timestamptz NOT NULL DEFAULT now()
);

-- A cancelled batch whose last parts are still under way has no end yet.
CREATE INDEX batches_unsettled ON hub.batches (created_at) WHERE completed_at IS NULL;

-- Why a line is paused, in a sentence for people, where a word is not enough.
ALTER TABLE hub.pacing ADD COLUMN IF NOT EXISTS pause_note text;
"""

# As in 0001, for every table that is not protected yet.
PROTECT = """
DO $$
DECLARE t text;
BEGIN
    FOR t IN
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'hub' AND tablename <> 'alembic_version' AND NOT rowsecurity
    LOOP
        EXECUTE format('ALTER TABLE hub.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE hub.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY hub_only ON hub.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
        EXECUTE format('REVOKE ALL ON hub.%I FROM PUBLIC', t);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    """Create the tables, then close them."""
    op.execute(TABLES)
    op.execute("INSERT INTO hub.pacing (line) VALUES ('shopify'), ('shopify-creates') ON CONFLICT DO NOTHING")
    op.execute(PROTECT)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute(
        "DROP TABLE hub.products, hub.publish_changes, hub.store_sightings, hub.conflicts, hub.orphans,"
        " hub.plan_items, hub.stock_calls, hub.bulk_runs, hub.bulk_lines, hub.hand_data, hub.images"
    )
    op.execute("DROP INDEX hub.batches_unsettled")
    op.execute("DELETE FROM hub.pacing WHERE line LIKE 'shopify%'")
    op.execute("ALTER TABLE hub.pacing DROP COLUMN pause_note")
