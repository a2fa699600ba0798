"""The one clock. Timestamps are UTC; durations are measured with `monotonic`, which no clock change can bend."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def monotonic() -> float:
    """Seconds since an arbitrary start; only differences mean anything."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class DatabaseClock:
    """The database's clock between two queries: its time when it was read, and this process's monotonic clock since.

    For times that are compared with those of other hosts, whose own clocks may differ by minutes.

    Attributes:
        moment: the database's time (UTC).
        read_at: monotonic seconds just after it was read.
    """

    moment: datetime
    read_at: float

    def now(self) -> datetime:
        """The database's time by now; at most the length of one query behind it."""
        return self.moment + timedelta(seconds=monotonic() - self.read_at)
