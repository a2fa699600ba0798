"""The system's figures as Prometheus knows them: one family each, named after what it counts and its unit.

Pure. Every label is bounded: stages, queues, lines, states and codes are words of ours.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from boeing_data_hub.model.rates import Line, RateLimit
from boeing_data_hub.model.states import Stage
from boeing_data_hub.reporting.figures import DatabaseFigures, Figures, RedisFigures

_STAGES: Final = (Stage.EXTRACTION, Stage.NORMALIZATION, Stage.PUBLISHING)
_TYPES: Final = ("search", "publish")
_MOST_CODES: Final = 100
_BULK_STATES: Final = ("prepared", "starting", "running", "finished")

# What each family is; docs/observability.md is held against this.
HELP: Final[Mapping[str, str]] = {
    "hub_service_up": "Whether Postgres and Redis answer (1) or not (0); figures of one that does not are left out.",
    "hub_figures_age_seconds": "Age of the figures of the system below; they are read again after five seconds.",
    "hub_figures_duration_seconds": "How long it took to read them.",
    "hub_queue_depth": "Hints in a queue of Redis. A hint carries nothing, and a queue is never filled beyond need.",
    "hub_redis_memory_bytes": "Memory that Redis uses.",
    "hub_redis_memory_limit_bytes": "Memory that Redis may use: its maxmemory, else that of its machine.",
    "hub_due_items": "Parts that could be worked on now and are not; of normalization: Boeing's answers.",
    "hub_later_items": "Parts that wait for another try, or that are being worked on.",
    "hub_leased_items": "Parts that are worked on now, under a lease; of normalization: Boeing's answers.",
    "hub_leases": "Leases held by workers.",
    "hub_oldest_due_seconds": "How long the part that is due longest has been; 0 when nothing is due.",
    "hub_boeing_slots_used": "Calls to Boeing granted to all workers, that began within the limit's sliding window.",
    "hub_boeing_slots_limit": "Calls to Boeing allowed in a window, by this process's setting; absent when unlimited.",
    "hub_boeing_window_seconds": "Length of that window.",
    "hub_line_paused": "Whether nobody calls on a line (1), and why; `shopify-creates` is the making of new products.",
    "hub_line_paused_seconds": "How long it has been so.",
    "hub_line_stretch_ratio": "Factor on the time between calls: 1 at full pace, more after a 429.",
    "hub_line_next_slot_seconds": "Seconds until the next call may start; 0: at once.",
    "hub_line_idle_seconds": "Seconds for which a call could have started and none did.",
    "hub_line_failures": "Fresh calls that failed in a row.",
    "hub_shopify_points_free": "Points in the store's bucket that nobody has been granted, by the shared account.",
    "hub_shopify_points_limit": "Points that the bucket holds.",
    "hub_shopify_points_held": "Points granted to workers and not yet accounted for.",
    "hub_shopify_points_restored_per_second": "Points that come back each second.",
    "hub_batches_open": "Batches that have not ended, by status; `pending` are plans that wait for a person.",
    "hub_batches_ended": "Batches made within the last day that have ended, by what they came to.",
    "hub_batch_completion_ratio": "Share of them that completed, cancelled ones not counted; absent when none ended.",
    "hub_batch_stalest_progress_seconds": "Seconds since the running batch that moved least lately moved; 0: none.",
    "hub_items_settled": "Items of batches made within the last day or still open, by the end they came to.",
    "hub_failed_items": "The failed ones of these by code; see `bdh batches show` for what to do.",
    "hub_workers": "Workers alive by queue.",
    "hub_sweep_age_seconds": "Seconds since the last sweep; +Inf when none is remembered.",
    "hub_orphans": "Products of ours that are to leave the store and have not.",
    "hub_oldest_orphan_seconds": "How long the first of them has been to leave; 0: there is none.",
    "hub_conflicts_open": "Products of somebody else under our SKUs, that wait for a person's decision.",
    "hub_plans_waiting": "Plans that wait for a person's word, counted to 1,000.",
    "hub_products_in_doubt": "Products of which it is unknown what a call did, and that nobody is about to look at.",
    "hub_bulk_runs": "Bulk operations of the store that have not ended, by state.",
    "hub_bulk_lines": "Parts in them.",
    "hub_bulk_run_state_seconds": "How long the oldest of them has been in its state.",
}


def families(figures: Figures, limit: RateLimit | None, *, at: float) -> Iterator[Metric]:
    """Everything there is to tell; `at` is the present monotonic moment."""
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
    yield _by("hub_queue_depth", "queue", redis.hints)
    yield _one("hub_redis_memory_bytes", redis.memory)
    yield _one("hub_redis_memory_limit_bytes", redis.memory_limit or math.inf)


def _work(found: DatabaseFigures) -> Iterator[Metric]:
    waiting = {stage.value: found.waiting[stage] for stage in _STAGES}
    held = {stage.value: found.leased.get(stage, {}) for stage in _STAGES}
    yield _by("hub_due_items", "stage", {stage: each["due"] for stage, each in waiting.items()})
    yield _by("hub_later_items", "stage", {stage: each["later"] for stage, each in waiting.items()})
    yield _by("hub_oldest_due_seconds", "stage", {stage: each["oldest"] or 0.0 for stage, each in waiting.items()})
    yield _by("hub_leased_items", "stage", {stage: each.get("parts", 0) for stage, each in held.items()})
    yield _by("hub_leases", "stage", {stage: each.get("leases", 0) for stage, each in held.items()})


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

    def seconds(since: Any, line: Line) -> float:
        return max(0.0, (found.now - since).total_seconds()) if line.pause_reason and since else 0.0

    yield _by("hub_line_paused_seconds", "line", {n: seconds(each.paused_since, each) for n, each in lines.items()})
    yield _by("hub_line_stretch_ratio", "line", {name: line.stretch for name, line in lines.items()})
    # The store's own line has no slots of its own: its points are what it waits for.
    boeing = lines["boeing"]
    free_from = max(boeing.next_slot, boeing.paused_until or boeing.next_slot)
    ahead = (free_from - found.now).total_seconds()
    yield _by("hub_line_next_slot_seconds", "line", {"boeing": max(0.0, ahead)})
    yield _by("hub_line_idle_seconds", "line", {"boeing": max(0.0, -ahead)})
    yield _by("hub_line_failures", "line", {name: line.failures for name, line in lines.items()})
    if (account := found.budget) is not None:
        yield _one("hub_shopify_points_free", max(0.0, account.free))
        yield _one("hub_shopify_points_limit", account.maximum)
        yield _one("hub_shopify_points_held", account.held)
        yield _one("hub_shopify_points_restored_per_second", account.restore_rate)


def _batches(batches: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    opened = _family("hub_batches_open", "type", "status")
    ended = _family("hub_batches_ended", "type", "outcome")
    ratio = _family("hub_batch_completion_ratio", "type")
    stalest = _family("hub_batch_stalest_progress_seconds", "type")
    settled = _family("hub_items_settled", "type", "end")
    for kind in _TYPES:
        ours = [row for row in batches if row["batch_type"] == kind]
        now = Counter(row["status"] for row in ours if row["is_open"])
        came_to = Counter(_outcome(row) for row in ours if not row["is_open"])
        for status in ("pending", "processing", "cancelled"):
            opened.add_metric([kind, status], now[status])
        for outcome in ("succeeded", "finished_with_failures", "failed", "cancelled"):
            ended.add_metric([kind, outcome], came_to[outcome])
        completed = came_to["succeeded"] + came_to["finished_with_failures"]
        if judged := completed + came_to["failed"]:
            ratio.add_metric([kind], completed / judged)
        running = [row["quiet"] for row in ours if row["is_open"] and row["status"] != "pending"]
        stalest.add_metric([kind], max(running, default=0.0))
        good = "normalized" if kind == "search" else "published"
        for end in (good, "failed", "cancelled"):
            settled.add_metric([kind, end], sum(row[f"{end}_count"] for row in ours))
    yield from (opened, ended, ratio, stalest, settled)


def _outcome(row: Mapping[str, Any]) -> str:
    if row["status"] == "completed":
        return "finished_with_failures" if row["failed_count"] else "succeeded"
    return str(row["status"])


def _rest(found: DatabaseFigures) -> Iterator[Metric]:
    failed = _family("hub_failed_items", "type", "code")
    groups = sorted(found.failures.items(), key=lambda group: -group[1])
    for (kind, code), items in groups[:_MOST_CODES]:
        failed.add_metric([kind, code], items)
    yield failed
    yield _by("hub_workers", "queue", found.workers)
    yield _one("hub_sweep_age_seconds", math.inf if found.swept is None else found.swept)
    yield _one("hub_orphans", found.orphans[0])
    yield _one("hub_oldest_orphan_seconds", found.orphans[1])
    yield _one("hub_conflicts_open", found.conflicts)
    yield _one("hub_plans_waiting", found.plans)
    yield _one("hub_products_in_doubt", found.doubtful)
    runs = {row["state"]: row for row in found.bulk}
    for name, column in (
        ("hub_bulk_runs", "runs"),
        ("hub_bulk_lines", "lines"),
        ("hub_bulk_run_state_seconds", "oldest"),
    ):
        yield _by(name, "state", {state: runs[state][column] if state in runs else 0 for state in _BULK_STATES})
