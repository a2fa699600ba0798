"""What the store was seen to have of ours, pictures it failed to process, look-alikes, and work on many of them.

Runs before its code. Columns are nullable or have a constant default, so no table is rewritten. The two checks of
`conflicts` let more pass than before; replacing them reads a table that has one row for each conflict.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
-- What a look at the store last showed otherwise than we set it; NULL where nothing differed.
ALTER TABLE hub.products ADD COLUMN differences jsonb;
ALTER TABLE hub.products ADD COLUMN looked_at timestamptz;
CREATE INDEX products_differing ON hub.products (shop, sku) WHERE differences IS NOT NULL;

-- How far the store is with the picture sent last: `due` until it is ready, `failed` when no further try is made.
ALTER TABLE hub.products ADD COLUMN media_state text;
ALTER TABLE hub.products ADD COLUMN media_at timestamptz;
ALTER TABLE hub.products ADD COLUMN media_looks integer NOT NULL DEFAULT 0;
ALTER TABLE hub.products ADD COLUMN media_sent integer NOT NULL DEFAULT 0;
ALTER TABLE hub.products ADD COLUMN media_error text;
CREATE INDEX products_media_due ON hub.products (media_at) WHERE media_state IN ('due', 'resend');
CREATE INDEX products_media_failed ON hub.products (shop, sku) WHERE media_state IN ('resend', 'failed');

ALTER TABLE hub.store_sightings ADD COLUMN resembling jsonb;

ALTER TABLE hub.conflicts DROP CONSTRAINT conflicts_kind_check;
ALTER TABLE hub.conflicts ADD CONSTRAINT conflicts_kind_check
    CHECK (kind IN ('sku_taken', 'handle_taken', 'look_alike'));
ALTER TABLE hub.conflicts DROP CONSTRAINT conflicts_decision_check;
ALTER TABLE hub.conflicts ADD CONSTRAINT conflicts_decision_check
    CHECK (decision IN ('adopt', 'leave', 'publish_new'));
ALTER TABLE hub.conflicts ADD COLUMN cause text;
ALTER TABLE hub.conflicts ADD COLUMN vendor text;
ALTER TABLE hub.conflicts ADD COLUMN others jsonb;
ALTER TABLE hub.conflicts ADD COLUMN job_id uuid;
ALTER TABLE hub.conflicts ADD COLUMN job_error text;
CREATE INDEX conflicts_of_job ON hub.conflicts (job_id, sku) WHERE job_id IS NOT NULL;

-- Work on many products that people asked for: a look at the store, a decision on many conflicts.
CREATE TABLE hub.store_jobs (
    id         uuid PRIMARY KEY,
    shop       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('check', 'decide')),
    request    jsonb NOT NULL DEFAULT '{}',
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'cancelled')),
    total      integer NOT NULL DEFAULT 0,
    done       integer NOT NULL DEFAULT 0,
    told       integer NOT NULL DEFAULT 0,
    failed     integer NOT NULL DEFAULT 0,
    reached    text NOT NULL DEFAULT '',
    note       text,
    attempts   integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    actor      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz
);
CREATE INDEX store_jobs_open ON hub.store_jobs (not_before) WHERE state = 'open';
CREATE INDEX store_jobs_latest ON hub.store_jobs (kind, created_at);
"""


def upgrade() -> None:
    """Create columns, indexes and the table. Every upgrade ends by closing tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop what this revision made. Look-alikes and their decisions go with it: the code before knows none."""
    op.execute("DROP TABLE hub.store_jobs")
    op.execute("DELETE FROM hub.conflicts WHERE kind = 'look_alike' OR decision = 'publish_new'")
    op.execute(
        "ALTER TABLE hub.conflicts DROP COLUMN cause, DROP COLUMN vendor, DROP COLUMN others, DROP COLUMN job_id,"
        " DROP COLUMN job_error, DROP CONSTRAINT conflicts_kind_check, DROP CONSTRAINT conflicts_decision_check,"
        " ADD CONSTRAINT conflicts_kind_check CHECK (kind IN ('sku_taken', 'handle_taken')),"
        " ADD CONSTRAINT conflicts_decision_check CHECK (decision IN ('adopt', 'leave'))"
    )
    op.execute("ALTER TABLE hub.store_sightings DROP COLUMN resembling")
    op.execute(
        "ALTER TABLE hub.products DROP COLUMN differences, DROP COLUMN looked_at, DROP COLUMN media_state,"
        " DROP COLUMN media_at, DROP COLUMN media_looks, DROP COLUMN media_sent, DROP COLUMN media_error"
    )
