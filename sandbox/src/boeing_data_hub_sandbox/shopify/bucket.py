"""The cost bucket: one for app and store, refilled all the time, charged before a request and corrected after it."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.knobs import Knobs


class Bucket:
    """Points that may be spent. `lowest` and the counts are for the judge."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        _, size = knobs.bucket()
        self._points = size
        self._seen = monotonic()
        self.lowest = size
        self.spent = 0.0
        self.throttled = 0

    def _refill(self) -> float:
        rate, size = self._knobs.bucket()
        moment = monotonic()
        self._points = min(size, self._points + (moment - self._seen) * rate)
        self._seen = moment
        return self._points

    def reset(self) -> None:
        """Full again, and all counts at zero."""
        _, size = self._knobs.bucket()
        self._points, self._seen = size, monotonic()
        self.lowest, self.spent, self.throttled = size, 0.0, 0

    def drain(self, points: float) -> None:
        """Another app of ours has spent these points (a client must cope with points that vanish)."""
        self._points = max(0.0, self._refill() - points)

    def charge(self, points: float) -> bool:
        """Take the points, or refuse when fewer are there."""
        if self._refill() < points:
            self.throttled += 1
            return False
        self._points -= points
        self.spent += points
        self.lowest = min(self.lowest, self._points)
        return True

    def give_back(self, points: float) -> None:
        """Return what was charged too much."""
        _, size = self._knobs.bucket()
        self._points = min(size, self._refill() + points)
        self.spent -= points

    def report(self, asked: int, worth: int | None) -> dict[str, Any]:
        """The `extensions.cost` of an answer. Bucket figures may come as 2000.0, as on the wire."""
        rate, size = self._knobs.bucket()
        return {
            "requestedQueryCost": asked,
            "actualQueryCost": worth,
            "throttleStatus": {
                "maximumAvailable": float(size),
                "currentlyAvailable": int(self._refill()),
                "restoreRate": float(rate),
            },
        }
