"""What the hub relies on in a store, asked of whichever store `conftest.py` is pointed at."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from boeing_data_hub.shopify import documents
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.store_snapshot import Asked, LevelLine, ProductLine, VariantLine

NAMED = {"namespace": "bdh_conformance", "key": "part_key"}


def custom_id(value: str) -> dict[str, Any]:
    return {"customId": {**NAMED, "value": value}}


def stocked(store, sku, quantity):
    """A part with stock: its inventory item."""
    product = store.put(sku, quantity=quantity)
    return product["variants"]["nodes"][0]["inventoryItem"]["id"]


def available(store, item):
    levels = store.ask("inventory_levels", id=item)["inventoryLevels"]["nodes"]
    return {each["location"]["id"]: each["quantities"][0]["quantity"] for each in levels}


def change(store, item, *, was, quantity):
    row = {"inventoryItemId": item, "locationId": store.location, "quantity": quantity, "changeFromQuantity": was}
    return {"name": "available", "reason": "correction", "quantities": [row]}


# --- The store itself ------------------------------------------------------------------------------------------------


def test_it_answers_as_the_version_that_was_asked_and_says_when(store):
    store.ask("shop_facts")
    assert store.client.version == store.access.api_version
    assert store.client.dated


def test_custom_ids_are_set_only_where_missing_and_all_of_a_call_or_none(store):
    one, other = (store.put(f"ADOPT-{uuid4().hex[:6]}")["id"] for _ in range(2))
    mine = [{"ownerId": each, **NAMED} for each in (one, other)]
    ids = [f"ID-{uuid4().hex[:8]}" for _ in range(2)]

    def set_all():
        values = [{**at, "type": "id", "value": own, "compareDigest": None} for at, own in zip(mine, ids, strict=True)]
        return store.client.run("metafields_set", {"metafields": values})

    store.ask("metafields_delete", metafields=[mine[0]])
    with pytest.raises(UserErrors) as refused:
        set_all()
    assert {error.field.split(".")[1] for error in refused.value.errors} == {"1"}
    assert store.ask("product_by_custom_id", identifier=custom_id(ids[0])) is None, "none of the call was set"
    store.ask("metafields_delete", metafields=mine)
    store.ask("metafields_delete", metafields=mine)
    set_all()
    assert store.ask("product_by_custom_id", identifier=custom_id(ids[1]))["id"] == other
    with pytest.raises(UserErrors):
        set_all()


def test_it_says_its_currency_its_plan_and_what_we_may_do(store):
    data = store.client.run("shop_facts", {})
    assert len(data["shop"]["currencyCode"]) == 3
    assert data["shop"]["plan"]["publicDisplayName"]
    assert data["shop"]["resourceLimits"]["locationLimit"] >= 1
    scopes = {each["handle"] for each in data["currentAppInstallation"]["accessScopes"]}
    assert {"write_products", "write_inventory"} <= scopes


def test_its_ids_are_global_ids(store):
    assert store.ask("shop_facts")["id"].startswith("gid://shopify/Shop/")
    assert all(each["id"].startswith("gid://shopify/Location/") for each in store.ask("locations")["nodes"])


def test_a_definition_of_the_type_id_makes_values_unique(store):
    nodes = store.ask("metafield_definitions", ownerType="PRODUCT", namespace=NAMED["namespace"])["nodes"]
    (ours,) = [each for each in nodes if each["key"] == NAMED["key"]]
    assert ours["type"]["name"] == "id"
    assert ours["capabilities"]["uniqueValues"]["enabled"]


def test_a_definition_that_exists_is_refused_as_taken(store):
    given = {"name": "Again", **NAMED, "type": "id", "ownerType": "PRODUCT"}
    ((field, code),) = store.refusals("metafield_definition_create", definition=given)
    assert (field.split(".")[0], code) == ("definition", "TAKEN")


# --- Products by custom id -------------------------------------------------------------------------------------------


def test_an_upsert_creates_once_and_then_updates_the_same_product(store, sku):
    first = store.put(sku, price="1.25")
    second = store.put(sku, price="1.30", title=f"{sku} renamed")
    assert second["id"] == first["id"]
    assert second["variants"]["nodes"][0]["id"] == first["variants"]["nodes"][0]["id"]
    seen = store.ask("product_by_custom_id", identifier=custom_id(sku))
    assert seen["title"] == f"{sku} renamed"
    assert Decimal(seen["variants"]["nodes"][0]["price"]) == Decimal("1.30")


def test_an_unknown_custom_id_is_no_error(store, sku):
    assert store.ask("product_by_custom_id", identifier=custom_id(sku)) is None
    assert store.ask("product_ids", identifier=custom_id(sku)) is None


def test_money_comes_back_as_text_with_two_places(store, sku):
    store.put(sku, price="1234.5")
    variant = store.ask("product_by_custom_id", identifier=custom_id(sku))["variants"]["nodes"][0]
    assert variant["price"] == "1234.50"
    assert Decimal(variant["inventoryItem"]["unitCost"]["amount"]) == 1


def test_what_an_upsert_leaves_out_stays_as_it_was(store, sku):
    store.put(sku, tags=["one", "two"], vendor="Conformance")
    store.put(sku)
    seen = store.ask("product_by_custom_id", identifier=custom_id(sku))
    assert (sorted(seen["tags"]), seen["vendor"]) == (["one", "two"], "Conformance")


def test_two_products_of_one_title_get_two_handles(store, sku):
    first = store.put(f"{sku}-1", title=sku)
    second = store.put(f"{sku}-2", title=sku)
    assert first["handle"] != second["handle"]


def test_a_handle_that_another_product_has_is_refused(store, sku):
    taken = store.put(f"{sku}-1")["handle"]
    codes = store.refusals("product_upsert", **store.part(f"{sku}-2", handle=taken))
    assert [code for _, code in codes] == ["HANDLE_NOT_UNIQUE"]
    assert store.ask("product_ids", identifier=custom_id(f"{sku}-2")) is None


def test_a_title_must_not_be_blank_nor_longer_than_255_characters(store, sku):
    for title in ("", "x" * 256):
        refusals = store.refusals("product_upsert", **store.part(sku, title=title))
        assert all(code for _, code in refusals), refusals
    assert store.ask("product_ids", identifier=custom_id(sku)) is None


def test_a_sku_is_found_by_search_with_its_custom_id(store, sku):
    made = store.put(sku)
    query = f'sku:"{sku}"'
    ask = {"query": query, **NAMED, "first": 10}
    nodes = store.wait_until(lambda: store.ask("variants_by_sku", **ask)["nodes"], "the new SKU in the search")
    assert [(each["sku"], each["product"]["id"]) for each in nodes] == [(sku, made["id"])]
    assert nodes[0]["product"]["customId"]["value"] == sku


def test_an_update_of_one_field_leaves_the_others(store, sku):
    made = store.put(sku, tags=["kept"])
    changed = store.ask("product_update", product={"id": made["id"], "status": "ARCHIVED"})["product"]
    assert changed["status"] == "ARCHIVED"
    seen = store.ask("product_by_custom_id", identifier=custom_id(sku))
    assert (seen["title"], seen["tags"]) == (sku, ["kept"])


def test_a_deleted_product_is_gone_and_cannot_be_deleted_again(store, sku):
    made = store.put(sku)
    assert store.ask("product_delete", input={"id": made["id"]})["deletedProductId"] == made["id"]
    assert store.ask("product_ids", identifier=custom_id(sku)) is None
    ((field, _),) = store.refusals("product_delete", input={"id": made["id"]})
    assert field.split(".")[-1] == "id"


# --- Stock -----------------------------------------------------------------------------------------------------------


def test_stock_given_with_a_new_product_is_there(store, sku):
    assert available(store, stocked(store, sku, 7))[store.location] == 7


def test_stock_is_set_only_from_the_quantity_that_is_there(store, sku):
    item = stocked(store, sku, 7)
    ((_, code),) = store.refusals("inventory_set", input=change(store, item, was=6, quantity=3), key=str(uuid4()))
    assert code == "CHANGE_FROM_QUANTITY_STALE"
    assert available(store, item)[store.location] == 7
    group = store.ask("inventory_set", input=change(store, item, was=7, quantity=3), key=str(uuid4()))
    assert {each["delta"] for each in group["inventoryAdjustmentGroup"]["changes"] if each["name"] == "available"} == {
        -4
    }
    assert available(store, item)[store.location] == 3


def test_a_repeated_idempotency_key_changes_stock_once(store, sku):
    item, key = stocked(store, sku, 7), str(uuid4())
    given = change(store, item, was=7, quantity=5)
    first = store.ask("inventory_set", input=given, key=key)
    again = store.ask("inventory_set", input=given, key=key)
    assert again["inventoryAdjustmentGroup"]["id"] == first["inventoryAdjustmentGroup"]["id"]
    assert available(store, item)[store.location] == 5


def test_an_idempotency_key_is_valid_for_one_request_only(store, sku):
    item, key = stocked(store, sku, 7), str(uuid4())
    store.ask("inventory_set", input=change(store, item, was=7, quantity=5), key=key)
    ((_, code),) = store.refusals("inventory_set", input=change(store, item, was=5, quantity=4), key=key)
    assert code == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert available(store, item)[store.location] == 5


# --- Bulk ------------------------------------------------------------------------------------------------------------


def test_a_bulk_run_answers_each_line_with_its_number(store, transfer, sku):
    lines = [store.part(f"{sku}-1"), store.part(f"{sku}-2", title=""), store.part(f"{sku}-3")]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    upload = {"filename": "parts.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
    target = store.ask("staged_upload", input=[{**upload, "httpMethod": "POST"}])["stagedTargets"][0]
    path = transfer.put(target, "parts.jsonl", content)
    inner = documents.load("product_upsert_lean").text
    started = store.ask("bulk_run", mutation=inner, path=path, clientIdentifier=sku)["bulkOperation"]
    assert started["type"] == "MUTATION"

    def ended():
        operation = store.ask("bulk_status", id=started["id"])
        return operation if operation["status"] not in {"CREATED", "RUNNING"} else None

    operation = store.wait_until(ended, "the end of the bulk operation", seconds=300)
    assert (operation["status"], operation["rootObjectCount"]) == ("COMPLETED", "3")
    results = {}
    for line in transfer.lines(operation["url"]):
        read = json.loads(line)
        results[read["__lineNumber"]] = read["data"]["productSet"]
    store.made += [each["product"]["id"] for each in results.values() if each["product"]]
    assert sorted(results) == [0, 1, 2]
    assert [bool(results[number]["userErrors"]) for number in range(3)] == [False, True, False]


def test_a_bulk_run_without_its_file_is_refused(store, sku):
    inner = documents.load("product_upsert_lean").text
    given = {"mutation": inner, "path": "tmp/none/parts.jsonl", "clientIdentifier": sku}
    ((_, code),) = store.refusals("bulk_run", **given)
    assert code == "NO_SUCH_FILE"


# --- Snapshots -------------------------------------------------------------------------------------------------------


def test_a_bulk_query_writes_each_product_variant_and_level_on_a_line_of_its_own(store, transfer):
    sku = f"bdh-conformance-{uuid4().hex[:8]}"
    product = store.put(sku, quantity=7)
    asked = Asked((NAMED["namespace"], NAMED["key"]))
    started = store.ask("bulk_query_run", query=asked.query(f"Conformance{uuid4().hex}"))["bulkOperation"]
    assert (started["type"], started["status"]) == ("QUERY", "CREATED")

    def ended():
        found = store.ask("bulk_status", id=started["id"])
        return found if found["status"] not in {"CREATED", "RUNNING"} else None

    row = store.wait_until(ended, "the snapshot", seconds=600)
    assert row["status"] == "COMPLETED"
    lines = [asked.read(line) for line in transfer.lines(row["url"])]
    (found,) = [each.product for each in lines if isinstance(each, ProductLine) and each.product.custom_id == sku]
    assert (found.product_id, found.status) == (product["id"], "DRAFT")
    (variant,) = [each for each in lines if isinstance(each, VariantLine) and each.product_id == product["id"]]
    assert (variant.variant.sku, variant.variant.price, variant.variant.tracked) == (sku, Decimal("1.25"), True)
    item = variant.variant.inventory_item_id
    levels = {
        each.location_id: each.available
        for each in lines
        if isinstance(each, LevelLine) and each.inventory_item_id == item
    }
    assert levels[store.location] == 7
    assert int(row["rootObjectCount"]) == sum(isinstance(each, ProductLine) for each in lines)
