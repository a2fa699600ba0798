"""Where a page of open failures ends, as text in addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from boeing_data_hub.errors import BadInput
from boeing_data_hub.web.limits import LARGEST_ID
from boeing_data_hub.work.open_failures import OpenFailure

CURSOR: Final = r"^([0-9]{1,11}\.[0-9]{6}_[1-9][0-9]{0,17})?$"
"""The pattern of `cursor_of`, and of no text for the first page: seconds since 1970, and an id."""


def cursor_of(last: OpenFailure) -> str:
    """The end of a page as text."""
    return f"{last.since.timestamp():.6f}_{last.id}"


def position_of(text: str) -> tuple[datetime, int] | None:
    """`since` and `id` of the last failure of the previous page; None for the first page.

    Raises:
        BadInput: it is no such text.
    """
    if not text:
        return None
    seconds, _, number = text.partition("_")
    try:
        at, last = datetime.fromtimestamp(float(seconds), UTC), int(number)
    except (ValueError, OverflowError, OSError):
        at, last = None, 0
    if at is None or not 0 < last <= LARGEST_ID:
        raise BadInput("`after` is not the end of a page. Send `next_after` of the page before.", code="bad_cursor")
    return at, last
