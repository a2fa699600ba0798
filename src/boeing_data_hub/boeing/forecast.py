"""Forecasts the Boeing calls of a search, and its duration within the rate limit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.work.rate_limit import RateLimit

_SLOWER: Final = 1.1  # for unused slots, and calls made twice
_LAST: Final = 5.0  # seconds from the last call to the last normalized part, with a sweep between


@dataclass(frozen=True, slots=True)
class SearchCost:
    """Boeing calls, and seconds, as ranges.

    Attributes:
        calls: of this search: the fewest possible, and the number with `confirm_missing` if every part is missing.
        ahead: maximum calls of other searches that take turns with these.
        spacing: seconds between two calls; 0: unlimited.
        seconds: if it runs alone; and if it takes turns with others and loses some calls.
    """

    calls: tuple[int, int]
    ahead: int
    spacing: float
    seconds: tuple[float, float]


def search_cost(
    parts: int,
    *,
    batch_size: int,
    limit: RateLimit | None,
    ahead: int = 0,
    first_wait: float = 0.0,
    confirm_missing: bool = False,
) -> SearchCost:
    """The cost of a search for so many parts.

    Args:
        parts: how many, without those that have a fresh answer.
        batch_size: part numbers in a call.
        limit: calls allowed; None: unlimited.
        ahead: parts that running searches still wait for, because batches take turns.
        first_wait: seconds until the next free slot.
        confirm_missing: True if parts that an answer leaves out are asked for once more, alone.
    """
    if parts <= 0:
        return SearchCost((0, 0), 0, limit.spacing if limit else 0.0, (0.0, 0.0))
    calls = -(-parts // batch_size)
    most = calls + (parts if confirm_missing else 0)
    spacing = limit.spacing if limit else 0.0
    in_turn = min(most, -(-ahead // batch_size))
    low = first_wait + (calls - 1) * spacing
    high = first_wait + (most + in_turn) * spacing * _SLOWER + _LAST
    return SearchCost((calls, most), in_turn, spacing, (low, high))
