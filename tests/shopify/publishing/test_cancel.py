"""A publish run that is cancelled, or whose worker freezes or crashes: nothing is done twice or forgotten."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread

import pytest
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.shopify import publish_items
from boeing_data_hub.shopify.expired_leases import lost_lease
from boeing_data_hub.work import batches
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services


def test_a_cancel_in_the_middle_finishes_calls_in_progress_and_starts_none(desk, wait):
    skus = desk.stage(*desk.make_parts(80))
    desk.store.settings(latency=0.8)
    batch = desk.publish(skus)
    worker = Thread(target=desk.to_the_end, args=[batch])
    worker.start()
    wait.until(lambda: desk.store.stats()["products"] >= 8, what="some products")
    desk.hub.intake.cancel(batch.id, actor="me")
    cancelled_at = monotonic()
    worker.join()
    assert monotonic() - cancelled_at < allow(8)
    made = desk.store.stats()["products"]
    assert made < 60
    done = desk.batch(batch.id)
    there = {each["sku"] for each in desk.store.products()}
    desk.judge(done, only=sorted(there))
    assert done.outcome == "cancelled"
    assert (done.published_count, done.failed_count) == (made, 0)
    states = {name: item.state.value for name, item in desk.items(done).items()}
    assert {name for name, state in states.items() if state == "published"} == there
    assert desk.hub.intake.cancel(batch.id, actor="me").id == batch.id


@pytest.fixture
def silent_host():
    """An image host that takes connections and never answers; yields its name and the connections it took."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", taken
    for one in taken:
        one.close()


@pytest.mark.parametrize("bulk_from", [100_000, 2])
@pytest.mark.parametrize("end", ["cancel", "stop"])
def test_a_cancel_and_a_stop_do_not_wait_for_pictures(make_desk, silent_host, wait, bulk_from, end):
    host, taken = silent_host
    desk = make_desk(
        hub_bulk_publish_from=bulk_from, hub_image_timeout=300, hub_image_allow_http_hosts=[host],
        hub_image_fallback_origin="",
    )  # fmt: skip
    parts = [
        part.but(boeing_image_url=f"http://{host}/{number}.jpg") for number, part in enumerate(desk.make_parts(20))
    ]
    batch = desk.publish(desk.stage(*parts))
    stop = Event()
    worker = Thread(target=desk.hub.shop.publishing.work, args=[TimeSlice(stop, allow(60))], daemon=True)
    worker.start()
    wait.until(lambda: taken, what="a picture that is asked for")
    if end == "cancel":
        desk.hub.intake.cancel(batch.id, actor="me")
        wait.until(lambda: desk.batch(batch.id).outcome, what="the end of the batch")
        assert desk.batch(batch.id).cancelled_count == 20
    stop.set()
    worker.join(allow(20))
    assert not worker.is_alive()
    assert desk.store.stats()["products"] == 0
    if end == "stop":
        assert {(item.state.value, item.attempts) for item in desk.items(batch).values()} == {("pending", 0)}
        assert desk.rows("SELECT * FROM hub.leases") == []


def test_a_cancel_does_not_wait_for_the_lists_of_all_parts(make_desk, wait):
    desk = make_desk(hub_publish_calls=1)
    parts = desk.make_parts(25)
    desk.run(desk.stage(*parts))
    skus = desk.stage(*(part.but(condition="OH") for part in parts))
    desk.store.settings(latency=0.5)
    before = desk.calls().get("productByIdentifier", 0)
    batch = desk.publish(skus)
    worker = Thread(target=desk.to_the_end, args=[batch], daemon=True)
    worker.start()
    wait.until(lambda: desk.calls().get("productByIdentifier", 0) > before, what="a product that is read")
    desk.hub.intake.cancel(batch.id, actor="me")
    worker.join(allow(60))
    assert desk.batch(batch.id).outcome == "cancelled"
    assert desk.calls()["productByIdentifier"] - before < len(parts)


def test_what_went_unanswered_when_its_batch_was_cancelled_is_found_out(desk):
    parts = desk.make_parts(3)
    desk.run(desk.stage(*parts[:2]))
    skus = desk.stage(parts[0].but(price="91.00"), parts[1].but(stock={"Dallas Central": 91}), parts[2])
    batch = desk.publish(skus)
    for operation in ("productSet", "inventorySetQuantities"):
        desk.store.fault("drop_after", times=4, match={"operation": operation})
    desk.do("UPDATE hub.batch_items SET attempts = 0")
    desk.work(0.01)
    assert desk.product(skus[0])["price"] == "91.00"
    open_items = [item for item in desk.items(batch).values() if item.state.value == "pending"]
    desk.do("UPDATE hub.batches SET status = 'cancelled' WHERE id = %s", batch.id)
    desk.store.clear_faults()
    desk.the_wait_is_over()
    done = desk.to_the_end(batch)
    assert len(open_items) == 3
    desk.judge(done)
    assert {name: (item.state.value, item.outcome) for name, item in desk.items(done).items()} == {
        skus[0]: ("published", "updated"),
        skus[1]: ("published", "updated"),
        skus[2]: ("published", "created"),
    }


