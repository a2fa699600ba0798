"""Forecasts the cost and duration of a publish run on this store's plan, from its decisions. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from boeing_data_hub.shopify import cost
from boeing_data_hub.shopify.journey import Leave, Send, Verdict
from boeing_data_hub.shopify.plan_totals import PlanTotals
from boeing_data_hub.values.counted import counted
from boeing_data_hub.values.range import Range

VARIANTS_UNTIL_LIMIT: Final = 50_000
"""The number of variants above which a store may create only `NEW_A_DAY` more a day, except on the largest plans."""

NEW_A_DAY: Final = 1_000

ASSUMED_LINES: Final = 20.0
"""Lines per second of a bulk operation, until this store has had one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the store allows.

    Attributes:
        available: points in its bucket now.
        restore_rate: points per second.
        known: True if these figures come from the store.
        lines_per_second: of recent bulk operations; None if there were none.
        lanes: bulk operations at a time.
        bulk_from: the number of changes from which a batch uses bulk operations.
        bulk_lines: maximum number of lines in one operation.
        variants: in the store; None if unknown.
        is_plus: True if there is no daily limit on new variants.
    """

    available: float
    restore_rate: float
    known: bool
    lines_per_second: float | None
    lanes: int
    bulk_from: int
    bulk_lines: int
    variants: int | None
    is_plus: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The total of what is sent.

    Attributes:
        sending: parts with an upsert.
        touched: parts for which anything is sent.
        creates: new products among them.
        direct: points if the parts are sent one by one.
        bulk: points, besides the operations, if bulk operations are used.
    """

    sending: int
    touched: int
    creates: int
    direct: float
    bulk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariantLimit:
    """How the store's daily limit on new variants affects a plan.

    Attributes:
        variants_now: in the store.
        limited_from: the number of variants from which on only `new_a_day` more are created a day.
        limited: new parts of the plan above that number, which take `days`.
        message: the same for people.
    """

    variants_now: int
    limited_from: int
    new_a_day: int
    limited: int
    days: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanForecast:
    """The cost and duration of a plan.

    Attributes:
        way: in bulk, or one by one.
        points: of the store's API.
        restore_rate: points per second that the store refills.
        rate_known: False if that is assumed.
        bulk_pace_known: False if the duration of bulk operations is a rough estimate; None if there are none.
        channel_note: why products are on no sales channel, for people.
        totals: sums over the plan.
    """

    way: Literal["direct", "bulk"]
    points: int
    seconds: Range
    restore_rate: float
    rate_known: bool
    bulk_pace_known: bool | None
    daily_limit: NewVariantLimit | None
    message: str
    channel_note: str | None = None
    totals: PlanTotals | None = None


def cost_of(verdict: Verdict, *, in_bulk: bool) -> float:
    """Points that one part costs; an unchanged one costs its share of the check."""
    offered = cost.OFFERED_IN_BULK if in_bulk else cost.OFFERED
    if isinstance(verdict, Leave):
        return cost.LOOKED_AT + (offered if verdict.channel else 0.0)
    if not isinstance(verdict, Send):
        return 0.0
    points = (offered if verdict.channel else 0.0) + (cost.LISTS_READ if verdict.needs_kept else 0.0)
    if verdict.action == "created":
        return points + (0.0 if in_bulk else create_cost(len(verdict.listing.metafields)))
    points += cost.LOOKED_AT
    if verdict.stock:
        points += cost.RESTOCKED
    if verdict.changes or verdict.whole:
        lists = any(change.field.startswith("metafields.") for change in verdict.changes)
        points += 0.0 if in_bulk else update_cost(len(verdict.listing.metafields) if lists else None)
    return points


def create_cost(metafields: int) -> float:
    """Points of the upsert that creates a product with a picture."""
    return math.ceil(cost.UPSERT + cost.sent_cost(variants=1, pictures=1, metafields=metafields + 1))


def update_cost(metafields: int | None) -> float:
    """Points of the upsert that changes a product; None: its metafields are not sent."""
    sent = 0 if metafields is None else metafields + 1
    return math.ceil(cost.UPSERT + cost.sent_cost(variants=1, pictures=0, metafields=sent))


