"""Rate limits per caller and minute, and the header fields that report them.

The fields are `RateLimit-Policy` and `RateLimit` of the IETF draft "RateLimit header fields for HTTP"
(draft-ietf-httpapi-ratelimit-headers). Each API process counts its own windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from boeing_data_hub.clock import monotonic

WINDOW: Final = 60.0
"""Seconds."""
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit: `quota` requests per `WINDOW`; 0: none."""

    name: str
    quota: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller's state in one policy's window.

    Attributes:
        policy: the limit.
        remaining: requests left.
        reset: seconds until the full quota is available again.
        is_over: True if this request exceeds the limit.
        is_first_over: True for the first such request of this window.
    """

    policy: Policy
    remaining: int
    reset: float
    is_over: bool
    is_first_over: bool


class Rates:
    """Counts requests per caller and policy."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, caller: str, policies: Sequence[Policy]) -> list[Standing]:
        """Count one request. Only called from the event loop, so it needs no lock."""
        now = monotonic()
        return [self._taken(caller, policy, now) for policy in policies if policy.quota]

    def _taken(self, caller: str, policy: Policy, now: float) -> Standing:
        began, used = self._windows.get((caller, policy.name), (now, 0))
        if now - began >= WINDOW:
            began, used = now, 0
        if len(self._windows) >= _MOST_REMEMBERED:
            self._windows = {key: one for key, one in self._windows.items() if now - one[0] < WINDOW}
        self._windows[caller, policy.name] = (began, used + 1)
        left = policy.quota - used - 1
        return Standing(policy, max(0, left), WINDOW - (now - began), left < 0, left == -1)


def fields(standings: Sequence[Standing]) -> dict[str, str]:
    """The header fields for a caller's state."""
    if not standings:
        return {}
    policies = ", ".join(f'"{one.policy.name}";q={one.policy.quota};w={WINDOW:.0f}' for one in standings)
    told = ", ".join(f'"{one.policy.name}";r={one.remaining};t={ceil(one.reset)}' for one in standings)
    return {"RateLimit-Policy": policies, "RateLimit": told}
