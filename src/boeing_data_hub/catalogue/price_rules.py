"""One rule of a price list: which parts it is for, and how it makes a price. Pure.

Amounts are in the store's currency, percentages in percent, weights in kilograms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from boeing_data_hub.catalogue.priceable import Priceable, PriceBasis
from boeing_data_hub.values.money import to_cents_half_up
from boeing_data_hub.values.part_numbers import base_number
from boeing_data_hub.values.weights import kilograms

Rounding = Literal["none", ".99", ".95", "whole"]

_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)
_EXACT: Final = Context(prec=60)
_NO_COST: Final = Decimal("-Infinity")  # in no band
_ENDINGS: Final = {".99": Decimal("0.99"), ".95": Decimal("0.95"), "whole": Decimal(0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """A rule: it is for the parts for which all of its conditions hold, and for every part if it has none.

    A condition that is None or empty is not one. Names are compared without regard to case. A part that lacks a value
    (no weight, no cost) fails every condition on it.

    Attributes:
        name: for people, e.g. "Small hardware".
        cost_from: the cost is at least this; see `cost_of`.
        cost_below: and less than this.
        suppliers: Boeing's supplier, or the manufacturer where Boeing names none.
        prefixes: the SKU begins with one of these.
        parts: SKUs, or part numbers without the suffix of a variant.
        stock_from: pieces at Boeing, over all locations, are at least this many.
        stock_below: and fewer than this.
        locations: Boeing locations, one of which has pieces.
        units: units of measure.
        weight_from: kilograms, at least.
        weight_below: and less than this.
        hazardous: True: Boeing gives a hazard code; False: it gives none.
        hazards: hazard codes.
        basis: the Boeing price that ours starts from. A part without it is left to the next rule.
        markup: our price is the base times this.
        margin: or: our price leaves this share of itself, in percent, over the base.
        add: a fixed amount that is added, or taken off below 0.
        floor: the lowest price.
        ceiling: the highest price; floor and minimum margin outrank it.
        minimum_margin: percent of the price that must be left over the cost.
        rounding: up to the next price with this ending; down where the ceiling leaves no room; "none": to cents.
    """

    name: str
    cost_from: Decimal | None = None
    cost_below: Decimal | None = None
    suppliers: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    parts: frozenset[str] = frozenset()
    stock_from: int | None = None
    stock_below: int | None = None
    locations: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    weight_from: Decimal | None = None
    weight_below: Decimal | None = None
    hazardous: bool | None = None
    hazards: frozenset[str] = frozenset()
    basis: PriceBasis = "list_then_net"
    markup: Decimal | None = None
    margin: Decimal | None = None
    add: Decimal = Decimal(0)
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    minimum_margin: Decimal | None = None
    rounding: Rounding = "none"


class Steps(NamedTuple):
    """How a rule made a price: after markup or margin, after the addition, within the limits, and rounded."""

    marked: Decimal
    added: Decimal
    limited: Decimal
    price: Decimal


Condition = Callable[[Priceable], bool]


def conditions_of(rule: PriceRule) -> tuple[Condition, ...]:
    """The conditions that a rule sets, as predicates. A list of a million parts asks for them once."""
    return tuple(_conditions(rule))


def look_at_locations(rules: Iterable[PriceRule]) -> bool:
    """True if a rule has a condition on locations, which cost a query more."""
    return any(rule.locations for rule in rules)


def _conditions(rule: PriceRule) -> Iterator[Condition]:
    """The cheapest and the choosiest first: most parts fail one of them."""
    if rule.prefixes:
        prefixes = rule.prefixes
        yield lambda part: part.sku.startswith(prefixes)
    yield from _bands(rule)
    if rule.parts:
        yield lambda part: part.sku in rule.parts or base_number(part.sku) in rule.parts
    if rule.suppliers:
        suppliers = rule.suppliers
        yield lambda part: _key(part.supplier_name) in suppliers
    if rule.units:
        units = rule.units
        yield lambda part: _key(part.base_uom) in units
    if rule.hazardous is not None:
        yield lambda part: bool(_key(part.hazmat_code)) == rule.hazardous
    if rule.hazards:
        yield lambda part: _key(part.hazmat_code) in rule.hazards
    if rule.locations:
        yield lambda part: not rule.locations.isdisjoint(_key(at.location) for at in part.locations if at.quantity > 0)


def _bands(rule: PriceRule) -> Iterator[Condition]:
    if rule.cost_from is not None or rule.cost_below is not None:
        yield _costs(rule.cost_from, rule.cost_below)
    if rule.stock_from is not None or rule.stock_below is not None:
        yield lambda part: _within(part.inventory_quantity or 0, rule.stock_from, rule.stock_below)
    if rule.weight_from is not None or rule.weight_below is not None:
        yield lambda part: _within(kilograms(part.weight, part.weight_unit), rule.weight_from, rule.weight_below)


def _costs(least: Decimal | None, below: Decimal | None) -> Condition:
    """A band of costs, as short as can be: most lists have several, and a preview tries them for a million parts."""
    if least is None and below is not None:
        return lambda part: (part.net_price or part.list_price or below) < below
    if least is not None and below is None:
        return lambda part: (part.net_price or part.list_price or _NO_COST) >= least
    assert least is not None  # noqa: S101 - one of them is given
    assert below is not None  # noqa: S101 - same
    return lambda part: least <= (part.net_price or part.list_price or _NO_COST) < below


@lru_cache(maxsize=10_000)
def _key(text: str | None) -> str:
    return text.strip().upper() if text else ""


def _within(value: Decimal | int | None, least: Decimal | int | None, below: Decimal | int | None) -> bool:
    return value is not None and (least is None or value >= least) and (below is None or value < below)


def priced(rule: PriceRule, base: Decimal, cost: Decimal) -> Steps:
    """The price that a rule makes, in whole cents; 0 or less means that it makes none.

    Args:
        rule: its conditions hold.
        base: the Boeing price of its basis.
        cost: what the part costs us.
    """
    if rule.margin is not None:
        marked = _EXACT.divide(_EXACT.multiply(base, _HUNDRED), _HUNDRED - rule.margin)
    else:
        marked = base if rule.markup is None else _EXACT.multiply(base, rule.markup)
    added = marked + rule.add
    lowest = lowest_price(rule, cost)
    limited = added if rule.ceiling is None else min(added, rule.ceiling)
    limited = to_cents_half_up(limited if lowest is None else max(limited, lowest))
    return Steps(marked, added, limited, _rounded(limited, rule, lowest))


def lowest_price(rule: PriceRule, cost: Decimal) -> Decimal | None:
    """The lowest price that floor and minimum margin allow, in whole cents, rounded up; None: no limit."""
    if rule.minimum_margin is None:
        return None if rule.floor is None else _cents_up(rule.floor)
    by_margin = _EXACT.divide(_EXACT.multiply(cost, _HUNDRED), _HUNDRED - rule.minimum_margin)
    return _cents_up(by_margin if rule.floor is None else max(by_margin, rule.floor))


def _cents_up(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_CEILING, context=_EXACT)


def _rounded(limited: Decimal, rule: PriceRule, lowest: Decimal | None) -> Decimal:
    if rule.rounding == "none" or limited <= 0:
        return limited
    ending = _ENDINGS[rule.rounding]
    up = (limited - ending).to_integral_value(rounding=ROUND_CEILING) + ending
    if rule.ceiling is None or up <= rule.ceiling:
        return up.quantize(_CENT)
    down = up - 1
    # Above the ceiling because a limit that outranks it says so, or with no ending between the limits: left as it is.
    fits = limited <= rule.ceiling and down > 0 and (lowest is None or down >= lowest)
    return down.quantize(_CENT) if fits else limited
