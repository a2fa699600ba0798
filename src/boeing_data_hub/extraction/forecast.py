"""What a search will cost in Boeing calls, and how long it will take within the limit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.model.rates import RateLimit

_SLOWER: Final = 1.1  # slots that were reserved and not used, and calls made twice
_LAST: Final = 5.0  # seconds from the last call to the last normalized part, with a sweep between


@dataclass(frozen=True, slots=True)
class SearchCost:
    """Boeing calls, and seconds, as ranges.

    Attributes:
        calls: of this search: the fewest that can be, and with `confirm_missing` where every part is missing.
        ahead: calls of others that are made in turn with these, at most.
        spacing: seconds between two calls; 0: unlimited.
        seconds: alone and undisturbed; and with others in turn, some calls lost.
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
    """What asking for so many parts costs.

    Args:
        parts: to be asked for; those with a fresh answer left out.
        batch_size: part numbers in a call.
        limit: calls allowed; None: unlimited.
        ahead: parts that running searches still wait for: batches take turns.
        first_wait: seconds until the next free slot.
        confirm_missing: parts that are left out of an answer are asked for once more, alone.
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
