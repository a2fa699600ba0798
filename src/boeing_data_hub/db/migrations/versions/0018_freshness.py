"""How fresh the catalogue is, by the hour, and who used Boeing's calls. Runs before its code. New tables only."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = """
-- Estimates, one for each hour.
CREATE TABLE hub.freshness (
    at           timestamptz PRIMARY KEY,
    parts        integer NOT NULL,
    likely_right double precision NOT NULL,
    oldest       timestamptz NOT NULL
);
-- Calls to Boeing in each hour, by searches of people and by sync.
CREATE TABLE hub.boeing_calls (
    hour   timestamptz PRIMARY KEY,
    people integer NOT NULL DEFAULT 0,
    sync   integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
"""


def upgrade() -> None:
    """Create the tables. Every upgrade ends by closing them, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE hub.freshness, hub.boeing_calls")
