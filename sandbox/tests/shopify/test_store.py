"""Webhooks, deletion, channels, search, changes by others, and the shipped schema (behaviors 28 and 29)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json

import pytest
from graphql import parse, validate

from boeing_data_hub_sandbox.shopify import prune_schema
from boeing_data_hub_sandbox.shopify.schema import PATH, bare_schema

HOOK = """mutation H($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri } userErrors { field message } } }"""
DELETE = """mutation D($input: ProductDeleteInput!, $now: Boolean = true) {
  productDelete(input: $input, synchronous: $now) {
  deletedProductId productDeleteOperation { id status } userErrors { field message } } }"""
FIND = "query F($q: String!) { productVariants(first: 10, query: $q) { nodes { sku product { id } } } }"
BY_KEY = """query K($identifier: ProductIdentifierInput!) { productByIdentifier(identifier: $identifier) {
  id title variantsCount { count } } }"""
PUBLISH = """mutation P($id: ID!, $input: [PublicationInput!]!) { publishablePublish(id: $id, input: $input) {
  userErrors { field message } } }"""


def subscribe(shop, outside, topic="BULK_OPERATIONS_FINISH"):
    return shop.field(HOOK, topic=topic, sub={"uri": f"{outside.url}/hook", "format": "JSON"})["webhookSubscription"]


def test_the_end_of_a_bulk_run_is_announced_and_signed_over_the_raw_body(shop, outside, wait):
    shop.define()
    subscribe(shop, outside)
    operation = shop.run([shop.part("A")])
    headers, body = wait(lambda: outside.received)[0]
    secret = shop.control.settings()["client_secret"].encode()
    expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    assert headers["X-Shopify-Hmac-SHA256"] == expected
    assert headers["X-Shopify-Topic"] == "bulk_operations/finish"
    assert headers["X-Shopify-Webhook-Id"]
    told = json.loads(body)
    assert (told["admin_graphql_api_id"], told["status"], told["type"]) == (operation, "completed", "mutation")


def test_a_webhook_can_be_forged_duplicated_and_lost(shop, outside, wait):
    subscribe(shop, outside, "PRODUCTS_CREATE")
    shop.control.fault("webhook_forged", times=1)
    shop.control.seed_product(sku="A")
    headers, body = wait(lambda: outside.received)[0]
    secret = shop.control.settings()["client_secret"].encode()
    assert (
        headers["X-Shopify-Hmac-SHA256"] != base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    )
    outside.received.clear()
    shop.control.fault("webhook_duplicate", times=1)
    shop.control.seed_product(sku="B")
    wait(lambda: len(outside.received) == 2)
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in outside.received}) == 1
    outside.received.clear()
    shop.control.fault("webhook_lost", times=1)
    shop.control.seed_product(sku="C")
    wait(lambda: shop.control.deliveries()[-1]["outcome"] == "lost")
    assert outside.received == []


def test_a_rejected_webhook_is_sent_again_and_given_up_after_eight_retries(shop, outside, wait):
    subscribe(shop, outside, "PRODUCTS_CREATE")
    outside.statuses += [500, 500]
    shop.control.seed_product(sku="A")
    wait(lambda: len(outside.received) == 3)
    shop.control.settings(webhook_retry_seconds=0.001)
    outside.statuses += [500] * 9
    shop.control.seed_product(sku="B")
    wait(lambda: not shop.control.store()["webhooks"])
    assert len(outside.received) == 12


def test_changes_of_locations_are_announced(shop, outside, wait):
    topics = [f"LOCATIONS_{what}" for what in ("CREATE", "UPDATE", "ACTIVATE", "DEACTIVATE", "DELETE")]
    for topic in topics:
        subscribe(shop, outside, topic)
    first, second, *rest = shop.control.settings()["locations"]
    shop.control.settings(locations=[{**first, "active": False}, *rest, {"name": "Berlin"}])
    wait(lambda: len(outside.received) == 3)
    told = {headers["X-Shopify-Topic"]: json.loads(body)["name"] for headers, body in outside.received}
    assert told == {
        "locations/deactivate": first["name"], "locations/delete": second["name"], "locations/create": "Berlin",
    }  # fmt: skip


def test_deleting_what_is_not_there_is_a_user_error(shop):
    answer = shop.field(DELETE, input={"id": "gid://shopify/Product/1"})
    assert answer["deletedProductId"] is None
    assert answer["userErrors"] == [{"field": ["id"], "message": "Product does not exist"}]


def test_a_deleted_product_frees_its_handle_sku_and_custom_id(shop):
    shop.define()
    first = shop.upsert("A")["product"]["id"]
    assert shop.field(DELETE, input={"id": first})["deletedProductId"] == first
    second = shop.upsert("A")["product"]
    assert second["id"] != first
    assert second["handle"] == "a"


def test_a_second_asynchronous_delete_waits_for_the_first(shop, wait):
    product = shop.control.seed_product(sku="A")["id"]
    first = shop.field(DELETE, input={"id": product}, now=False)
    assert first["productDeleteOperation"]["status"] == "CREATED"
    second = shop.field(DELETE, input={"id": product}, now=False)
    assert second["userErrors"][0]["message"].startswith("Another operation already in progress.")
    wait(lambda: shop.control.store()["products"] == 0)


def test_a_product_is_found_by_custom_id_handle_and_sku(shop):
    shop.define()
    product = shop.upsert("A-1")["product"]["id"]
    custom = {"namespace": "parts", "key": "part_key", "value": "A-1"}
    assert shop.field(BY_KEY, identifier={"customId": custom})["id"] == product
    assert shop.field(BY_KEY, identifier={"handle": "a-1"})["id"] == product
    assert shop.field(BY_KEY, identifier={"handle": "b"}) is None
    shop.control.seed_product(sku="A-10")
    found = shop.field(FIND, q="sku:'A-1' OR sku:nothing")["nodes"]
    assert [node["product"]["id"] for node in found] == [product]
    assert {node["sku"] for node in shop.field(FIND, q="sku:a-1*")["nodes"]} == {"A-1", "A-10"}


def test_a_search_can_lag_behind_the_store(shop, wait):
    shop.control.settings(search_lag=0.3)
    shop.control.seed_product(sku="A")
    assert shop.field(FIND, q="sku:A")["nodes"] == []
    wait(lambda: shop.field(FIND, q="sku:A")["nodes"])


def test_pages_follow_each_other_to_the_end(shop):
    for number in range(7):
        shop.control.seed_product(sku=f"S{number}")
    query = """query P($after: String) { products(first: 3, after: $after) {
      nodes { title } pageInfo { hasNextPage endCursor } } }"""
    titles, after = [], None
    while True:
        page = shop.field(query, after=after)
        titles += [node["title"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert titles == [f"S{number}" for number in range(7)]


def test_people_edit_delete_and_buy_behind_our_back(shop):
    shop.define()
    product = shop.upsert("A")["product"]["id"]
    edited = shop.control.edit_product(product, title="Mine now", price="9.99", tags=["x"])
    assert (edited["title"], edited["price"]) == ("Mine now", "9.99")
    shop.control.sell("A", "Atlanta", 2)
    assert shop.control.product("A")["quantities"] == {"Atlanta": 5}
    shop.control.delete_product(product)
    assert shop.control.store()["products"] == 0
    assert [entry["via"] for entry in shop.control.ledger(id=product)] == ["direct", "control", "control", "control"]


def test_a_product_is_published_to_the_online_store_once(shop):
    product = shop.control.seed_product(sku="A")["id"]
    query = "query O($id: ID!, $p: ID!) { product(id: $id) { publishedOnPublication(publicationId: $p) } }"
    store = next(each["id"] for each in shop.control.store()["publications"] if each["name"] == "Online Store")
    assert shop.field(query, id=product, p=store) == {"publishedOnPublication": False}
    for _ in range(2):
        assert shop.field(PUBLISH, id=product, input=[{"publicationId": store}])["userErrors"] == []
    assert shop.field(query, id=product, p=store) == {"publishedOnPublication": True}
    effects = [entry["effect"] for entry in shop.control.ledger(operation="publishablePublish")]
    assert effects == ["published", "same"]
    wrong = shop.field(PUBLISH, id=product, input=[{"publicationId": "gid://shopify/Publication/1"}])
    assert wrong["userErrors"][0]["field"] == ["input", "0", "publicationId"]


def test_new_products_can_be_published_by_themselves(shop):
    shop.define()
    shop.control.settings(auto_publish=True)
    shop.upsert("A")
    assert shop.control.product("A")["publications"] == ["Online Store"]


PREFLIGHT = """query Pre { locations(first: 50) { nodes { id name isActive fulfillsOnlineOrders } }
  shop { id name currencyCode resourceLimits { locationLimit maxProductVariants }
    plan { publicDisplayName shopifyPlus } }
  productsCount { count precision } productVariantsCount { count precision }
  currentAppInstallation { accessScopes { handle } }
  publications(first: 20) { nodes { id autoPublish catalog { title } } }
  taxonomy { categories(first: 10, search: "aircraft parts") { nodes { id fullName isLeaf } } } }"""


def test_a_preflight_finds_everything_it_asks_for(shop):
    data = shop.ask(PREFLIGHT)["data"]
    assert data["shop"]["plan"] == {"publicDisplayName": "Shopify Plus", "shopifyPlus": True}
    assert data["publications"]["nodes"][0]["catalog"]["title"] == "Online Store"
    assert data["taxonomy"]["categories"]["nodes"][0]["id"] == "gid://shopify/TaxonomyCategory/vp-1-1"
    assert {"handle": "write_products"} in data["currentAppInstallation"]["accessScopes"]


UPDATE_PRICE = """mutation V($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) {
    productVariants { id price } userErrors { code field message } } }"""
ARCHIVE = """mutation A($product: ProductUpdateInput!) { productUpdate(product: $product) {
  product { id status tags } userErrors { field message } } }"""


def test_prices_and_states_can_be_changed_alone(shop):
    shop.define()
    product = shop.upsert("A", tags=["kept"])["product"]
    variant = product["variants"]["nodes"][0]["id"]
    answer = shop.field(UPDATE_PRICE, id=product["id"], variants=[{"id": variant, "price": "2.5"}])
    assert answer["productVariants"] == [{"id": variant, "price": "2.50"}]
    wrong = shop.field(UPDATE_PRICE, id=product["id"], variants=[{"id": variant, "price": "-1"}])
    assert wrong["userErrors"][0]["field"] == ["variants", "0", "price"]
    archived = shop.field(ARCHIVE, product={"id": product["id"], "status": "ARCHIVED"})["product"]
    assert (archived["status"], archived["tags"]) == ("ARCHIVED", ["kept"])


def every_field(schema):
    """A document asking each object type for all fields that need no arguments and lead no further."""
    for name, kind in schema.type_map.items():
        fields = getattr(kind, "fields", {})
        if name in {
            "Product",
            "ProductVariant",
            "InventoryItem",
            "Location",
            "Shop",
            "MetafieldDefinition",
            "BulkOperation",
        }:
            yield (
                name,
                [field for field, it in fields.items() if not it.args and not hasattr(_named(it.type), "fields")],
            )


def _named(kind):
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


ROOTS = {
    "Product": "products(first: 5) {{ nodes {{ {} }} }}",
    "ProductVariant": "productVariants(first: 5) {{ nodes {{ {} }} }}",
    "InventoryItem": "inventoryItems(first: 5) {{ nodes {{ {} }} }}",
    "Location": "locations(first: 5) {{ nodes {{ {} }} }}",
    "Shop": "shop {{ {} }}",
    "MetafieldDefinition": "metafieldDefinitions(first: 5, ownerType: PRODUCT) {{ nodes {{ {} }} }}",
    "BulkOperation": "bulkOperations(first: 5) {{ nodes {{ {} }} }}",
}


@pytest.mark.parametrize("name", ROOTS)
def test_every_plain_field_of_the_shipped_types_has_an_answer(shop, name):
    shop.define()
    shop.finished(shop.run([shop.part("A")]))
    fields = dict(every_field(bare_schema()))[name]
    body = shop.ask("{ " + ROOTS[name].format(" ".join(fields)) + " }")
    assert "errors" not in body, body["errors"]


def test_the_shipped_schema_is_small_and_keeps_deprecations_without_prose():
    text = PATH.read_text()
    assert len(text) < 400_000
    assert '"""' not in text
    assert "productByHandle(handle: String!): Product @deprecated" in text
    assert validate(bare_schema(), parse("mutation { productSet(input: {}) { userErrors { code } } }")) == []


def test_the_script_keeps_only_what_is_named(tmp_path):
    from graphql import build_schema, introspection_from_schema

    whole = PATH.read_text() + '\n"""Prose."""\ntype Unwanted { id: ID! }\nextend type Shop { unwanted: Unwanted }\n'
    source, target = tmp_path / "official.json.gz", tmp_path / "schema.graphql"
    official = introspection_from_schema(build_schema(whole, assume_valid=True), input_value_deprecation=True)
    source.write_bytes(gzip.compress(json.dumps({"data": official}).encode()))
    prune_schema.main([str(source), str(target)])
    assert target.read_text() == PATH.read_text()
