"""Sessions, sign-in links and drafts of the console, and the indexes its pages stand on. Locks: see `INDEXES`."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
-- Only hashes are kept, so that a copy of the table opens nothing. A session stands on an API key, whose scopes are
-- looked up on every request, or on a person the identity provider vouched for.
CREATE TABLE hub.sessions (
    id_hash      bytea PRIMARY KEY,
    key_id       text,
    person       text,
    name         text NOT NULL,
    scopes       text[] NOT NULL DEFAULT '{}',
    csrf         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    CONSTRAINT sessions_of_someone CHECK ((key_id IS NULL) <> (person IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_key ON hub.sessions (key_id) WHERE key_id IS NOT NULL;

CREATE TABLE hub.sign_in_links (
    token_hash bytea PRIMARY KEY,
    key_id     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- A list that was read and shown, and waits for a person's word to start.
CREATE TABLE hub.search_drafts (
    id              uuid PRIMARY KEY,
    owner           text NOT NULL,
    source          text NOT NULL,
    part_numbers    text[] NOT NULL,
    duplicates      jsonb NOT NULL,
    rejected        jsonb NOT NULL,
    duplicate_count integer NOT NULL,
    rejected_count  integer NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_drafts_age ON hub.search_drafts (created_at);
"""

# Pages of parts are read straight from an index, in its order, whatever the filter: no sort, no count over everything.
# The unique index of items is turned round, so that the same index also finds everything that happened to a part;
# another one would be written three times for each item. Building it locks the table for about a second per million
# items.
INDEXES = """
DROP INDEX hub.product_staging_search;
CREATE INDEX product_staging_search ON hub.product_staging (search_key text_pattern_ops, sku text_pattern_ops);
CREATE INDEX product_staging_status_search
    ON hub.product_staging (status, search_key text_pattern_ops, sku text_pattern_ops);
CREATE INDEX product_staging_fetched ON hub.product_staging (fetched_at);
ALTER TABLE hub.batch_items DROP CONSTRAINT batch_items_part;
ALTER TABLE hub.batch_items ADD CONSTRAINT batch_items_part UNIQUE (part_number, batch_id);
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
    """Create the tables and indexes, then close the tables."""
    op.execute(TABLES)
    op.execute(INDEXES)
    op.execute(PROTECT)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP TABLE hub.sessions, hub.sign_in_links, hub.search_drafts")
    op.execute("DROP INDEX hub.product_staging_status_search, hub.product_staging_fetched, hub.product_staging_search")
    op.execute("CREATE INDEX product_staging_search ON hub.product_staging (search_key text_pattern_ops)")
    op.execute("ALTER TABLE hub.batch_items DROP CONSTRAINT batch_items_part")
    op.execute("ALTER TABLE hub.batch_items ADD CONSTRAINT batch_items_part UNIQUE (batch_id, part_number)")
