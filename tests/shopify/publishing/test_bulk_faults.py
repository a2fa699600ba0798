"""Bulk operations that fail in every way the store can: nothing is duplicated or lost, and everything is reported."""

from __future__ import annotations

import pytest
from tests.support.patience import rounds

from boeing_data_hub.shopify import bulk_runs, expired_leases, publish_items

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]

BULK = {"hub_bulk_publish_from": 20}


@pytest.fixture
def desk(make_desk):
    """A hub that publishes by bulk operation from 20 parts on."""
    return make_desk(**BULK)


def runs(desk):
    return desk.rows("SELECT * FROM hub.bulk_runs ORDER BY created_at")


def statuses(store):
    return [each["status"] for each in store.store()["bulkOperations"]]


def created_once(desk):
    """No part was created twice, and none that was created was sent again: the ledger says so."""
    counted = {}
    for entry in desk.store.ledger(operation="productSet"):
        counted[entry["sku"]] = counted.get(entry["sku"], 0) + 1
    assert set(counted.values()) <= {1}, {sku: n for sku, n in counted.items() if n > 1}
    return len(counted)


def publish(desk, count=100):
    return desk.run(desk.stage(*desk.make_parts(count)))


def in_a_hurry(desk, batch):
    """See a batch to its end without waiting for anything that only waits."""
    for _ in rounds(20):
        desk.work(0.2)
        if desk.batch(batch.id).outcome:
            return batch
        desk.the_wait_is_over()
    raise AssertionError(desk.batch(batch.id))


@pytest.mark.parametrize("kind", ["bulk_line_missing", "bulk_line_error"])
def test_lines_without_a_result_or_with_an_error_are_found_out_and_only_what_failed_is_sent_again(desk, store, kind):
    store.fault(kind, times=13)
    done = publish(desk)
    desk.judge(done)
    assert created_once(desk) == 100
    assert {item.outcome for item in desk.items(done).values()} == {"created"}


def test_a_result_file_that_was_cut_off_leaves_the_rest_unknown_and_nothing_duplicated(desk, store):
    store.fault("bulk_truncated", times=1, fraction=0.4)
    desk.judge(publish(desk))
    assert created_once(desk) == 100


