"""What the next revision might be, whichever that is: it only adds, and it forgets to close what it makes."""

from __future__ import annotations

from alembic import op

from boeing_data_hub.db import revision as ours

revision = "9999"
down_revision = ours.EXPECTED
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE hub.batches ADD COLUMN next_text text;"
        " ALTER TABLE hub.batch_items ADD COLUMN next_count integer NOT NULL DEFAULT 0;"
        " ALTER TABLE hub.products ADD COLUMN next_at timestamptz NOT NULL DEFAULT clock_timestamp();"  # rewrites it
        " CREATE INDEX batch_items_next ON hub.batch_items (next_count, batch_id);"
        " CREATE INDEX products_next ON hub.products (next_at);"
        " CREATE TABLE hub.next_things (id bigserial PRIMARY KEY, name text NOT NULL);"
        " CREATE VIEW hub.next_view AS SELECT name FROM hub.next_things;"
        " CREATE FUNCTION hub.next_function() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM hub.api_keys'"
        "   SECURITY DEFINER"
    )


def downgrade() -> None:
    raise NotImplementedError
