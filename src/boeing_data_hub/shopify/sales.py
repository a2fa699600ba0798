"""What was sold between two times at which the hub knew the store's pieces. Pure.

The hub knows them when it reads the store and when it sets stock by compare-and-set. Each sale lies between two such
times, so it counts once, whatever the order in which webhooks about it arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def by_name(known: Mapping[str, int], names: Iterable[str], total: int) -> dict[str, int]:
    """A location's pieces by our names of it. If it has several, all but the one with the most keep what was set.

    Args:
        known: pieces that the hub set, by name.
        names: those of one location of the store.
        total: pieces that the store has there.
    """
    own = {name: known[name] for name in names if name in known}
    if not own:
        return {}
    fullest = max(own, key=lambda name: own[name])
    return {**own, fullest: own[fullest] + total - sum(own.values())}


def sold(before: Mapping[str, int], there: Mapping[str, int]) -> int:
    """Pieces sold, by names of locations. What a person added at one of them is no negative sale at another.

    Args:
        before: the pieces that the hub knew last.
        there: the pieces now; a location that is not in both counts nothing.
    """
    return sum(max(0, before[name] - pieces) for name, pieces in there.items() if name in before)


def counted(stock: Mapping[str, int], there: Mapping[str, int]) -> dict[str, int]:
    """The pieces at which counting goes on, where they are not those that the hub set."""
    return {name: pieces for name, pieces in there.items() if name in stock and stock[name] != pieces}


def moved(stock: Mapping[str, int], before: Mapping[str, int], there: Mapping[str, int]) -> bool:
    """Whether the pieces are others than those known last, which are `before` where they are not those in `stock`."""
    return counted(stock, there) != before
