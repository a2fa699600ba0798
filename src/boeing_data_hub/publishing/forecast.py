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
_ASSUMED_LINES: Final = 20.0  # lines a second of a bulk operation, until this store has shown its own figure


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


def cost_of(verdict: Verdict, *, in_bulk: bool) -> float:
    """Points that one part will cost; a part that stays as it is costs nothing."""
    offered = _OFFERED_IN_BULK if in_bulk else _OFFERED
    if isinstance(verdict, Leave):
        return offered if verdict.channel else 0.0
    if not isinstance(verdict, Send):
        return 0.0
    points = (offered if verdict.channel else 0.0) + (_LISTS_READ if verdict.needs_kept else 0.0)
    if verdict.action == "created":
        upsert = _UPSERT + _VARIANT + _IMAGE + _METAFIELD * (len(verdict.listing.metafields) + 1)
        return points + (0.0 if in_bulk else math.ceil(upsert))
    if verdict.stock:
        points += _RESTOCKED
    if verdict.changes or verdict.whole:
        lists = any(change.field.startswith("metafields.") for change in verdict.changes)
        upsert = _UPSERT + _VARIANT + (_METAFIELD * (len(verdict.listing.metafields) + 1) if lists else 0.0)
        points += 0.0 if in_bulk else math.ceil(upsert)
    return points


def forecast(verdicts: Iterable[Verdict], capacity: Capacity) -> dict[str, Any]:
    """The forecast of a publishing, in JSON values: points, seconds as a range, the way it goes, the daily limit."""
    judged = list(verdicts)
    sending = [one for one in judged if isinstance(one, Send) and (one.changes or one.whole)]
    in_bulk = len(sending) >= capacity.bulk_from
    points = sum(cost_of(one, in_bulk=in_bulk) for one in judged)
    if in_bulk:
        points += _RUN * math.ceil(len(sending) / capacity.bulk_lines)
    waiting = max(0.0, points - capacity.available) / capacity.restore_rate
    running = 0.0
    if in_bulk:
        pace = capacity.lines_per_second or _ASSUMED_LINES
        lanes = min(capacity.lanes, math.ceil(len(sending) / capacity.bulk_lines))
        running = len(sending) / (pace * lanes)
    creates = sum(one.action == "created" for one in sending)
    low = waiting + running
    return {
        "way": "bulk" if in_bulk else "direct",
        "points": math.ceil(points),
        "seconds": {"low": round(low), "high": round(low * 1.3 + 5 + len(sending) * 0.02)},
        "restore_rate": capacity.restore_rate,
        "rate_known": capacity.known,
        "bulk_pace_known": None if not in_bulk else capacity.lines_per_second is not None,
        "daily_limit": daily_limit(creates, capacity),
        "message": _sentence(len(sending), points, waiting + running, in_bulk=in_bulk),
    }


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
    way = "by bulk operation" if in_bulk else "one by one"
    return f"{parts:,} parts are sent {way}: about {points:,.0f} points, about {_span(seconds)}."


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - a minute and a half reads best in seconds
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:  # noqa: PLR2004 - an hour and a half reads best in minutes
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
