"""A snapshot shows the whole store as it is, or is not complete."""

from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows

pytestmark = pytest.mark.services


def take(desk):
    """Request a snapshot and take all its steps; the snapshot in the end."""
    return finish(desk, request(desk))


def request(desk):
    desk.hub.shop.storefront.facts()
    shop = desk.rows("SELECT shop FROM hub.current_store")[0]["shop"]
    return desk.hub.database.run(lambda work: snapshot_rows.add(work, shop=shop, actor="test"))


def finish(desk, snapshot_id, *, rounds=60):
    for _ in range(rounds):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)
        found = desk.hub.database.run(lambda work: snapshot_rows.get(work, snapshot_id))
        if found.state == "ended":
            return found
    raise AssertionError(desk.rows("SELECT * FROM hub.store_snapshots"))


def all_of(desk, snapshot):
    products = desk.hub.database.run(lambda work: snapshot_rows.page(work, snapshot.id, limit=10_000))
    return {each.variants[0].sku: each for each in products}


def test_a_snapshot_has_every_product_of_the_store_whoever_created_it(desk):
    skus = desk.stage(*desk.make_parts(3))
    desk.run(skus)
    made = desk.store.seed_product(
        sku="THEIRS", title="By hand", price="9.50", barcode="123", tags=["b", "a"], quantities={"Atlanta": 4}
    )
    snapshot = take(desk)
    assert (snapshot.outcome, snapshot.products, snapshot.variants) == ("complete", 4, 4)
    found = all_of(desk, snapshot)
    theirs = found["THEIRS"]
    assert (theirs.product_id, theirs.title, theirs.custom_id, theirs.status) == (made["id"], "By hand", None, "ACTIVE")
    (variant,) = theirs.variants
    assert (variant.price, variant.barcode, variant.tracked) == (Decimal("9.50"), "123", True)
    assert list(variant.levels.values()) == [4]
    for sku in skus:
        ours, row = found[sku], desk.row(sku)
        assert (ours.custom_id, ours.product_id) == (sku, row["product_id"])
        assert sum(ours.variants[0].levels.values()) == sum(desk.product(sku)["quantities"].values())
        assert ours.metafields["custom.part_number"] == sku.partition("=")[0]


def test_a_snapshot_costs_a_few_calls_whatever_the_size_of_the_store(desk):
    for number in range(300):
        desk.store.seed_product(sku=f"S{number}")
    calls = desk.calls_during(lambda: take(desk), looks=True)
    assert calls.pop("bulkOperationRunQuery") == 1
    assert sum(calls.values()) <= 10


def test_an_empty_store_gives_an_empty_snapshot(desk):
    assert (take(desk).outcome, take(desk).products) == ("complete", 0)


def test_two_snapshots_do_not_run_at_a_time(desk):
    assert request(desk) is not None
    assert request(desk) is None


def test_a_lost_answer_to_the_start_is_found_and_not_repeated(desk):
    desk.store.seed_product(sku="A")
    desk.store.fault("drop_after", times=1, match={"operation": "bulkOperationRunQuery"})
    assert take(desk).outcome == "complete"
    assert len(desk.store.store()["bulkOperations"]) == 1


@pytest.mark.parametrize("kind", ["bulk_failed", "bulk_expired", "bulk_truncated"])
def test_a_failed_or_truncated_operation_is_tried_again_and_never_compared(desk, kind):
    for number in range(20):
        desk.store.seed_product(sku=f"S{number}")
    desk.store.fault(kind, times=1, fraction=0.5)
    snapshot = take(desk)
    assert (snapshot.outcome, snapshot.products) == ("complete", 20)
    assert len(desk.store.store()["bulkOperations"]) == 2


def test_an_operation_that_keeps_failing_is_given_up_and_the_snapshot_before_stays(desk):
    desk.store.seed_product(sku="A")
    before = take(desk)
    desk.store.fault("bulk_failed")
    failed = take(desk)
    assert (failed.outcome, "FAILED" in failed.note) == ("failed", True)
    assert desk.hub.database.run(snapshot_rows.complete).id == before.id


def test_a_worker_killed_while_it_reads_is_followed_by_one_that_reads_it_all(desk, make_desk):
    for number in range(40):
        desk.store.seed_product(sku=f"S{number}", quantities={"Atlanta": number})
    snapshot = take(desk)
    # As a worker leaves it that is killed in the middle: the file half stored, and the row still to be read.
    desk.do("UPDATE hub.store_snapshots SET state = 'finished', outcome = NULL, ended_at = NULL")
    desk.do("DELETE FROM hub.store_snapshot_products WHERE product_id > (SELECT max(product_id) FROM "
            "(SELECT product_id FROM hub.store_snapshot_products ORDER BY product_id LIMIT 20) half)")  # fmt: skip
    desk.do("DELETE FROM hub.store_snapshot_levels")
    again = finish(make_desk(), snapshot.id)
    assert (again.outcome, again.products) == ("complete", 40)
    levels = {sku: sum(each.variants[0].levels.values()) for sku, each in all_of(desk, again).items()}
    assert levels == {f"S{number}": number for number in range(40)}


def test_a_snapshot_can_be_cancelled_while_the_store_works_on_it(desk):
    desk.store.seed_product(sku="A")
    desk.store.fault("bulk_stuck")
    started = request(desk)
    desk.work(0.5)
    assert desk.hub.database.run(lambda work: snapshot_rows.cancel(work, started))
    assert finish(desk, started).outcome == "cancelled"
    assert [each["status"] for each in desk.store.store()["bulkOperations"]] == ["CANCELED"]


def test_another_query_of_the_app_lets_the_snapshot_wait(desk):
    desk.store.seed_product(sku="A")
    desk.store.settings(bulk_concurrent=1, bulk_start_delay=1.0)
    text = "{ products { edges { node { id } } } }"
    desk.hub.shop.client.run("bulk_query_run", {"query": text})
    snapshot = take(desk)
    assert snapshot.outcome == "complete"


def test_what_old_snapshots_hold_is_removed_and_the_newest_stays(desk):
    desk.store.seed_product(sku="A")
    old, new = take(desk), take(desk)
    desk.hub.upkeep.chores.whole_round()
    kept = {row["snapshot_id"] for row in desk.rows("SELECT snapshot_id FROM hub.store_snapshot_products")}
    assert kept == {new.id} != {old.id}
