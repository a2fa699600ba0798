"""Computes our price from Boeing's two. It is never stored, so that a changed rule applies at once. Pure.

A price list's rules are tried in order; the first whose conditions hold makes the price. The settings' basis and markup
are the default rule. A price set by hand takes precedence over all of them (`sale.asked_price`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from boeing_data_hub.catalogue.price_rules import PriceRule, conditions_of, lowest_price, priced
from boeing_data_hub.catalogue.priceable import Priceable, PriceBasis, base_price, cost_of
from boeing_data_hub.values.money import marked_up, written

DOUBTS: Final = frozenset({"part_number_unreadable", "rows_disagree", "price_unreadable", "price_negative"})
"""Reasons of `screening` that cast doubt on one of Boeing's prices. The other one must not replace it, because the
price would be wrong, so the part has no price."""


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How our price comes from Boeing's.

    Attributes:
        basis: of the default rule: which Boeing price ours is computed from; `a_then_b` uses b if there is no a. The
            setting of the same name, as is `markup`.
        markup: of the default rule: our price is the base times this.
        version: of the price list in force; None: only the default rule is.
        listed: its rules, in order.
    """

    basis: PriceBasis = "list_then_net"
    markup: Decimal = Decimal("1.10")
    version: int | None = None
    listed: tuple[PriceRule, ...] = ()


GUIDE_RULES: Final = PriceRules()
"""The guide's rules, which are the settings' defaults."""


class Prices(NamedTuple):
    """The Boeing price that ours is computed from, and ours, in whole cents. None: no price; never 0.

    Attributes:
        cost: what the part costs us. For the default rule it is the base, as the guide has it.
        rule: the place of the rule in the price list, from 1; None: the default rule, or no price.
    """

    base: Decimal | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    rule: int | None = None


_NONE: Final = Prices()
_TIMES: Final = "\u00d7"


def prices_of(part: Priceable, rules: PriceRules) -> Prices:
    """Our price of a part by the rules in force. A part whose prices are in doubt has none."""
    return pricer(rules)(part)


def pricer(rules: PriceRules) -> Callable[[Priceable], Prices]:
    """`prices_of` for many parts: the rules' conditions are prepared once."""
    listed = [(place, rule, conditions_of(rule)) for place, rule in enumerate(rules.listed, 1)]
    basis, markup = rules.basis, rules.markup

    def by_default_rule(part: Priceable) -> Prices:
        if part.status_reason in DOUBTS:
            return _NONE
        base = base_price(part.list_price, part.net_price, basis)
        return Prices(base, selling_price(base, markup), base)

    def price(part: Priceable) -> Prices:
        if part.status_reason in DOUBTS:
            return _NONE
        for place, rule, conditions in listed:
            for holds in conditions:
                if not holds(part):
                    break
            else:
                base, cost = base_price(part.list_price, part.net_price, rule.basis), cost_of(part)
                if base is not None and cost is not None:
                    ours = priced(rule, base, cost).price
                    return Prices(base, ours if ours > 0 else None, cost, place)
        return by_default_rule(part)

    return price if listed else by_default_rule


def selling_price(base: Decimal | None, markup: Decimal) -> Decimal | None:
    """Base x markup in whole cents, half up; None below half a cent, because a price of 0 would give the part away."""
    if base is None:
        return None
    return marked_up(base, markup) or None


@dataclass(frozen=True, slots=True)
class Why:
    """Which rule made a price, and how: sentences for people, in order."""

    rule: str
    steps: tuple[str, ...]


def why(part: Priceable, rules: PriceRules) -> Why:
    """The rule that makes the price of a part by the rules in force, and each step to it."""
    found = prices_of(part, rules)
    if found.rule is None:
        return Why("The default rule", tuple(_default_rule(part, rules, found)))
    rule = rules.listed[found.rule - 1]
    return Why(
        f"Rule {found.rule}, “{rule.name}”, of price list {rules.version}", tuple(_steps(part, rule, found.price))
    )


def _default_rule(part: Priceable, rules: PriceRules, found: Prices) -> Iterator[str]:
    if part.status_reason in DOUBTS:
        yield "One of Boeing's prices is in doubt, so the part has no price."
    elif found.base is None:
        yield "Boeing named no price that PRICE_BASIS allows."
    else:
        yield f"Boeing's {_which(part, found.base)} price {found.base} {_TIMES} {rules.markup} = {found.price or 0}"


def _steps(part: Priceable, rule: PriceRule, price: Decimal | None) -> Iterator[str]:
    base, cost = base_price(part.list_price, part.net_price, rule.basis), cost_of(part)
    if base is None or cost is None:
        return
    steps = priced(rule, base, cost)
    yield f"Boeing's {_which(part, base)} price: {written(base)}"
    if rule.margin is not None:
        yield f"{rule.margin} % margin: {steps.marked:.2f}"
    elif rule.markup is not None:
        yield f"{_TIMES} {rule.markup} = {steps.marked:.2f}"
    if rule.add:
        yield f"{'plus' if rule.add > 0 else 'minus'} {abs(rule.add)} = {steps.added:.2f}"
    lowest = lowest_price(rule, cost)
    if lowest is not None and steps.limited == lowest and steps.added < lowest:
        by_margin = rule.floor is None or lowest > rule.floor
        yield f"raised to {lowest} by the {'minimum margin' if by_margin else 'floor'}"
    elif rule.ceiling is not None and steps.added > rule.ceiling:
        yield f"lowered to the ceiling, {steps.limited}"
    if steps.price != steps.limited:
        yield f"rounded to {steps.price}"
    if price is None:
        yield "That is not above 0, so the part has no price."


def _which(part: Priceable, base: Decimal) -> str:
    return "list" if base == part.list_price else "net"
