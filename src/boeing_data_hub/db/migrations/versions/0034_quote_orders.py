"""Draft orders of quotes. Runs before its code; locks nothing old."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLE = """
-- One draft order for each quote. `payload` is what is sent, frozen when a person orders it; `key` is in it, and tells
-- after a lost answer whether the store has it.
CREATE TABLE hub.draft_orders (
    quote_id       bigint PRIMARY KEY REFERENCES hub.quotes (id) ON DELETE CASCADE,
    shop           text NOT NULL,
    key            uuid NOT NULL,
    payload        jsonb NOT NULL,
    valid_until    date NOT NULL,
    state          text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'created', 'refused')),
    sent_at        timestamptz,
    attempts       integer NOT NULL DEFAULT 0,
    not_before     timestamptz NOT NULL DEFAULT now(),
    note           text,
    draft_order_id text,
    name           text,
    invoice_url    text,
    author         text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT draft_orders_created CHECK ((state = 'created') = (draft_order_id IS NOT NULL))
);
CREATE INDEX draft_orders_due ON hub.draft_orders (not_before) WHERE state = 'due';
"""


def upgrade() -> None:
    """Create the table. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE hub.draft_orders")
