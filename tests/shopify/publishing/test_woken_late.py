"""A worker that freezes in the middle of its calls: what it then does to the store is reported and corrected."""

from __future__ import annotations

from threading import Thread

import pytest
from tests.support.patience import allow

pytestmark = pytest.mark.services


def doubts(desk):
    """What `bdh doctor` says of products in doubt."""
    return [each.message for each in desk.hub.examine(seconds=allow(12)) if each.name == "products in doubt"]


@pytest.fixture
def overtaken(make_desk, wait):
    """Two parts at 10.00 whose last call came late: the store has 11.00, another worker has seen to 12.00 before."""
    frozen, other = make_desk(hub_lease_seconds=3, shopify_call_timeout=600), make_desk()
    parts = frozen.make_parts(2)
    frozen.run(frozen.stage(*(part.but(price="10.00") for part in parts)))
    skus = frozen.stage(*(part.but(price="11.00") for part in parts))
    other.staged = frozen.staged
    late = frozen.store.fault("slow", times=2, seconds=allow(2), match={"operation": "productSet"})
    batch = frozen.publish(skus)
    worker = Thread(target=frozen.work, args=[0.1])
    worker.start()
    wait.until(
        lambda: [fault for fault in other.store.faults() if fault["id"] == late and fault["happened"] == len(skus)],
        what="the calls that hang",
    )
    assert other.do("DELETE FROM hub.leases") == 1
    other.stage(*(part.but(price="12.00") for part in parts))
    other.to_the_end(batch)
    assert {other.product(sku)["price"] for sku in skus} == {"12.00"}
    assert doubts(other) == []
    worker.join()
    assert {other.product(sku)["price"] for sku in skus} == {"11.00"}
    return other, skus


def test_it_is_reported_and_the_next_publish_corrects_it(overtaken):
    desk, skus = overtaken
    (told,) = doubts(desk)
    assert all(sku in told for sku in skus)
    desk.judge(desk.run(skus))
    assert {desk.product(sku)["price"] for sku in skus} == {"12.00"}
    assert doubts(desk) == []


@pytest.fixture
def leftover(make_desk):
    """A part that is in the store, and whose product is to be deleted as a leftover."""
    frozen, other = make_desk(hub_lease_seconds=3, shopify_call_timeout=600), make_desk()
    (part,) = frozen.make_parts(1)
    frozen.run(frozen.stage(part))
    frozen.do(
        "INSERT INTO hub.orphans (shop, sku, product_id, reason) SELECT shop, sku, product_id, 'test'"
        " FROM hub.products WHERE sku = %s",
        part.sku,
    )
    other.staged = frozen.staged
    return frozen, other, part


@pytest.fixture
def freeze(wait):
    """Let a worker hang in one call for longer than its lease, while another publishes the part again."""

    def act(frozen, other, part, operation):
        fault = frozen.store.fault("slow", times=1, seconds=allow(4), match={"operation": operation})
        worker = Thread(target=frozen.work, args=[0.1])
        worker.start()
        wait.until(
            lambda: [each for each in other.store.faults() if each["id"] == fault and each["happened"]],
            what="the call that hangs",
        )
        assert other.do("DELETE FROM hub.leases") == 1
        other.do("UPDATE hub.orphans SET not_before = now() + interval '1 hour', attempts = 1")
        batch = other.run(other.stage(part.but(price="12.00")))
        assert other.rows("SELECT state FROM hub.orphans") == [{"state": "kept"}]
        worker.join()
        return batch

    return act


def test_a_worker_frozen_before_it_deletes_a_leftover_product_deletes_nothing(leftover, freeze):
    frozen, other, part = leftover
    batch = freeze(frozen, other, part, "productByIdentifier")
    assert other.product(part.sku)["price"] == "12.00"
    assert other.rows("SELECT state, attempts FROM hub.orphans") == [{"state": "kept", "attempts": 1}]
    other.judge(batch)


def test_a_delete_that_the_store_carries_out_too_late_leaves_no_row_that_says_live(leftover, freeze):
    frozen, other, part = leftover
    freeze(frozen, other, part, "productDelete")
    assert other.store.product(part.sku) is None
    assert other.row(part.sku)["state"] == "missing"
    assert other.rows("SELECT state FROM hub.orphans") == [{"state": "kept"}]
    other.judge(other.run([part.sku]))
