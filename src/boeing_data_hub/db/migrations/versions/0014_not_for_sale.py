"""Parts of a publishing that cannot be sold as they are get an end state and a count of their own.

It runs before its code.

Runs that have ended keep their counts: their blocked parts stay counted as failed. Locks: checking the new conditions
reads both tables once and blocks no reader and no writer.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COUNTS = "extracted_count BETWEEN 0 AND total_items AND least({counts}) >= 0 AND {total} <= total_items"
_BEFORE = ("normalized_count", "published_count", "failed_count", "cancelled_count")
_STATES = "'pending', 'extracted', 'normalized', 'published', 'failed', 'cancelled'"


def _check(table: str, name: str, condition: str) -> None:
    op.execute(f"ALTER TABLE hub.{table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE hub.{table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
    op.execute(f"ALTER TABLE hub.{table} VALIDATE CONSTRAINT {name}")


def _check_counts(*counts: str) -> None:
    _check("batches", "batches_counts_add_up", _COUNTS.format(counts=", ".join(counts), total=" + ".join(counts)))


def upgrade() -> None:
    """Add the count and allow the state."""
    op.execute("ALTER TABLE hub.batches ADD COLUMN not_for_sale_count integer NOT NULL DEFAULT 0")
    _check_counts(*_BEFORE, "not_for_sale_count")
    _check("batch_items", "batch_items_state_check", f"state IN ({_STATES}, 'not_for_sale')")


def downgrade() -> None:
    """Count these parts as failed again."""
    op.execute("UPDATE hub.batch_items SET state = 'failed' WHERE state = 'not_for_sale'")
    op.execute("UPDATE hub.batches SET failed_count = failed_count + not_for_sale_count, not_for_sale_count = 0")
    _check("batch_items", "batch_items_state_check", f"state IN ({_STATES})")
    _check_counts(*_BEFORE)
    op.execute("ALTER TABLE hub.batches DROP COLUMN not_for_sale_count")
