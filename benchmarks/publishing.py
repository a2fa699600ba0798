"""Publishing against the Shopify sandbox: products a second, lines a second, and the share of the store's budget used.

`python -m benchmarks.publishing` measures only this; `make bench` measures it after everything else. Postgres, Redis,
the sandbox and the workers share one machine, so the figures are of all of them together.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.run import PublishRequest
from boeing_data_hub.cli import output
from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import schema
from boeing_data_hub.settings import Settings
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl, environment
from boeing_data_hub_sandbox.shopify.running import running_shopify

_MAP = {"Dallas Central": "Dallas", "Miami, FL": "Miami", "New York, NY": "New York"}
Note = Callable[[str, str], None]


class Stage:
    """A hub on services of its own, a sandbox store, and as many real workers as wanted."""

    def __init__(self, folder: Path, stack: ExitStack, store: ShopifyControl, **settings: str) -> None:
        postgres = stack.enter_context(start_postgres(folder / "postgres", fast=False))
        redis = stack.enter_context(start_redis(folder / "redis"))
        schema.upgrade(postgres.url)
        self._folder = folder
        self.store = store
        self.environment = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "SHOPIFY_LOCATION_MAP": json.dumps(_MAP),
            "HUB_DATA_DIR": str(folder),
            "HUB_LOG_FORMAT": "text",
            **environment(store.url),
            **settings,
        }
        values = {name.lower(): value for name, value in self.environment.items()}
        self.hub = Hub(Settings(_env_file=None, **values), name="bench")  # type: ignore[arg-type]
        stack.callback(self.hub.close)

    @contextmanager
    def workers(self, publishing: int) -> Generator[None]:
        """Run publishing workers and the sweep."""
        names = [("publishing", number) for number in range(publishing)] + [("default", 0), ("beat", 0)]
        started = []
        try:
            for queue, number in names:
                log = self._folder / f"{queue}-{number}.log"
                argv = [sys.executable, "-m", "boeing_data_hub.worker", queue]
                started.append(spawn(argv, env={**os.environ, **self.environment}, stdout=log))
            time.sleep(5)  # importing takes two cores' whole attention
            yield
        finally:
            end_all(started, timeout=10)

    def stage(self, count: int, name: str, *, price: str = "10.37") -> list[str]:
        """Stage parts with stock at two locations."""

        def step(work: Any) -> None:
            work.do(
                "INSERT INTO hub.product_staging (sku, search_key, title, list_price, currency,"
                " inventory_quantity, weight, weight_unit, country_of_origin, base_uom, schedule_b_code, supplier_name,"
                " boeing_name, condition, cert, pma, status, raw_id, fetched_at)"
                " SELECT %s || i || '=K3', %s || i || 'K3', %s || i, round(%s::numeric / 1.1, 4), 'USD', 12, 0.6, 'LB',"
                "  'United States', 'EA', '8481809025', 'Monogram', 'GASKET', 'NE', 'FAA 8130-3', false, 'fetched', 1,"
                " now()"
                " FROM generate_series(1, %s::int) i"
                " ON CONFLICT (sku) DO UPDATE SET list_price = excluded.list_price, fetched_at = now()",
                [name, name, name, price, count],
            )
            for place, pieces in (("Dallas Central", 7), ("Miami, FL", 5)):
                work.do(
                    "INSERT INTO hub.stock_locations SELECT %s || i || '=K3', %s, %s FROM generate_series(1, %s::int) i"
                    " ON CONFLICT DO NOTHING",
                    [name, place, pieces, count],
                )

        self.hub.database.run(step)
        return [f"{name}{number}=K3" for number in range(1, count + 1)]

    def publish(self, skus: list[str]) -> Batch:
        """Accept a publishing."""
        return self.hub.intake.publish(PublishRequest(part_numbers=skus, owner="bench")).batch

    def look(self, batch: Batch) -> Batch:
        """The batch as it is now."""
        found = self.hub.database.run(lambda work: batches.get(work, batch.id))
        assert found is not None
        return found

    def finish(self, batch: Batch, seconds: float = 600) -> Batch:
        """Wait for its end."""
        ends_at = monotonic() + seconds
        while (now := self.look(batch)).outcome is None:
            assert monotonic() < ends_at, now
            time.sleep(0.1)
        assert now.published_count == now.total_items, now
        return now

    def judge(self) -> None:
        """Nothing is there twice."""
        there = self.store.store()
        assert (there["duplicateSkus"], there["duplicateCustomIds"]) == ({}, {}), there


def speed(note: Note, folder: Path) -> None:
    """Everything as fast as this machine can, one worker."""
    with ExitStack() as stack:
        store = stack.enter_context(running_shopify(plan="unlimited"))
        stage = Stage(folder, stack, store, HUB_BULK_PUBLISH_FROM="1000000")
        with stage.workers(1):
            stage.finish(stage.publish(stage.stage(100, "WARM")))  # connections, facts, definitions
            for what, price in (("creating", "10.37"), ("updating", "11.40"), ("finding unchanged", "11.40")):
                began = monotonic()
                stage.finish(stage.publish(stage.stage(3_000, "DIRECT", price=price)))
                note(f"direct, {what} 3,000 products", f"{3_000 / (monotonic() - began):,.0f} products/s")
        stage.judge()


def bulk(note: Note, folder: Path) -> None:
    """Bulk operations: how fast lines are prepared and results read, apart from the store's own pace."""
    with ExitStack() as stack:
        store = stack.enter_context(running_shopify(plan="unlimited"))
        stage = Stage(folder, stack, store, HUB_BULK_PUBLISH_FROM="200", HUB_BULK_LANES="1", HUB_BULK_LINES="4000")
        hub = stage.hub
        stage.publish(stage.stage(4_000, "BULK"))
        facts = hub.shop.storefront.facts()
        hub.shop.storefront.ensure_identity()
        publishing = hub.shop.publishing
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # as in a worker
        for what in ("creating", "updating"):
            if what == "updating":
                stage.publish(stage.stage(4_000, "BULK", price="12.12"))
            began = monotonic()
            while not _runs(hub, "state <> 'ended'"):
                publishing.work(_Once())
            note(f"bulk, preparing 4,000 lines, {what}", f"{4_000 / (monotonic() - began):,.0f} lines/s")
            while not _runs(hub, "state = 'finished' AND not_before <= now()"):
                publishing.work(_Once())
                time.sleep(0.05)
            began = monotonic()
            while _runs(hub, "state <> 'ended'"):
                publishing.work(_Once())
            note(f"bulk, reading 4,000 results, {what}", f"{4_000 / (monotonic() - began):,.0f} lines/s")
        assert facts.shop
        stage.judge()


