"""Pieces by store location: what listings, plans, quotes and pages offer of Boeing's stock. Its locations reach the
store only through the location map, and stock rules keep pieces back. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.catalogue.staged_part import StagedPart, StockLocation
from boeing_data_hub.catalogue.stock_rules import levelled
from boeing_data_hub.values.counted import counted

MOST_PIECES: Final = 1_000_000_000
"""The store's maximum for one location."""

_NAMED: Final = 5  # locations in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFigure:
    """What is offered of a part, and what made the figure.

    Attributes:
        by_location: pieces by store location, as the store gets them.
        at_boeing: pieces at all of Boeing's locations.
        elsewhere: Boeing locations with stock that is not sold from.
        sellable: pieces at locations that are sold from.
        reserved: of these, pieces kept back.
        hidden: of the rest, pieces above the most that is shown.
        lead_days: the lead time of the quickest location that has pieces to sell; None if unknown.
    """

    by_location: Mapping[str, int]
    at_boeing: int
    elsewhere: Sequence[StockLocation]
    sellable: int
    reserved: int
    hidden: int
    lead_days: int | None

    @property
    def pieces(self) -> int:
        """The total that may be sold."""
        return self.sellable - self.reserved - self.hidden


def store_location(location: str, policy: ListingPolicy) -> str | None:
    """The store location that sells the stock of a Boeing location; None: it is not sold."""
    if not policy.stock_rules.sells_from(location):
        return None
    return policy.location_map.get(location, policy.default_location if policy.sells_unmapped else None)


def stock_of(staged: StagedPart, policy: ListingPolicy) -> Mapping[str, int] | None:
    """Pieces by store location; None if a figure is implausible."""
    figure = figure_of(staged, policy)
    return None if figure is None else figure.by_location


def figure_of(staged: StagedPart, policy: ListingPolicy) -> StockFigure | None:
    """The pieces that are offered of a part; None if a figure is implausible.

    Every mapped store location is included, at 0 if Boeing reports nothing, so that sold-out stock does not stay for
    sale. Boeing locations that map to one store location are added up. Stock at unmapped ones is not sold, unless the
    policy sells it from the default location. Stock without a location belongs to the default location. Boeing's total
    counts only if Boeing lists no locations.
    """
    places, total = staged.locations, staged.inventory_quantity or 0
    if not all(_is_believable(pieces) for pieces in (total, *(place.quantity for place in places))):
        return None
    rules, usual = policy.stock_rules, staged.estimated_lead_time_days
    stock = dict.fromkeys(policy.location_map.values(), 0)
    if policy.default_location or not policy.location_map:
        stock.setdefault(policy.default_location, 0)
    elsewhere: list[StockLocation] = []
    days: list[int] = []
    for place in places:
        store = store_location(place.location, policy)
        if store is not None:
            stock[store] = stock.get(store, 0) + place.quantity
        if place.quantity and store is None:
            elsewhere.append(place)
        elif place.quantity and (lead := rules.lead_days_of(place.location, usual)) is not None:
            days.append(lead)
    if not places:
        stock[policy.default_location] = stock.get(policy.default_location, 0) + total
    if max(stock.values(), default=0) > MOST_PIECES:
        return None
    sellable = sum(stock.values())
    reserved = rules.reserve_of(sellable)
    offered = sellable - reserved if rules.show_most is None else min(sellable - reserved, rules.show_most)
    return StockFigure(
        by_location=levelled(stock, offered),
        at_boeing=sum(place.quantity for place in places) if places else total,
        elsewhere=tuple(elsewhere),
        sellable=sellable,
        reserved=reserved,
        hidden=sellable - reserved - offered,
        lead_days=min(days, default=usual),
    )


def stock_steps(figure: StockFigure) -> Iterator[str]:
    """What made a figure, step by step, for people."""
    yield f"{counted(figure.at_boeing, 'piece')} at Boeing"
    if figure.elsewhere:
        less, left = sum(place.quantity for place in figure.elsewhere), figure.sellable
        yield f"{less:,} at locations you don't sell from ({_named(figure.elsewhere)}), which leaves {left:,}"
    if figure.reserved:
        yield f"{figure.reserved:,} kept in reserve, which leaves {figure.sellable - figure.reserved:,}"
    if figure.hidden:
        yield f"at most {figure.pieces:,} shown"


def stock_block(staged: StagedPart, policy: ListingPolicy, stock: Mapping[str, int] | None) -> Blocked | None:
    """Why a part with this stock is not published; None if it may be. `stock` comes from `stock_of`."""
    if stock is None:
        return Blocked(
            "quantity_unreadable",
            "A stock figure of this part is unreadable. Search for the part again.",
        )
    if any(stock.values()):
        return None
    figure = figure_of(staged, policy)
    if figure is not None and figure.sellable:
        return Blocked(
            "stock_reserved",
            f"Boeing has {counted(figure.sellable, 'piece')}, all kept in reserve (HUB_STOCK_RESERVE, "
            "HUB_STOCK_RESERVE_PERCENT). It can be sold once Boeing has more.",
        )
    if figure is not None and figure.elsewhere:
        return Blocked(
            "only_unmapped_locations",
            f"All stock is at locations you don't sell from ({_named(figure.elsewhere)}). Add one of them to "
            "SHOPIFY_LOCATION_MAP or remove it from HUB_LOCATIONS_NOT_SOLD, set "
            "SHOPIFY_UNMAPPED_LOCATIONS=sell_from_default, or leave the part out.",
        )
    return Blocked("no_stock", "Out of stock at Boeing. Search again later; it can be sold once Boeing has stock.")


def _named(places: Sequence[StockLocation]) -> str:
    return "; ".join(place.location for place in places[:_NAMED])


def _is_believable(pieces: int) -> bool:
    return 0 <= pieces <= MOST_PIECES
