"""Chores, notices, and when a batch's details were removed. Runs before its code; locks nothing old for long.

No large table gets an index: answers and audit lines are walked by their ids, and whether an answer is still the newest
of a part is asked by the part's own key. The tables that do get one have a row for each batch, or fewer.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
-- What is done now and then: when next, and where a round that was begun stands, so that anybody goes on with it.
CREATE TABLE hub.chores (
    name       text PRIMARY KEY,
    due_at     timestamptz NOT NULL DEFAULT now(),
    began_at   timestamptz,
    done_at    timestamptz,
    removed    bigint NOT NULL DEFAULT 0,
    last_round bigint,
    failures   integer NOT NULL DEFAULT 0,
    cursor     jsonb,
    note       text,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- What people are to be told, once on each channel. The id is also the idempotency key that receivers are given.
CREATE TABLE hub.notices (
    id          text NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('webhook', 'email')),
    kind        text NOT NULL CHECK (kind IN ('digest', 'alarm')),
    day         date,
    covers_from timestamptz,
    covers_to   timestamptz,
    document    jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'given_up')),
    attempts    integer NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT now(),
    taken_until timestamptz,
    taken_by    uuid,
    error       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    PRIMARY KEY (id, channel)
);
CREATE INDEX notices_due ON hub.notices (not_before) WHERE state = 'due';

ALTER TABLE hub.batches ADD COLUMN items_gone_at timestamptz;
ALTER TABLE hub.batches ADD COLUMN changes_gone_at timestamptz;
CREATE INDEX batches_ended ON hub.batches (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX batches_with_items ON hub.batches (completed_at) WHERE completed_at IS NOT NULL AND items_gone_at IS NULL;
CREATE INDEX batches_with_changes ON hub.batches (completed_at)
    WHERE completed_at IS NOT NULL AND changes_gone_at IS NULL AND batch_type = 'publish';
CREATE INDEX batches_with_keys ON hub.batches (completed_at)
    WHERE completed_at IS NOT NULL AND idempotency_key IS NOT NULL;
CREATE INDEX stock_calls_age ON hub.stock_calls (created_at);
"""


def upgrade() -> None:
    """Create the tables, columns and indexes. Every upgrade ends by closing tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP TABLE hub.chores, hub.notices")
    op.execute(
        "DROP INDEX hub.batches_ended, hub.batches_with_items, hub.batches_with_changes, hub.batches_with_keys,"
        " hub.stock_calls_age"
    )
    op.execute("ALTER TABLE hub.batches DROP COLUMN items_gone_at, DROP COLUMN changes_gone_at")
