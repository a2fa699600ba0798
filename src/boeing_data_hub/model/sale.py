"""Whether a staged part may be sold, for how much, and from which stock: one rule for the store and for quotes. Pure,
and total over any row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from boeing_data_hub.model.listings import Blocked, ListingPolicy
from boeing_data_hub.model.money import BadNumber, parse_money, to_cents_half_up
from boeing_data_hub.model.stock import stock_block, stock_of
from boeing_data_hub.model.wording import line

# What screening blocks is judged anew here: a hand-set price, a new map or another currency may have lifted it.
_JUDGED_ANEW: Final = frozenset({"no_price", "no_stock", "only_unmapped_locations", "currency_differs"})


@dataclass(frozen=True, slots=True)
class Sale:
    """A part that may be sold: its price in whole cents of the policy's currency, and pieces by store location."""

    price: Decimal
    stock: Mapping[str, int]

    @property
    def pieces(self) -> int:
        """All that may be sold."""
        return sum(self.stock.values())


def sale_of(staged: Mapping[str, Any], policy: ListingPolicy, *, live: bool = False) -> Sale | Blocked:
    """What a staged part is sold for, or why it may not be. Never raises, whatever the row holds.

    Args:
        staged: a row of `product_staging` with its `locations` and, where a person has set them, `price_override` (a
            price in the policy's currency, markup included) and `excluded`.
        policy: the currency, and the map of locations.
        live: it is in the store already. Then stock that is gone is no reason to leave the part alone: it is set to 0
            there, and cannot be sold.
    """
    price = _price(staged)
    stock = stock_of(staged, policy)
    blocked = _review(staged) or _currency(staged, policy) or (price if isinstance(price, Blocked) else None)
    if not (live and stock is not None):
        blocked = blocked or stock_block(staged, policy, stock)
    if blocked or isinstance(price, Blocked) or stock is None:
        return blocked or Blocked("needs_review", "This part needs a person's look.")
    return Sale(price, stock)


def amount_of(value: object) -> Decimal | None:
    """The amount in whole cents, 0 for a blank; None when it is none or below 0."""
    try:
        amount = to_cents_half_up(parse_money(value) or Decimal(0))
    except (BadNumber, TypeError):
        return None
    return amount if amount >= 0 else None


def _review(staged: Mapping[str, Any]) -> Blocked | None:
    if staged.get("excluded"):
        return Blocked("excluded", "A person has excluded this part from publishing. Include it again to publish it.")
    status, reason = staged.get("status"), line(staged.get("status_reason"))
    if status in ("fetched", "published") or (status == "blocked" and reason in _JUDGED_ANEW):
        return None
    said = line(staged.get("status_detail"))
    if status == "blocked":
        return Blocked(reason or "blocked", said or "This part is blocked. Look at the staged part, and search again.")
    return Blocked("needs_review", said or "A person must look at this part before it can be published.")


def _currency(staged: Mapping[str, Any], policy: ListingPolicy) -> Blocked | None:
    currency = line(staged.get("currency")).upper()
    if currency == policy.currency.upper():
        return None
    if not currency:
        return Blocked(
            "currency_missing", "No currency is known for this part, so its price means nothing. Search for it again."
        )
    return Blocked(
        "currency_differs",
        f"The price is in {currency[:10]}, and the store sells in {policy.currency}; none is converted. "
        "Check HUB_CURRENCY, or ask Boeing.",
    )


def _price(staged: Mapping[str, Any]) -> Decimal | Blocked:
    override = staged.get("price_override")
    if override is not None and override != "":
        amount = amount_of(override)
        return amount or Blocked(
            "price_override_unusable",
            "The price set by hand is no amount above 0. Mend it, or remove it to use Boeing's.",
        )
    given = staged.get("price")
    amount = amount_of(given)
    if amount:
        return amount
    if amount is None and given is not None:
        return Blocked("price_unreadable", "The price of this part is no believable amount. Search for it again.")
    return Blocked("no_price", "There is no price to sell this part for. Ask Boeing for a quote, or set one by hand.")
