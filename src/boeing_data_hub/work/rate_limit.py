"""Parses a rate limit, and computes the spacing of calls so that no window contains more than the limit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from boeing_data_hub.errors import BadInput

_PER = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}
_LIMIT = re.compile(r"\s*(\d{1,9})\s*/\s*([a-z]+)\s*", re.IGNORECASE)
# of the window (1.5 s of a minute): how much a call may be delayed in transit without exceeding the limit
_MARGIN_SHARE = 0.025
_LEAST_MARGIN = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`calls` per `window` seconds; None means unlimited."""

    calls: int
    window: float

    @property
    def margin(self) -> float:
        """Seconds a call may start late without exceeding the limit as the server counts it."""
        return max(self.window * _MARGIN_SHARE, min(_LEAST_MARGIN, self.window))

    @property
    def spacing(self) -> float:
        """Seconds between the starts of two calls."""
        return (self.window + self.margin) / self.calls

    @property
    def per_minute(self) -> float:
        """Calls per minute."""
        return self.calls * 60 / self.window


def parse_rate_limit(text: str) -> RateLimit | None:
    """Parse `20/m` (guide, section 7), also `2/minute`, `5/s`, `100/h`; `unlimited` is None.

    Raises:
        BadInput: the text is invalid, or allows no call.
    """
    if text.strip().lower() in {"unlimited", "none", "off"}:
        return None
    found = _LIMIT.fullmatch(text)
    unit = _PER.get(found.group(2).lower().removesuffix("s") or "s") if found else None
    if found is None or unit is None or int(found.group(1)) < 1:
        raise BadInput(
            f"The rate limit {text!r} is invalid. Write a number of calls and a unit, e.g. 20/m or 2/m, "
            "or `unlimited`.",
            code="bad_rate_limit",
        )
    return RateLimit(int(found.group(1)), float(unit))
