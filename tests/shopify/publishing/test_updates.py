"""A part that is in the store already: exactly what changed is sent, and other people's work survives."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

SKU = "WF338109=K3"
LISTS = {"custom.part_number", "boeing_data_hub.part_key"}


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])(SKU, "10.37", {"Dallas Central": 7, "Miami, FL": 4, "Germany CSC": 9})


@pytest.fixture
def published(desk, part):
    desk.judge(desk.run(desk.stage(part)))
    return part


def test_a_changed_price_changes_only_that_field_after_the_variants_are_checked(desk, published):
    before = desk.seq()
    desk.do("INSERT INTO hub.hand_data (sku, price_override, updated_by) VALUES (%s, 11.99, 'me')", SKU)
    desk.staged[SKU] = published.but(price="11.99")
    desk.store.sell(SKU, "Dallas", 3)
    done = []
    calls = desk.calls_during(lambda: done.append(desk.run([SKU])))
    assert calls == {"nodes": 1, "productSet": 1, "inventoryItem": 1}  # the last tells where some were sold
    (entry,) = desk.since(before, operation="productSet")
    assert entry["fields"] == ["productOptions", "variants"]
    assert (entry["priceSent"], entry["costSent"], entry["effect"]) == ("11.99", None, "updated")
    desk.judge(*done, sold={(SKU, "Dallas"): 3})
    assert desk.item(done[0], SKU).outcome == "updated"


def test_another_price_of_boeing_s_changes_the_price_and_the_cost(desk, published):
    before = desk.seq()
    desk.stage(published.but(price="11.99"))
    desk.judge(desk.run([SKU]))
    (entry,) = desk.since(before, operation="productSet")
    assert (entry["priceSent"], entry["costSent"]) == ("11.99", "10.90")


def test_other_stock_alone_is_set_by_compare_and_set(desk, published):
    before = desk.seq()
    desk.stage(published.but(stock={"Dallas Central": 17, "Miami, FL": 4}))
    calls = desk.calls_during(lambda: desk.run([SKU]))
    assert calls == {"inventorySetQuantities": 1}
    (entry,) = desk.since(before)
    assert (entry["location"], entry["before"], entry["changeFromQuantity"], entry["quantity"]) == ("Dallas", 7, 7, 17)
    desk.judge()


def test_a_location_boeing_reports_no_more_is_set_to_nothing(desk, published):
    desk.stage(published.but(stock={"Dallas Central": 7}))
    desk.judge(desk.run([SKU]))
    assert desk.product(SKU)["quantities"]["Miami"] == 0


def test_missing_stock_is_set_to_zero(desk, published):
    desk.stage(published.but(stock={}, status="blocked", status_reason="no_stock"))
    done = desk.run([SKU])
    assert done.published_count == 1, desk.items(done)
    assert set(desk.product(SKU)["quantities"].values()) == {0}


def test_stock_that_lies_only_where_we_do_not_sell_from_is_not_left_for_sale(desk, published):
    desk.stage(published.but(stock={"Germany CSC": 5}, status="blocked", status_reason="only_unmapped_locations"))
    desk.judge(desk.run([SKU]))


@pytest.mark.parametrize("price", [None, "0.00"])
def test_a_part_that_lost_its_price_is_blocked_and_its_product_left_as_it_is(desk, published, price):
    before = desk.product(SKU)
    desk.stage(published.but(price=price, status="blocked", status_reason="no_price"))
    done = []
    assert desk.calls_during(lambda: done.append(desk.run([SKU]))) == {}
    item = desk.item(done[0], SKU)
    assert (item.state, item.outcome, item.error_code) == ("not_for_sale", "blocked", "no_price")
    assert "was left unchanged" in item.error
    assert desk.product(SKU) == before


def test_stock_sold_meanwhile_is_not_overwritten_by_any_kind_of_publishing(desk, published):
    desk.store.sell(SKU, "Dallas", 2)
    desk.run([SKU])
    desk.judge(sold={(SKU, "Dallas"): 2})
    desk.stage(published.but(price="12.00", boeing_name="SEAL"))
    desk.run([SKU])
    desk.judge(sold={(SKU, "Dallas"): 2})
    desk.stage(published.but(price="12.50", stock={"Dallas Central": 27, "Miami, FL": 4}))
    done = desk.run([SKU])
    desk.judge(sold={(SKU, "Dallas"): 2})
    assert "2 sold at Dallas" in desk.item(done, SKU).reason
    assert desk.sold() == {SKU: 2}, "counted once, by the only publish that set stock"


def test_stock_without_sales_or_raised_by_a_person_counts_no_sold_pieces(desk, published):
    desk.stage(published.but(stock={"Dallas Central": 17, "Miami, FL": 4}))
    desk.run([SKU])
    desk.store.sell(SKU, "Dallas", -5)
    desk.stage(published.but(stock={"Dallas Central": 20, "Miami, FL": 4}))
    done = desk.run([SKU])
    assert "5 added at Dallas" in desk.item(done, SKU).reason
    assert desk.sold() == {}


def test_what_people_added_outlives_every_change_of_ours(desk, published):
    found = desk.product(SKU)
    desk.store.edit_product(
        found["id"],
        tags=[*found["tags"], "sale", "Staff Pick"],
        metafields={"theirs.note": "keep me", **{f"theirs.m{n:02}": str(n) for n in range(40)}},
    )
    theirs = {"theirs.note": "keep me", **{f"theirs.m{n:02}": str(n) for n in range(40)}}
    for changes in (
        {"price": "13.00"},
        {"country_of_origin": "Germany"},
        {"condition": "OH"},
        {"title": "WF338109-NEW"},
        {"base_uom": "BOX"},
    ):
        published = published.but(**changes)
        desk.stage(published)
        assert desk.run([SKU]).outcome == "succeeded"
        there = desk.product(SKU)
        assert {"sale", "Staff Pick"} <= set(there["tags"]), changes
        assert theirs.items() <= there["metafields"].items(), changes
    assert "origin-germany" in there["tags"]
    assert "origin-united-states" not in there["tags"]
    assert there["metafields"]["custom.condition"] == "OH"
    assert "custom.unit_of_measure" not in there["metafields"]
    assert there["title"] == "WF338109-NEW"
    desk.judge()


def test_a_persons_own_words_are_kept_where_ours_did_not_change(desk, published):
    found = desk.product(SKU)
    desk.store.edit_product(found["id"], title="Our best gasket", description_html="<p>By hand</p>", vendor="Somebody")
    desk.stage(published.but(price="14.00"))
    desk.run([SKU])
    there = desk.product(SKU)
    assert (there["title"], there["descriptionHtml"], there["vendor"]) == (
        "Our best gasket", "<p>By hand</p>", "Somebody"
    )  # fmt: skip
    assert there["price"] == "14.00"


def test_a_deleted_product_is_created_again_once_whatever_changed(desk, published):
    for changes in (
        {"price": "15.00"},
        {"stock": {"Dallas Central": 99}},
        {"price": "16.00", "stock": {"Miami, FL": 3}},
    ):
        desk.store.delete_product(desk.product(SKU)["id"])
        published = published.but(**changes)
        desk.stage(published)
        done = desk.run([SKU])
        desk.judge(done)
        assert desk.item(done, SKU).outcome == "created"


def test_ids_of_a_recreated_store_are_corrected(desk):
    parts = desk.make_parts(12)
    skus = desk.stage(*parts)
    desk.run(skus)
    desk.store.clear()
    skus = desk.stage(*(part.but(price="21.10") for part in parts))
    done = desk.run(skus)
    desk.judge(done)
    assert done.published_count == 12


def test_stale_ids_of_a_product_that_is_there_are_healed_by_custom_id(desk, published):
    desk.do(
        "UPDATE hub.products SET product_id = 'gid://shopify/Product/1', variant_id = 'gid://shopify/ProductVariant/1',"
        " inventory_item_id = 'gid://shopify/InventoryItem/1'"
    )
    desk.stage(published.but(price="17.00", stock={"Dallas Central": 8}))
    done = desk.run([SKU])
    desk.judge(done)
    assert desk.store.store()["products"] == 1


def test_stale_ids_are_healed_where_only_stock_changed(desk, published):
    desk.do("UPDATE hub.products SET inventory_item_id = 'gid://shopify/InventoryItem/1'")
    desk.stage(published.but(stock={"Dallas Central": 8}))
    desk.judge(desk.run([SKU]))


def test_products_whose_rows_were_lost_are_adopted_with_what_people_added(desk):
    parts = desk.make_parts(15)
    skus = desk.stage(*parts)
    desk.run(skus)
    found = desk.product(skus[0])
    desk.store.edit_product(found["id"], tags=[*found["tags"], "sale"], metafields={"theirs.note": "keep me"})
    for table in ("products", "publish_changes", "store_sightings", "stock_calls"):
        desk.do(f"DELETE FROM hub.{table}")  # noqa: S608 - from the list above
    skus = desk.stage(*(part.but(price="31.01") for part in parts))
    done = desk.run(skus)
    desk.judge(done)
    assert {item.outcome for item in desk.items(done).values()} == {"updated"}
    there = desk.product(skus[0])
    assert "sale" in there["tags"]
    assert there["metafields"]["theirs.note"] == "keep me"
    assert desk.calls_during(lambda: desk.run(skus)) == {}


def test_a_product_taken_off_the_channel_by_an_undo_of_its_creation_comes_back_when_published_again(desk, published):
    batch = next(iter(desk.rows("SELECT id FROM hub.batches")))["id"]
    desk.to_the_end(desk.undo(desk.batch(batch)))
    assert desk.product(SKU)["status"] == "ARCHIVED"
    desk.judge(desk.run([SKU]))


def test_stock_is_set_if_the_inventory_item_was_unknown(desk):
    part = type(desk.make_parts(1)[0])("X1=K3", stock={"Dallas Central": 7})
    desk.run(desk.stage(part))
    desk.do("UPDATE hub.products SET variant_id = NULL, inventory_item_id = NULL WHERE sku = 'X1=K3'")
    desk.stage(part.but(stock={"Dallas Central": 9}))
    done = desk.run(["X1=K3"])
    assert desk.item(done, "X1=K3").outcome == "updated"
    assert desk.product("X1=K3")["quantities"]["Dallas"] == 9
    assert desk.row("X1=K3")["inventory_item_id"] is not None
    assert desk.calls_during(lambda: desk.run(["X1=K3"])) == {}
