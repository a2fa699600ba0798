"""What a process measures of itself, and what it does where there is nothing to trace with."""

from __future__ import annotations

import socket
import subprocess
import sys

import httpx2
import pytest

from boeing_data_hub import telemetry
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.errors import Retry

WITHOUT_THE_EXTRA = """
import sys
sys.modules["opentelemetry.sdk"] = sys.modules["opentelemetry.exporter"] = None
from boeing_data_hub import logs, telemetry, tracing
logs.configure(level="INFO", style="json", process="test")
print(tracing.start(endpoint="http://127.0.0.1:1", headers={}, process="test", version="1"), tracing.traceparent())
with telemetry.working_for(["a", "b"], ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]):
    with telemetry.outside_call("boeing", "price"):
        pass
tracing.stop()
"""


def test_workers_of_one_host_share_a_first_port():
    first = free_port()
    with socket.create_server(("127.0.0.1", first)):
        stop = telemetry.serve("127.0.0.1", first)
        for port in range(first + 1, first + telemetry.PORTS_TRIED):
            try:
                answer = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
            except httpx2.TransportError:
                continue
            break
        assert "process_cpu_seconds_total" in answer.text
        stop()
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)


def test_without_a_free_port_a_worker_works_on():
    telemetry.serve("192.0.2.1", 65_500)()  # no address of ours


def test_a_call_is_counted_by_what_came_of_it():
    def counted(outcome):
        labels = {"service": "images", "operation": "test", "outcome": outcome}
        return telemetry.REGISTRY.get_sample_value("hub_outside_calls_total", labels)

    with telemetry.outside_call("images", "test"):
        pass
    with telemetry.outside_call("images", "test") as call:
        call.outcome = "odd"
    with pytest.raises(Retry), telemetry.outside_call("images", "test"):
        raise Retry("no", code="image_unreachable")
    assert [counted(outcome) for outcome in ("ok", "odd", "image_unreachable")] == [1, 1, 1]


def test_without_the_extra_the_hub_runs_the_same_and_says_so():
    done = subprocess.run([sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False None"
    assert "boeing-data-hub[otel]" in done.stderr
