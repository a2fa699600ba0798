"""Open failures: parts whose latest result is a failure. Runs before its code: a trigger keeps the table, whichever
release moves the items.

Creating the triggers locks hub.batch_items for a moment. Filling the table reads the failed items, which have an index
of their own, and for each of them the later results of its part.
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE hub.open_failures (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    part_number    text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('search', 'publish', 'undo')),
    batch_id       uuid NOT NULL,
    error_code     text NOT NULL,
    error          text,
    since          timestamptz NOT NULL,
    failed_at      timestamptz NOT NULL,
    is_ignored     boolean NOT NULL DEFAULT false,
    ignored_at     timestamptz,
    ignored_by     text,
    ignored_reason text,
    CONSTRAINT open_failures_part UNIQUE (part_number, kind)
);
CREATE INDEX open_failures_age ON hub.open_failures (is_ignored, since, id);
CREATE INDEX open_failures_cause ON hub.open_failures (is_ignored, error_code, since, id);
CREATE INDEX open_failures_run ON hub.open_failures (is_ignored, batch_id, since, id);
"""

# A failure that people ignore stays ignored while it fails for the same cause; another cause is news.
KEEP = """
CREATE FUNCTION hub.keep_open_failures() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    batch_kind text;
BEGIN
    SELECT CASE WHEN b.options ->> 'undo_of' IS NOT NULL THEN 'undo' ELSE b.batch_type END INTO batch_kind
    FROM hub.batches b WHERE b.id = NEW.batch_id;
    IF batch_kind IS NULL THEN
        RETURN NULL;
    END IF;
    IF NEW.state = 'failed' THEN
        INSERT INTO hub.open_failures AS f (part_number, kind, batch_id, error_code, error, since, failed_at)
        VALUES (NEW.part_number, batch_kind, NEW.batch_id, coalesce(NEW.error_code, 'unknown'), NEW.error,
                NEW.updated_at, NEW.updated_at)
        ON CONFLICT (part_number, kind) DO UPDATE SET batch_id = excluded.batch_id, error = excluded.error,
            failed_at = excluded.failed_at, error_code = excluded.error_code,
            is_ignored = f.is_ignored AND f.error_code = excluded.error_code
        WHERE f.failed_at <= excluded.failed_at;
    ELSE
        DELETE FROM hub.open_failures f WHERE f.part_number = NEW.part_number AND f.failed_at <= NEW.updated_at
            AND (f.kind = batch_kind OR (batch_kind <> 'search' AND f.kind <> 'search'));
    END IF;
    RETURN NULL;
END $function$;
CREATE TRIGGER open_failures_moved AFTER UPDATE OF state ON hub.batch_items FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('failed', 'normalized', 'published', 'not_for_sale'))
    EXECUTE FUNCTION hub.keep_open_failures();
CREATE TRIGGER open_failures_begun AFTER INSERT ON hub.batch_items FOR EACH ROW
    WHEN (NEW.state IN ('failed', 'normalized', 'published', 'not_for_sale'))
    EXECUTE FUNCTION hub.keep_open_failures();
"""

FILL = """
INSERT INTO hub.open_failures (part_number, kind, batch_id, error_code, error, since, failed_at)
SELECT DISTINCT ON (i.part_number, k.kind) i.part_number, k.kind, i.batch_id, coalesce(i.error_code, 'unknown'),
    i.error, i.updated_at, i.updated_at
FROM hub.batch_items i
JOIN hub.batches b ON b.id = i.batch_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN b.options ->> 'undo_of' IS NOT NULL THEN 'undo' ELSE b.batch_type END) AS k(kind)
WHERE i.state = 'failed' AND NOT EXISTS (
    SELECT 1 FROM hub.batch_items l JOIN hub.batches lb ON lb.id = l.batch_id
    WHERE l.part_number = i.part_number AND l.state IN ('normalized', 'published', 'not_for_sale')
      AND l.updated_at >= i.updated_at AND lb.batch_type = b.batch_type)
ORDER BY i.part_number, k.kind, i.updated_at DESC
"""


def upgrade() -> None:
    """Create, and fill. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLE)
    op.execute(KEEP)
    op.execute(FILL)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TRIGGER open_failures_moved ON hub.batch_items")
    op.execute("DROP TRIGGER open_failures_begun ON hub.batch_items")
    op.execute("DROP FUNCTION hub.keep_open_failures()")
    op.execute("DROP TABLE hub.open_failures")
