"""Guards: which changes of a published part look like an error in Boeing's data, and wait for a person. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from boeing_data_hub.settings.guards import Guarding

Field = Literal["price", "stock", "unit", "currency"]

_MOVED: Final = Decimal("0.25")  # a price that moves by more counts as moved, for the guard of runs
_FEWEST_PIECES: Final = 100  # stock that moves by fewer pieces is never held: 1 to 60 is an ordinary delivery


class Cause(StrEnum):
    """Why a change is held."""

    PRICE_ROSE = "price_rose"
    PRICE_FELL = "price_fell"
    BELOW_COST = "below_cost"
    BELOW_FLOOR = "below_floor"
    STOCK_JUMPED = "stock_jumped"
    UNIT_CHANGED = "unit_changed"
    CURRENCY_CHANGED = "currency_changed"
    RUN_PRICES = "run_prices"
    RUN_SOLD_OUT = "run_sold_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The values of a part that guards compare.

    Attributes:
        price: in the store's currency.
        pieces: for sale, over all locations.
        unit: of measure; empty if unknown.
        cost: Boeing's price; None if unknown.
        currency: of Boeing's price.
        by_hand: True if a person has set the price.
        shown: True if shoppers can find the product.
    """

    price: Decimal
    pieces: int
    unit: str = ""
    cost: Decimal | None = None
    currency: str = ""
    by_hand: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A change that is held back.

    Attributes:
        field: what changes.
        cause: why it is held.
        old: the published value; None for a part that was never published.
        new: the value that waits for a decision.
    """

    field: Field
    cause: Cause
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's decision about one value of a field. It applies to that value only."""

    approved: bool
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What a run would change in those of its parts that are published.

    Attributes:
        parts: how many of them are published.
        moved: how many of their prices would move by more than a quarter.
        in_stock: how many of them are in stock in the store, or would be taken off it.
        sold_out: how many of these would be sold out or taken off.
    """

    parts: int = 0
    moved: int = 0
    in_stock: int = 0
    sold_out: int = 0

    def __add__(self, other: RunFigures) -> RunFigures:
        """The sum of both."""
        return RunFigures(
            parts=self.parts + other.parts,
            moved=self.moved + other.moved,
            in_stock=self.in_stock + other.in_stock,
            sold_out=self.sold_out + other.sold_out,
        )


def figures_of(changes: Sequence[tuple[Offer, Offer]]) -> RunFigures:
    """The figures of a run, from the published and the wanted offer of each of its published parts."""
    return RunFigures(
        parts=len(changes),
        moved=sum(not new.by_hand and _share(old.price, new.price) > _MOVED for old, new in changes),
        in_stock=sum(old.pieces > 0 or _is_taken_off(new, old) for old, new in changes),
        sold_out=sum(_is_taken_off(new, old) or (old.pieces > 0 and new.pieces == 0) for old, new in changes),
    )


def _is_taken_off(new: Offer, old: Offer) -> bool:
    return old.shown and not new.shown


def judge_run(run: RunFigures, earlier: Sequence[RunFigures], rules: Guarding) -> frozenset[Cause]:
    """The kinds of change that a whole run holds back.

    Args:
        run: the run's own figures.
        earlier: the figures of the last day's runs, newest first. A run with too few parts is judged together with
            as many of them as are needed, so that many small runs cannot do what one large one may not.
        rules: the settings.
    """
    if not rules.hub_guards:
        return frozenset()
    judged, before = run, list(earlier)
    while judged.parts < rules.hub_guard_run_parts and before:
        judged += before.pop(0)
    if judged.parts < rules.hub_guard_run_parts:
        return frozenset()
    found: set[Cause] = set()
    if run.moved and _exceeds(judged.moved, judged.parts, rules.hub_guard_run_prices):
        found.add(Cause.RUN_PRICES)
    if run.sold_out and _exceeds(judged.sold_out, judged.in_stock, rules.hub_guard_run_sold_out):
        found.add(Cause.RUN_SOLD_OUT)
    return frozenset(found)


def held_back(
    new: Offer,
    old: Offer | None,
    rules: Guarding,
    *,
    run: frozenset[Cause] = frozenset(),
    decided: Mapping[str, Decided] | None = None,
) -> tuple[Concern, ...]:
    """The changes of one part that wait for a person; a value that a person approved passes.

    Args:
        new: what is wanted.
        old: what is published; None for a part that is not.
        rules: the settings.
        run: the kinds of change that the whole run holds back.
        decided: what people decided earlier, by field.
    """
    if not rules.hub_guards:
        return ()
    known = decided or {}
    first: dict[str, Concern] = {}
    for concern in _concerns(new, old, rules, run):
        earlier = known.get(concern.field)
        if earlier is None or not earlier.approved or earlier.value != concern.new:
            first.setdefault(concern.field, concern)
    return tuple(first.values())


def _concerns(new: Offer, old: Offer | None, rules: Guarding, run: frozenset[Cause]) -> Iterator[Concern]:
    price = f"{new.price:.2f}"
    published = None if old is None else f"{old.price:.2f}"
    if old is not None and old.currency and new.currency != old.currency:
        yield Concern(field="currency", cause=Cause.CURRENCY_CHANGED, old=old.currency, new=new.currency or "none")
    elif price != published:  # a price in another currency cannot be compared
        for cause in _of_price(new, old, rules, run):
            yield Concern(field="price", cause=cause, old=published, new=price)
    if old is not None and old.unit and new.unit and old.unit.casefold() != new.unit.casefold():
        yield Concern(field="unit", cause=Cause.UNIT_CHANGED, old=old.unit, new=new.unit)
    changes = old is not None and (old.pieces != new.pieces or _is_taken_off(new, old))
    if old is not None and changes and (cause := _of_stock(new, old, rules, run)):
        yield Concern(field="stock", cause=cause, old=str(old.pieces), new=str(new.pieces))


def _of_price(new: Offer, old: Offer | None, rules: Guarding, run: frozenset[Cause]) -> Iterator[Cause]:
    if rules.hub_guard_below_cost and new.cost is not None and new.price < new.cost:
        yield Cause.BELOW_COST
    if new.price < rules.hub_guard_price_floor:
        yield Cause.BELOW_FLOOR
    if old is None or new.by_hand:
        return
    if rules.hub_guard_price_up and new.price > old.price * (1 + rules.hub_guard_price_up / 100):
        yield Cause.PRICE_ROSE
    if rules.hub_guard_price_down and new.price < old.price * (1 - rules.hub_guard_price_down / 100):
        yield Cause.PRICE_FELL
    if Cause.RUN_PRICES in run:
        yield Cause.RUN_PRICES


def _of_stock(new: Offer, old: Offer, rules: Guarding, run: frozenset[Cause]) -> Cause | None:
    if new.pieces == 0:
        return Cause.RUN_SOLD_OUT if Cause.RUN_SOLD_OUT in run else None
    factor = rules.hub_guard_stock_factor
    least, most = sorted((old.pieces, new.pieces))
    jumped = factor and most - least >= _FEWEST_PIECES and most > max(least, 1) * factor
    return Cause.STOCK_JUMPED if jumped else None


def _share(old: Decimal, new: Decimal) -> Decimal:
    """The relative change of a price."""
    return abs(new - old) / old if old else Decimal(0)


def _exceeds(part: int, whole: int, percent: Decimal) -> bool:
    return bool(percent) and part * 100 > whole * percent


_SENTENCES: Final[Mapping[Cause, str]] = {
    Cause.PRICE_ROSE: "The price would rise from {old} to {new}.",
    Cause.PRICE_FELL: "The price would fall from {old} to {new}.",
    Cause.BELOW_COST: "The price {new} is below Boeing's price for the part.",
    Cause.BELOW_FLOOR: "The price {new} is below your lowest price (HUB_GUARD_PRICE_FLOOR).",
    Cause.STOCK_JUMPED: "Stock would change from {old} to {new} pieces.",
    Cause.UNIT_CHANGED: "Boeing now sells the part by {new}, not by {old}, so price and stock mean something else.",
    Cause.CURRENCY_CHANGED: "Boeing's price is now in {new}, not in {old}.",
    Cause.RUN_PRICES: "The price would change from {old} to {new}, in a run in which most prices move.",
    Cause.RUN_SOLD_OUT: "Stock would fall from {old} to 0 pieces, in a run in which most parts would be sold out.",
}


def sentence(concern: Concern, *, refused: bool = False) -> str:
    """A sentence for people: the change, and whether it waits or was refused."""
    described = _SENTENCES[concern.cause].format(old=concern.old or "nothing", new=concern.new)
    if concern.field == "stock" and concern.old == concern.new:
        described = "The product would be taken off the store, in a run in which most parts would be sold out."
    if refused:
        return f"{described} This was refused in a review, so your store keeps what it has."
    return f"{described} It waits for your review; your store keeps what it has."
