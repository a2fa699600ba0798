"""Pieces by store location. Boeing's locations reach the store only through the map of locations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from boeing_data_hub.model.listings import Blocked, ListingPolicy

MOST_PIECES: Final = 1_000_000_000
"""At one store location; the store refuses more."""

Shelf = tuple[str, int]


def shelves(staged: Mapping[str, Any]) -> list[Shelf] | None:
    """Boeing's locations with their pieces, in the row's order; None when the row's list cannot be believed."""
    listed = staged.get("locations")
    if listed is None:
        return []
    if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)):
        return None
    found: list[Shelf] = []
    for entry in cast("Sequence[object]", listed):
        if not isinstance(entry, Mapping):
            return None
        place = cast("Mapping[str, object]", entry)
        name, pieces = place.get("location"), _pieces(place.get("quantity"))
        if not isinstance(name, str) or not name or pieces is None:
            return None
        found.append((name, pieces))
    return found


def stock_of(staged: Mapping[str, Any], policy: ListingPolicy) -> dict[str, int] | None:
    """Pieces by store location; None when a figure cannot be believed.

    Every mapped store location is named, at 0 where Boeing reports nothing, so that stock which is gone does not stay
    for sale. Several Boeing locations on one store location are added up; unmapped ones are not sold from. Stock
    without any location, or without any map, is the default location's.
    """
    places, total = shelves(staged), _pieces(staged.get("inventory_quantity") or 0)
    if places is None or total is None:
        return None
    stock = dict.fromkeys(policy.location_map.values(), 0)
    if policy.default_location:
        stock.setdefault(policy.default_location, 0)
    if not places or not policy.location_map:
        pieces = sum(pieces for _, pieces in places) if places else total
        stock[policy.default_location] = stock.get(policy.default_location, 0) + pieces
    else:
        for name, pieces in places:
            store = policy.location_map.get(name)
            if store is not None:
                stock[store] += pieces
    return stock if max(stock.values()) <= MOST_PIECES else None


def stock_block(staged: Mapping[str, Any], policy: ListingPolicy, stock: Mapping[str, int] | None) -> Blocked | None:
    """Why a part with this stock is not published; None when it may be. `stock` is that of `stock_of`."""
    if stock is None:
        return Blocked(
            "quantity_unreadable",
            "A stock figure of this part is no believable number of pieces. Search for the part again.",
        )
    if any(stock.values()):
        return None
    unmapped = [name for name, pieces in shelves(staged) or [] if pieces and name not in policy.location_map]
    if unmapped:
        return Blocked(
            "only_unmapped_locations",
            f"All stock lies where the store does not sell from ({'; '.join(unmapped[:5])}). Add one of these "
            "locations to SHOPIFY_LOCATION_MAP, or leave the part out.",
        )
    return Blocked("no_stock", "Boeing has none in stock. Search for the part again later; with stock it can be sold.")


def _pieces(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_PIECES:
        return value
    return None
