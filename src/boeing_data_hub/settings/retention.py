"""Settings: how long things are kept, in days; 0 keeps forever. docs/housekeeping.md says what is never removed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

Days = Annotated[int, Field(ge=0, le=36_500)]


class Keeping(BaseSettings):
    """Retention periods, after which housekeeping removes data."""

    # Usual for idempotency keys; a caller who repeats a request does so within hours.
    hub_keep_keys_days: Days = Field(
        default=30,
        description="Days after a run's end for which its idempotency key returns the same run. 0: forever.",
    )
    # The newest answer of each part is never removed, so this concerns history only.
    hub_keep_answers_days: Days = Field(
        default=365,
        description="Days for which Boeing's answers are kept. The newest of each part is always kept. 0: forever.",
    )
    # Two years of what happened to each part in past runs.
    hub_keep_items_days: Days = Field(
        default=730,
        description="Days after a batch's end for which its items, failures and plan are kept. The batch itself and "
        "its counts stay. 0: forever.",
    )
    # A whole product before and after: by far the largest rows of a publish run.
    hub_keep_changes_days: Days = Field(
        default=365,
        description="Days after a publish run's end for which its changes are kept and can be undone. 0: forever.",
    )
    # The store remembers idempotency keys for a day; a month is for people who check what was sent.
    hub_keep_calls_days: Days = Field(
        default=30,
        description="Days for which completed calls to the store are kept as they were sent. 0: forever.",
    )
    # Small rows, and the only record of who did what.
    hub_keep_audit_days: Days = Field(
        default=1825, description="Days for which the audit log is kept, at least 30. 0: forever."
    )
    # A quote is a business record, and contains personal data.
    hub_keep_quotes_days: Days = Field(
        default=1825,
        description="Days after a quote's completion for which it is kept, with the buyer's details. Its RFQ number "
        "is then "
        "free. 0: forever.",
    )
    # A row is written only for a change, and five years show what a part is worth.
    hub_keep_history_days: Days = Field(
        default=1825,
        description="Days for which the history of Boeing's prices and stock is kept, and the pieces sold by day. The "
        "newest price and stock of each part are always kept. 0: forever.",
    )
    # An old plan is useless: approving it decides every part again.
    hub_keep_plans_days: Days = Field(
        default=90, description="Days after which an unapproved plan is discarded. 0: never."
    )
