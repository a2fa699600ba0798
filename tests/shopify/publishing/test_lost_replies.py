"""Calls whose answer is lost after the store carried them out take effect exactly once."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

SKU = "WF338109=K3"


@pytest.fixture
def part(desk):
    made = desk.make_parts(1)[0].but(price="10.37", stock={"Dallas Central": 7, "Miami, FL": 4})
    return type(made)(SKU, made.price, made.stock, {})


@pytest.fixture
def published(desk, part):
    """The part, published and well."""
    desk.judge(desk.run(desk.stage(part)))
    return part


@pytest.mark.parametrize("kind", ["drop_after", "truncated_reply", "slow_after"])
def test_a_product_whose_creation_went_unanswered_is_found_again(make_desk, part, kind):
    desk = make_desk(shopify_call_timeout=1)
    desk.store.fault(kind, times=1, seconds=2, match={"operation": "productSet"})
    done = desk.run(desk.stage(part))
    desk.judge(done)
    assert desk.item(done, SKU).outcome == "created"
    assert len(desk.store.ledger(operation="productSet")) == 1
    assert desk.rows("SELECT action FROM hub.publish_changes") == [{"action": "created"}]


def test_a_creation_without_an_answer_that_did_not_happen_is_repeated(desk, part):
    desk.store.fault("error_before", times=1, match={"operation": "productSet"})
    desk.store.fault("drop_before", times=1, match={"operation": "productSet"})
    done = desk.run(desk.stage(part))
    desk.judge(done)
    assert desk.item(done, SKU).attempts == 2


def test_another_batch_finds_the_product_of_the_first_and_both_are_right(desk, part):
    desk.stage(part)
    desk.store.fault("drop_after", times=1, match={"operation": "productSet"})
    desk.store.fault("error_before", times=9, match={"operation": "productByIdentifier"})
    first = desk.publish([SKU])
    desk.work(0.1)
    second = desk.publish([SKU])
    desk.do("UPDATE hub.batch_items SET not_before = now() + interval '1 hour' WHERE batch_id = %s", first.id)
    desk.store.clear_faults()
    desk.to_the_end(second)
    desk.the_wait_is_over()
    done = desk.to_the_end(first, second)
    desk.judge(*done)
    assert desk.item(first, SKU).outcome == "created"
    assert desk.item(second, SKU).outcome == "unchanged"


def test_a_price_that_went_back_while_its_change_went_unanswered_is_set_back(desk, published):
    desk.stage(published.but(price="11.00"))
    desk.store.fault("drop_after", times=1, match={"operation": "productSet"})
    first = desk.publish([SKU])
    desk.work(0.02)
    assert desk.product(SKU)["price"] == "11.00"
    desk.stage(published)
    desk.judge(desk.to_the_end(first))


def test_a_change_given_up_without_an_answer_is_known_to_be_in_doubt(make_desk, published, store):
    desk = make_desk(hub_max_attempts=1)
    desk.staged[SKU] = published
    desk.stage(published.but(price="11.00"))
    desk.store.fault("drop_after", times=1, match={"operation": "productSet"})
    assert desk.run([SKU]).outcome == "failed"
    assert desk.product(SKU)["price"] == "11.00"
    desk.stage(published)
    desk.judge(desk.run([SKU]))


@pytest.mark.parametrize(
    ("kind", "sale", "times"),
    [
        ("drop_after", None, 1),
        ("drop_after", "after", 4),
        ("drop_after", "before", 4),
        ("error_before", "after", 4),
        ("idempotency_in_flight", "before", 4),
    ],
)
def test_a_change_of_stock_that_went_unanswered_takes_hold_once(desk, published, kind, sale, times):
    desk.stage(published.but(stock={"Dallas Central": 10, "Miami, FL": 1}))
    if sale == "before":
        desk.store.sell(SKU, "Dallas", 2)
    match = {} if kind == "idempotency_in_flight" else {"match": {"operation": "inventorySetQuantities"}}
    desk.store.fault(kind, times=times, **match)
    batch = desk.publish([SKU])
    desk.work(0.05)
    if sale == "after":
        desk.store.sell(SKU, "Dallas", 2)
    done = desk.to_the_end(batch)
    desk.judge(done, sold={(SKU, "Dallas"): 2} if sale else None)
    assert desk.item(done, SKU).outcome == "updated"
    assert set(desk.calls_during(lambda: desk.run([SKU]))) <= {"inventoryItem"}
    desk.stage(published.but(stock={"Dallas Central": 30, "Miami, FL": 2}))
    desk.run([SKU])
    assert desk.sold() == ({SKU: 2} if sale else {})


def test_the_answer_to_a_merge_after_a_sale_is_lost_and_the_merge_takes_hold_once(desk, published):
    desk.stage(published.but(stock={"Dallas Central": 10, "Miami, FL": 4}))
    desk.store.sell(SKU, "Dallas", 2)
    # The first call is refused, because some was sold; the next one is the merge.
    desk.store.fault("drop_after", times=3, skip=1, match={"operation": "inventorySetQuantities"})
    done = desk.run([SKU])
    desk.judge(done, sold={(SKU, "Dallas"): 2})
    assert desk.sold() == {SKU: 2}


def test_a_stock_call_that_failed_in_the_store_is_made_again_under_a_new_key(desk):
    parts = [part.but(stock={"Dallas Central": 20 + n}) for n, part in enumerate(desk.make_parts(6))]
    desk.run(desk.stage(*parts))
    skus = desk.stage(*(part.but(stock={"Dallas Central": 50 + n}) for n, part in enumerate(parts)))
    desk.store.sell(skus[3], "Dallas", 5)  # so that the call is refused; and the refusal is lost on its way
    desk.store.fault("drop_after", times=1, match={"operation": "inventorySetQuantities"})
    batches = []
    calls = desk.calls_during(lambda: batches.append(desk.run(skus)))
    desk.judge(*batches, sold={(skus[3], "Dallas"): 5})
    assert {item.attempts for item in desk.items(batches[0]).values()} == {0}
    assert calls["inventoryItem"] == 2, "only the part that sold is read, before it is decided and before it is merged"


@pytest.mark.parametrize("hindrance", ["throttle", "unauthorized", "drop_before"])
@pytest.mark.parametrize("sale", [0, 2])
def test_a_lost_answer_is_not_forgotten_over_what_hinders_the_next_try(desk, published, hindrance, sale):
    desk.stage(published.but(stock={"Dallas Central": 10, "Miami, FL": 4}))
    first = 0
    if sale:
        desk.store.sell(SKU, "Dallas", sale)
        first = 1  # it is refused, because some was sold
    match = {"operation": "inventorySetQuantities"}
    desk.store.fault("drop_after", times=1, skip=first, match=match)
    desk.store.fault(hindrance, times=2, skip=first + 1, match=match)
    desk.judge(desk.run([SKU]), sold={(SKU, "Dallas"): sale})


def test_one_parts_sale_does_not_hold_up_the_stock_of_the_others_even_on_lost_answers(desk):
    parts = [part.but(stock={"Dallas Central": 20 + n}) for n, part in enumerate(desk.make_parts(12))]
    desk.run(desk.stage(*parts))
    skus = desk.stage(*(part.but(stock={"Dallas Central": 50 + n}) for n, part in enumerate(parts)))
    desk.store.sell(skus[3], "Dallas", 5)
    desk.store.fault("drop_after", times=4, skip=1, match={"operation": "inventorySetQuantities"})
    desk.judge(desk.run(skus), sold={(skus[3], "Dallas"): 5})


def test_a_lost_answer_of_the_sales_channel_is_asked_again(desk, part):
    desk.store.fault("drop_after", times=2, match={"operation": "publicationUpdate"})
    done = desk.run(desk.stage(part))
    desk.judge(done)
    assert (desk.item(done, SKU).outcome, desk.item(done, SKU).attempts) == ("created", 0)


def test_a_reread_creation_that_is_wanted_otherwise_by_now_is_updated_and_counts_as_created(desk, part):
    desk.stage(part)
    desk.store.fault("drop_after", times=1, match={"operation": "productSet"})
    batch = desk.publish([SKU])
    desk.work(0.01)
    desk.stage(part.but(price="12.00", stock={"Dallas Central": 9}))
    done = desk.to_the_end(batch)
    desk.judge(done)
    assert desk.item(done, SKU).outcome == "created"
    undone = desk.to_the_end(desk.undo(done))
    assert undone.outcome == "succeeded", desk.items(undone)
    assert desk.product(SKU)["status"] == "ARCHIVED"
