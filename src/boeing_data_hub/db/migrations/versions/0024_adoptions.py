"""Plans that adopt an existing store. Runs before its code. Two new tables, a column of products, and kinds of jobs.

Replacing the check of `store_jobs.kind` reads the table once under a lock; it has a few hundred rows at most.
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE hub.store_jobs DROP CONSTRAINT store_jobs_kind_check, ADD CONSTRAINT store_jobs_kind_check
    CHECK (kind IN ('check', 'decide', 'plan_adoption', 'adopt', 'undo_adoption'));

-- The SKU that an adopted product keeps in the store; null: the part's own.
ALTER TABLE hub.products ADD COLUMN kept_sku text;

CREATE TABLE hub.adoptions (
    id            uuid PRIMARY KEY,
    shop          text NOT NULL,
    job_id        uuid NOT NULL,
    complete_skus boolean NOT NULL DEFAULT false,
    products      integer NOT NULL DEFAULT 0,
    parts         integer NOT NULL DEFAULT 0,
    seen_at       timestamptz,
    actor         text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    approved_by   text,
    approved_at   timestamptz
);
CREATE INDEX adoptions_latest ON hub.adoptions (shop, created_at);

CREATE TABLE hub.adoption_rows (
    adoption_id uuid NOT NULL REFERENCES hub.adoptions ON DELETE CASCADE,
    position    integer NOT NULL,
    product_id  text NOT NULL,
    title       text NOT NULL,
    handle      text NOT NULL,
    vendor      text NOT NULL,
    status      text NOT NULL,
    variants    jsonb NOT NULL,
    pieces      integer NOT NULL,
    part        text,
    candidates  text[] NOT NULL,
    rule        text,
    confidence  text NOT NULL CHECK (confidence IN ('linked', 'certain', 'doubtful', 'unmatched')),
    doubt       text,
    keep        boolean NOT NULL,
    choice      text CHECK (choice IN ('adopt', 'archive', 'leave')),
    state       text NOT NULL DEFAULT 'planned' CHECK (state IN
        ('planned', 'sending', 'done', 'linked', 'changed', 'refused', 'undoing', 'undone', 'left')),
    note        text,
    changed_at  timestamptz,
    PRIMARY KEY (adoption_id, position)
);
CREATE UNIQUE INDEX adoption_rows_product ON hub.adoption_rows (adoption_id, product_id);
CREATE UNIQUE INDEX adoption_rows_one_of_a_part ON hub.adoption_rows (adoption_id, part) WHERE choice = 'adopt';
CREATE INDEX adoption_rows_part ON hub.adoption_rows (adoption_id, part);
CREATE INDEX adoption_rows_kind ON hub.adoption_rows (adoption_id, confidence, rule, doubt, position);
CREATE INDEX adoption_rows_chosen ON hub.adoption_rows (adoption_id, choice, state, position) WHERE choice IS NOT NULL;
"""


def upgrade() -> None:
    """Create them. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them. Adopted products keep their custom ids; what can be undone is forgotten."""
    op.execute("DROP TABLE hub.adoption_rows")
    op.execute("DROP TABLE hub.adoptions")
    op.execute("ALTER TABLE hub.products DROP COLUMN kept_sku")
    op.execute("DELETE FROM hub.store_jobs WHERE kind NOT IN ('check', 'decide')")
    op.execute(
        "ALTER TABLE hub.store_jobs DROP CONSTRAINT store_jobs_kind_check,"
        " ADD CONSTRAINT store_jobs_kind_check CHECK (kind IN ('check', 'decide'))"
    )
