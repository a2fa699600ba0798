"""What a publishing will cost and how long it will take on this store's plan, foretold from its decisions. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from boeing_data_hub.publishing.jobs import Leave, Send, Verdict

VARIANTS_UNTIL_LIMIT: Final = 50_000
"""Variants from which a store that is not on the largest plans may make only `NEW_A_DAY` more a day."""

NEW_A_DAY: Final = 1_000

_UPSERT: Final = 14.0  # an upsert and the ids it reads back; figures: the store's own cost rules
_METAFIELD: Final = 0.4
_IMAGE: Final = 1.9
_VARIANT: Final = 0.2
_LISTS_READ: Final = 26.0
# Its share of being put on the sales channel: a bulk operation offers twice as many at once. What was looked up for the
# plan is remembered for its run, and costs nothing again.
_OFFERED: Final = 0.4
_OFFERED_IN_BULK: Final = 0.2
_RESTOCKED: Final = 0.2
_RUN: Final = 30.0  # a bulk operation with its upload and its polls
_LOOKED_UP: Final = 0.42  # its share of the search for a hundred SKUs
ASSUMED_LINES: Final = 20.0
"""Lines a second of a bulk operation, until this store has shown its own figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the store allows.

    Attributes:
        available: points in its bucket now.
        restore_rate: points a second.
        known: whether the store itself has told these.
        lines_per_second: of its bulk operations of late; None when there was none.
        lanes: bulk operations at a time.
        bulk_from: changes from which a batch goes by bulk operation.
        bulk_lines: lines of one operation at most.
        variants: in the store; None when unknown.
        is_plus: there is no daily limit on new variants.
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
    """What is to be sent, added up.

    Attributes:
        sending: parts that go into an upsert.
        touched: parts of which anything is sent at all.
        creates: new products among them.
        direct: points where it goes one by one.
        bulk: points beside the bulk operations where it goes by them.
    """

    sending: int
    touched: int
    creates: int
    direct: float
    bulk: float


def cost_of(verdict: Verdict, *, in_bulk: bool) -> float:
    """Points that one part will cost; a part that stays as it is costs nothing."""
    offered = _OFFERED_IN_BULK if in_bulk else _OFFERED
    if isinstance(verdict, Leave):
        return offered if verdict.channel else 0.0
    if not isinstance(verdict, Send):
        return 0.0
    points = (offered if verdict.channel else 0.0) + (_LISTS_READ if verdict.needs_kept else 0.0)
    if verdict.action == "created":
        return points + (0.0 if in_bulk else create_cost(len(verdict.listing.metafields)))
    if verdict.stock:
        points += _RESTOCKED
    if verdict.changes or verdict.whole:
        lists = any(change.field.startswith("metafields.") for change in verdict.changes)
        points += 0.0 if in_bulk else update_cost(len(verdict.listing.metafields) if lists else None)
    return points


def create_cost(metafields: int) -> float:
    """Points of the upsert that makes a product with a picture."""
    return math.ceil(_UPSERT + _VARIANT + _IMAGE + _METAFIELD * (metafields + 1))


def update_cost(metafields: int | None) -> float:
    """Points of the upsert that changes a product; None: its metafields are not sent."""
    return math.ceil(_UPSERT + _VARIANT + (0.0 if metafields is None else _METAFIELD * (metafields + 1)))


def typical_load(*, creates: int, updates: int, metafields: int, looked_up: bool) -> Load:
    """The load of parts of which nothing is known but how many are new, and how many are to be changed.

    Args:
        creates: new products, each with a picture and to be offered on the sales channel.
        updates: products whose price, or the like, has changed, and their stock.
        metafields: that a part has.
        looked_up: whether a plan has looked for their SKUs before; else that is added.
    """
    looking = 0.0 if looked_up else _LOOKED_UP * creates
    return Load(
        sending=creates + updates,
        touched=creates + updates,
        creates=creates,
        direct=creates * (create_cost(metafields) + _OFFERED) + updates * (update_cost(None) + _RESTOCKED) + looking,
        bulk=creates * _OFFERED_IN_BULK + updates * _RESTOCKED + looking,
    )


