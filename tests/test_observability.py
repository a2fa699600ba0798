"""Metrics, rules, dashboard and documentation agree. `python tests/test_observability.py --write` renews the table."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

from boeing_data_hub import telemetry
from boeing_data_hub.health.metrics import HELP

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "observability.md"
RULES = ROOT / "ops" / "prometheus" / "rules.yml"
BOARD = ROOT / "ops" / "grafana" / "boeing-data-hub.json"
BEGIN, END = "<!-- metrics -->", "<!-- /metrics -->"
_TABLE = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
_NAME = re.compile(r"\b(?:hub|process|python)_[a-z0-9_]+")
_PARTS = ("_bucket", "_count", "_sum")


def own() -> dict[str, tuple[str, str, str]]:
    """The metrics of a process: name → type, labels, meaning."""
    found = {}
    for collector, told in telemetry.REGISTRY._collector_to_names.items():  # noqa: SLF001 - it has no other list
        name = next((one for one in told if one.startswith("hub_") and hasattr(collector, "_labelnames")), None)
        if name is not None:
            family = next(iter(collector.describe()))
            shown = f"{family.name}_total" if family.type == "counter" else family.name
            found[shown] = (family.type, ", ".join(collector._labelnames), family.documentation)  # noqa: SLF001
    return found


def table() -> str:
    """What must stand between the markers."""
    rows = ["| Metric | Of | Meaning |", "|---|---|---|"]
    rows += [f"| `{name}` | the system | {meaning} |" for name, meaning in HELP.items()]
    rows += [f"| `{name}` | each process | {meaning} |" for name, (_, _, meaning) in own().items()]
    return "\n".join(rows) + "\n"


def known() -> set[str]:
    processes = {family.name for family in telemetry.REGISTRY.collect()}
    return {*HELP, *own(), *processes, *(f"{name}_total" for name in processes)}


def used(text: str) -> set[str]:
    """Metrics that an expression names; words that stand for labels are none."""
    bare = re.sub(r'"[^"]*"|by \([^)]*\)|on \([^)]*\)|group_left \([^)]*\)', "", text)
    found = _NAME.findall(bare)
    return {next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name) for name in found}


def alerts() -> dict[str, str]:
    """Expression by name."""
    text = RULES.read_text()
    blocks = re.split(r"^      - alert: ", text, flags=re.MULTILINE)[1:]
    return {
        block.split("\n", 1)[0].strip(): block.split("expr:", 1)[1].split("\n        for:", 1)[0] for block in blocks
    }


def test_the_table_of_metrics_is_the_one_of_the_code():
    found = _TABLE.search(PAGE.read_text())
    assert found
    assert found.group() == table(), "renew it: .venv/bin/python tests/test_observability.py --write"


@pytest.mark.parametrize("name", [*HELP, *own()])
def test_a_metric_is_named_after_what_it_counts_and_its_unit(name: str):
    assert re.fullmatch(r"hub_[a-z]+(_[a-z]+)*", name)
    assert not re.search(r"_(ms|millis|minutes|hours|kb|mb|percent)\b", name)


@pytest.mark.parametrize("name", alerts())
def test_an_alert_asks_for_metrics_that_are_there(name: str):
    told = used(alerts()[name])
    assert told - {"up"} <= known()
    assert told or "up{" in alerts()[name]


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_what_it_is_and_where_its_remedy_is(name: str):
    block = RULES.read_text().split(f"- alert: {name}\n", 1)[1].split("- alert:", 1)[0]
    for word in ("summary: ", "description: ", "severity: "):
        assert word in block
    assert f"runbook: docs/observability.md#{name.lower()}\n" in block
    assert re.search(rf"^### {name}$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ["rules.yml", "rules_test.yml"])
def test_the_rules_can_be_read(name: str):
    """A quotation mark in a sentence once made the file unreadable; Prometheus itself reads it in `make test-tools`."""
    assert yaml.safe_load(RULES.with_name(name).read_text())


def test_no_remedy_is_left_for_an_alert_that_is_gone():
    assert set(re.findall(r"^### (Hub\w+)$", PAGE.read_text(), re.MULTILINE)) == set(alerts())


def test_the_dashboard_is_the_one_that_its_script_writes_and_shows_metrics_that_are_there():
    namespace: dict[str, object] = {"__file__": str(BOARD), "__name__": "dashboard"}
    source = BOARD.with_name("dashboard.py")
    exec(compile(source.read_text(), source, "exec"), namespace)  # noqa: S102 - our own script, which is no package
    assert BOARD.read_text() == namespace["text"]()  # pyright: ignore[reportCallIssue]
    board = json.loads(BOARD.read_text())
    shown = {name for panel in board["panels"] for query in panel.get("targets", ()) for name in used(query["expr"])}
    assert shown - known() == set()
    assert set(HELP) - shown <= {"hub_leases", "hub_boeing_window_seconds", "hub_redis_memory_limit_bytes"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(operations\.md#([a-z-]+)\)", PAGE.read_text()))))
def test_a_remedy_leads_to_a_heading_of_operations(anchor: str):
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: .venv/bin/python tests/test_observability.py --write")
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text()), encoding="utf-8")
