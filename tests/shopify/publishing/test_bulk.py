"""Large batches by bulk operation: what is sent, and what comes back in whatever order and shape."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]

BULK = {"hub_bulk_publish_from": 20}


@pytest.fixture
def desk(make_desk):
    """A hub that publishes by bulk operation from 20 parts on."""
    return make_desk(**BULK)


def runs(desk):
    return desk.rows("SELECT * FROM hub.bulk_runs ORDER BY created_at")


def operations(store):
    return store.store()["bulkOperations"]


def sent(desk, seq=0):
    """How often each SKU was created or updated by a productSet since then, as the store has written it down."""
    counted = {}
    for entry in desk.since(seq, operation="productSet"):
        counted[entry["sku"]] = counted.get(entry["sku"], 0) + 1
    return counted


def test_a_large_batch_uses_one_bulk_operation_whose_results_come_in_any_order(desk, store):
    skus = desk.stage(*desk.make_parts(120))
    done = desk.run(skus)
    desk.judge(done)
    assert done.published_count == 120
    assert [each["status"] for each in operations(store)] == ["COMPLETED"]
    assert desk.calls().get("productSet", 0) == 0
    assert {item.outcome for item in desk.items(done).values()} == {"created"}
    assert [run["state"] for run in runs(desk)] == ["ended"]


def test_connections_in_lines_of_their_own_are_joined_to_their_parents(desk, store):
    store.settings(bulk_child_lines=True)
    parts = desk.make_parts(60)
    desk.judge(desk.run(desk.stage(*parts)))
    assert desk.rows("SELECT sku FROM hub.products WHERE variant_id IS NULL OR inventory_item_id IS NULL") == []
    desk.judge(desk.run(desk.stage(*(part.but(stock={"Dallas Central": 3}) for part in parts))))


def test_unchanged_and_restocked_parts_cost_no_line_and_updates_and_creates_share_a_file(desk):
    parts = desk.make_parts(100)
    desk.judge(desk.run(desk.stage(*parts[:80])))
    desk.stage(*(part.but(price="77.10") for part in parts[:30]))
    desk.stage(*(part.but(stock={"Chicago, IL": 5}) for part in parts[30:50]))
    desk.stage(*parts[80:])
    seq = desk.seq()
    done = desk.run([part.sku for part in parts])
    desk.judge(done)
    assert [run["lines"] for run in runs(desk)] == [80, 50]
    assert set(sent(desk, seq).values()) == {1}
    assert set(sent(desk, seq)) == {part.sku for part in (*parts[:30], *parts[80:])}
    outcomes = [item.outcome for item in desk.items(done).values()]
    assert {name: outcomes.count(name) for name in set(outcomes)} == {"created": 20, "updated": 50, "unchanged": 30}


def test_price_and_stock_changed_together_are_both_set_and_what_was_sold_stays_sold(desk, store):
    parts = desk.make_parts(40)
    desk.judge(desk.run(desk.stage(*parts)))
    sku = next(part.sku for part in parts if part.expected_stock["Miami"])
    store.sell(sku, "Miami", 1)
    desk.stage(*(part.but(price="5.05", stock={"Dallas Central": 900, "Miami, FL": 950}) for part in parts))
    done = desk.run([part.sku for part in parts])
    desk.judge(done, sold={(sku, "Miami"): 1})
    assert "1 sold" in desk.item(done, sku).reason
    assert desk.sold() == {sku: 1}


def test_too_few_changed_parts_go_directly(desk, store):
    parts = desk.make_parts(60)
    desk.judge(desk.run(desk.stage(*parts)))
    desk.stage(*(part.but(price="1.01") for part in parts[:2]))
    desk.judge(desk.run([part.sku for part in parts]))
    assert len(operations(store)) == 1


def test_several_operations_run_at_once_but_never_more_than_the_lanes(make_desk, store):
    desk = make_desk(**BULK, hub_bulk_lines=25, hub_bulk_lanes=2)
    store.settings(bulk_lines_per_second=400)
    batch = desk.publish(desk.stage(*desk.make_parts(200)))
    most = 0
    while desk.batch(batch.id).outcome is None:
        desk.work(0.2)
        most = max(most, sum(run["state"] != "ended" for run in runs(desk)))
    desk.judge(batch)
    assert most == 2
    assert len(runs(desk)) == 8


def test_two_bulk_batches_with_the_same_parts_make_one_product_each(make_desk, make_store_hub, store):
    desk = make_desk(**BULK)
    other = make_store_hub(**BULK)
    skus = desk.stage(*desk.make_parts(150))
    first, second = desk.publish(skus), desk.publish(skus)
    helper = Thread(target=lambda: [other.shop.publishing.work(_Shift()) for _ in range(10)])
    helper.start()
    desk.to_the_end(first, second)
    helper.join()
    desk.judge(first, second)
    assert set(sent(desk).values()) == {1}
    assert len(sent(desk)) == 150
    told = [item.outcome for batch in (first, second) for item in desk.items(batch).values()]
    assert (told.count("created"), told.count("unchanged")) == (150, 150)


class _Shift:
    """Half a second."""

    def __init__(self):

        self._now, self._until = monotonic, monotonic() + 0.5

    def __call__(self):
        return self._now() < self._until

    def wait(self, seconds):
        import time

        time.sleep(min(seconds, 0.05))
        return self()


def test_the_skus_of_one_item_go_together_and_tell_one_truth(desk):
    parts = desk.make_parts(90)
    skus = desk.stage(*parts)
    # Every third number asked for stood for two SKUs in Boeing's answer.
    desk.do(
        "INSERT INTO hub.part_answers (part_number, raw_id, skus, fetched_at) SELECT 'BASE' || n,"
        " 1, ARRAY[a, b], now() FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS t(a, b, n)",
        skus[0:60:2], skus[1:60:2],
    )  # fmt: skip
    done = desk.run([*(f"BASE{n}" for n in range(1, 31)), *skus[60:]])
    desk.judge(done)
    assert done.published_count == 60
    assert {item.outcome for item in desk.items(done).values()} == {"created"}
    assert set(sent(desk).values()) == {1}


def test_a_bulk_batch_that_is_published_again_costs_nothing(desk, store):
    skus = desk.stage(*desk.make_parts(80))
    desk.judge(desk.run(skus))
    calls = desk.calls_during(lambda: desk.judge(desk.run(skus)))
    assert calls == {}


def test_a_run_of_another_store_causes_no_work(desk):
    batch = desk.run(desk.stage(*desk.make_parts(1)))
    desk.do(
        "INSERT INTO hub.bulk_runs (id, shop, batch_id, lines) VALUES (gen_random_uuid(), 'gid://other', %s, 1)",
        batch.id,
    )
    time_slice = TimeSlice(Event(), allow(5))
    desk.hub.shop.publishing.work(time_slice)
    assert not time_slice.is_over, "it spins until its time is over"
