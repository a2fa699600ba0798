"""The price rules in force, as one process knows them: at most two seconds old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Final

from boeing_data_hub.catalogue import price_lists
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database, Work

_LOOK_EVERY: Final = 2.0  # seconds


class PricesInForce:
    """Reads the price list in force, and again after it has changed.

    Args:
        database: returns the database; only called when prices are needed.
        last: the default rule, from the settings.
    """

    def __init__(self, database: Callable[[], Database], last: PriceRules) -> None:
        self._database = database
        self._last = last
        self._lock = Lock()
        self._known: PriceRules | None = None
        self._looked_at = float("-inf")

    def current(self) -> PriceRules:
        """The rules in force. While one thread looks again, others get what was known."""
        known = self._known
        if known is not None and monotonic() - self._looked_at < _LOOK_EVERY:
            return known
        # Nobody waits for the lock: whoever calls this in a transaction holds a connection that others may wait for.
        if known is not None and not self._lock.acquire(blocking=False):
            return known
        try:
            asked_at = monotonic()
            self._known = found = self._database().run(lambda work: self._read(work, known), patience=20)
            self._looked_at = asked_at
        finally:
            if known is not None:
                self._lock.release()
        return found

    def of_version(self, work: Work, version: int | None) -> PriceRules:
        """The rules as they would be with this version in force. Raises NotFound."""
        if version is None:
            return self._last
        price_lists.get(work, version)
        return replace(self._last, version=version, listed=price_lists.rules_of(work, version))

    def look_again(self) -> None:
        """Read it again at the next call: this process has just changed it."""
        self._looked_at = float("-inf")

    def _read(self, work: Work, known: PriceRules | None) -> PriceRules:
        version = price_lists.in_force(work)
        return known if known is not None and known.version == version else self.of_version(work, version)
