"""A worker is killed at each stage of a snapshot: another finishes it, nothing wrong is saved, and no lease is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from tests.support.patience import Deadline, allow, until
from tests.support.publishing import STORE_MAP, Part

from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows
from boeing_data_hub_sandbox.shopify.control_client import environment

pytestmark = pytest.mark.services

WORKER = """
import json, sys
from threading import Event
from boeing_data_hub.app import Hub
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.time_slice import TimeSlice
hub = Hub(Settings(_env_file=None, **json.loads(sys.argv[1])), name="killed")
while True:
    hub.shop.publishing.work(TimeSlice(Event(), 600))
"""
OTHERS = 1_500
OURS = ("SAME=K3", "PRICED=K3", "SOLD=K3", "DELETED=K3")
HALF_READ = (
    "SELECT EXISTS (SELECT 1 FROM hub.store_snapshot_products)"
    " AND EXISTS (SELECT 1 FROM hub.store_snapshots WHERE state = 'finished')"
)
AT_A_LOCK = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@dataclass(frozen=True)
class Moment:
    """When the worker is killed.

    Attributes:
        reached: a query whose result is true then.
        fault: of the store, so that the moment lasts.
        settings: of the store, likewise.
        locked: a statement by which the test holds the database up, for the same reason.
    """

    reached: str
    fault: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    locked: str | None = None


MOMENTS = {
    "before the answer to the start": Moment(
        "SELECT state = 'starting' FROM hub.store_snapshots",
        {"kind": "slow_after", "seconds": 60, "times": 1, "match": {"operation": "bulkOperationRunQuery"}},
    ),
    "while the query runs": Moment(
        "SELECT state = 'running' FROM hub.store_snapshots", settings={"bulk_start_delay": 10.0}
    ),
    "while the file is read": Moment(HALF_READ, {"kind": "bulk_result_slow", "seconds": 60, "times": 1}),
    "while lines are saved": Moment(
        f"SELECT ({AT_A_LOCK}) > 0", locked="LOCK TABLE hub.store_snapshot_levels IN SHARE MODE"
    ),
    "while a comparison is saved": Moment(
        f"SELECT ({AT_A_LOCK}) > 0", locked="SELECT 1 FROM hub.products WHERE sku = 'PRICED=K3' FOR UPDATE"
    ),
}


@contextmanager
def held_up(url, statement):
    with psycopg.connect(url) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


@pytest.fixture
def desk(make_desk):
    """A store with products of others and four of ours, of which people have changed three."""
    desk = make_desk(hub_lease_seconds=3)
    others = [{"sku": f"S{number}", "quantities": {"Atlanta": number}} for number in range(OTHERS)]
    desk.store.load({"products": others})
    desk.run(desk.stage(*(Part(sku) for sku in OURS)))
    desk.store.load({"edit": [{"sku": "PRICED=K3", "set": {"price": "1.00"}}], "delete": [{"sku": "DELETED=K3"}]})
    desk.store.sell("SOLD=K3", "Dallas", 2)
    return desk


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_is_killed_is_followed_by_another(desk, direct_url, database_url, redis_url, tmp_path, moment):
    killed_at = MOMENTS[moment]
    values = {name.lower(): value for name, value in environment(desk.store.url).items()}
    values |= {"database_url": database_url, "redis_url": redis_url, "shopify_location_map": json.dumps(STORE_MAP)}
    values |= {"hub_data_dir": str(tmp_path), "hub_lease_seconds": 3}
    desk.store.settings(**killed_at.settings or {})
    if killed_at.fault:
        desk.store.fault(**killed_at.fault)
    started = desk.hub.shop.decisions.compare(actor="test")
    with held_up(direct_url, killed_at.locked) if killed_at.locked else nullcontext():
        child = subprocess.Popen([sys.executable, "-c", WORKER, json.dumps(values)])
        try:
            until(lambda: desk.rows(f"SELECT ({killed_at.reached}) AS yes")[0]["yes"], seconds=60)
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(allow(10))
    if not killed_at.locked:
        assert desk.rows(f"SELECT ({killed_at.reached}) AS yes")[0]["yes"], "it was killed too late"
    desk.store.clear_faults()
    deadline = Deadline(90)
    while (snapshot := desk.hub.shop.decisions.snapshot(started.id)).state != "ended":
        assert not deadline.passed, desk.rows("SELECT * FROM hub.store_snapshots")
        desk.hub.recovery.sweep()
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)

    assert (snapshot.outcome, snapshot.products, snapshot.variants) == ("complete", OTHERS + 3, OTHERS + 3)
    there = {one["id"]: one for one in desk.store.products()}
    saved = desk.hub.database.run(lambda work: snapshot_rows.page(work, snapshot.id, limit=10_000))
    assert {one.product_id for one in saved} == set(there)
    for one in saved:
        (variant,) = one.variants
        product = there[one.product_id]
        assert (variant.sku, str(variant.price)) == (product["sku"], product["price"])
        assert sum(variant.levels.values()) == sum(product["quantities"].values()), product["sku"]
    assert (snapshot.compared, snapshot.differing) == (4, 3)
    found = {row["sku"]: row["differences"] for row in desk.rows("SELECT sku, differences FROM hub.products")}
    assert {sku: [each["field"] for each in told or ()] for sku, told in found.items()} == {
        "SAME=K3": [], "PRICED=K3": ["price"], "SOLD=K3": ["stock.Dallas"], "DELETED=K3": ["deleted"],
    }  # fmt: skip
    assert desk.rows("SELECT 1 FROM hub.leases") == []
    assert len(desk.store.store()["bulkOperations"]) == 1, "it was asked for once"
