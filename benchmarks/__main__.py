"""`make bench`: the whole system of one machine against an unlimited Boeing sandbox, as a table.

Everything runs here: Postgres, Redis, sandbox, API, one worker per queue, scheduler. So the figures are of one small
machine doing all of it, and of the sandbox's own speed too.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import publishing
from boeing_data_hub.cli import output
from boeing_data_hub.cli.client import Api
from boeing_data_hub.cli.start import local_key, print_exit
from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.system import System, SystemPlan

_SIZES = (1_000, 10_000, 50_000)


def memory_kb(pid: int) -> int:
    """Proportional memory of a process in kB: shared pages count by their share."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


class Bench:
    """Runs measurements and collects rows."""

    def __init__(self, system: System, api: Api) -> None:
        self._system = system
        self._api = api
        self.rows: list[tuple[str, str]] = []
        self._peak = 0

    def note(self, what: str, figure: str) -> None:
        self.rows.append((what, figure))
        output.note(f"{what}: {figure}")

    def _pids(self, *, workers: bool) -> list[int]:
        ours = {"api", "boeing-sandbox"}
        return [
            child.pid
            for child in self._system.group.status()
            if child.pid and (child.name not in ours if workers else child.name == "api")
        ]

    def run(self, parts: list[str]) -> dict:
        began = monotonic()
        started = self._api.call("POST", "/api/bulk-search", json={"part_numbers": parts, "force_refresh": True})
        accepted = monotonic() - began
        while True:
            batch = self._api.call("GET", f"/api/batches/{started['batch_id']}")
            self._peak = max(self._peak, sum(memory_kb(pid) for pid in self._pids(workers=True)))
            if batch["outcome"]:
                return {**batch, "seconds": monotonic() - began, "accepted": accepted}
            time.sleep(0.1)

    def search(self) -> None:
        for size in _SIZES:
            done = self.run([f"BN{n:06d}-{size}" for n in range(size)])
            speed = f"{size / done['seconds']:,.0f} parts/s"
            self.note(f"search of {size:,} parts", f"{speed}, accepted in {done['accepted'] * 1000:.0f} ms")

    def nothing_found(self) -> None:
        boeing = self._system.boeing
        assert boeing is not None
        boeing.fault("no_line_items")
        done = self.run([f"NF{n:06d}" for n in range(20_000)])
        boeing.clear_faults()
        self.note("search of 20,000 parts, none found", f"{20_000 / done['seconds']:,.0f} parts/s")
        times = []
        for _ in range(50):
            began = monotonic()
            self._api.call("GET", f"/api/batches/{done['id']}")
            times.append(monotonic() - began)
        self.note("its status answer, median of 50", f"{sorted(times)[25] * 1000:.1f} ms")

    def intake_memory(self) -> None:
        (api,) = self._pids(workers=False)
        before = memory_kb(api)
        self.run([f"IM{n:06d}" for n in range(50_000)])
        self.note("API memory after 50,000 more parts", f"{before / 1024:.0f} → {memory_kb(api) / 1024:.0f} MB")
        self.note("all workers and the scheduler together, peak", f"{self._peak / 1024:.0f} MB proportional")


def main() -> None:
    """Measure everything and print the table."""
    argparse.ArgumentParser(prog="make bench", description=__doc__).parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        settings = {"DATABASE_URL": "", "REDIS_URL": "", "BOEING_API_RATE_LIMIT": "unlimited", "HUB_DATA_DIR": name}
        plan = SystemPlan(data_dir=folder, settings=settings, sandbox=("--limit", "0"), fast=False)
        with System(plan) as system:
            key, _ = local_key(system.environment["DATABASE_URL"], folder)
            system.wait_until_ready()
            bench = Bench(system, Api(system.url, key))

            def measure() -> None:
                try:
                    bench.search()
                    bench.nothing_found()
                    bench.intake_memory()
                finally:
                    stop.set()

            threading.Thread(target=measure, daemon=True).start()
            system.group.watch(stop, on_exit=print_exit)
    publishing.measure(bench.note)
    output.table("Measured", ["what", "figure"], bench.rows)


main()
