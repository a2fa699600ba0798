"""Sync: what was learned of each part that is kept right, and how prices and stock moved. Runs before its code.

New tables only, and an index on the lines of quotes, which are read by part; building it blocks new quotes for about a
second for each million lines.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = """
-- One row for each part that sync keeps right. Changes are expected numbers of changes within the days watched, see
-- sync/rates.py; `part_class` is sync/choice.py's.
CREATE TABLE hub.sync_parts (
    sku           text PRIMARY KEY,
    part_class    integer NOT NULL,
    weight        double precision NOT NULL,
    quoted        double precision NOT NULL DEFAULT 0,
    asked_at      timestamptz NOT NULL,
    learned_at    timestamptz NOT NULL,
    price_changes double precision NOT NULL DEFAULT 0,
    stock_changes double precision NOT NULL DEFAULT 0,
    watched_days  double precision NOT NULL DEFAULT 0,
    failures      integer NOT NULL DEFAULT 0,
    not_before    timestamptz,
    changed_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX sync_parts_by_class ON hub.sync_parts (part_class, asked_at) WHERE failures = 0;
CREATE INDEX sync_parts_oldest ON hub.sync_parts (asked_at) WHERE failures = 0;
CREATE INDEX sync_parts_failing ON hub.sync_parts (not_before) WHERE failures > 0;
CREATE INDEX sync_parts_changed ON hub.sync_parts (changed_at) WHERE changed_at IS NOT NULL;

-- What sync knows of the catalogue as a whole: one row.
CREATE TABLE hub.sync_state (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    price_changes double precision,
    price_days    double precision,
    stock_changes double precision,
    stock_days    double precision,
    parts         integer NOT NULL DEFAULT 0,
    next_call_at  timestamptz NOT NULL DEFAULT to_timestamp(0),
    reviewed_at   timestamptz NOT NULL DEFAULT to_timestamp(0),
    reached       text
);
INSERT INTO hub.sync_state DEFAULT VALUES;

-- How Boeing's prices and stock moved: the answers that differed from the one before, and only those.
CREATE TABLE hub.price_history (
    sku        text NOT NULL,
    fetched_at timestamptz NOT NULL,
    list_price numeric(14, 4),
    net_price  numeric(14, 4),
    currency   text,
    PRIMARY KEY (sku, fetched_at)
);
CREATE TABLE hub.stock_history (
    sku        text NOT NULL,
    fetched_at timestamptz NOT NULL,
    quantity   integer,
    locations  jsonb NOT NULL,
    PRIMARY KEY (sku, fetched_at)
);
CREATE INDEX quote_lines_by_part ON hub.quote_lines (part_number);
"""


def upgrade() -> None:
    """Create the tables. Every upgrade ends by closing them, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP INDEX hub.quote_lines_by_part")
    op.execute("DROP TABLE hub.sync_parts, hub.sync_state, hub.price_history, hub.stock_history")
