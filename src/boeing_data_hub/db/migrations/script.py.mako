"""${message}. Say here: before or after the deploy, what it locks and for how long, and that old code runs on it."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: old workers keep running on the new schema."""


def downgrade() -> None:
    """The way back."""
