"""The shared account of the store's cost budget. Runs before the code that needs it; locks nothing old."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Until the store has told its own figures, the account begins with those of the smallest plan.
TABLES = """
CREATE TABLE hub.budgets (
    line         text PRIMARY KEY,
    as_of        timestamptz NOT NULL DEFAULT now(),
    free         double precision NOT NULL DEFAULT 2000,
    maximum      double precision NOT NULL DEFAULT 2000 CHECK (maximum > 0),
    restore_rate double precision NOT NULL DEFAULT 100 CHECK (restore_rate > 0),
    known        boolean NOT NULL DEFAULT false,
    paused_until timestamptz,
    holdings     jsonb NOT NULL DEFAULT '{}',
    updated_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
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
    """Create the table, then close it."""
    op.execute(TABLES)
    op.execute(PROTECT)


def downgrade() -> None:
    """Drop what this revision made."""
    op.execute("DROP TABLE hub.budgets")
