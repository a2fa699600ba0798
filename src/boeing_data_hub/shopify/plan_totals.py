"""Totals of a plan in money and pieces, and its largest price changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final

from boeing_data_hub.shopify.journey import Send, Verdict
from boeing_data_hub.shopify.snapshot import money

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """A price that a plan changes, in cents' precision; `percent` is of the old price, with one decimal."""

    sku: str
    old: Decimal
    new: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTotals:
    """Sums over a plan.

    Attributes:
        currency: of all amounts.
        new_products: products that would be created, with `new_pieces` in stock, worth `new_value` at our prices.
        new_cost: Boeing's price for the pieces whose cost is known, and `new_margin` our margin on them, in percent
            of our price; None if no cost is known.
        prices_up, prices_down: how many prices of existing products move, and `median_percent` of all of them.
        largest: the largest moves, in descending order.
        held: changes that guards hold back for review, and that are not in the other figures.
    """

    currency: str
    new_products: int
    new_pieces: int
    new_value: Decimal
    new_cost: Decimal
    new_margin: Decimal | None
    prices_up: int
    prices_down: int
    median_percent: Decimal | None
    largest: tuple[PriceMove, ...]
    held: int = 0


def totals_of(verdicts: Iterable[tuple[str, Verdict]], *, currency: str) -> PlanTotals:
    """The sums over a plan, from the SKU and the verdict of each of its parts."""
    created: list[Send] = []
    moves: list[PriceMove] = []
    held = 0
    for sku, verdict in verdicts:
        held += len(verdict.held)
        if not isinstance(verdict, Send):
            continue
        if verdict.action == "created":
            created.append(verdict)
        moves += _moves(sku, verdict)
    pieces = [(sum(send.listing.stock.values()), send.listing) for send in created]
    value = sum((count * listing.price for count, listing in pieces), Decimal(0))
    with_cost = [(count, listing.price, listing.cost) for count, listing in pieces if listing.cost is not None]
    cost = sum((count * each for count, _, each in with_cost), Decimal(0))
    sold_for = sum((count * price for count, price, _ in with_cost), Decimal(0))
    return PlanTotals(
        currency=currency,
        new_products=len(created),
        new_pieces=sum(count for count, _ in pieces),
        new_value=_cents(value),
        new_cost=_cents(cost),
        new_margin=_percent(sold_for - cost, sold_for),
        prices_up=sum(move.percent > 0 for move in moves),
        prices_down=sum(move.percent < 0 for move in moves),
        median_percent=Decimal(median(move.percent for move in moves)).quantize(Decimal("0.1")) if moves else None,
        largest=tuple(sorted(moves, key=lambda move: (-abs(move.percent), move.sku))[:_SHOWN]),
        held=held,
    )


def _moves(sku: str, send: Send) -> list[PriceMove]:
    for change in send.changes:
        if change.field == "price" and change.old is not None:
            old, new = Decimal(str(change.old)), Decimal(str(change.new))
            percent = _percent(new - old, old)
            return [] if percent is None else [PriceMove(sku=sku, old=_cents(old), new=_cents(new), percent=percent)]
    return []


def _cents(amount: Decimal) -> Decimal:
    return Decimal(money(amount))


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part * 100 / whole).quantize(Decimal("0.1")) if whole else None
