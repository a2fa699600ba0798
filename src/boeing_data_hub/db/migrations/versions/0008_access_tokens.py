"""Access tokens that serve all processes. A new table, so nothing is locked; it has a row for each account."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
-- A set of credentials has a row of its own, so that a token fetched with old ones is never used after a change, and
-- processes of before the change do not disturb those of after it. `secret` opens the account: like every table here,
-- this one is closed to all but its owner.
CREATE TABLE hub.access_tokens (
    name                text NOT NULL,
    fingerprint         text NOT NULL,
    generation          bigint NOT NULL DEFAULT 0,
    secret              jsonb,
    facts               jsonb,
    token_generation    bigint,
    obtained_at         timestamptz,
    renew_at            timestamptz,
    expires_at          timestamptz,
    on_probation        boolean NOT NULL DEFAULT false,
    accepted_generation bigint NOT NULL DEFAULT 0,
    refused_generation  bigint NOT NULL DEFAULT 0,
    fetcher             text,
    fetch_until         timestamptz,
    failure             jsonb,
    failures            integer NOT NULL DEFAULT 0,
    failed_until        timestamptz,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, fingerprint)
) WITH (fillfactor = 50);
"""


def upgrade() -> None:
    """Create the table. Every upgrade ends by closing tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP TABLE hub.access_tokens")
