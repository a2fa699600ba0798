"""After the database was restored: its data about the store is checked again before it is used."""

from __future__ import annotations

import pytest

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.db import sessions
from boeing_data_hub.errors import Conflict
from boeing_data_hub.health import restored
from boeing_data_hub.web import plans

pytestmark = pytest.mark.services

SKU = "WF338109=K3"


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])(SKU)


def forget(desk):
    return desk.hub.database.run(lambda work: restored.forget_what_came_after(work, actor="test"))


def test_a_price_that_came_back_and_a_stock_that_moved_on_are_set_right(desk, part):
    desk.run(desk.stage(part))
    desk.do("CREATE TABLE hub.backup AS TABLE hub.products")
    desk.run(desk.stage(part.but(price="12.00", stock={"Dallas Central": 9})))
    desk.do("DELETE FROM hub.products")
    desk.do("INSERT INTO hub.products TABLE hub.backup")
    assert forget(desk).skus == [SKU]
    done = desk.run(desk.stage(part.but(stock={"Dallas Central": 12})))
    desk.judge(done)  # 10.37 and 12 pieces; without it 12.00 would have stayed, and 9 pieces become 14
    assert desk.item(done, SKU).outcome == "updated"


def test_what_people_added_in_the_store_stays(desk, part):
    desk.run(desk.stage(part))
    found = desk.product(SKU)
    desk.store.edit_product(found["id"], tags=[*found["tags"], "sale"], metafields={"theirs.note": "keep me"})
    forget(desk)
    desk.judge(desk.run([SKU]))
    there = desk.product(SKU)
    assert there["id"] == found["id"]
    assert "sale" in there["tags"]
    assert there["metafields"]["theirs.note"] == "keep me"
    assert desk.calls_during(lambda: desk.run([SKU])) == {}


def test_a_product_that_was_deleted_since_is_created_again(desk, part):
    desk.run(desk.stage(part))
    desk.store.delete_product(desk.product(SKU)["id"])
    forget(desk)
    desk.judge(desk.run([SKU]))


def test_a_leftover_product_that_was_taken_in_since_is_not_deleted(desk, part):
    desk.run(desk.stage(part))
    desk.do(
        "INSERT INTO hub.orphans (shop, sku, product_id, reason) SELECT shop, sku, product_id, 'x' FROM hub.products"
    )
    assert forget(desk).orphans == 1
    desk.work(1)
    assert desk.store.store()["products"] == 1
    desk.judge(desk.run([SKU]))
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "kept"}]


def test_an_undo_of_what_was_done_before_leaves_all_as_it_is_and_says_why(desk, part):
    done = desk.run(desk.stage(part))
    forget(desk)
    undo = desk.to_the_end(desk.undo(done))
    item = desk.item(undo, SKU)
    assert (item.state, item.error_code) == ("failed", "undo_unknown")
    assert "is unknown" in item.error
    assert desk.product(SKU)["status"] == "ACTIVE"


def test_a_plan_from_before_is_not_run_blindly(desk, part):
    desk.run(desk.stage(part))
    desk.stage(part.but(price="12.00"))
    asked = PublishRequest(part_numbers=[SKU], owner="test", plan=True)
    plan = plans.make(desk.hub, asked)[0].batch
    forget(desk)
    with pytest.raises(Conflict, match="changed after the plan was created"):
        plans.approve(desk.hub, plan.id, actor="test")


def test_repeating_it_changes_nothing_and_everybody_signs_in_again(desk, part):
    desk.run(desk.stage(part))
    desk.hub.database.run(lambda work: sessions.make_link(work, "0011aabb"))
    first, second = forget(desk), forget(desk)
    assert first.skus == second.skus == [SKU]
    assert desk.rows("SELECT * FROM hub.sign_in_links") == []
    assert len(desk.rows("SELECT * FROM hub.audit_log WHERE action = 'database.restored'")) == 2
    desk.judge(desk.run([SKU]))
