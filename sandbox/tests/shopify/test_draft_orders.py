"""Draft orders: what they are made of, how they are found, and that a repeated call makes another one."""

from __future__ import annotations

import pytest

CREATE = """mutation Draft($input: DraftOrderInput!) { draftOrderCreate(input: $input) {
  draftOrder { id name status email poNumber tags customAttributes { key value } totalPriceSet { shopMoney { amount } }
    lineItems(first: 5) { nodes { title sku quantity custom variant { id }
      originalUnitPriceSet { shopMoney { amount } } } } }
  userErrors { field message } } }"""
FIND = """query Find($query: String) { draftOrders(first: 5, query: $query, sortKey: ID, reverse: true) {
  nodes { name customAttributes { key value } } } }"""
CUSTOM = {"title": "AN3-43A", "quantity": 3, "originalUnitPriceWithCurrency": {"amount": "2.50", "currencyCode": "USD"}}


@pytest.fixture(autouse=True)
def allowed(shop):
    shop.control.settings(scopes=["write_products", "read_products", "write_draft_orders"])


def test_products_have_the_overriding_price_and_custom_lines_their_own(shop):
    shop.define()
    variant = shop.upsert("A")["product"]["variants"]["nodes"][0]["id"]
    price = {"amount": "9.99", "currencyCode": "USD"}
    lines = [{"variantId": variant, "quantity": 2, "priceOverride": price}, CUSTOM]
    given = {"lineItems": lines, "email": "b@example.com", "poNumber": "PO-7", "tags": ["quote"]}
    made = shop.ask(CREATE, input=given)["data"]["draftOrderCreate"]["draftOrder"]
    assert (made["status"], made["poNumber"], made["tags"]) == ("OPEN", "PO-7", ["quote"])
    assert made["totalPriceSet"]["shopMoney"]["amount"] == "27.48"
    first, second = made["lineItems"]["nodes"]
    assert (first["custom"], first["sku"], first["variant"]["id"]) == (False, "A", variant)
    assert (second["custom"], second["title"], second["variant"]) == (True, "AN3-43A", None)
    (entry,) = shop.control.ledger(operation="draftOrderCreate")
    assert (entry["total"], entry["poNumber"], len(entry["lines"])) == ("27.48", "PO-7", 2)


def test_a_repeated_call_makes_another_one_and_both_are_found(shop):
    given = {"lineItems": [CUSTOM], "tags": ["q-1"], "customAttributes": [{"key": "k", "value": "v"}]}
    names = [shop.ask(CREATE, input=given)["data"]["draftOrderCreate"]["draftOrder"]["name"] for _ in range(2)]
    assert names == ["#D1", "#D2"]
    found = shop.ask(FIND, query="tag:q-1")["data"]["draftOrders"]["nodes"]
    assert [each["name"] for each in found] == ["#D2", "#D1"]
    assert found[0]["customAttributes"] == [{"key": "k", "value": "v"}]
    assert shop.ask(FIND, query="tag:other")["data"]["draftOrders"]["nodes"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lineItems": []}, "Add at least 1 product"),
        ({"email": "nobody"}, "Email is invalid"),
        ({"lineItems": [{"variantId": "gid://shopify/ProductVariant/1", "quantity": 1}]}, "no longer available"),
        ({"tags": ["x" * 41]}, "too long"),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_nothing_is_made(shop, change, said):
    answer = shop.ask(CREATE, input={"lineItems": [CUSTOM], **change})["data"]["draftOrderCreate"]
    assert answer["draftOrder"] is None
    assert said in answer["userErrors"][0]["message"]
    assert shop.control.ledger(operation="draftOrderCreate") == []


def test_without_the_scope_nothing_is_made_or_shown(shop):
    shop.control.settings(scopes=["write_products"])
    for query, variables in ((CREATE, {"input": {"lineItems": [CUSTOM]}}), (FIND, {})):
        assert shop.ask(query, **variables)["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
