"""Writes the dashboard beside it: `python ops/grafana/dashboard.py`. Panels as people read them, no ids by hand.

Figures of the system are told by every API process alike, so they are taken by max; those of processes are summed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("boeing-data-hub.json")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24


def panel(
    title: str, *queries: tuple[str, str], unit: str = "short", kind: str = "timeseries", width: int = 8
) -> dict[str, Any]:
    """One panel; queries are (expression, legend)."""
    return {
        "title": title,
        "type": kind,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "gridPos": {"w": width, "h": 7},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for number, (expr, legend) in enumerate(queries)
        ],
    }


def quantile(part: float, metric: str, *by: str, where: str = "") -> str:
    """The time that this part of what is measured stays below."""
    return f"histogram_quantile({part}, sum by ({', '.join(('le', *by))}) (rate({metric}_bucket{where}[5m])))"


CALLS, REQUESTS, STEPS = (f"hub_{name}_duration_seconds" for name in ("outside_call", "http_request", "database_step"))
BOEING, SHOPIFY = '{service="boeing"}', '{service="shopify"}'

ROWS: dict[str, list[dict[str, Any]]] = {
    "Is all well?": [
        panel("Services", ("min by (service) (hub_service_up)", "{{service}}"), kind="stat", width=4),
        panel("Workers by queue", ("max by (queue) (hub_workers)", "{{queue}}"), kind="stat", width=8),
        panel("Last sweep", ("min(hub_sweep_age_seconds)", "age"), unit="s", kind="stat", width=4),
        panel(
            "Alerts",
            ('sum by (alertname) (ALERTS{alertname=~"Hub.*", alertstate="firing"})', "{{alertname}}"),
            kind="stat",
            width=8,
        ),
    ],
    "Work": [
        panel(
            "Parts that are due",
            ("max by (stage) (hub_due_items)", "{{stage}}"),
            ("max by (stage) (hub_later_items)", "{{stage}}, later"),
            ("max by (stage) (hub_leased_items)", "{{stage}}, at work"),
        ),
        panel("Due for", ("max by (stage) (hub_oldest_due_seconds)", "{{stage}}"), unit="s"),
        panel("Hints in Redis", ("max by (queue) (hub_queue_depth)", "{{queue}}")),
        panel("Open batches", ("max by (type, status) (hub_batches_open)", "{{type}} {{status}}")),
        panel("Without progress for", ("max by (type) (hub_batch_stalest_progress_seconds)", "{{type}}"), unit="s"),
        panel(
            "Batches of a day that complete",
            ("min by (type) (hub_batch_completion_ratio)", "{{type}}"),
            unit="percentunit",
        ),
        panel("Batches of a day, by outcome", ("max by (type, outcome) (hub_batches_ended)", "{{type}} {{outcome}}")),
        panel("Parts of a day, by end", ("max by (type, end) (hub_items_settled)", "{{type}} {{end}}")),
        panel(
            "Failed parts of a day, by code", ("topk(10, max by (type, code) (hub_failed_items))", "{{type}} {{code}}")
        ),
    ],
    "Boeing": [
        panel(
            "Slots of the sliding window",
            ("max(hub_boeing_slots_used)", "used"),
            ("min(hub_boeing_slots_limit)", "limit"),
        ),
        panel(
            "Line: next slot, idle, paused",
            ('max(hub_line_next_slot_seconds{line="boeing"})', "next slot in"),
            ('max(hub_line_idle_seconds{line="boeing"})', "idle for"),
            ('max(hub_line_paused_seconds{line="boeing"})', "paused for"),
            ('max(hub_line_back_seconds{line="boeing"})', "allowed again in"),
            unit="s",
        ),
        panel(
            "Slowed by",
            ('max(hub_line_stretch_ratio{line="boeing"})', "factor"),
            ('max(hub_line_failures{line="boeing"})', "failures in a row"),
            ('max(hub_line_fruitless_calls{line="boeing"})', "fruitless calls in a row"),
        ),
        panel(
            "Calls a minute, by outcome",
            (
                'sum by (operation, outcome) (rate(hub_outside_calls_total{service="boeing"}[5m])) * 60',
                "{{operation}} {{outcome}}",
            ),
            width=12,
        ),
        panel(
            "Time of a call",
            (
                quantile(0.5, CALLS, "operation", where=BOEING),
                "{{operation}}, half",
            ),
            (
                quantile(0.95, CALLS, "operation", where=BOEING),
                "{{operation}}, 95 %",
            ),
            unit="s",
            width=12,
        ),
    ],
    "Store": [
        panel(
            "Points",
            ("min(hub_shopify_points_free)", "free"),
            ("max(hub_shopify_points_held)", "granted"),
            ("max(hub_shopify_points_limit)", "bucket"),
            ("max(hub_shopify_points_restored_per_second)", "restored a second"),
        ),
        panel("Paused", ('max by (line, reason) (hub_line_paused{line=~"shopify.*"})', "{{line}} {{reason}}")),
        panel(
            "For a person",
            ("max(hub_orphans)", "orphans"),
            ("max(hub_conflicts_open)", "conflicts"),
            ("max(hub_reviews_open)", "held changes"),
            ("max(hub_plans_waiting)", "plans"),
            ("max(hub_products_in_doubt)", "in doubt"),
        ),
        panel(
            "Changes made in the store",
            ("max by (field) (hub_store_differences)", "{{field}}"),
            ("max(hub_store_comparison_age_seconds)", "seconds since the comparison"),
            ("max(hub_store_compared_daily)", "compared daily"),
        ),
        panel(
            "Bulk operations",
            ("max by (state) (hub_bulk_runs)", "{{state}}"),
            ("max by (state) (hub_bulk_lines)", "{{state}}, parts"),
        ),
        panel(
            "Calls a second, by outcome",
            ('sum by (outcome) (rate(hub_outside_calls_total{service="shopify"}[5m]))', "{{outcome}}"),
        ),
        panel(
            "Time of a call, 95 %",
            (
                quantile(0.95, CALLS, "operation", where=SHOPIFY),
                "{{operation}}",
            ),
            unit="s",
        ),
        panel(
            "Pictures and their storage",
            (
                'sum by (service, outcome) (rate(hub_outside_calls_total{service=~"images|storage"}[5m]))',
                "{{service}} {{outcome}}",
            ),
        ),
        panel(
            "Bulk operations: in their state for",
            ("max by (state) (hub_bulk_run_state_seconds)", "{{state}}"),
            unit="s",
        ),
        panel("First orphan", ("max(hub_oldest_orphan_seconds)", "to leave for"), unit="s"),
    ],
    "Processes": [
        panel("Requests a second", ("sum by (route) (rate(hub_http_request_duration_seconds_count[5m]))", "{{route}}")),
        panel(
            "Time of an answer, 95 %",
            (
                quantile(0.95, REQUESTS, "route"),
                "{{route}}",
            ),
            unit="s",
        ),
        panel(
            "Faults",
            (
                'sum by (route, status) (rate(hub_http_request_duration_seconds_count{status=~"5.."}[5m]))',
                "{{route}} {{status}}",
            ),
        ),
        panel(
            "Processor",
            (
                "rate(process_cpu_seconds_total[5m]) * on (instance, job) group_left (process) hub_process_info",
                "{{process}} {{instance}}",
            ),
            unit="percentunit",
        ),
        panel(
            "Memory",
            (
                "process_resident_memory_bytes * on (instance, job) group_left (process) hub_process_info",
                "{{process}} {{instance}}",
            ),
            unit="bytes",
        ),
        panel("Tasks a minute", ("sum by (queue, outcome) (rate(hub_tasks_total[5m])) * 60", "{{queue}} {{outcome}}")),
        panel(
            "Step on Postgres, 95 %",
            (quantile(0.95, STEPS), "95 %"),
            ("max(hub_figures_duration_seconds)", "reading these figures"),
            unit="s",
        ),
        panel("Redis memory", ("max(hub_redis_memory_bytes)", "used"), unit="bytes"),
        panel("Age of the figures", ("max(hub_figures_age_seconds)", "age"), unit="s"),
    ],
}


def dashboard() -> dict[str, Any]:
    """The document that Grafana imports."""
    panels: list[dict[str, Any]] = []
    y = 0
    for name, row in ROWS.items():
        panels.append(
            {
                "type": "row",
                "title": name,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            }
        )
        y += 1
        x = 0
        for each in row:
            if x + each["gridPos"]["w"] > WIDTH:
                x, y = 0, y + 7
            panels.append({**each, "gridPos": {**each["gridPos"], "x": x, "y": y}})
            x += each["gridPos"]["w"]
        y += 7
    for number, each in enumerate(panels, start=1):
        each["id"] = number
    return {
        "title": "Boeing Data Hub",
        "uid": "boeing-data-hub",
        "tags": ["boeing-data-hub"],
        "schemaVersion": 39,
        "timezone": "utc",
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": panels,
    }


def text() -> str:
    """As it stands in the file."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
