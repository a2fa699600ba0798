"""kill -9 at the boundaries of a publish run: calls in progress are resolved and continued, and nothing is
duplicated."""

from __future__ import annotations

import os
import signal

import pytest
import redis as redis_client
from tests.system.pictures import serving_pictures
from tests.system.shop import Shop

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]

# What a worker is killed at: its intents unwritten; a call unheard, unanswered, unread; its results unwritten.
DIRECT = {
    "P1 intents": lambda shop: shop.locked("products"),
    "P5 sent": lambda shop: shop.call("slow", "productSet"),
    "P6 carried out": lambda shop: shop.call("slow_after", "productSet", skip=3),
    "P7 read": lambda shop: shop.call("slow", "publicationUpdate"),
    "P9 on the channel": lambda shop: shop.call("slow_after", "publicationUpdate"),
    "P10 results": lambda shop: shop.locked("publish_changes"),
}
PICTURES = {
    "P2 fetched": lambda _shop, pictures: pictures.held("fetch"),
    "P3 uploaded": lambda _shop, pictures: pictures.held("upload"),
    "P3 stored": lambda _shop, pictures: pictures.held("stored"),
    "P4 remembered": lambda shop, _pictures: shop.locked("images"),
}
RESTOCK = {
    "P5 sent": lambda shop: shop.call("slow", "productSet"),
    "P6 carried out": lambda shop: shop.call("slow_after", "productSet"),
    "P8 stock sent": lambda shop: shop.call("slow", "inventorySetQuantities"),
    "P8 stock set": lambda shop: shop.call("slow_after", "inventorySetQuantities"),
    "P10 results": lambda shop: shop.locked("publish_changes"),
}
BULK = {
    "B1 lines": lambda shop: shop.locked("bulk_lines"),
    "B1 written": lambda shop: shop.call("slow", "stagedUploadsCreate"),
    "B2 uploaded": lambda shop: shop.call("slow", "bulkOperationRunMutation"),
    "B3 begun": lambda shop: shop.call("slow_after", "bulkOperationRunMutation"),
    "B4 asked": lambda shop: shop.call("slow", "bulkOperation"),
    "B5 read": lambda shop: shop.call("slow", "publicationUpdate"),
    "B6 first lines": lambda shop: shop.call("slow_after", "publicationUpdate", skip=6),
    "B6 results": lambda shop: shop.locked("publish_changes"),
}


@pytest.fixture(scope="module")
def store():
    with running_shopify() as control:
        yield control


@pytest.fixture
def make_shop(make_rig, store):
    made = []

    def make(**settings):
        shop = Shop(make_rig(**settings), store)
        made.append(shop)
        return shop

    yield make
    store.clear_faults()
    for shop in made:
        shop.close()


QUICK = os.environ.get("EVERY_BOUNDARY") is None


def some(boundaries, *names):
    """The boundaries that are killed at: all of them where EVERY_BOUNDARY is set."""
    return {name: boundaries[name] for name in names} if QUICK else boundaries


def test_killed_at_a_boundary_of_a_direct_publish_run(make_shop):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="100000")
    shop.start()
    for number, sign in enumerate(some(DIRECT, "P1 intents", "P6 carried out", "P10 results").values()):
        shop.kill_at(sign(shop), shop.stage(f"D{number}N", 30, "10.37"))


def test_killed_while_pictures_are_fetched_and_stored(make_shop):
    with serving_pictures() as pictures:
        shop = make_shop(HUB_BULK_PUBLISH_FROM="100000", **pictures.environment)
        shop.start()
        for number, sign in enumerate(some(PICTURES, "P2 fetched", "P3 stored", "P4 remembered").values()):
            name = f"P{number}N"
            skus = shop.stage(name, 12, "10.37", images=f"{pictures.url}/images/")
            shop.kill_at(sign(shop, pictures), skus)
            theirs = [path for path in pictures.fetched if path.startswith(f"/images/{name}")]
            assert len(set(theirs)) == len(skus)
            assert len(theirs) <= 2 * len(skus), "each is fetched once, and once more by whom it was gone on with"
        made = {product["sku"]: product["media"] for product in shop.store.products()}
        sources = {sku: [media["source"] for media in media_of] for sku, media_of in made.items()}
        assert {len(of_one) for of_one in sources.values()} == {1}
        paths = {of_one[0].partition("/public/product-images/")[2] for of_one in sources.values()}
        assert len(paths) == len(made), "every part has its own picture, and none the placeholder"
        assert paths == set(pictures.kept), "and nothing lies in the bucket that no product shows"


