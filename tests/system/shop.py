"""A rig with a store: parts staged by SQL, published by real workers, and judged by what the store itself has seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from tests.support.patience import GENEROUS

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.run import PublishRequest
from boeing_data_hub.clock import monotonic
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify import intents
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl, environment

WITHIN = 30.0  # seconds from a kill to the next progress


class Shop:
    """Publishes through the workers of a rig.

    Args:
        rig: with processes to kill.
        store: the sandbox store.
    """

    def __init__(self, rig: Any, store: ShopifyControl) -> None:
        self.rig = rig
        self.store = store
        self.prices: dict[str, str] = {}
        self.pieces = 7
        store.clear()
        rig.environment |= {
            **environment(store.url),
            "SHOPIFY_LOCATION_MAP": json.dumps({"Dallas Central": "Dallas"}),
            "HUB_DATA_DIR": str(rig.logs),
            "HUB_PUBLISH_RETRY_SECONDS": "0.2",
            "HUB_GUARDS": "false",  # parts of these tests move as no market does; guards have tests of their own
        }
        values = {name.lower(): value for name, value in rig.environment.items()}
        self.hub = Hub(Settings(_env_file=None, **values), name="shop")

    def start(self, publishing: int = 1) -> None:
        for number in range(publishing):
            self.rig.start_worker("publishing", f"publishing-{number}")
        self.rig.start_worker("default")
        self.rig.start("beat", "boeing_data_hub.worker", "beat")

    def stage(self, name: str, count: int, price: str, pieces: int = 7, images: str | None = None) -> list[str]:
        """Stage parts named like this, or stage them anew with another price or stock; with pictures from `images`."""

        def step(work: Any) -> None:
            work.do(
                "INSERT INTO hub.product_staging (sku, search_key, title, list_price, currency,"
                " inventory_quantity, weight, weight_unit, country_of_origin, base_uom, boeing_name, condition, cert,"
                " boeing_image_url, status, raw_id, fetched_at) SELECT %(n)s || i, %(n)s || i, %(n)s || i,"
                " round(%(p)s::numeric / 1.1, 4), 'USD', 7, 0.6, 'LB', 'Germany', 'EA', 'GASKET', 'NE', 'FAA 8130-3',"
                " %(u)s || %(n)s || i || '.jpg', 'fetched', 1, now()"
                " FROM generate_series(1, %(c)s::int) i"
                " ON CONFLICT (sku) DO UPDATE SET list_price = excluded.list_price, fetched_at = now()",
                {"n": name, "p": price, "c": count, "u": images},
            )
            work.do(
                "INSERT INTO hub.stock_locations SELECT %s || i, 'Dallas Central', %s"
                " FROM generate_series(1, %s::int) i"
                " ON CONFLICT (sku, location) DO UPDATE SET quantity = excluded.quantity",
                [name, pieces, count],
            )

        self.hub.database.run(step)
        skus = [f"{name}{number}" for number in range(1, count + 1)]
        self.prices |= dict.fromkeys(skus, price)
        self.pieces = pieces
        return skus

    def publish(self, skus: list[str]) -> UUID:
        return self.hub.intake.publish(PublishRequest(part_numbers=skus, owner="rig")).batch.id

    def ask(self, query: Any, *values: Any) -> Any:
        """One value from the hub's database."""
        return self.hub.database.run(lambda work: work.value(query, list(values)), patience=30)

    def settled(self, batch: UUID) -> int:
        return self.ask("SELECT count(*) FROM hub.batch_items WHERE batch_id = %s AND state <> 'pending'", batch)

    def finish(self, batch: UUID, since: float, seconds: float = 60) -> None:
        """Wait for the end; something must have moved within half a minute of the kill."""
        before = self.settled(batch)
        total = self.ask("SELECT total_items FROM hub.batches WHERE id = %s", batch)
        if before < total:
            left = max(1.0, WITHIN - (monotonic() - since) / GENEROUS)
            self.rig.wait(lambda: self.settled(batch) > before, "the first progress", left)
        query = "SELECT completed_at IS NOT NULL FROM hub.batches WHERE id = %s"
        self.rig.wait(lambda: self.ask(query, batch), "the end", seconds)
        self.rig.check_counts(batch)
        assert self.ask("SELECT published_count FROM hub.batches WHERE id = %s", batch) == total

    def judge(self, skus: list[str], *, doubtful: Collection[str] = ()) -> None:
        """One product for each part, all of them known to us, with price, stock and channel as they should be.

        Nobody is in doubt about any but those that are told.
        """
        there = self.store.store()
        assert (there["duplicateSkus"], there["duplicateCustomIds"]) == ({}, {})
        there_now = {each["sku"]: each for each in self.store.products()}
        known = self.hub.database.run(
            lambda work: {r["sku"]: r for r in work.rows("SELECT sku, product_id, state, intent FROM hub.products")}
        )
        assert {each["id"] for each in there_now.values()} == {row["product_id"] for row in known.values()}
        assert self.ask("SELECT count(*) FROM hub.orphans WHERE state = 'due'") == 0
        for sku in skus:
            product = there_now[sku]
            assert product["prices"] == [self.prices[sku]], product
            assert product["quantities"]["Dallas"] == self.pieces, product
            assert "Online Store" in product["publications"], product
            assert (known[sku]["state"], known[sku]["intent"] is not None) == ("live", sku in doubtful), sku

    def doubtful(self) -> list[str]:
        """The products that `bdh doctor` names."""
        return self.hub.database.run(lambda work: intents.left_in_doubt(work, self.hub.shop.storefront.facts().shop))

    # Signs that a boundary is reached, to kill at.

    @contextmanager
    def call(self, kind: str, operation: str, seconds: float = 2.0, skip: int = 0) -> Generator[Callable[[], bool]]:
        """The sign that the store holds such a call: `slow` before it is carried out, `slow_after` after that."""
        match = {"operation": operation}
        number = self.store.fault(kind, times=1, seconds=seconds, skip=skip, match=match)
        try:
            yield lambda: any(fault["id"] == number and fault["happened"] for fault in self.store.faults())
        finally:
            self.store.clear_faults()

    @contextmanager
    def locked(self, table: str) -> Generator[Callable[[], bool]]:
        """The sign that a transaction of a worker waits for this table."""
        waiting = (
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            " AND query LIKE %s"
        )
        with psycopg.connect(self.rig.environment["DATABASE_URL"]) as connection:
            connection.execute(f"LOCK TABLE hub.{table} IN EXCLUSIVE MODE")
            yield lambda: self.ask(waiting, f"%{table}%")
            connection.rollback()

    def kill_at(self, sign: Any, skus: list[str], *, victim: str = "publishing-0") -> UUID:
        """Publish, kill -9 the worker as soon as the sign is seen, and see all of it through to a right end."""
        with sign as seen:
            batch = self.publish(skus)
            self.rig.wait(seen, "the boundary")
            self.rig.kill(victim)
            killed_at = monotonic()
        self.finish(batch, killed_at)
        self.judge(skus)
        return batch

    def close(self) -> None:
        self.hub.close()
