"""Estimates how long a search and a publish run take, with the calculation and its assumptions. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

from boeing_data_hub.boeing.forecast import search_cost
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.shopify import cost as store_cost
from boeing_data_hub.shopify import forecast
from boeing_data_hub.shopify.definitions import keys_of_facts
from boeing_data_hub.shopify.forecast import Capacity, Load, NewVariantLimit, typical_load
from boeing_data_hub.values.range import Range
from boeing_data_hub.work.rate_limit import RateLimit

# Metafields of a part: minimum, usual, maximum.
_METAFIELDS: Final = (3, 6, len(keys_of_facts(ListingPolicy())))
_CALLS_A_SECOND: Final = 8.0  # of one worker with HUB_PUBLISH_CALLS=8, while a call takes a second
_DAY: Final = 86_400.0
_TWO_MINUTES: Final = 120
_TWO_HOURS: Final = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The input of an estimate.

    Attributes:
        parts: part numbers.
        fresh: of them, those whose answer is reused.
        known: of them, those already in the store: updated or unchanged.
        limit: Boeing's rate limit; None: unlimited.
        batch_size: part numbers per call.
        confirm_missing: True if parts missing in an answer are asked for again.
        ahead: parts of other runs in the queue.
        first_wait: seconds until the first free slot.
        capacity: the store's limits.
        assumed: sentences on the assumptions.
    """

    parts: int
    fresh: int
    known: int
    limit: RateLimit | None
    batch_size: int
    confirm_missing: bool
    ahead: int
    first_wait: float
    capacity: Capacity
    most_in_search: int
    most_in_publish: int
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEstimate:
    """A search: its Boeing calls, its duration, and the lines of the calculation."""

    calls: Range
    seconds: Range
    reckoned: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishEstimate:
    """A publish run: its points and duration, how long it would take one by one, and the lines of the calculation."""

    way: Literal["direct", "bulk"]
    points: Range
    seconds: Range
    one_by_one_seconds: int
    restore_rate: float
    daily_limit: NewVariantLimit | None
    reckoned: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What was asked for: a search, a publish run, or both. `assumptions` are sentences for people."""

    parts: int
    search: SearchEstimate | None = None
    publish: PublishEstimate | None = None
    assumptions: tuple[str, ...]


def estimate(question: Question, *, search: bool = True, publish: bool = True) -> Estimate:
    """Estimate a search and a publish run."""
    assumed = list(question.assumed)
    searching = _search(question, assumed) if search else None
    publishing = _publish(question, assumed) if publish else None
    return Estimate(parts=question.parts, search=searching, publish=publishing, assumptions=tuple(assumed))


def _search(q: Question, assumed: list[str]) -> SearchEstimate:
    asked = q.parts - q.fresh
    cost = search_cost(
        asked,
        batch_size=q.batch_size,
        limit=q.limit,
        ahead=q.ahead,
        first_wait=q.first_wait,
        confirm_missing=q.confirm_missing,
    )
    fewest, most = cost.calls
    lines: list[str] = []
    if q.fresh:
        lines.append(f"{q.parts:,} parts - {q.fresh:,} with a fresh answer = {asked:,} to ask for")
    lines.append(f"{asked:,} parts ÷ {q.batch_size} in a call = {fewest:,} Boeing calls")
    if most > fewest:
        lines.append(f"+ one more for each missing part (HUB_CONFIRM_MISSING): up to {most:,}")
    if q.limit is None:
        lines.append("no limit: as fast as Boeing answers, which cannot be predicted; the limit does not matter")
        assumed.append("BOEING_API_RATE_LIMIT is unlimited, so only the duration of the calls limits a search.")
    else:
        lines.append(
            f"{q.limit.calls:,} calls in {span(q.limit.window)}, {cost.spacing:.2f} s apart to stay within the limit: "
            f"{fewest:,} x {cost.spacing:.2f} s = {span(fewest * cost.spacing)}"
        )
    if q.first_wait > 1:
        lines.append(f"+ {span(q.first_wait)} until the next slot is free")
    if cost.ahead:
        lines.append(f"+ up to {cost.ahead:,} calls of waiting searches, which take turns with this one")
    if q.parts > q.most_in_search:
        lines.append(
            f"in {-(-q.parts // q.most_in_search)} searches, because one holds at most {q.most_in_search:,} parts"
        )
    assumed.append("No Boeing call fails; a failed call is repeated in its own slot.")
    low, high = cost.seconds
    return SearchEstimate(calls=Range(fewest, most), seconds=Range(round(low), math.ceil(high)), reckoned=tuple(lines))


def _publish(q: Question, assumed: list[str]) -> PublishEstimate:
    capacity = q.capacity
    new = q.parts - q.known
    # A search that finds nothing is charged next to nothing; what the store has may be as it should be.
    least = typical_load(creates=new, updates=0, metafields=_METAFIELDS[0], looked_up=True)
    usual = typical_load(creates=new, updates=q.known, metafields=_METAFIELDS[1], looked_up=False)
    most = typical_load(creates=new, updates=q.known, metafields=_METAFIELDS[2], looked_up=False)
    in_bulk = usual.sending >= capacity.bulk_from
    points = forecast.points_of(usual, capacity, in_bulk=in_bulk)
    low_points = math.floor(forecast.points_of(least, capacity, in_bulk=in_bulk))
    high_points = math.ceil(forecast.points_of(most, capacity, in_bulk=in_bulk) + store_cost.STARTED)
    direct = forecast.seconds_of(usual, replace(capacity, available=0.0), points=usual.direct, in_bulk=False)
    low = forecast.seconds_of(least, capacity, points=low_points, in_bulk=in_bulk)
    high = _longest(most, capacity, high_points, in_bulk=in_bulk)
    bulk_from = f"{capacity.bulk_from:,} changes"
    lines = [
        *_parts_lines(q, new),
        f"{'by bulk operation, from' if in_bulk else 'one by one, below'} {bulk_from} (HUB_BULK_PUBLISH_FROM)",
        *(_bulk_lines(usual, capacity, points) if in_bulk else _direct_lines(usual, capacity)),
    ]
    if in_bulk:
        lines.append(
            f"(one by one: {usual.direct:,.0f} points ÷ {capacity.restore_rate:,.0f} a second = {span(direct)})"
        )
        if capacity.lines_per_second is None:
            assumed.append(
                f"Shopify does not publish the speed of its bulk operations: {forecast.ASSUMED_LINES:g} lines per "
                "second for each are assumed until this store's speed has been measured. The longest time is that "
                "of sending parts one by one."
            )
    limited = forecast.daily_limit(new, capacity)
    if limited:
        lines.append(limited.message)
        high = max(high, limited.days * _DAY)
    elif capacity.variants is None and not capacity.is_plus and new > forecast.NEW_A_DAY:
        assumed.append(
            f"The store has fewer than {forecast.VARIANTS_UNTIL_LIMIT:,} variants; from there on it takes only "
            f"{forecast.NEW_A_DAY:,} new ones a day. `--variants N` takes that into account."
        )
    if q.parts > q.most_in_publish:
        lines.append(
            f"in {-(-q.parts // q.most_in_publish)} publish runs, because one holds at most {q.most_in_publish:,} parts"
        )
    assumed.append("Every part can be sold; parts without price or stock would cost nothing.")
    return PublishEstimate(
        way="bulk" if in_bulk else "direct",
        points=Range(low_points, high_points),
        seconds=Range(round(low), math.ceil(high)),
        one_by_one_seconds=round(direct),
        restore_rate=capacity.restore_rate,
        daily_limit=limited,
        reckoned=tuple(lines),
    )


def _longest(load: Load, capacity: Capacity, points: float, *, in_bulk: bool) -> float:
    """The pessimistic estimate, in seconds: an empty bucket, and bulk operations no faster than single calls."""
    empty = replace(capacity, available=0.0)
    slow = forecast.seconds_of(load, empty, points=points, in_bulk=in_bulk) * 1.3
    if in_bulk and capacity.lines_per_second is None:
        slow = max(slow, forecast.seconds_of(load, empty, points=load.direct, in_bulk=False) * 1.1)
    return max(slow, load.sending / _CALLS_A_SECOND if not in_bulk else 0.0) + 10 + load.sending * 0.02


def _parts_lines(q: Question, new: int) -> list[str]:
    if not q.known:
        return [f"{q.parts:,} parts, all of them new in the store"]
    return [f"{q.parts:,} parts: {new:,} new; {q.known:,} that the store has, unchanged (0 points) to changed"]


def _direct_lines(load: Load, capacity: Capacity) -> list[str]:
    lines: list[str] = []
    upsert = forecast.create_cost(_METAFIELDS[1])
    changed = load.sending - load.creates
    if load.creates:
        each = (load.direct - changed * forecast.update_cost(None)) / load.creates
        lines.append(f"{load.creates:,} new ones x {each:.1f} points (upsert {upsert:g}; search and channel the rest)")
    if changed:
        lines.append(f"up to {changed:,} changed ones x {forecast.update_cost(None):g} points")
    lines.append(_refill(load.direct, capacity))
    return lines


def _bulk_lines(load: Load, capacity: Capacity, points: float) -> list[str]:
    runs = forecast.runs_of(load, capacity)
    lanes = min(capacity.lanes, runs)
    pace = forecast.pace_of(load, capacity)
    known = "this store's own pace" if capacity.lines_per_second else "assumed"
    return [
        f"{load.sending:,} lines ÷ {capacity.bulk_lines:,} = {runs:,} bulk operations, {lanes} at a time",
        f"{load.sending:,} lines ÷ {pace:,.0f} a second ({pace / lanes:g} for each, {known}) = "
        + span(load.sending / pace),
        f"plus, for search, sales channel and starts: {_refill(points, capacity)}",
    ]


def _refill(points: float, capacity: Capacity) -> str:
    rate, there = capacity.restore_rate, capacity.available
    left = max(0.0, points - there)
    wait = f"{left:,.0f} ÷ {rate:,.0f} a second = {span(left / rate)}"
    return f"{points:,.0f} points - {there:,.0f} in the bucket = {wait}"


def span(seconds: float) -> str:
    """A duration as text."""
    if seconds < _TWO_MINUTES:
        return f"{seconds:,.0f} s"
    if seconds < _TWO_HOURS:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h"
