"""Killed workers, lost answers, two adopters at once, cancelling and undoing: everything happens once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Thread

import pytest
from tests.support.patience import allow, until
from tests.support.publishing import STORE_MAP, Part

from boeing_data_hub.errors import Conflict
from boeing_data_hub.shopify.adoption_rows import RowFilter
from boeing_data_hub_sandbox.shopify.control_client import environment

pytestmark = pytest.mark.services

WORKER = """
import json, sys
from threading import Event
from boeing_data_hub.app import Hub
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.time_slice import TimeSlice
hub = Hub(Settings(_env_file=None, **json.loads(sys.argv[1])), name="killed")
hub.shop.publishing.work(TimeSlice(Event(), 600))
"""


def simple(adopter, count):
    """A store of so many cut products, a part for each, and an approved plan."""
    numbers = range(10_000, 10_000 + count)
    adopter.desk.store.load({"products": [{"sku": f"WF{number}", "vendor": "BDI"} for number in numbers]})
    adopter.desk.stage(*(Part(f"WF{number}=K3") for number in numbers))
    plan = adopter.plan()
    adopter.approve(plan)
    return plan, [f"WF{number}=K3" for number in numbers]


def set_once(adopter, parts):
    """Every custom id was set by one effect, and is where it belongs."""
    entries = adopter.desk.store.ledger(operation="metafieldsSet")
    assert sorted(adopter.linked()) == sorted(parts)
    assert len(entries) == len(parts)
    assert len({entry["id"] for entry in entries}) == len(parts)


def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another_and_nothing_happens_twice(
    make_adopter, database_url, redis_url, tmp_path
):
    import json

    adopter = make_adopter(hub_lease_seconds=3)
    plan, parts = simple(adopter, 220)
    adopter.desk.store.fault("slow_after", times=1, skip=3, seconds=30, match={"operation": "metafieldsSet"})
    values = {name.lower(): value for name, value in environment(adopter.desk.store.url).items()}
    values |= {"database_url": database_url, "redis_url": redis_url, "shopify_location_map": json.dumps(STORE_MAP)}
    values |= {"hub_data_dir": str(tmp_path), "hub_lease_seconds": 3}
    child = subprocess.Popen([sys.executable, "-c", WORKER, json.dumps(values)])
    done = lambda: len(adopter.desk.store.ledger(operation="metafieldsSet"))  # noqa: E731
    until(lambda: done() >= 100, seconds=60)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(allow(10))
    adopter.desk.store.clear_faults()
    assert adopter.states(plan)["sending"], "it was not killed in the middle"
    until(lambda: adopter.desk.hub.recovery.sweep() is not None and not adopter.desk.rows("SELECT 1 FROM hub.leases"),
          seconds=60)  # fmt: skip
    adopter.settle(plan.id)
    assert adopter.states(plan) == {"done": 220}
    set_once(adopter, parts)
    batch = adopter.desk.run(parts)
    assert batch.published_count == 220
    assert len(adopter.products()) == 220


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "error_after", "truncated_reply", "http_429"])
def test_a_call_without_an_answer_is_found_out_and_takes_effect_once(adopter, kind):
    plan, parts = simple(adopter, 60)
    adopter.desk.store.fault(kind, times=1, skip=1, match={"operation": "metafieldsSet"})
    adopter.settle(plan.id)
    assert adopter.states(plan) == {"done": 60}
    set_once(adopter, parts)


def test_two_workers_at_one_plan_do_not_get_in_each_others_way(make_adopter):
    one, other = make_adopter(), make_adopter()
    plan, parts = simple(one, 150)
    threads = [Thread(target=each.settle, args=(plan.id,)) for each in (one, other)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(allow(60))
    assert one.states(plan) == {"done": 150}
    set_once(one, parts)


def test_only_one_plan_at_a_time_is_carried_out_and_a_later_one_finds_what_was_done(adopter):
    first, parts = simple(adopter, 30)
    with pytest.raises(Conflict, match="Another adoption"):
        adopter.adoptions.start(actor="other")
    adopter.adoptions.cancel(first.id, actor="test")
    second = adopter.plan()
    adopter.approve(second)
    with pytest.raises(Conflict, match="Another adoption"):
        adopter.approve(first)
    adopter.settle(second.id)
    adopter.adopt(first)
    assert adopter.states(second) == {"done": 30}
    assert adopter.states(first) == {"linked": 30}
    set_once(adopter, parts)
    adopter.undo(second)
    with pytest.raises(Conflict, match="nothing to undo"):
        adopter.adoptions.undo(first.id, actor="test")


def test_a_part_published_meanwhile_has_one_product_whichever_call_comes_first(adopter):
    numbers = range(40)
    adopter.desk.store.load({"products": [{"sku": f"WF7{number:03}", "vendor": "BDI"} for number in numbers]})
    skus = adopter.desk.stage(*(Part(f"WF7{number:03}=K3") for number in numbers))
    plan = adopter.plan()
    for sku in skus[:5]:  # published beside the look-alike, after the plan was made
        adopter.desk.do("INSERT INTO hub.conflicts (shop, sku, kind, product_id, sentence, decision, decided_at)"
                        " SELECT shop, %s, 'look_alike', product_id, '', 'publish_new', now() FROM hub.current_store,"
                        " hub.adoption_rows WHERE part = %s", sku, sku)  # fmt: skip
    assert adopter.desk.run(skus[:5]).published_count == 5
    adopter.approve(plan)
    batch = adopter.desk.publish(skus)
    adopter.settle(plan.id)
    adopter.desk.to_the_end(batch)
    found = {row.part: row.state for row in adopter.rows(plan)}
    assert {found[sku] for sku in skus[:5]} == {"changed"}
    assert sorted(adopter.linked()) == sorted({*skus[:5], *(sku for sku in skus if found[sku] == "done")})
    assert len(adopter.products()) == 45


def test_what_was_cancelled_stays_as_far_as_it_got_and_goes_on(adopter):
    plan, parts = simple(adopter, 150)
    adopter.desk.store.fault("slow", seconds=0.3, match={"operation": "metafieldsSet"})
    worker = Thread(target=adopter.desk.work, args=(20,))
    worker.start()
    until(adopter.linked, seconds=30)
    stopped = adopter.adoptions.cancel(plan.id, actor="test")
    worker.join(allow(30))
    assert stopped.state == "stopped"
    so_far = len(adopter.linked())
    assert 0 < so_far <= 100, "cancelling ends it with the step"
    adopter.desk.store.clear_faults()
    adopter.adopt(plan)
    set_once(adopter, parts)


def test_an_undo_removes_what_was_set_and_leaves_what_was_published_or_changed_since(adopter):
    filled = adopter.fill(40)
    before = adopter.products()
    plan = adopter.plan()
    adopter.adoptions.choose(plan.id, RowFilter(doubt="duplicate"), "adopt", actor="test")
    adopter.adoptions.choose(plan.id, RowFilter(), "archive", actor="test")
    adopter.adopt(plan)
    published, renamed, gone, *rest = filled.ours
    adopter.desk.run([published])
    adopter.desk.store.edit_product(filled.ours[renamed][0], metafields={"boeing_data_hub.part_key": "OTHER"})
    adopter.desk.store.delete_product(filled.ours[gone][0])
    assert adopter.undo(plan).state == "undone"
    left = {row.part: row.note for row in adopter.rows(plan, state="left") if row.choice == "adopt"}
    assert left == {
        published: "The part was published since, so the hub still manages the product.",
        renamed: "It has the custom ID 'OTHER' now.",
    }
    assert set(adopter.linked()) == {published, "OTHER"}
    now = adopter.products()
    for part in rest:
        for each in filled.ours[part]:
            assert {**now[each], "updatedAt": 0} == {**before[each], "updatedAt": 0}
    assert {row["sku"] for row in adopter.desk.rows("SELECT sku FROM hub.products")} == {published, renamed}
    again = adopter.plan()
    adopter.adoptions.choose(again.id, RowFilter(doubt="duplicate"), "adopt", actor="test")
    adopter.adopt(again)
    assert set(rest) <= set(adopter.linked()), "what was undone can be adopted again"


def test_an_undo_that_is_interrupted_goes_on(adopter):
    plan, _ = simple(adopter, 60)
    adopter.settle(plan.id)
    adopter.desk.store.fault("drop_after", times=1, match={"operation": "metafieldsDelete"})
    adopter.desk.store.fault("drop_before", times=2, skip=1, match={"operation": "metafieldsDelete"})
    adopter.undo(plan)
    assert adopter.states(plan) == {"undone": 60}
    assert adopter.linked() == {}
    assert adopter.desk.rows("SELECT sku FROM hub.products") == []


def test_the_store_refuses_one_of_many_and_the_others_are_adopted(adopter):
    plan, parts = simple(adopter, 60)
    theirs = adopter.desk.store.seed_product(sku="X", title="X")
    adopter.desk.store.edit_product(theirs["id"], metafields={"boeing_data_hub.part_key": parts[7]})
    adopter.settle(plan.id)
    assert adopter.states(plan) == {"done": 59, "refused": 1}
    (refused,) = adopter.rows(plan, state="refused")
    assert refused.part == parts[7]
    assert "already assigned" in (refused.note or "")
    assert adopter.linked()[parts[7]] == theirs["id"]


def test_a_custom_id_that_somebody_sets_between_the_look_and_the_change_is_not_overwritten(adopter):
    plan, parts = simple(adopter, 30)
    victim = adopter.rows(plan, part=parts[3])[0].product_id
    adopter.desk.store.fault("slow", times=1, seconds=2, match={"operation": "metafieldsSet"})
    worker = Thread(target=adopter.desk.work, args=(10,))
    worker.start()
    until(lambda: adopter.states(plan).get("sending"), seconds=30)
    adopter.desk.store.edit_product(victim, metafields={"boeing_data_hub.part_key": "THEIRS"})
    worker.join(allow(30))
    adopter.settle(plan.id)
    assert adopter.states(plan) == {"done": 29, "refused": 1}
    assert adopter.linked()["THEIRS"] == victim
    assert parts[3] not in adopter.linked()


def test_twenty_thousand_products_fit_into_an_hour_of_the_standard_plan(adopter):
    """Measured in the store's points on a fiftieth of them: 100 are restored each second."""
    plan, parts = simple(adopter, 400)
    before = adopter.desk.store.stats()["pointsSpent"]
    adopter.settle(plan.id)
    adopter.plan()
    spent = adopter.desk.store.stats()["pointsSpent"] - before
    set_once(adopter, parts)
    assert spent / 400 * 20_000 < 3_600 * 100 / 5, f"{spent} points for 400 products"