def test_killed_as_soon_as_the_first_results_are_saved(make_shop):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="100000")
    shop.start()
    shop.store.settings(latency=0.05)
    skus = shop.stage("EN", 300, "10.37")
    batch = shop.publish(skus)
    shop.rig.wait(lambda: shop.settled(batch) > 0, "P11, the first results")
    shop.rig.kill("publishing-0")
    killed_at = monotonic()
    shop.store.settings(latency=0)
    shop.finish(batch, killed_at)
    shop.judge(skus)


def test_killed_at_a_boundary_of_an_update_with_stock(make_shop):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="100000")
    shop.start()
    shop.finish(shop.publish(shop.stage("RN", 30, "10.37")), monotonic())
    for number, sign in enumerate(some(RESTOCK, "P8 stock set").values()):
        shop.kill_at(sign(shop), shop.stage("RN", 30, f"11.{number:02}", pieces=9 + number))


def test_killed_at_a_boundary_of_a_bulk_operation(make_shop):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="50")
    shop.start()
    for number, sign in enumerate(some(BULK, "B1 lines", "B3 begun", "B6 first lines").values()):
        skus = shop.stage(f"B{number}N", 600, "10.37")
        before = len(shop.store.store()["bulkOperations"])
        shop.kill_at(sign(shop), skus)
        assert len(shop.store.store()["bulkOperations"]) == before + 1
        written = [entry["sku"] for entry in shop.store.ledger(operation="productSet")]
        assert len(written) == len(set(written))


def test_a_worker_that_was_frozen_in_the_middle_of_a_call_comes_back_and_changes_nothing(make_shop):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="100000")
    shop.start()
    skus = shop.stage("FN", 200, "10.37")
    with shop.call("slow_after", "productSet", seconds=1, skip=20) as seen:
        batch = shop.publish(skus)
        shop.rig.wait(seen, "the middle")
        frozen = shop.rig.processes["publishing-0"].pid
        os.kill(frozen, signal.SIGSTOP)
    shop.rig.start_worker("publishing", "publishing-1")
    shop.finish(batch, monotonic())
    shop.stage("FN", 200, "12.00", pieces=9)
    second = shop.publish(skus)
    shop.finish(second, monotonic())
    os.kill(frozen, signal.SIGCONT)
    shop.rig.wait(lambda: shop.ask("SELECT count(*) FROM hub.leases") == 0, "the end of its work")
    shop.finish(shop.publish(shop.stage("AN", 20, "1.01", pieces=9)), monotonic())
    shop.rig.wait(shop.doubtful, "what the worker says of the calls that were under way")
    shop.judge(skus, doubtful=shop.doubtful())
    shop.finish(shop.publish(skus), monotonic())
    shop.judge(skus)


def test_everything_at_once_in_the_middle_of_direct_and_bulk_publish_runs(make_shop, redis_url, postgres):
    shop = make_shop(HUB_BULK_PUBLISH_FROM="100")
    shop.start(publishing=2)
    shop.store.settings(bulk_lines_per_second=200)
    large, small = shop.stage("LN", 500, "10.37"), shop.stage("SN", 60, "2.22")
    batches = [shop.publish(large), shop.publish(small)]
    shop.rig.wait(lambda: shop.settled(batches[1]) > 0 or shop.store.store()["products"] > 20, "the middle")
    for name in ("publishing-0", "default", "beat"):
        shop.rig.kill(name)
    with redis_client.Redis.from_url(redis_url) as client:
        client.flushall()
    postgres.restart(immediate=True)
    killed_at = monotonic()
    shop.store.settings(bulk_lines_per_second=0)
    for batch in batches:
        shop.finish(batch, killed_at)
    shop.judge([*large, *small])
