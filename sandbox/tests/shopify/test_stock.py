"""Stock by compare-and-set (behaviours 18 to 22)."""

from __future__ import annotations

import pytest

SET = """mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } }
    userErrors { code field message } } }"""
ACTIVATE = """mutation A($item: ID!, $loc: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $loc, available: $available) @idempotent(key: $key) {
    inventoryLevel { id quantities(names: ["available"]) { quantity } } userErrors { field message } } }"""


@pytest.fixture
def item(shop) -> str:
    shop.define()
    return shop.upsert("A")["product"]["variants"]["nodes"][0]["inventoryItem"]["id"]


def wanted(shop, item, quantity, before, *, place="Atlanta", **more):
    row = {
        "inventoryItemId": item,
        "locationId": shop.location(place),
        "quantity": quantity,
        "changeFromQuantity": before,
    }
    return {"name": "available", "reason": "correction", "quantities": [row], **more}


def test_without_the_directive_the_call_is_a_bad_request(shop, item):
    body = shop.ask(
        SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", ""), input=wanted(shop, item, 5, 7)
    )
    assert body["data"] == {"inventorySetQuantities": None}
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "@idempotent directive is required" in body["errors"][0]["message"]


def test_change_from_quantity_must_be_there_and_null_skips_the_check(shop, item):
    given = wanted(shop, item, 5, None)
    assert shop.field(SET, input=given, key="k1")["userErrors"] == []
    del given["quantities"][0]["changeFromQuantity"]
    error = shop.ask(SET, input=given, key="k2")["errors"][0]
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_compare_and_set_refuses_stock_that_was_sold_in_between(shop, item):
    shop.control.sell("A", "Atlanta", 2)
    answer = shop.field(SET, input=wanted(shop, item, 9, 7), key="k1")
    assert answer["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert answer["userErrors"][0]["field"] == ["input", "quantities", "0", "changeFromQuantity"]
    assert shop.control.product("A")["quantities"] == {"Atlanta": 5}
    assert shop.field(SET, input=wanted(shop, item, 9, 5), key="k2")["userErrors"] == []
    assert shop.control.product("A")["quantities"] == {"Atlanta": 9}


@pytest.mark.parametrize(
    ("changes", "row", "code"),
    [
        ({}, {"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({}, {"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
        ({}, {"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"name": "on_hand"}, {"quantity": -5}, "INVALID_QUANTITY_NEGATIVE"),
        ({"reason": "because"}, {}, "INVALID_REASON"),
        ({"name": "incoming"}, {}, "INVALID_NAME"),
    ],
)
def test_a_wrong_row_refuses_the_whole_call(shop, item, changes, row, code):
    given = wanted(shop, item, 5, None, **changes)
    good = {**given["quantities"][0], "locationId": shop.location("Chicago")}
    given["quantities"] = [good, {**given["quantities"][0], **row}]
    answer = shop.field(SET, input=given, key="k")
    assert code in {error["code"] for error in answer["userErrors"]}
    assert shop.control.product("A")["quantities"] == {"Atlanta": 7}


def test_available_may_be_negative(shop, item):
    assert shop.field(SET, input=wanted(shop, item, -5, 7), key="k")["userErrors"] == []


def test_the_same_item_and_location_twice_is_refused(shop, item):
    given = wanted(shop, item, 5, 7)
    given["quantities"] *= 2
    codes = {error["code"] for error in shop.field(SET, input=given, key="k")["userErrors"]}
    assert "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR" in codes


def test_setting_what_stands_already_succeeds_without_a_group(shop, item):
    answer = shop.field(SET, input=wanted(shop, item, 7, 7), key="k")
    assert answer == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_the_same_key_changes_stock_once_and_answers_the_same(shop, item):
    given = wanted(shop, item, 5, 7)
    first = shop.field(SET, input=given, key="k")
    assert first["inventoryAdjustmentGroup"]["changes"][0] == {
        "name": "available",
        "delta": -2,
        "quantityAfterChange": None,
    }
    assert shop.field(SET, input=given, key="k") == first
    assert len(shop.control.ledger(operation="inventorySetQuantities")) == 1
    other = shop.field(SET, input=wanted(shop, item, 6, 5), key="k")
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


def test_a_key_that_failed_once_is_burnt(shop, item):
    given = wanted(shop, item, 5, 999)
    shop.field(SET, input=given, key="k")
    answer = shop.field(SET, input=given, key="k")
    assert answer["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def test_stock_can_be_set_at_any_location(shop, item):
    assert shop.field(SET, input=wanted(shop, item, 4, 0, place="Miami"), key="k")["userErrors"] == []
    assert shop.control.product("A")["quantities"]["Miami"] == 4


def test_activating_stocks_a_location_and_leaves_old_stock_alone(shop, item):
    answer = shop.field(ACTIVATE, item=item, loc=shop.location("Dallas"), available=3, key="k1")
    assert answer["inventoryLevel"]["quantities"] == [{"quantity": 3}]
    kept = shop.field(ACTIVATE, item=item, loc=shop.location("Dallas"), key="k2")
    assert kept["inventoryLevel"]["quantities"] == [{"quantity": 3}]
    again = shop.field(ACTIVATE, item=item, loc=shop.location("Dallas"), available=9, key="k3")
    assert again["userErrors"][0]["field"] == ["available"]


def test_the_list_of_locations_is_a_setting(shop):
    shop.control.settings(locations=[{"name": "Phoenix"}, {"name": "Berlin", "active": False}])
    rows = shop.ask("{ locations(first: 50, includeInactive: true) { nodes { id name isActive } } }")["data"][
        "locations"
    ]
    assert [(row["name"], row["isActive"]) for row in rows["nodes"]] == [("Phoenix", True), ("Berlin", False)]


def test_a_repeated_key_is_asked_to_wait_while_its_first_request_runs(shop, item):
    shop.control.fault("idempotency_in_flight", times=1)
    given = wanted(shop, item, 5, 7)
    assert shop.field(SET, input=given, key="k")["userErrors"][0]["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST"
    assert shop.field(SET, input=given, key="k")["userErrors"] == []
