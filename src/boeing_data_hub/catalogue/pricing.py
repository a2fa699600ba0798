"""Computes our price from Boeing's two. It is never stored, so that a changed rule applies at once. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from boeing_data_hub.values.money import marked_up

PriceBasis = Literal["list_then_net", "net_then_list", "list", "net"]

DOUBTS: Final = frozenset({"part_number_unreadable", "rows_disagree", "price_unreadable", "price_negative"})
"""Reasons of `screening` that cast doubt on one of Boeing's prices. The other one must not replace it, because the
price would be wrong, so the part has no price."""


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How our price comes from Boeing's (settings of the same names).

    Attributes:
        basis: which Boeing price ours is computed from; `a_then_b` uses b if there is no a.
        markup: our price is the base times this.
    """

    basis: PriceBasis = "list_then_net"
    markup: Decimal = Decimal("1.10")


GUIDE_RULES: Final = PriceRules()
"""The guide's rules, which are the settings' defaults."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The Boeing price that ours is computed from, and ours, in whole cents. None: no price; never 0."""

    base: Decimal | None = None
    price: Decimal | None = None


def prices_of(
    list_price: Decimal | None, net_price: Decimal | None, rules: PriceRules, *, reason: str | None = None
) -> Prices:
    """Our price by the rules in force.

    Args:
        list_price: Boeing's; None or 0: no price. The same holds for `net_price`.
        net_price: what Boeing charges us.
        rules: basis and markup.
        reason: why screening holds the part back, if it does. A doubtful price gives None.
    """
    if reason in DOUBTS:
        return Prices()
    base = base_price(list_price, net_price, rules.basis)
    return Prices(base, selling_price(base, rules.markup))


def base_price(list_price: Decimal | None, net_price: Decimal | None, basis: PriceBasis) -> Decimal | None:
    """The Boeing price that ours is computed from; None if there is none above 0.

    The customer's mapping names the net price as the cost, but the guide's code prefers the list price. They differ if
    Boeing grants a discount, so a setting decides, and both prices are kept.
    """
    match basis:
        case "list_then_net":
            return list_price or net_price or None
        case "net_then_list":
            return net_price or list_price or None
        case "list":
            return list_price or None
        case "net":
            return net_price or None


def selling_price(base: Decimal | None, markup: Decimal) -> Decimal | None:
    """Base x markup in whole cents, half up; None below half a cent, because a price of 0 would give the part away."""
    if base is None:
        return None
    return marked_up(base, markup) or None
