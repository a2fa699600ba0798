"""The system's figures as Prometheus metrics: one family each, named after what it counts and its unit. Pure.

Every label is bounded: it is a stage, queue, upstream, state or code.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from boeing_data_hub.health.figure_rows import BulkState, RecentBatch
from boeing_data_hub.health.figures import DatabaseFigures, Figures, RedisFigures
from boeing_data_hub.values.states import ITEM_STATES, BatchType, Stage
from boeing_data_hub.work.bucket import refill
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.rates import UpstreamPace

_STAGES: Final = (Stage.EXTRACTION, Stage.NORMALIZATION, Stage.PUBLISHING)
_MOST_CODES: Final = 100
_BULK_STATES: Final = ("prepared", "starting", "running", "finished")

# The meaning of each family; a test compares docs/observability.md with it.
HELP: Final[Mapping[str, str]] = {
    "hub_service_up": "1 if Postgres or Redis responds, else 0; metrics of one that does not are absent.",
    "hub_figures_age_seconds": "Age of the system metrics below; they are read again after five seconds.",
    "hub_figures_duration_seconds": "Time it took to read them.",
    "hub_queue_depth": "Wake-ups in a queue of Redis. They have no content, and there are never more than needed.",
    "hub_redis_memory_bytes": "Memory that Redis uses; absent where the account may not run INFO.",
    "hub_redis_memory_limit_bytes": "Memory that Redis may use: its maxmemory, else the machine's memory.",
    "hub_due_items": "Parts that are due and not being processed; for normalization: Boeing's answers.",
    "hub_later_items": "Parts that wait for a retry, or are being processed.",
    "hub_leased_items": "Parts being processed, under a lease; for normalization: Boeing's answers.",
    "hub_leases": "Leases held by workers.",
    "hub_oldest_due_seconds": "How long the oldest due part has been due; 0 when nothing is due.",
    "hub_boeing_slots_used": "Calls to Boeing by all workers that started within the limit's sliding window.",
    "hub_boeing_slots_limit": "Calls to Boeing allowed in a window, by this process's setting; absent when unlimited.",
    "hub_boeing_window_seconds": "Length of that window.",
    "hub_line_paused": "1 while calls to a service are paused, and why; `shopify-creates` is the creation "
    "of new products.",
    "hub_line_paused_seconds": "How long they have been paused.",
    "hub_line_stretch_ratio": "Factor on the time between calls: 1 at full pace, more after a 429.",
    "hub_line_next_slot_seconds": "Seconds until the next call may start; 0: now.",
    "hub_line_idle_seconds": "Seconds for which a call could have started but none did.",
    "hub_line_back_seconds": "Seconds until the upstream allows calls again, as it says; 0: unknown.",
    "hub_line_fruitless_calls": "Consecutive calls without a result, for any parts.",
    "hub_line_failures": "Consecutive first calls that failed.",
    "hub_shopify_points_free": "Points in the store's bucket that no process has reserved, by the shared account.",
    "hub_shopify_points_limit": "Points that the bucket holds.",
    "hub_shopify_points_held": "Points reserved by workers and not yet settled.",
    "hub_shopify_points_restored_per_second": "Points refilled per second.",
    "hub_batches_open": "Runs that have not ended, by status; `pending` are plans that wait for approval.",
    "hub_batches_ended": "Runs created within the last day that have ended, by outcome.",
    "hub_batch_completion_ratio": "Share of them that completed, not counting cancelled ones; absent when none ended.",
    "hub_batch_stalest_progress_seconds": "Seconds since the last progress of the most stalled run; 0: none.",
    "hub_items_settled": "Settled parts of runs created within the last day or still open, by end state.",
    "hub_failed_items": "The failed ones by code; see `bdh batches show` for what to do.",
    "hub_workers": "Running workers by queue.",
    "hub_sweep_age_seconds": "Seconds since the last sweep; +Inf when none is known.",
    "hub_orphans": "Leftover products that are still in the store.",
    "hub_oldest_orphan_seconds": "How long the oldest has been waiting for removal; 0: none.",
    "hub_reviews_open": "Changes that guards hold back and that wait for review, counted to 10,000.",
    "hub_store_differences": "Products that differ in the store from what was published, by field.",
    "hub_store_compared_daily": "1: the store is compared once a day (HUB_DRIFT_SNAPSHOT_AT); 0: on request only.",
    "hub_store_comparison_age_seconds": "Seconds since the store was last compared as a whole; +Inf: never.",
    "hub_conflicts_open": "Conflicts with other products that wait for a decision.",
    "hub_plans_waiting": "Plans that wait for approval, counted up to 1,000.",
    "hub_products_in_doubt": "Products for which the outcome of a call is unknown, with no check scheduled.",
    "hub_bulk_runs": "Bulk operations of the store that have not ended, by state.",
    "hub_bulk_lines": "Parts in them.",
    "hub_bulk_run_state_seconds": "How long the oldest of them has been in its state.",
}


def families(figures: Figures, limit: RateLimit | None, *, at: float, compares_daily: bool) -> Iterator[Metric]:
    """Every metric family.

    Args:
        figures: of the system.
        limit: of Boeing's calls, by this process's setting.
        at: the current monotonic time.
        compares_daily: the store is compared with what was published once a day.
    """
    up = _family("hub_service_up", "service")
    up.add_metric(["postgres"], figures.database is not None)
    up.add_metric(["redis"], figures.redis is not None)
    yield up
    yield _one("hub_figures_age_seconds", max(0.0, at - figures.read_at))
    yield _one("hub_figures_duration_seconds", figures.seconds)
    if figures.redis is not None:
        yield from _broker(figures.redis)
    if figures.database is not None:
        yield from _work(figures.database)
        yield from _lines(figures.database, limit)
        yield from _batches(figures.database.batches)
        yield from _rest(figures.database)
    yield _one("hub_store_compared_daily", compares_daily)


def _family(name: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, HELP[name], labels=labels)


def _one(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, HELP[name], value=value)


def _by(name: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = _family(name, label)
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _broker(redis: RedisFigures) -> Iterator[Metric]:
    yield _by("hub_queue_depth", "queue", redis.wake_ups)
    if redis.memory is not None:
        used, limit = redis.memory
        yield _one("hub_redis_memory_bytes", used)
        yield _one("hub_redis_memory_limit_bytes", limit or math.inf)


def _work(found: DatabaseFigures) -> Iterator[Metric]:
    waiting = {stage.value: found.waiting[stage] for stage in _STAGES}
    held = {stage.value: found.leased.get(stage) for stage in _STAGES}
    yield _by("hub_due_items", "stage", {stage: each.due for stage, each in waiting.items()})
    yield _by("hub_later_items", "stage", {stage: each.later for stage, each in waiting.items()})
    yield _by("hub_oldest_due_seconds", "stage", {stage: each.oldest or 0.0 for stage, each in waiting.items()})
    yield _by("hub_leased_items", "stage", {stage: each.parts if each else 0 for stage, each in held.items()})
    yield _by("hub_leases", "stage", {stage: each.leases if each else 0 for stage, each in held.items()})


def _lines(found: DatabaseFigures, limit: RateLimit | None) -> Iterator[Metric]:
    lines = {name: each.line for name, each in found.lines.items()}
    yield _one("hub_boeing_slots_used", found.lines["boeing"].used)
    if limit is not None:
        yield _one("hub_boeing_slots_limit", limit.calls)
        yield _one("hub_boeing_window_seconds", limit.window)
    paused = _family("hub_line_paused", "line", "reason")
    for name, line in lines.items():
        paused.add_metric([name, line.pause_reason or "none"], line.pause_reason is not None)
    yield paused

    def seconds(since: datetime | None, line: UpstreamPace) -> float:
        return max(0.0, (found.now - since).total_seconds()) if line.pause_reason and since else 0.0

    yield _by("hub_line_paused_seconds", "line", {n: seconds(each.paused_since, each) for n, each in lines.items()})
    yield _by("hub_line_stretch_ratio", "line", {name: line.stretch for name, line in lines.items()})
    # Calls to the store wait for points, not for slots.
    boeing = lines["boeing"]
    free_from = max(boeing.next_slot, boeing.paused_until or boeing.next_slot)
    ahead = (free_from - found.now).total_seconds()
    yield _by("hub_line_next_slot_seconds", "line", {"boeing": max(0.0, ahead)})
    yield _by("hub_line_idle_seconds", "line", {"boeing": max(0.0, -ahead)})
    back = {name: (line.back_at - found.now).total_seconds() if line.back_at else 0.0 for name, line in lines.items()}
    yield _by("hub_line_back_seconds", "line", {name: max(0.0, left) for name, left in back.items()})
    yield _by("hub_line_fruitless_calls", "line", {name: line.fruitless for name, line in lines.items()})
    yield _by("hub_line_failures", "line", {name: line.failures for name, line in lines.items()})
    if found.budget is not None:
        account = refill(found.budget, found.now)
        yield _one("hub_shopify_points_free", max(0.0, account.free))
        yield _one("hub_shopify_points_limit", account.maximum)
        yield _one("hub_shopify_points_held", account.held)
        yield _one("hub_shopify_points_restored_per_second", account.restore_rate)


def _batches(batches: Sequence[RecentBatch]) -> Iterator[Metric]:
    opened = _family("hub_batches_open", "type", "status")
    ended = _family("hub_batches_ended", "type", "outcome")
    ratio = _family("hub_batch_completion_ratio", "type")
    stalest = _family("hub_batch_stalest_progress_seconds", "type")
    settled = _family("hub_items_settled", "type", "end")
    for kind in BatchType:
        ours = [batch for batch in batches if batch.batch_type == kind]
        now = Counter(batch.status for batch in ours if batch.is_open)
        came_to = Counter(batch.outcome for batch in ours if not batch.is_open)
        for status in ("pending", "processing", "cancelled"):
            opened.add_metric([kind, status], now[status])
        for outcome in ("succeeded", "finished_with_failures", "failed", "cancelled"):
            ended.add_metric([kind, outcome], came_to[outcome])
        completed = came_to["succeeded"] + came_to["finished_with_failures"]
        if judged := completed + came_to["failed"]:
            ratio.add_metric([kind], completed / judged)
        running = [batch.quiet for batch in ours if batch.is_open and batch.status != "pending"]
        stalest.add_metric([kind], max(running, default=0.0))
        for state in ITEM_STATES[kind]:
            if state.is_final:
                settled.add_metric([kind, state], sum(batch.settled[state] for batch in ours))
    yield from (opened, ended, ratio, stalest, settled)


def _rest(found: DatabaseFigures) -> Iterator[Metric]:
    failed = _family("hub_failed_items", "type", "code")
    groups = sorted(found.failures.items(), key=lambda group: -group[1])
    for (kind, code), items in groups[:_MOST_CODES]:
        failed.add_metric([kind, code], items)
    yield failed
    yield _by("hub_workers", "queue", found.workers)
    yield _one("hub_sweep_age_seconds", math.inf if found.swept is None else found.swept)
    yield from (_one(name, value) for name, value in found.counts.items())
    yield _one("hub_conflicts_open", found.conflicts)
    yield _one("hub_reviews_open", found.held)
    yield _by("hub_store_differences", "field", found.differing)
    yield _one("hub_store_comparison_age_seconds", math.inf if found.compared is None else found.compared)
    yield _one("hub_plans_waiting", found.plans)
    yield _one("hub_products_in_doubt", found.doubtful)
    nothing = {state: BulkState(state=state, runs=0, lines=0, oldest=0.0) for state in _BULK_STATES}
    bulk = nothing | {one.state: one for one in found.bulk if one.state in nothing}
    yield _by("hub_bulk_runs", "state", {state: one.runs for state, one in bulk.items()})
    yield _by("hub_bulk_lines", "state", {state: one.lines for state, one in bulk.items()})
    yield _by("hub_bulk_run_state_seconds", "state", {state: one.oldest for state, one in bulk.items()})
