"""Changes that guards hold back until a person decides, and what each run would do as a whole. Runs before its code.

New tables only. Code of the release before holds nothing back, and leaves them alone.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = """
-- One row for each value of a field that was held back. Open ones wait for a person, one for each field of a part;
-- approved and refused ones hold for their value; closed ones were overtaken: the data changed back, or on.
CREATE TABLE hub.reviews (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop       text NOT NULL,
    sku        text NOT NULL,
    field      text NOT NULL CHECK (field IN ('price', 'stock', 'unit', 'currency')),
    cause      text NOT NULL,
    old        text,
    new        text NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused', 'closed')),
    batch_id   uuid,
    found_at   timestamptz NOT NULL DEFAULT now(),
    judged_at  timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by text,
    CONSTRAINT reviews_decided CHECK ((state IN ('approved', 'refused')) = (decided_by IS NOT NULL))
);
CREATE UNIQUE INDEX reviews_open ON hub.reviews (shop, sku, field) WHERE state = 'open';
CREATE INDEX reviews_of_part ON hub.reviews (shop, sku, field, decided_at DESC) WHERE state IN ('approved', 'refused');
CREATE INDEX reviews_by_state ON hub.reviews (shop, state, id DESC);

-- What a publishing would do to the published parts among its own, judged once, before its first part is decided.
CREATE TABLE hub.run_guards (
    batch_id  uuid PRIMARY KEY,
    parts     integer NOT NULL,
    moved     integer NOT NULL,
    in_stock  integer NOT NULL,
    sold_out  integer NOT NULL,
    causes    text[] NOT NULL,
    judged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX run_guards_recent ON hub.run_guards (judged_at DESC);
"""


def upgrade() -> None:
    """Create the tables. Every upgrade ends by closing them, see `closing.py`."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE hub.reviews, hub.run_guards")
