"""A worker that was frozen in the middle of its calls: what it did to the store after others is told, and mended."""

from __future__ import annotations

from threading import Thread

import pytest

pytestmark = pytest.mark.services


def doubts(desk):
    """What `bdh doctor` says of products in doubt."""
    return [each.message for each in desk.hub.examine() if each.name == "products in doubt"]


@pytest.fixture
def overtaken(make_desk, wait):
    """Two parts at 10.00 whose last call came late: the store has 11.00, another worker has seen to 12.00 before."""
    frozen, other = make_desk(hub_lease_seconds=3), make_desk()
    parts = frozen.make_parts(2)
    frozen.run(frozen.stage(*(part.but(price="10.00") for part in parts)))
    skus = frozen.stage(*(part.but(price="11.00") for part in parts))
    other.staged = frozen.staged
    late = frozen.store.fault("slow", times=2, seconds=4, match={"operation": "productSet"})
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


def test_it_is_told_and_the_next_publishing_sets_it_right(overtaken):
    desk, skus = overtaken
    (told,) = doubts(desk)
    assert all(sku in told for sku in skus)
    desk.judge(desk.run(skus))
    assert {desk.product(sku)["price"] for sku in skus} == {"12.00"}
    assert doubts(desk) == []
