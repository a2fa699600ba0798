"""Settings: how long things are kept, in days; 0 keeps for ever. docs/housekeeping.md says what is never removed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

Days = Annotated[int, Field(ge=0, le=36_500)]


class Keeping(BaseSettings):
    """Terms after which housekeeping removes things."""

    # The usual term of such keys; a caller who repeats a request does so within hours.
    hub_keep_keys_days: Days = Field(
        default=30,
        description="Days after a batch's end for which its idempotency key gives the same batch again. 0: for ever.",
    )
    # The newest answer of each part stays whatever its age, so this is about history only.
    hub_keep_answers_days: Days = Field(
        default=365,
        description="Days for which Boeing's answers are kept. The newest of each part is always kept. 0: for ever.",
    )
    # Two years of "what became of this part then".
    hub_keep_items_days: Days = Field(
        default=730,
        description="Days after a batch's end for which its items, failures and plan are kept. The batch itself and "
        "its counts stay. 0: for ever.",
    )
    # A whole product before and after: by far the largest rows of a publishing.
    hub_keep_changes_days: Days = Field(
        default=365,
        description="Days after a publishing's end for which what it changed is kept, and so can be undone. "
        "0: for ever.",
    )
    # The store remembers keys of calls for a day; a month is for people who look what was sent.
    hub_keep_calls_days: Days = Field(
        default=30,
        description="Days for which calls to the store that are answered are kept as they were sent. 0: for ever.",
    )
    # Small rows, and the only memory of who did what.
    hub_keep_audit_days: Days = Field(
        default=1825, description="Days for which lines of the audit log are kept. 0: for ever."
    )
    # A quote is a business record, and names a person who asked.
    hub_keep_quotes_days: Days = Field(
        default=1825,
        description="Days after a quote's completion for which it is kept, with what it says of the buyer. Its RFQ "
        "number is free then. 0: for ever.",
    )
    # A plan of last season is of no use, and is decided anew anyway when it is approved.
    hub_keep_plans_days: Days = Field(
        default=90, description="Days after which a plan that nobody approved is discarded. 0: never."
    )