@pytest.mark.parametrize("fraction", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("kind", ["bulk_failed", "bulk_expired"])
def test_an_operation_that_fails_keeps_what_it_did(desk, store, kind, fraction):
    store.fault(kind, times=1, fraction=fraction)
    desk.judge(publish(desk))
    assert created_once(desk) == 100


def test_partial_results_that_appear_late_are_waited_for(desk, store):
    store.fault("bulk_failed", times=1, fraction=0.7)
    store.fault("bulk_late_partial", times=1)
    asked = desk.calls_during(lambda: desk.judge(publish(desk)))
    assert created_once(desk) == 100
    assert asked.get("productByIdentifier", 0) == 0


def test_parts_of_an_operation_cancelled_in_the_store_are_still_published(desk, store):
    store.settings(bulk_lines_per_second=20)
    batch = desk.publish(desk.stage(*desk.make_parts(100)))
    while not [run for run in runs(desk) if run["object_count"] > 5]:
        desk.work(0.05)
    desk.hub.shop.client.run("bulk_cancel", {"id": runs(desk)[0]["operation_id"]})
    store.settings(bulk_lines_per_second=0)
    desk.judge(desk.to_the_end(batch))
    assert created_once(desk) == 100


def test_a_result_address_that_has_expired_leaves_all_unknown_and_nothing_duplicated(desk, store):
    store.fault("bulk_result_forbidden", times=1)
    desk.judge(publish(desk))
    assert created_once(desk) == 100


def test_an_operation_that_never_begins_is_cancelled_and_after_two_the_parts_go_directly(make_desk, store):
    desk = make_desk(**BULK, hub_bulk_stuck_seconds=0.5)
    store.fault("bulk_stuck")
    desk.judge(publish(desk))
    assert statuses(store) == ["CANCELED", "CANCELED"]
    assert desk.calls()["productSet"] == 100


def test_two_failed_operations_are_enough_for_the_direct_way(desk, store):
    store.fault("bulk_failed", fraction=0.3)
    desk.judge(publish(desk))
    assert statuses(store) == ["FAILED", "FAILED"]
    assert created_once(desk) == 100


def test_an_operation_waits_while_others_of_the_app_take_all_lanes(desk, store, wait):
    store.settings(bulk_concurrent=1)
    store.fault("bulk_stuck", times=1)
    other = _somebody_elses(desk)
    batch = desk.publish(desk.stage(*desk.make_parts(50)))

    def told():
        desk.work(0.1)
        return [run for run in runs(desk) if run["note"]]

    wait.until(told, what="a note of what it waits for")
    assert [run["state"] for run in runs(desk)] == ["prepared"]
    assert "waits for its turn" in runs(desk)[0]["note"]
    assert desk.hub.database.run(bulk_runs.under_way)[batch.id].waits_for == runs(desk)[0]["note"]
    desk.hub.shop.client.run("bulk_cancel", {"id": other})
    desk.the_wait_is_over()
    desk.judge(desk.to_the_end(batch))
    assert created_once(desk) == 50


def test_lanes_that_stay_taken_send_the_parts_the_direct_way(make_desk, store):
    desk = make_desk(**BULK, hub_bulk_stuck_seconds=0.01)
    store.settings(bulk_concurrent=1)
    store.fault("bulk_stuck", times=1)
    _somebody_elses(desk)
    desk.judge(publish(desk, 40))
    assert desk.calls()["productSet"] == 40


def _somebody_elses(desk):
    """An operation of the app that is none of ours, and does not end."""
    from boeing_data_hub.shopify.transfer import first_target

    client, transfer = desk.hub.shop.client, desk.hub.shop.transfer
    upload = {"filename": "other.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
    answer = client.run("staged_upload", {"input": [{**upload, "httpMethod": "POST"}]})
    path = transfer.put(first_target(answer), "other.jsonl", b'{"input": {"id": "gid://shopify/Product/1"}}\n')
    text = "mutation Other($input: ProductInput!) { productUpdate(input: $input) { product { id } } }"
    answer = client.run("bulk_run", {"mutation": text, "path": path, "clientIdentifier": "somebody-else"})
    return answer["bulkOperationRunMutation"]["bulkOperation"]["id"]


def test_a_lost_answer_to_the_start_never_makes_a_second_operation(desk, store):
    store.fault("drop_after", times=1, match={"operation": "bulkOperationRunMutation"})
    desk.judge(publish(desk))
    assert statuses(store) == ["COMPLETED"]
    assert created_once(desk) == 100


@pytest.mark.parametrize("kind", ["error_before", "drop_before", "throttle", "unauthorized", "http_429"])
def test_a_start_that_was_refused_is_made_again(make_desk, store, kind):
    desk = make_desk(**BULK)
    store.fault(kind, times=1, seconds=0.1, match={"operation": "bulkOperationRunMutation"})
    batch = desk.publish(desk.stage(*desk.make_parts(40)))
    desk.work(5)
    if kind in {"error_before", "drop_before"}:  # it looks like one that was lost, and has to be waited for
        desk.do("UPDATE hub.bulk_runs SET state_since = state_since - interval '40 seconds'")
    desk.the_wait_is_over()
    desk.judge(desk.to_the_end(batch))
    assert statuses(store) == ["COMPLETED"]


@pytest.mark.parametrize("kind", ["upload_error", "upload_drop"])
def test_an_upload_that_fails_is_made_again(desk, store, kind):
    store.fault(kind, times=2)
    desk.judge(in_a_hurry(desk, desk.publish(desk.stage(*desk.make_parts(40)))))
    assert statuses(store) == ["COMPLETED"]


def test_an_upload_that_always_fails_sends_the_parts_the_direct_way(desk, store):
    store.fault("upload_error", status=403)
    desk.judge(in_a_hurry(desk, desk.publish(desk.stage(*desk.make_parts(40)))))
    assert statuses(store) == []


@pytest.mark.parametrize("operation", ["bulkOperation", "stagedUploadsCreate", "publicationUpdate"])
@pytest.mark.parametrize("kind", ["error_before", "drop_after"])
def test_any_other_call_that_fails_is_made_again(desk, store, kind, operation):
    store.fault(kind, times=2, match={"operation": operation})
    desk.judge(in_a_hurry(desk, desk.publish(desk.stage(*desk.make_parts(60)))))
    assert created_once(desk) == 60
    assert statuses(store) == ["COMPLETED"]


def test_a_token_that_is_revoked_while_results_are_read_leaves_no_product_off_the_channel(desk, store):
    batch = desk.publish(desk.stage(*desk.make_parts(60)))
    store.fault("unauthorized", times=1, match={"operation": "publicationUpdate"})
    desk.judge(in_a_hurry(desk, batch))
    assert created_once(desk) == 60


def test_each_line_is_refused_in_the_words_the_direct_way_has(desk, store):
    parts = desk.make_parts(50)
    store.seed_product(sku="OTHER", title="Other", handle=_handle_of(desk, parts[3]))
    desk.stage(*parts)
    done = desk.run([part.sku for part in parts])
    refused = desk.item(done, parts[3].sku)
    assert (refused.outcome, refused.error_code) == ("conflict", "handle_taken")
    assert desk.rows("SELECT sku, kind FROM hub.conflicts") == [{"sku": parts[3].sku, "kind": "handle_taken"}]
    desk.judge(done, absent=[parts[3].sku])


def _handle_of(desk, part):
    desk.stage(part)
    desk.judge(desk.run([part.sku]), only=[part.sku])
    there = desk.product(part.sku)
    desk.store.clear()
    for table in ("products", "publish_changes", "batch_items", "batches", "store_sightings"):
        desk.do(f"DELETE FROM hub.{table}")  # noqa: S608 - constants
    desk.hub.shop.storefront.forget()
    return there["handle"]


@pytest.mark.parametrize(("setting", "published"), [("fail", 39), ("leave_out", 40)])
def test_a_metafield_the_store_refuses_fails_that_part_or_is_left_out(make_desk, store, setting, published):
    desk = make_desk(**BULK, hub_metafield_refusal=setting)
    stricter = {"name": "Condition", "namespace": "custom", "key": "condition", "type": "single_line_text_field"}
    stricter |= {"ownerType": "PRODUCT", "validations": [{"name": "max", "value": "2"}]}
    desk.hub.shop.client.run("metafield_definition_create", {"definition": stricter})
    parts = desk.make_parts(40)
    desk.stage(*parts[:39], parts[39].but(condition="NEW"))
    done = desk.run([part.sku for part in parts])
    assert done.published_count == published
    odd = desk.item(done, parts[39].sku)
    if setting == "fail":
        assert odd.error_code == "metafield_refused"
        assert "condition: " in odd.error
    else:
        assert "condition" in odd.reason
    desk.judge(done, absent=[parts[39].sku] if setting == "fail" else ())


def test_while_the_store_makes_no_new_products_updates_go_on_and_creates_wait(desk, store):
    parts = desk.make_parts(80)
    desk.judge(desk.run(desk.stage(*parts[:40])))
    store.settings(plan="standard", restore_rate=1e9, bucket_size=1e9, daily_variant_threshold=0, daily_variant_cap=50)
    desk.stage(*(part.but(price="8.08") for part in parts[:40]))
    desk.stage(*parts[40:])
    batch = desk.publish([part.sku for part in parts])
    for _ in range(8):
        desk.work(0.5)
    now = desk.batch(batch.id)
    assert now.published_count == 50
    assert desk.rows("SELECT line FROM hub.pacing WHERE line = 'shopify-creates' AND paused_until > now()")
    operations = len(statuses(store))
    store.settings(daily_variant_cap=5000)
    desk.the_wait_is_over()
    desk.judge(desk.to_the_end(batch))
    assert operations <= 2


@pytest.mark.parametrize("cancel_stuck", [False, True])
def test_a_run_cancelled_in_the_middle_keeps_and_tells_what_the_store_did(desk, store, cancel_stuck):
    store.settings(bulk_lines_per_second=150)
    if cancel_stuck:
        store.fault("bulk_cancel_stuck", seconds=1.5)
    parts = desk.make_parts(200)
    batch = desk.publish(desk.stage(*parts))
    while not [run for run in runs(desk) if run["object_count"] > 10]:
        desk.work(0.1)
    desk.hub.intake.cancel(batch.id, actor="test")
    now = desk.to_the_end(batch)
    assert now.status == "cancelled"
    assert statuses(store) == ["CANCELED"]
    there = {each["sku"] for each in store.products()}
    assert now.published_count == len(there)
    assert now.published_count + now.cancelled_count == 200
    assert 10 < now.published_count < 200
    desk.judge(batch, absent=[part.sku for part in parts if part.sku not in there])
    assert {sku for sku, item in desk.items(batch).items() if item.state == "published"} == there


def test_a_run_cancelled_before_it_began_sends_nothing(desk, store):
    store.settings(bulk_concurrent=1)
    store.fault("bulk_stuck", times=1)
    _somebody_elses(desk)
    parts = desk.make_parts(50)
    batch = desk.publish(desk.stage(*parts))
    desk.work(0.05)
    desk.hub.intake.cancel(batch.id, actor="test")
    now = desk.to_the_end(batch)
    assert now.cancelled_count == 50
    desk.judge(batch, absent=[part.sku for part in parts])
    assert len(statuses(store)) == 1


def test_missing_lines_of_a_cancelled_run_are_found_out_before_the_batch_ends(desk, store):
    store.settings(bulk_lines_per_second=300)
    store.fault("bulk_line_missing", probability=0.3)
    parts = desk.make_parts(150)
    batch = desk.publish(desk.stage(*parts))
    while not [run for run in runs(desk) if run["object_count"] > 40]:
        desk.work(0.05)
    desk.hub.intake.cancel(batch.id, actor="test")
    now = desk.to_the_end(batch)
    there = {each["sku"] for each in store.products()}
    assert now.published_count == len(there)
    desk.judge(batch, absent=[part.sku for part in parts if part.sku not in there])


def test_a_bulk_operation_that_vanished_from_the_store_is_found_out_part_by_part(desk, store):
    batch = desk.publish(desk.stage(*desk.make_parts(40)))
    store.settings(bulk_start_delay=0.3)
    while not [run for run in runs(desk) if run["state"] == "running"]:
        desk.work(0.05)
    desk.do("UPDATE hub.bulk_runs SET operation_id = 'gid://shopify/BulkOperation/999'")
    desk.judge(desk.to_the_end(batch))
    assert created_once(desk) <= 40


def test_a_thousand_parts_through_everything_at_once(make_desk, store):
    desk = make_desk(**BULK, hub_bulk_lines=300)
    store.fault("bulk_line_missing", probability=0.05)
    store.fault("bulk_line_error", probability=0.05)
    store.fault("error_before", probability=0.015)
    store.fault("error_after", probability=0.015)
    store.fault("drop_after", probability=0.03)
    store.fault("throttle", probability=0.03)
    batch = desk.publish(desk.stage(*desk.make_parts(1000)))
    desk.judge(in_a_hurry(desk, batch))
    assert desk.batch(batch.id).published_count == 1000


def test_an_operation_that_fails_and_tells_of_no_lines_is_not_believed_to_have_done_none(desk, store):
    desk.do(
        "CREATE FUNCTION hub.forgetful() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.object_count := 0; NEW.url := NULL; RETURN NEW; END $$"
    )
    desk.do(
        "CREATE TRIGGER forgetful BEFORE UPDATE ON hub.bulk_runs FOR EACH ROW WHEN (NEW.partial AND NEW.state ="
        " 'finished') EXECUTE FUNCTION hub.forgetful()"
    )
    store.fault("bulk_failed", times=1, fraction=0.6)
    done = publish(desk)
    desk.judge(done)
    assert created_once(desk) == 100


def test_deaths_of_workers_before_any_call_leave_the_parts_in_bulk_and_isolate_the_one_that_kills(desk, store):
    skus = desk.stage(*desk.make_parts(60))
    poison = skus[17]
    batch = desk.publish(skus)
    claimed = []

    def claim(work):
        assert publish_items.bulk_batches(work, at_least=1)
        return [item.part_number for item in publish_items.due_items(work, wanted=500, only=batch.id)]

    due = desk.hub.database.run(claim)
    while len(due) > 1:
        if poison not in due:  # the others are published, and the next claim comes closer
            desk.do("UPDATE hub.batch_items SET state = 'published' WHERE part_number = ANY(%s)", due)
        else:
            claimed.append(len(due))
            desk.hub.database.run(lambda work, due=due: expired_leases.lost_lease(work, due, most=6))
        due = desk.hub.database.run(claim)
        assert len(claimed) < 20
    assert claimed == [60, 60, 30, 15, 8, 4, 2]
    assert due == [poison]
    assert {item.attempts for item in desk.items(batch).values()} == {0}


def test_after_two_crashes_of_workers_a_bulk_batch_still_uses_bulk_operations(desk, store):
    skus = desk.stage(*desk.make_parts(60))
    batch = desk.publish(skus)
    for _ in range(2):
        desk.hub.database.run(lambda work: expired_leases.lost_lease(work, skus, most=6))
    desk.judge(desk.to_the_end(batch))
    assert "productSet" not in desk.calls()
    assert statuses(store) == ["COMPLETED", "COMPLETED"]
