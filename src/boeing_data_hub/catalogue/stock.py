"""Pieces by store location. Boeing's locations reach the store only through the location map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from boeing_data_hub.catalogue.listings import Blocked, ListingPolicy
from boeing_data_hub.catalogue.staged_part import StagedPart

MOST_PIECES: Final = 1_000_000_000
"""The store's maximum for one location."""


def stock_of(staged: StagedPart, policy: ListingPolicy) -> dict[str, int] | None:
    """Pieces by store location; None if a figure is implausible.

    Every mapped store location is included, at 0 if Boeing reports nothing, so that sold-out stock does not stay for
    sale. Boeing locations that map to one store location are added up. Stock at unmapped ones is not sold, unless the
    policy sells it from the default location. Stock without a location belongs to the default location. Boeing's total
    counts only if Boeing lists no locations.
    """
    places, total = staged.locations, staged.inventory_quantity or 0
    if not all(_is_believable(pieces) for pieces in (total, *(place.quantity for place in places))):
        return None
    stock = dict.fromkeys(policy.location_map.values(), 0)
    if policy.default_location or not policy.location_map:
        stock.setdefault(policy.default_location, 0)
    unmapped = policy.default_location if policy.sells_unmapped else None
    if not places:
        stock[policy.default_location] = stock.get(policy.default_location, 0) + total
    for place in places:
        store = policy.location_map.get(place.location, unmapped)
        if store is not None:
            stock[store] = stock.get(store, 0) + place.quantity
    return stock if max(stock.values(), default=0) <= MOST_PIECES else None


def stock_block(staged: StagedPart, policy: ListingPolicy, stock: Mapping[str, int] | None) -> Blocked | None:
    """Why a part with this stock is not published; None if it may be. `stock` comes from `stock_of`."""
    if stock is None:
        return Blocked(
            "quantity_unreadable",
            "A stock figure of this part is unreadable. Search for the part again.",
        )
    if any(stock.values()):
        return None
    unmapped = [
        each.location for each in staged.locations if each.quantity and each.location not in policy.location_map
    ]
    if unmapped:
        return Blocked(
            "only_unmapped_locations",
            f"All stock is at locations you don't sell from ({'; '.join(unmapped[:5])}). Add one of them to "
            "SHOPIFY_LOCATION_MAP, set SHOPIFY_UNMAPPED_LOCATIONS=sell_from_default, or leave the part "
            "out.",
        )
    return Blocked("no_stock", "Out of stock at Boeing. Search again later; it can be sold once Boeing has stock.")


def _is_believable(pieces: int) -> bool:
    return 0 <= pieces <= MOST_PIECES
