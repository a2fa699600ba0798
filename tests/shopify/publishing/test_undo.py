"""Undoing a publish run: exactly its changes, and no product that people have changed since."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

SKU = "WF338109=K3"


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])(SKU, "10.37", {"Dallas Central": 7, "Miami, FL": 4})


def undone(desk, batch):
    return desk.to_the_end(desk.undo(batch))


def test_what_was_created_is_archived(desk):
    parts = desk.make_parts(8)
    created = desk.run(desk.stage(*parts))
    done = undone(desk, created)
    assert (done.outcome, done.published_count) == ("succeeded", 8), desk.items(done)
    assert {each["status"] for each in desk.store.products()} == {"ARCHIVED"}
    assert {row["state"] for row in desk.rows("SELECT state FROM hub.products")} == {"archived"}
    again = desk.run([part.sku for part in parts])
    desk.judge(created, done, again)


def test_what_was_changed_is_as_it_was_before(desk, part):
    desk.run(desk.stage(part))
    before = desk.product(SKU)
    changed = part.but(
        price="99.99", stock={"Dallas Central": 70, "New York, NY": 3}, condition="OH", country_of_origin="Germany",
        title="ANOTHER", weight=None,
    )  # fmt: skip
    batch = desk.run(desk.stage(changed))
    assert desk.product(SKU)["price"] == "99.99"
    done = undone(desk, batch)
    assert done.outcome == "succeeded", desk.items(done)
    after = desk.product(SKU)
    for name in ("price", "title", "quantities", "metafields", "tags", "cost", "origin", "descriptionHtml", "status"):
        assert after[name] == before[name], name
    assert [float(before["weight"][0]), before["weight"][1]] == [float(after["weight"][0]), after["weight"][1]]
    desk.stage(part)
    desk.judge(done)
    assert desk.calls_during(lambda: desk.run([SKU])) == {}


def test_stock_that_was_sold_from_since_is_left_as_it_is_and_told(desk, part):
    desk.run(desk.stage(part))
    batch = desk.run(desk.stage(part.but(stock={"Dallas Central": 70, "Miami, FL": 40})))
    desk.store.sell(SKU, "Dallas", 5)
    done = undone(desk, batch)
    assert done.outcome == "succeeded", desk.items(done)
    quantities = desk.product(SKU)["quantities"]
    assert (quantities["Dallas"], quantities["Miami"]) == (65, 4)
    assert "5 sold at Dallas" in desk.item(done, SKU).reason
    assert desk.sold() == {}, "an undo sells nothing"
    desk.run(desk.stage(part.but(stock={"Dallas Central": 80, "Miami, FL": 40})))
    assert desk.sold() == {SKU: 5}, "the next publish that sets stock counts the sale"


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ({"title": "By hand"}, "title"),
        ({"tags": ["by-hand"]}, "tags"),
        ({"metafields": {"theirs.note": "x"}}, "metafields.note"),
        ({"metafields": {"custom.condition": "SV"}}, "metafields.condition"),
        ({"weight": [9.0, "POUNDS"]}, "weight"),
        ({"hs_code": "730791"}, "hs_code"),
    ],
)
def test_what_a_person_changed_since_is_left_as_it_is(desk, part, edit, named):
    desk.run(desk.stage(part))
    batch = desk.run(desk.stage(part.but(price="99.99")))
    desk.store.edit_product(desk.product(SKU)["id"], **edit)
    before = desk.product(SKU)
    done = undone(desk, batch)
    item = desk.item(done, SKU)
    assert (item.state, item.error_code) == ("failed", "changed_since")
    assert named in item.error
    assert desk.product(SKU) == before


def test_what_a_later_batch_changed_or_a_person_deleted_is_left_as_it_is(desk, part):
    desk.run(desk.stage(part))
    batch = desk.run(desk.stage(part.but(price="99.99")))
    later = desk.run(desk.stage(part.but(price="100.00")))
    done = undone(desk, batch)
    assert desk.item(done, SKU).error_code == "published_since"
    assert desk.product(SKU)["price"] == "100.00"
    desk.store.delete_product(desk.product(SKU)["id"])
    assert desk.item(undone(desk, later), SKU).error_code == "undo_gone"


def test_runs_are_undone_one_after_the_other_in_reverse_order(desk, part):
    desk.run(desk.stage(part))
    first = desk.run(desk.stage(part.but(price="99.99")))
    second = desk.run(desk.stage(part.but(price="100.00")))
    assert desk.item(undone(desk, first), SKU).error_code == "published_since"
    for batch, price in ((second, "99.99"), (first, "10.37")):
        done = undone(desk, batch)
        assert done.outcome == "succeeded", desk.items(done)
        assert desk.product(SKU)["price"] == price


def test_undoing_twice_is_harmless(desk, part):
    desk.run(desk.stage(part))
    batch = desk.run(desk.stage(part.but(price="99.99", stock={"Dallas Central": 1})))
    undone(desk, batch)
    before = desk.product(SKU)
    second = undone(desk, batch)
    assert second.outcome is not None
    assert desk.product(SKU) == before


def test_an_undo_whose_answers_are_lost_takes_hold_once(desk, part):
    desk.run(desk.stage(part))
    batch = desk.run(desk.stage(part.but(price="99.99", stock={"Dallas Central": 70, "Miami, FL": 4})))
    desk.store.fault("drop_after", times=2, match={"operation": "productSet"})
    desk.store.fault("drop_after", times=4, match={"operation": "inventorySetQuantities"})
    done = undone(desk, batch)
    assert done.outcome == "succeeded", desk.items(done)
    desk.stage(part)
    desk.judge(done)
