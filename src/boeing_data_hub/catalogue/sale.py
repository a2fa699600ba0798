"""Decides if a staged part may be sold, at what price, and from which stock: one rule for the store and for quotes.
Pure, and defined for every part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.catalogue.pricing import PriceRules, prices_of
from boeing_data_hub.catalogue.staged_part import CataloguePart, StagedPart
from boeing_data_hub.catalogue.stock import stock_block, stock_of
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.money import BadNumber, parse_money, to_cents_half_up

# Blocks for these reasons are screened again: a manual price, location map or currency may have lifted them.
_JUDGED_AGAIN: Final = frozenset({"no_price", "no_stock", "only_unmapped_locations", "currency_differs"})


@dataclass(frozen=True, slots=True)
class Sale:
    """A part that may be sold: its price in whole cents of the policy's currency, and pieces by store location."""

    price: Decimal
    stock: Mapping[str, int]

    @property
    def pieces(self) -> int:
        """The total that may be sold."""
        return sum(self.stock.values())


def sale_of(staged: CataloguePart, policy: ListingPolicy, *, live: bool = False) -> Sale | Blocked:
    """The price and stock of a staged part, or why it may not be sold. Never raises, whatever its values are.

    Args:
        staged: the part, with its override.
        policy: how our price comes from Boeing's, the currency, and the map of locations.
        live: True if the part is in the store. Then a lack of stock does not block it: its stock in the store is set
            to 0, so that it cannot be sold.
    """
    price = _price(staged, policy)
    stock = stock_of(staged, policy)
    blocked = _review(staged) or _currency(staged, policy) or (price if isinstance(price, Blocked) else None)
    if not (live and stock is not None):
        blocked = blocked or stock_block(staged, policy, stock)
    if blocked or isinstance(price, Blocked) or stock is None:
        return blocked or Blocked("needs_review", "This part needs review.")
    return Sale(price, stock)


def amount_of(value: object) -> Decimal | None:
    """The amount in whole cents, 0 for a blank; None if it is invalid or below 0."""
    try:
        amount = to_cents_half_up(parse_money(value) or Decimal(0))
    except (BadNumber, TypeError):
        return None
    return amount if amount >= 0 else None


def _review(staged: CataloguePart) -> Blocked | None:
    if staged.override.excluded:
        return Blocked("excluded", "This part is excluded from publishing. Include it to publish it.")
    status, reason = staged.status, line(staged.status_reason)
    if status in ("fetched", "published") or (status == "blocked" and reason in _JUDGED_AGAIN):
        return None
    said = line(staged.status_detail)
    if status == "blocked":
        return Blocked(reason or "blocked", said or "This part is blocked. Check the part, and search again.")
    return Blocked("needs_review", said or "This part needs review before it can be published.")


def _currency(staged: CataloguePart, policy: ListingPolicy) -> Blocked | None:
    currency = line(staged.currency).upper()
    if currency == policy.currency.upper():
        return None
    if not currency:
        return Blocked(
            "currency_missing", "The currency of this part is missing, so its price can't be used. Search for it again."
        )
    return Blocked(
        "currency_differs",
        f"The price is in {currency[:10]}, but your store sells in {policy.currency}. The hub doesn't convert. "
        "Check HUB_CURRENCY, or ask Boeing.",
    )


def asked_price(part: CataloguePart, rules: PriceRules) -> Decimal | None:
    """The price of a part: the manual one, or else the computed one; None without either."""
    if part.override.price_override is not None:
        return amount_of(part.override.price_override) or None
    return prices_of(part, rules).price


def cost_of(staged: StagedPart, policy: ListingPolicy) -> Decimal | None:
    """What the part costs us, in whole cents, 0 without a price of Boeing's; None if it is unreadable."""
    if _is_odd(staged):
        return None
    return amount_of(prices_of(staged, policy.prices).cost)


def _is_odd(staged: StagedPart) -> bool:
    """True if a price is not an amount, or is below 0."""
    try:
        amounts = [parse_money(staged.list_price), parse_money(staged.net_price)]
    except BadNumber:
        return True
    return any(amount is not None and amount < 0 for amount in amounts)


def _price(staged: CataloguePart, policy: ListingPolicy) -> Decimal | Blocked:
    override = staged.override.price_override
    if override is not None:
        amount = amount_of(override)
        return amount or Blocked(
            "price_override_unusable",
            "The manual price must be greater than 0. Correct it, or clear it to use Boeing's price.",
        )
    if _is_odd(staged):
        return Blocked("price_unreadable", "The price of this part is unreadable. Search for it again.")
    prices = prices_of(staged, policy.prices)
    return prices.price or Blocked("no_price", "This part has no price. Ask Boeing for a quote, or set a manual price.")
