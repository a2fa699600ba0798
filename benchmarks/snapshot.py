"""`python -m benchmarks.snapshot`: the comparison of a whole store, from its request to the last difference.

A worker's process (this one) takes every step on services of its own; Postgres, Redis and the sandbox, which is the
store, are processes beside it: `running` is the time in which the sandbox writes the file. It asserts that everything
was compared.
"""

from __future__ import annotations

import argparse
import re
import resource
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any, Final

from psycopg.types.json import Jsonb

from benchmarks.publishing import Stage
from boeing_data_hub.cli import output
from boeing_data_hub.clock import monotonic
from boeing_data_hub.shopify.store_snapshot import StoreSnapshot
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.shopify.running import running_shopify

_STOCK: Final = {"Dallas": 7, "Miami": 5, "New York": 3}
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")


def _peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _published(stage: Stage, count: int) -> list[str]:
    """Fill the store with products, and the hub's rows as if it had published them; their ids."""
    made = [
        {"sku": f"PN{number}=K3", "title": f"Part {number}", "price": "10.37", "quantities": _STOCK}
        for number in range(count)
    ]
    ids: list[str] = []
    for at in range(0, count, 2_000):
        ids += [one["id"] for one in stage.store.load({"products": made[at : at + 2_000]})["products"]]
    shop = stage.hub.shop.storefront.facts().shop
    records = [
        {"sku": one["sku"], "product_id": product_id, "title": one["title"], "price": one["price"], "stock": _STOCK}
        for one, product_id in zip(made, ids, strict=True)
    ]

    def step(work: Any) -> None:
        work.do(
            "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, price, state, product_id, form,"
            " stock, published_at) SELECT %s, r.sku, r.sku, r.sku, r.sku, r.title, r.price, 'live', r.product_id,"
            " jsonb_build_object('sku', r.sku, 'title', r.title, 'price', r.price::text, 'status', 'ACTIVE',"
            " 'stock', r.stock, 'tags', '[]'::jsonb, 'metafields', '[]'::jsonb), r.stock, now()"
            " FROM jsonb_to_recordset(%s) AS r(sku text, product_id text, title text, price numeric, stock jsonb)",
            [shop, Jsonb(records)],
        )

    stage.hub.database.run(step, patience=120)
    return ids


def _compared(stage: Stage) -> tuple[StoreSnapshot, dict[str, tuple[float, float]]]:
    """Compare the store; the snapshot, and the seconds and CPU seconds of this process, by the state it began in."""
    spent: dict[str, tuple[float, float]] = {}
    snapshot = stage.hub.shop.decisions.compare(actor="bench")
    while snapshot.state != "ended":
        began, used = monotonic(), time.process_time()
        stage.hub.shop.publishing.work(TimeSlice(Event(), 0.1))
        seconds, cpu = spent.get(snapshot.state, (0.0, 0.0))
        spent[snapshot.state] = (seconds + monotonic() - began, cpu + time.process_time() - used)
        snapshot = stage.hub.shop.decisions.snapshot(snapshot.id)
    return snapshot, spent


def main() -> None:
    """Fill a store, change some of it by hand, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshot", description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--changed", type=int, default=500)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        store = stack.enter_context(running_shopify())
        store.settings(plan="unlimited", media_delay=0.0)
        stage = Stage(folder, stack, store)
        for product_id in _published(stage, chosen.products)[: chosen.changed]:
            store.edit_product(product_id, price="1.00")
        points = store.stats()["pointsSpent"]
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins here
        snapshot, spent = _compared(stage)
        cpu = sum(used for _, used in spent.values())
        rows = [
            ("products, variants", f"{snapshot.products:,}, {snapshot.variants:,}"),
            ("compared, differing", f"{snapshot.compared:,}, {snapshot.differing:,}"),
            ("time in all", f"{sum(seconds for seconds, _ in spent.values()):.1f} s"),
            *((f"  {state}", f"{seconds:.1f} s, CPU {used:.1f} s") for state, (seconds, used) in spent.items()),
            ("CPU time of the worker", f"{cpu:.1f} s, {cpu / snapshot.products * 1000:.2f} ms for each product"),
            ("memory of the worker, at most", f"{_peak_mb():.0f} MB"),
            ("API points", f"{store.stats()['pointsSpent'] - points:.0f}"),
        ]
        output.table("Measured", ["what", "figure"], rows)
        assert (snapshot.outcome, snapshot.products) == ("complete", chosen.products), snapshot
        assert (snapshot.compared, snapshot.differing) == (chosen.products, chosen.changed), snapshot


if __name__ == "__main__":
    main()
