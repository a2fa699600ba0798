"""A product that came into the store for a part that then failed for good is taken out again, however long it takes."""

from __future__ import annotations

import pytest
from tests.support.patience import allow, rounds

pytestmark = pytest.mark.services

SKU = "WF338109=K3"


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])(SKU)


@pytest.fixture
def orphaned(desk, part):
    """A product that is made, and that the sales channel refuses for good; and that cannot be deleted at first."""
    fault = desk.store.fault("error_before", match={"operation": "productDelete"})
    refusals = [
        desk.store.fault("error_before", match={"operation": name})
        for name in ("publicationUpdate", "publishablePublish")
    ]
    batch = desk.publish(desk.stage(part))
    for _ in rounds(10):
        desk.do("UPDATE hub.batch_items SET not_before = NULL")
        desk.do("UPDATE hub.pacing SET paused_until = now() WHERE paused_until IS NOT NULL")
        desk.work(0.1)
        if desk.batch(batch.id).outcome:
            break
    assert desk.item(batch, SKU).state == "failed"
    for refusal in refusals:
        desk.store.clear_faults(refusal)
    return fault


def test_it_is_deleted_and_tried_again_until_it_is_gone(desk, orphaned):
    assert desk.store.store()["products"] == 1
    (row,) = desk.rows("SELECT * FROM hub.orphans")
    assert (row["state"], row["sku"]) == ("due", SKU)
    first = row["attempts"]
    desk.the_wait_is_over()
    desk.work(5)
    (row,) = desk.rows("SELECT * FROM hub.orphans")
    assert (row["state"], row["attempts"] > first) == ("due", True)
    assert row["error"]
    desk.store.clear_faults(orphaned)
    desk.the_wait_is_over()
    desk.work(5)
    assert desk.store.store()["products"] == 0
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "gone"}]
    assert desk.row(SKU) is None


def test_a_newer_publish_run_of_the_part_wins(desk, orphaned):
    there = desk.product(SKU)["id"]
    done = desk.run([SKU])
    assert done.outcome == "succeeded"
    assert desk.product(SKU)["id"] == there
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "kept"}]
    desk.store.clear_faults()
    desk.the_wait_is_over()
    desk.work(5)
    desk.judge(done)


def test_a_creation_given_up_without_an_answer_leaves_nothing_in_the_store(make_desk, part):
    desk = make_desk(hub_max_attempts=1)
    desk.store.fault("drop_after", times=1, match={"operation": "productSet"})
    done = desk.run(desk.stage(part))
    assert desk.item(done, SKU).state == "failed"
    desk.the_wait_is_over()
    desk.work(5)
    assert desk.store.store()["products"] == 0
    desk.judge(done, absent=[SKU])
    desk.judge(desk.run([SKU]))


def test_it_is_tried_for_ever_without_any_batch_less_and_less_often_up_to_an_hour(desk, orphaned):
    waits = []
    for _ in range(16):
        desk.the_wait_is_over()
        assert desk.hub.recovery.sweep().publishings_due == 1, "the sweep alone finds it"
        desk.work(5)
        (row,) = desk.rows(
            "SELECT state, attempts, extract(epoch FROM not_before - now())::int AS wait FROM hub.orphans"
        )
        waits.append(row["wait"])
        assert row["state"] == "due"
    assert desk.rows("SELECT id FROM hub.batches WHERE completed_at IS NULL") == []
    assert waits == sorted(waits)
    assert 3590 <= waits[-1] <= 3600
    assert desk.hub.recovery.sweep().publishings_due == 0, "nothing is hinted at while it waits"
    desk.store.clear_faults(orphaned)
    desk.the_wait_is_over()
    desk.work(5)
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "gone"}]


def test_a_creation_carried_out_after_its_time_limit_and_a_cancel_is_found_and_deleted(make_desk, part, wait):
    desk = make_desk(shopify_call_timeout=1)
    desk.store.fault("slow", times=1, seconds=allow(4), match={"operation": "productSet"})
    batch = desk.publish(desk.stage(part))
    desk.work(0.1)
    desk.hub.intake.cancel(batch.id, actor="test")
    desk.the_wait_is_over()
    desk.work(0.1)
    assert desk.batch(batch.id).outcome == "cancelled"
    assert desk.row(SKU) is None
    wait.until(lambda: desk.store.store()["products"] == 1, what="the late product")
    desk.the_wait_is_over()
    desk.work(1)
    assert desk.store.store()["products"] == 0
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "gone"}]
