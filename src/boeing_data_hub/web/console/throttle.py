"""Limits attempts to sign in, per address: after a few failures, a pause."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Refused
from boeing_data_hub.web.security_events import note

_FAILURES: Final = 10
_WITHIN: Final = 300.0  # seconds
_MOST_ADDRESSES: Final = 10_000


class TooManyAttempts(Refused):
    """Too many failures from this address."""

    code = "too_many_attempts"
    status = 429
    title = "Too many attempts"


class Throttle:
    """Counts failures per address, in this process. Keys have 256 bits: this reduces noise, not risk."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}
        self._lock = Lock()

    def check(self, address: str) -> None:
        """Raise TooManyAttempts while the address must wait."""
        with self._lock:
            recent = self._recent(address)
            wait = recent[0] + _WITHIN - monotonic() if len(recent) >= _FAILURES else 0.0
        if wait > 0:
            note("sign_in_throttled", address=address)
            raise TooManyAttempts(
                f"Too many sign-in attempts failed from your address. Try again in {max(1, round(wait / 60))} min.",
                retry_after=wait,
            )

    def failed(self, address: str) -> None:
        """Record a failure."""
        with self._lock:
            if len(self._failures) >= _MOST_ADDRESSES:
                self._failures.clear()
            self._failures.setdefault(address, deque(maxlen=_FAILURES)).append(monotonic())

    def succeeded(self, address: str) -> None:
        """Forget an address's failures."""
        with self._lock:
            self._failures.pop(address, None)

    def _recent(self, address: str) -> deque[float]:
        recent = self._failures.get(address, deque())
        while recent and recent[0] < monotonic() - _WITHIN:
            recent.popleft()
        return recent
