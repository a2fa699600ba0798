"""The lowest and the highest value of an estimate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest value of an estimate, such as seconds."""

    low: int
    high: int

    def __str__(self) -> str:
        """As text: `1,200 to 1,500`, or one number if they are equal."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"
