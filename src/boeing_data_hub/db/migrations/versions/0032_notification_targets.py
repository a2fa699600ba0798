"""Notification targets: whom people chose to notify, of what. Runs before its code: workers of the earlier release take
only the notifications of their own two channels.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE hub.notification_targets (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CONSTRAINT notification_targets_name UNIQUE,
    kind          text NOT NULL CHECK (kind IN ('slack', 'teams', 'webhook', 'email')),
    address       text NOT NULL,
    secret        text NOT NULL DEFAULT '',
    events        text[] NOT NULL CHECK (cardinality(events) > 0),
    is_on         boolean NOT NULL DEFAULT true,
    author        text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    delivered_at  timestamptz,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    failure_code  text,
    failure       text
);
ALTER TABLE hub.notices DROP CONSTRAINT notices_channel_check, DROP CONSTRAINT notices_kind_check,
    ADD CONSTRAINT notices_channel_check CHECK (channel ~ '^(webhook|email|target:[0-9]+)$'),
    ADD CONSTRAINT notices_kind_check CHECK (kind IN ('digest', 'alarm', 'run'));
"""

DOWN = """
DELETE FROM hub.notices WHERE channel NOT IN ('webhook', 'email') OR kind NOT IN ('digest', 'alarm');
ALTER TABLE hub.notices DROP CONSTRAINT notices_channel_check, DROP CONSTRAINT notices_kind_check,
    ADD CONSTRAINT notices_channel_check CHECK (channel IN ('webhook', 'email')),
    ADD CONSTRAINT notices_kind_check CHECK (kind IN ('digest', 'alarm'));
DROP TABLE hub.notification_targets;
"""


def upgrade() -> None:
    """Create the table, and allow its notifications. Every upgrade ends by closing the tables, see `closing.py`."""
    op.execute(UP)


def downgrade() -> None:
    """Drop it, and the notifications that only its targets have."""
    op.execute(DOWN)
