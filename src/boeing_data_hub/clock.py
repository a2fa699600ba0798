"""The one clock. Timestamps are UTC; durations are measured with `monotonic`, which no clock change can bend."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def monotonic() -> float:
    """Seconds since an arbitrary start; only differences mean anything."""
    return time.monotonic()
