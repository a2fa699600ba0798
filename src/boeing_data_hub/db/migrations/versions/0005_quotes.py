"""Quotes and their lines. Runs before the code that needs it; locks nothing old."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# `terms` is what stood on the quote when it was asked for, whatever the settings say later. A line without a price is
# not quoted, and a quoted one has a price above 0: the table itself holds that.
TABLES = """
CREATE TABLE hub.quotes (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rfq_number         text NOT NULL,
    request_hash       text NOT NULL,
    state              text NOT NULL DEFAULT 'pending'
                       CHECK (state IN ('pending', 'quoted', 'partly_quoted', 'no_quote', 'unanswered')),
    rfq_sub_url        text,
    buyer_company_name text,
    buyer_name         text,
    buyer_address      text,
    buyer_phone        text,
    buyer_email        text,
    deliver_to_address text,
    terms              jsonb NOT NULL,
    batch_id           uuid,
    owner              text NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    completed_at       timestamptz,
    CONSTRAINT quotes_rfq_number UNIQUE (rfq_number),
    CONSTRAINT quotes_completed CHECK ((state = 'pending') = (completed_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX quotes_by_state ON hub.quotes (state, id DESC);
CREATE INDEX quotes_search ON hub.quotes (rfq_number text_pattern_ops);

CREATE TABLE hub.quote_lines (
    quote_id      bigint NOT NULL,
    position      integer NOT NULL,
    part_number   text NOT NULL,
    quantity      integer NOT NULL CHECK (quantity > 0),
    state         text NOT NULL DEFAULT 'pending'
                  CHECK (state IN ('pending', 'quoted', 'no_quote', 'unanswered')),
    source        text CHECK (source IN ('store', 'boeing')),
    price         numeric(14, 2) CHECK (price > 0),
    currency      text,
    qty_available integer CHECK (qty_available >= 0),
    uom           text,
    condition     text,
    code          text,
    note          text,
    known_at      timestamptz,
    settled_at    timestamptz,
    PRIMARY KEY (quote_id, position),
    CONSTRAINT quote_lines_priced CHECK ((state = 'quoted') = (price IS NOT NULL AND source IS NOT NULL))
) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    """Create the tables. Every upgrade ends by closing them, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP TABLE hub.quotes, hub.quote_lines")
