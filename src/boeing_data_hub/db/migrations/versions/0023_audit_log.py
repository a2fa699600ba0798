"""Entries of the audit log name the address of the caller, and a function removes old ones. Runs before its code.

A column without a default, which rewrites nothing. The function works as the tables' owner, so that the role of the
running hub needs no right to delete entries; the younger ones it removes for nobody.
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LOG = """
ALTER TABLE hub.audit_log ADD COLUMN address text;
CREATE FUNCTION hub.remove_audit_log(after bigint, last bigint, days int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    WITH gone AS (
        DELETE FROM hub.audit_log WHERE id > $1 AND id <= $2 AND at < now() - greatest($3, 30) * interval '1 day'
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
"""


def upgrade() -> None:
    """Add both. Every upgrade ends by closing the schema, functions too, see `closing.py`."""
    op.execute(LOG)


def downgrade() -> None:
    """Drop both."""
    op.execute("DROP FUNCTION hub.remove_audit_log(bigint, bigint, int)")
    op.execute("ALTER TABLE hub.audit_log DROP COLUMN address")
