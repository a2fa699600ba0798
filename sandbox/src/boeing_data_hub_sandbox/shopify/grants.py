"""The access tokens the store has given out, and until when each is good."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from boeing_data_hub import clock


@dataclass
class Access:
    """Every token given out until its end, and how often each kind was asked for."""

    live: dict[str, float] = field(default_factory=dict[str, float])
    refresh: dict[str, str] = field(default_factory=dict[str, str])
    codes: dict[str, float] = field(default_factory=dict[str, float])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def issue(self, seconds: float | None) -> str:
        """A new token, good for so many seconds; None: without end."""
        token = f"shpat_sandbox{secrets.token_hex(16)}"
        self.live[token] = float("inf") if seconds is None else clock.monotonic() + seconds
        return token

    def is_good(self, token: str) -> bool:
        """Whether it was given out, and its end has not come."""
        return clock.monotonic() < self.live.get(token, float("-inf"))

    def revoke(self) -> int:
        """End every token at once; how many there were."""
        ended = len(self.live)
        self.live.clear()
        return ended

    def count(self, what: str) -> None:
        """One more of these."""
        self.counts[what] = self.counts.get(what, 0) + 1
