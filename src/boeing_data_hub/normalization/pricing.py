"""From Boeing's two prices to ours. Prices here are above 0 or absent: `fields.money` has seen to that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from boeing_data_hub.model.money import marked_up
from boeing_data_hub.model.products import NormalizationRules, PriceBasis
from boeing_data_hub.normalization.fields import Problem


@dataclass(frozen=True, slots=True)
class Prices:
    """What Boeing asks and what we ask. `base` is the Boeing price ours is made from; None is absent, never 0."""

    list_price: Decimal | None = None
    net_price: Decimal | None = None
    base: Decimal | None = None
    price: Decimal | None = None


def price(
    list_price: Decimal | Problem | None, net_price: Decimal | Problem | None, rules: NormalizationRules
) -> Prices:
    """Our price by the basis and markup in force.

    With either of Boeing's prices in doubt there is none: the other one might pass for it, at a wrong figure.
    """
    listed = None if isinstance(list_price, Problem) else list_price
    net = None if isinstance(net_price, Problem) else net_price
    if isinstance(list_price, Problem) or isinstance(net_price, Problem):
        return Prices(listed, net)
    base = base_price(listed, net, rules.price_basis)
    return Prices(listed, net, base, selling_price(base, rules.price_markup))


def base_price(list_price: Decimal | None, net_price: Decimal | None, basis: PriceBasis) -> Decimal | None:
    """The Boeing price ours is made from.

    The customer's mapping names the net price as the cost, the guide's code takes the list price first: the two differ
    where Boeing grants a discount, so the owner decides by a setting, and both prices are kept.
    """
    match basis:
        case "list_then_net":
            return list_price or net_price
        case "net_then_list":
            return net_price or list_price
        case "list":
            return list_price
        case "net":
            return net_price


def selling_price(base: Decimal | None, markup: Decimal) -> Decimal | None:
    """Base x markup in whole cents, half up; None when that is less than half a cent, for nothing is given away."""
    if base is None:
        return None
    return marked_up(base, markup) or None
