"""When a saved list is refreshed: every day at a time of UTC, every few hours, or only by hand. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from boeing_data_hub.errors import BadInput

PATTERN: Final = r"^(|daily ([01]\d|2[0-3]):[0-5]\d|every ([1-9]\d?|1[0-5]\d|16[0-8]) h)$"
"""The texts of a schedule: `daily 04:30`, `every 6 h` (up to a week), or empty for none."""

_FORM: Final = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule; with neither: only by hand.

    Attributes:
        at: a time of UTC, every day.
        hours: between two refreshes.
    """

    at: time | None = None
    hours: int | None = None

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """The schedule of a text such as `daily 04:30` or `every 6 h`; empty: none.

        Raises:
            BadInput: `bad_schedule`.
        """
        if not _FORM.fullmatch(text):
            raise BadInput(
                "Write the schedule like `daily 04:30` (UTC) or `every 6 h` (up to 168), or leave it empty.",
                code="bad_schedule",
            )
        word, _, rest = text.partition(" ")
        if word == "daily":
            return cls(at=time.fromisoformat(rest))
        return cls(hours=int(rest.removesuffix(" h"))) if word == "every" else cls()

    def next_after(self, moment: datetime) -> datetime | None:
        """The next refresh after a moment in UTC; None: no schedule."""
        if self.hours is not None:
            return moment + timedelta(hours=self.hours)
        if self.at is None:
            return None
        same_day = moment.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return same_day if same_day > moment else same_day + timedelta(days=1)