def load_of(verdicts: Iterable[Verdict]) -> Load:
    """What these decisions add up to."""
    judged = list(verdicts)
    sending = [one for one in judged if isinstance(one, Send) and (one.changes or one.whole)]
    return Load(
        sending=len(sending),
        touched=sum(isinstance(one, Send) for one in judged),
        creates=sum(one.action == "created" for one in sending),
        direct=sum(cost_of(one, in_bulk=False) for one in judged),
        bulk=sum(cost_of(one, in_bulk=True) for one in judged),
    )


def forecast(verdicts: Iterable[Verdict], capacity: Capacity) -> dict[str, Any]:
    """The forecast of a publishing, in JSON values: points, seconds as a range, the way it goes, the daily limit."""
    return forecast_of(load_of(verdicts), capacity)


def forecast_of(load: Load, capacity: Capacity) -> dict[str, Any]:
    """The same, of a load."""
    in_bulk = load.sending >= capacity.bulk_from
    points = points_of(load, capacity, in_bulk=in_bulk)
    low = seconds_of(load, capacity, points=points, in_bulk=in_bulk)
    return {
        "way": "bulk" if in_bulk else "direct",
        "points": math.ceil(points),
        "seconds": {"low": round(low), "high": round(low * 1.3 + 5 + load.sending * 0.02)},
        "restore_rate": capacity.restore_rate,
        "rate_known": capacity.known,
        "bulk_pace_known": None if not in_bulk else capacity.lines_per_second is not None,
        "daily_limit": daily_limit(load.creates, capacity),
        "message": _sentence(load.touched, points, low, in_bulk=in_bulk),
    }


def runs_of(load: Load, capacity: Capacity) -> int:
    """Bulk operations that a load takes."""
    return math.ceil(load.sending / capacity.bulk_lines)


def points_of(load: Load, capacity: Capacity, *, in_bulk: bool) -> float:
    """Points of a load that goes this way."""
    return load.bulk + _RUN * runs_of(load, capacity) if in_bulk else load.direct


def pace_of(load: Load, capacity: Capacity) -> float:
    """Lines a second of all its bulk operations together."""
    return (capacity.lines_per_second or ASSUMED_LINES) * min(capacity.lanes, max(1, runs_of(load, capacity)))


def seconds_of(load: Load, capacity: Capacity, *, points: float, in_bulk: bool) -> float:
    """Seconds that so many points are waited for, and the bulk operations run."""
    waiting = max(0.0, points - capacity.available) / capacity.restore_rate
    return waiting + (load.sending / pace_of(load, capacity) if in_bulk else 0.0)


def daily_limit(creates: int, capacity: Capacity) -> dict[str, Any] | None:
    """What the daily limit on new variants means for so many new parts; None where it does not bite."""
    if capacity.is_plus or capacity.variants is None or not creates:
        return None
    free = max(0, VARIANTS_UNTIL_LIMIT - capacity.variants)
    limited = creates - free
    if limited <= 0:
        return None
    days = math.ceil(limited / NEW_A_DAY)
    time = "1 day" if days == 1 else f"{days:,} days"
    return {
        "variants_now": capacity.variants,
        "limited_from": VARIANTS_UNTIL_LIMIT,
        "new_a_day": NEW_A_DAY,
        "limited": limited,
        "days": days,
        "message": (
            f"The store has {capacity.variants:,} variants. From {VARIANTS_UNTIL_LIMIT:,} on its plan takes only "
            f"{NEW_A_DAY:,} new ones a day, so {limited:,} of these parts will take about {time}. Updates are "
            "not limited."
        ),
    }


def _sentence(parts: int, points: float, seconds: float, *, in_bulk: bool) -> str:
    if not parts:
        return "Nothing is to be sent."
    way = "by bulk operation" if in_bulk else "one by one"
    return f"{parts:,} parts are sent {way}: about {points:,.0f} points, about {_span(seconds)}."


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half reads best in seconds
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:  # noqa: PLR2004 - an hour and a half reads best in minutes
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
