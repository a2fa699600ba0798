"""Limits failed sign-ins per address: after a few, each further one is refused with 429.

A valid key or link signs in all the same. So a stranger who shares an address with others, behind a proxy or at an
office, cannot keep them out; and he gains nothing, because keys and links have 256 bits.
"""

from __future__ import annotations

from collections import deque
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Final

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Refused
from boeing_data_hub.web.security_events import note

FAILURES: Final = 10
WITHIN: Final = 300.0
"""Seconds in which so many failures are allowed."""
_MOST_ADDRESSES: Final = 10_000
_IPV6_HOME: Final = 64
"""Bits of an IPv6 address that its owner cannot choose."""


class TooManyAttempts(Refused):
    """Too many failures from this address."""

    code = "too_many_attempts"
    status = 429
    title = "Too many attempts"


class Throttle:
    """Counts failures per address, in this process."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}
        self._lock = Lock()

    def failed(self, address: str) -> None:
        """Count a failure. Raises TooManyAttempts after too many."""
        now = monotonic()
        with self._lock:
            if len(self._failures) >= _MOST_ADDRESSES:
                self._failures.clear()
            recent = self._failures.setdefault(_counted_as(address), deque(maxlen=FAILURES))
            wait = recent[0] + WITHIN - now if len(recent) == FAILURES else 0.0
            if wait <= 0:
                recent.append(now)
        if wait > 0:
            note("sign_in_throttled", address=address)
            raise TooManyAttempts(
                f"Too many sign-in attempts failed from your address. Try again in {max(1, round(wait / 60))} min, or "
                "now with a valid key.",
                retry_after=wait,
            )


def _counted_as(address: str) -> str:
    """The address, or the network of an IPv6 address: whoever has one of its addresses has all of them."""
    try:
        if ip_address(address).version == 6:  # noqa: PLR2004 - the protocol's number
            return str(ip_network((address, _IPV6_HOME), strict=False))
    except ValueError:
        pass
    return address
