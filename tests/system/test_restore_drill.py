"""The database is set an hour back while the store is ahead: nothing is doubled, and everything is put right again."""

from __future__ import annotations

import pytest
from tests.support.pgtools import Tools
from tests.system.shop import Shop

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import schema
from boeing_data_hub.health import restored
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]

WORKERS = ("publishing-0", "default", "beat")


@pytest.fixture(scope="module")
def store():
    with running_shopify() as control:
        yield control


@pytest.fixture
def shop(make_rig, store):
    made = Shop(make_rig(HUB_BULK_PUBLISH_FROM="150"), store)
    yield made
    store.clear_faults()
    made.close()


class Drill:
    """What the drill does to the database and its workers."""

    def __init__(self, shop, url, folder):
        self.shop = shop
        self.url = url
        self.file = folder / "hub.dump"
        self.tools = Tools()

    def published(self, *names_counts_prices_pieces):
        """Stage these and publish them, to the end; returns all their SKUs."""
        every = []
        for name, count, price, pieces in names_counts_prices_pieces:
            every += self.shop.stage(name, count, price, pieces=pieces)
        self.shop.finish(self.shop.publish(every), monotonic())
        return every

    def back_up(self):
        self.tools.back_up(self.url, self.file)

    def restore(self):
        """As docs/database.md says."""
        for name in WORKERS:
            self.shop.rig.kill(name, start_again=False)
        self.tools.restore(self.url, self.file)
        schema.upgrade(self.url)
        told = self.shop.hub.database.run(
            lambda work: restored.forget_what_came_after(work, actor="drill"), patience=20
        )
        for name in WORKERS:
            self.shop.rig.start_again(name)
        return told

    def ids(self):
        return {each["sku"]: each["id"] for each in self.shop.store.products()}


@pytest.fixture
def drill(shop, direct_url, tmp_path):
    shop.start()
    return Drill(shop, direct_url, tmp_path)


def test_after_a_restore_everything_is_adopted_and_corrected_and_nothing_is_duplicated(drill):
    shop = drill.shop
    drill.published(("AN", 30, "10.37", 7), ("BN", 40, "20.00", 7), ("CN", 30, "5.00", 7))

    # The backup is made while one publishing is under way by bulk operation and one goes the direct way.
    bulk, direct = shop.stage("LN", 160, "30.00"), shop.stage("MN", 30, "31.00")
    shop.store.settings(bulk_lines_per_second=50)
    open_then = [shop.publish(bulk), shop.publish(direct)]
    shop.rig.wait(lambda: shop.ask("SELECT count(*) FROM hub.bulk_runs WHERE state = 'running'"), "the middle")
    drill.back_up()
    shop.store.settings(bulk_lines_per_second=0)

    # The hour that will be lost.
    for batch in open_then:
        shop.finish(batch, monotonic())
    drill.published(
        ("AN", 30, "12.00", 9),  # and Boeing will be back at the old price
        ("BN", 40, "21.00", 9),
        ("DN", 30, "40.00", 9),  # which the backup knows nothing of
        ("EN", 30, "41.00", 9),
        ("LN", 160, "33.00", 9),
    )
    before = drill.ids()
    drill.restore()

    # The batches that were open in the backup come to their ends by themselves; then all is fetched and published anew.
    for batch in open_then:
        shop.finish(batch, monotonic())
    wanted = (
        ("AN", 30, "10.37", 12), ("BN", 40, "21.00", 12), ("CN", 30, "5.00", 12), ("DN", 30, "40.00", 12),
        ("EN", 30, "44.00", 12), ("LN", 160, "33.00", 12), ("MN", 30, "31.00", 12),
    )  # fmt: skip
    skus = drill.published(*wanted)
    shop.judge(skus)
    assert drill.ids() == before, "a product was made anew"
    assert shop.ask("SELECT count(*) FROM hub.conflicts") == 0
    assert shop.ask("SELECT count(*) FROM hub.orphans") == 0
    created = [entry["sku"] for entry in shop.store.ledger(operation="productSet") if entry["effect"] == "created"]
    assert len(created) == len(set(created))

    # And from then on it is an ordinary store again: what is as it should be costs no call.
    calls = shop.store.stats()["requests"].get("productSet", 0)
    drill.published(*wanted)
    assert shop.store.stats()["requests"].get("productSet", 0) == calls
    shop.judge(skus)
