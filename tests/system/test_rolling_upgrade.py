"""The tables are upgraded while everything runs: old code continues on a schema that it does not know yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.patience import allow
from tests.system.shop import Shop

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import revision, schema
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]

NEXT = Path(__file__).parent.parent / "db" / "next_revision"
PARTS = [f"RU{n:05d}" for n in range(2000)]


@pytest.fixture(scope="module")
def store():
    with running_shopify() as control:
        yield control


@pytest.fixture
def shop(make_rig, store):
    made = Shop(make_rig(HUB_BULK_PUBLISH_FROM="100"), store)
    yield made
    made.close()


def test_search_and_publishing_go_on_while_the_tables_are_upgraded_and_nothing_is_lost(shop, direct_url):
    rig = shop.rig
    rig.start_worker("extraction")
    rig.start_worker("normalization")
    shop.start(publishing=2)
    api = rig.start_api()
    rig.wait(lambda: api.get("/ready").status_code == 200, "readiness")
    rig.boeing.settings(latency_ms=150)
    shop.store.settings(bulk_lines_per_second=200)
    direct, bulk = shop.stage("UN", 90, "10.37"), shop.stage("VN", 400, "11.37")

    batches = [shop.publish(bulk), shop.publish(direct)]
    search = rig.search(PARTS)
    rig.wait(lambda: rig.status(search)["extracted_count"] > 100, "the middle of the search")
    with ThreadPoolExecutor(1) as threads:
        upgrade = threads.submit(schema.upgrade, direct_url, versions=[schema.VERSIONS, NEXT])
        while not upgrade.done():
            assert api.get("/ready").status_code == 200
        upgrade.result()
    upgraded_at = monotonic()
    assert rig.database.run(revision.current) == "9999"
    assert rig.status(search)["pending_count"] > 0, "the search ended before the upgrade: this test shows nothing"
    rig.boeing.settings(latency_ms=0)

    found = rig.finish(search)
    assert found["normalized_count"] + found["failed_count"] == len(PARTS)
    unknown = "SELECT count(*) FROM hub.batch_items WHERE batch_id = %s AND error_code = 'not_found'"
    assert shop.ask(unknown, search) == found["failed_count"]  # what the sandbox does not know, and nothing else
    shop.store.settings(bulk_lines_per_second=0)
    for batch in batches:
        shop.finish(batch, upgraded_at)
    shop.judge([*bulk, *direct])

    # And what starts only now runs on it, too.
    for name in ("publishing-0", "extraction", "normalization", "default", "beat"):
        rig.kill(name)
    again = shop.stage("UN", 90, "12.00", pieces=9)
    shop.finish(shop.publish(again), monotonic())
    shop.judge(again)
    assert rig.finish(rig.search(["AN3-43A"]))["normalized_count"] == 1
    rig.wait(lambda: api.get("/ready").status_code == 200, "readiness")
    told = {one.name: one for one in shop.hub.examine(seconds=allow(12))}["migrations"]
    assert (told.level, told.code) == ("warning", "migrations_ahead")
    assert "9999" in told.message