def test_a_frozen_workers_result_is_dropped_and_what_it_sent_is_found(make_desk):
    frozen, other = make_desk(), make_desk()
    parts = frozen.make_parts(10)
    frozen.run(frozen.stage(*parts[:5]))
    skus = frozen.stage(*(part.but(stock={"Dallas Central": 91}, price="9.09") for part in parts[:5]), *parts[5:])
    other.staged = frozen.staged
    frozen.store.settings(latency=0.4)
    batch = frozen.publish(skus)
    worker = Thread(target=frozen.work, args=[0.1])
    worker.start()
    while not other.rows("SELECT sku FROM hub.products WHERE intent IS NOT NULL"):
        pass
    assert other.do("DELETE FROM hub.leases") == 1
    other.store.settings(latency=0.0)
    other.to_the_end(batch)
    worker.join()
    done = other.batch(batch.id)
    other.judge(done)
    assert done.published_count == 10
    made = [entry["customId"] for entry in other.store.ledger(operation="productSet", effect="created")]
    assert len(made) == len(set(made)) == 10


def test_parts_of_a_worker_that_died_are_found_out_about(make_desk):
    desk = make_desk(hub_lease_seconds=3)
    skus = desk.stage(*desk.make_parts(6))
    batch = desk.publish(skus)
    done = desk.run(skus)
    # As if the process had been killed after its calls and before its save.
    desk.do("UPDATE hub.products SET state = 'intended', product_id = NULL, variant_id = NULL, form = NULL,"
            " inventory_item_id = NULL, intent = jsonb_build_object('batch_id', %s::text, 'action', 'created',"
            " 'form', form, 'stock', stock, 'stock_call', NULL, 'image', NULL, 'left_out', '[]'::jsonb,"
            " 'kept', '{}'::jsonb)", str(batch.id))  # fmt: skip
    desk.do("DELETE FROM hub.publish_changes")
    desk.do("UPDATE hub.batch_items SET state = 'pending' WHERE batch_id = %s", batch.id)
    desk.do(
        "UPDATE hub.batches SET status = 'processing', published_count = 0, completed_at = NULL WHERE id = %s", batch.id
    )
    again = desk.to_the_end(batch)
    desk.judge(done, again)
    assert {item.outcome for item in desk.items(again).values()} == {"created"}


def test_a_part_of_which_every_worker_dies_is_worked_on_alone_and_given_up_at_last(desk):
    skus = desk.stage(*desk.make_parts(9))
    poison = skus[4]
    batch = desk.publish(skus)
    claimed = []
    while desk.batch(batch.id).outcome is None:
        # What a claim does first; then the process is gone.
        due = desk.hub.database.run(lambda work: publish_items.due_items(work, wanted=25))
        claimed.append([item.part_number for item in due])
        if poison in claimed[-1]:
            desk.hub.database.run(lambda work, skus=claimed[-1]: _die(work, skus))
        else:
            desk.work(0.01)
        assert len(claimed) < 40
    items = desk.items(desk.batch(batch.id))
    assert (items[poison].state, items[poison].error_code) == ("failed", "worker_lost")
    assert "set aside" in items[poison].error
    assert [claim for claim in claimed if poison in claim][-4:] == [[poison]] * 4
    desk.judge(desk.batch(batch.id), absent=[poison])


def _die(work, skus):
    batches.hold_ledger(work)
    lost_lease(work, skus, most=7)


def test_repeating_a_cancel_while_parts_are_being_sent_changes_nothing(desk):
    skus = desk.stage(*desk.make_parts(2))
    batch = desk.publish(skus)
    desk.do(
        "INSERT INTO hub.leases (id, stage, owner, part_numbers, raw_ids, expires_at)"
        " VALUES (gen_random_uuid(), 'publishing', 'another worker', %s, '{}', now() + interval '1 hour')",
        skus[:1],
    )
    once, again = (desk.hub.intake.cancel(batch.id, actor="person") for _ in range(2))
    assert (once.status, once.outcome, once.cancelled_count) == ("cancelled", None, 1)
    assert (again.status, again.outcome, again.cancelled_count) == ("cancelled", None, 1)
    assert len(desk.rows("SELECT 1 FROM hub.audit_log WHERE action = 'batch.cancel'")) == 1
