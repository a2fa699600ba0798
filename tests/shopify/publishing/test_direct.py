"""Direct publishing: one call and one product for each part, exact to the cent and the piece."""

from __future__ import annotations

from threading import Thread

import pytest

pytestmark = pytest.mark.services


def make_trouble(store):
    """What the API may do on a bad day."""
    for kind, chance in (("drop_after", 0.05), ("error_after", 0.03), ("error_before", 0.03), ("throttle", 0.03)):
        store.fault(kind, probability=chance)


def test_parts_of_all_kinds_become_products_true_to_the_cent_and_the_piece(desk):
    skus = desk.stage(*desk.make_parts(60))
    done = desk.run(skus)
    desk.judge(done)
    assert (done.outcome, done.published_count) == ("succeeded", 60)
    assert {item.outcome for item in desk.items(done).values()} == {"created"}


def test_what_has_not_changed_costs_no_call(desk):
    skus = desk.stage(*desk.make_parts(30))
    desk.run(skus)
    done = []
    assert desk.calls_during(lambda: done.append(desk.run(skus))) == {}
    desk.judge(*done)
    assert {item.outcome for item in desk.items(done[0]).values()} == {"unchanged"}


def test_on_a_bad_day_every_part_is_published_once_all_the_same(desk):
    skus = desk.stage(*desk.make_parts(120))
    make_trouble(desk.store)
    done = desk.run(skus)
    desk.store.clear_faults()
    desk.judge(done)
    assert (done.published_count, done.failed_count) == (120, 0)
    assert {item.outcome for item in desk.items(done).values()} == {"created"}
    made = [entry["customId"] for entry in desk.store.ledger(operation="productSet", effect="created")]
    assert len(made) == len(set(made)) == 120


def test_on_a_bad_day_changes_arrive_once_all_the_same(desk):
    parts = desk.make_parts(60)
    desk.run(desk.stage(*parts))
    sold = {}
    for part in parts[::7]:
        place = next(place for place, pieces in part.expected_stock.items() if pieces)
        desk.store.sell(part.sku, place, 1)
        sold[part.sku, place] = 1
    changed = [
        part.but(price="77.07", stock={place: pieces + 3 for place, pieces in part.stock.items()}) for part in parts
    ]
    skus = desk.stage(*changed)
    make_trouble(desk.store)
    done = desk.run(skus)
    desk.store.clear_faults()
    desk.judge(done, sold=sold)
    assert (done.published_count, done.failed_count) == (60, 0)
    assert {item.outcome for item in desk.items(done).values()} == {"updated"}


def test_two_batches_with_the_same_parts_at_once_make_one_product_each(make_desk):
    one, two = make_desk(), make_desk()
    skus = one.stage(*one.make_parts(80))
    batches = [one.publish(skus), two.publish(list(reversed(skus)))]
    one.store.settings(latency=0.01)
    threads = [Thread(target=each.to_the_end, args=batches) for each in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.judge(*batches)
    for batch in batches:
        assert one.batch(batch.id).published_count == 80
    created = [[item.outcome for item in one.items(batch).values()].count("created") for batch in batches]
    assert sum(created) == 80
