"""Saved lists, and their part numbers. Runs before its code. New tables only."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE hub.part_lists (
    id            uuid PRIMARY KEY,
    name          text NOT NULL CONSTRAINT part_lists_name UNIQUE,
    author        text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    mapping       jsonb NOT NULL,
    source        text NOT NULL CHECK (source IN ('file', 'url')),
    address       text NOT NULL,
    schedule      text NOT NULL,
    after_refresh text NOT NULL CHECK (after_refresh IN ('nothing', 'new', 'all')),
    version       int NOT NULL DEFAULT 0,
    digest        text,
    columns       text[] NOT NULL DEFAULT '{}',
    line_count    int NOT NULL DEFAULT 0,
    added_count   int NOT NULL DEFAULT 0,
    removed_count int NOT NULL DEFAULT 0,
    skipped_count int NOT NULL DEFAULT 0,
    refreshed_at  timestamptz,
    last_batch    uuid,
    due_at        timestamptz,
    lease         uuid,
    leased_until  timestamptz,
    attempts      int NOT NULL DEFAULT 0,
    error_code    text,
    error         text,
    failing_since timestamptz
);
CREATE INDEX part_lists_due ON hub.part_lists (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE hub.part_list_lines (
    list_id     uuid NOT NULL REFERENCES hub.part_lists ON DELETE CASCADE,
    part_number text NOT NULL,
    position    int NOT NULL,
    cells       jsonb NOT NULL,
    added_in    int NOT NULL,
    removed_in  int,
    PRIMARY KEY (list_id, part_number)
);
CREATE INDEX part_list_lines_place ON hub.part_list_lines (list_id, position);
"""


def upgrade() -> None:
    """Create them. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE hub.part_list_lines, hub.part_lists")