def typical_load(*, creates: int, updates: int, metafields: int, looked_up: bool) -> Load:
    """The load of parts if only the numbers of new and of changed ones are known.

    Args:
        creates: new products, each with a picture and to be offered on the sales channel.
        updates: products whose stock and another value, such as the price, have changed.
        metafields: how many a part has.
        looked_up: True if a plan has already searched for their SKUs; if not, the search is added.
    """
    looking = 0.0 if looked_up else cost.LOOKED_UP * creates
    changing = updates * (update_cost(None) + cost.RESTOCKED)
    return Load(
        sending=creates + updates,
        touched=creates + updates,
        creates=creates,
        direct=creates * (create_cost(metafields) + cost.OFFERED) + changing + looking,
        bulk=creates * cost.OFFERED_IN_BULK + updates * cost.RESTOCKED + looking,
    )


def load_of(verdicts: Iterable[Verdict]) -> Load:
    """The load of these decisions."""
    judged = list(verdicts)
    sending = [one for one in judged if isinstance(one, Send) and (one.changes or one.whole)]
    return Load(
        sending=len(sending),
        touched=sum(isinstance(one, Send) for one in judged),
        creates=sum(one.action == "created" for one in sending),
        direct=sum(cost_of(one, in_bulk=False) for one in judged),
        bulk=sum(cost_of(one, in_bulk=True) for one in judged),
    )


def forecast_of(load: Load, capacity: Capacity) -> PlanForecast:
    """The forecast of a load."""
    in_bulk = load.sending >= capacity.bulk_from
    points = points_of(load, capacity, in_bulk=in_bulk)
    low = seconds_of(load, capacity, points=points, in_bulk=in_bulk)
    return PlanForecast(
        way="bulk" if in_bulk else "direct",
        points=math.ceil(points),
        seconds=Range(round(low), round(low * 1.3 + 5 + load.sending * 0.02)),
        restore_rate=capacity.restore_rate,
        rate_known=capacity.known,
        bulk_pace_known=None if not in_bulk else capacity.lines_per_second is not None,
        daily_limit=daily_limit(load.creates, capacity),
        message=_sentence(load.touched, points, low, in_bulk=in_bulk),
    )


def runs_of(load: Load, capacity: Capacity) -> int:
    """The number of bulk operations for a load."""
    return math.ceil(load.sending / capacity.bulk_lines)


def points_of(load: Load, capacity: Capacity, *, in_bulk: bool) -> float:
    """Points of a load, direct or by bulk operation."""
    return load.bulk + cost.BULK_RUN * runs_of(load, capacity) if in_bulk else load.direct


def pace_of(load: Load, capacity: Capacity) -> float:
    """Lines per second of all its bulk operations together."""
    return (capacity.lines_per_second or ASSUMED_LINES) * min(capacity.lanes, max(1, runs_of(load, capacity)))


def seconds_of(load: Load, capacity: Capacity, *, points: float, in_bulk: bool) -> float:
    """Seconds to wait for so many points, and for the bulk operations."""
    waiting = max(0.0, points - capacity.available) / capacity.restore_rate
    return waiting + (load.sending / pace_of(load, capacity) if in_bulk else 0.0)


def daily_limit(creates: int, capacity: Capacity) -> NewVariantLimit | None:
    """How the daily limit on new variants affects so many new parts; None if it does not."""
    if capacity.is_plus or capacity.variants is None or not creates:
        return None
    free = max(0, VARIANTS_UNTIL_LIMIT - capacity.variants)
    limited = creates - free
    if limited <= 0:
        return None
    days = math.ceil(limited / NEW_A_DAY)
    time = "1 day" if days == 1 else f"{days:,} days"
    return NewVariantLimit(
        variants_now=capacity.variants,
        limited_from=VARIANTS_UNTIL_LIMIT,
        new_a_day=NEW_A_DAY,
        limited=limited,
        days=days,
        message=(
            f"Your store has {capacity.variants:,} variants. Above {VARIANTS_UNTIL_LIMIT:,}, your Shopify plan allows "
            f"{NEW_A_DAY:,} new ones a day, so {limited:,} of these parts will take about {time}. Updates are "
            "not limited."
        ),
    )


def _sentence(parts: int, points: float, seconds: float, *, in_bulk: bool) -> str:
    if not parts:
        return "Nothing to send."
    way = "by bulk import" if in_bulk else "one by one"
    return f"{counted(parts, 'part')} to send {way}: about {points:,.0f} API points, about {_span(seconds)}."


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half reads best in seconds
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:  # noqa: PLR2004 - an hour and a half reads best in minutes
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