class _Once:
    """Lets one step be taken."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self) -> bool:
        self._asked += 1
        return self._asked == 1

    @staticmethod
    def wait(seconds: float) -> bool:
        time.sleep(seconds)
        return True


def _runs(hub: Hub, which: Any) -> int:
    return hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.bulk_runs WHERE " + which))  # noqa: S608 - constants of this module


def pace(note: Note, folder: Path, seconds: float) -> None:
    """The smallest plan: how much of its restore rate is used while work waits, by three workers."""
    with ExitStack() as stack:
        store = stack.enter_context(running_shopify(plan="standard"))
        stage = Stage(folder, stack, store, HUB_BULK_PUBLISH_FROM="1000000")
        batch = stage.publish(stage.stage(9_000, "PACE"))
        with stage.workers(3):
            while stage.look(batch).published_count < 100:
                time.sleep(0.1)
            before = store.stats()
            began = monotonic()
            time.sleep(seconds)
            after, took = store.stats(), monotonic() - began
        made = after["products"] - before["products"]
        spent = after["pointsSpent"] - before["pointsSpent"]
        allowed = took * 100.0 + before["bucket"]["currentlyAvailable"] - after["bucket"]["currentlyAvailable"]
        asked = sum(after["requests"].values()) - sum(before["requests"].values())
        refused = after["throttled"] - before["throttled"]
        stage.judge()
    note("standard plan, 3 workers: share of the restore rate used", f"{spent / (took * 100.0):.1%}")
    note("... and of all that could be used", f"{spent / allowed:.1%}")
    note("... throttled answers", f"{refused} of {asked}")
    note("... lowest bucket", f"{after['bucket']['lowest']:.0f} points")
    note(
        "... points a product", f"{spent / max(1, made):.2f}: {spent / max(1, made) * 200 / 60:.0f} minutes for 20,000"
    )


def measure(note: Note, *, seconds: float = 60.0) -> None:
    """Measure all of it."""
    parts: list[Callable[[Note, Path], None]] = [speed, bulk, lambda note, folder: pace(note, folder, seconds)]
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            folder.chmod(0o711)
            part(note, folder)


def main() -> None:
    """Measure publishing and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publishing", description=__doc__)
    parser.add_argument("--only", choices=["speed", "bulk", "pace"])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the pace is watched")
    chosen = parser.parse_args()
    rows: list[tuple[str, str]] = []

    def note(what: str, figure: str) -> None:
        rows.append((what, figure))
        output.note(f"{what}: {figure}")

    if chosen.only is None:
        measure(note, seconds=chosen.seconds)
    else:
        with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            folder.chmod(0o711)
            {"speed": speed, "bulk": bulk, "pace": lambda n, f: pace(n, f, chosen.seconds)}[chosen.only](note, folder)
    output.table("Measured", ["what", "figure"], rows)


if __name__ == "__main__":
    main()
