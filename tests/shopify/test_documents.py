"""Every document fits the official schema, uses nothing deprecated, works, and costs no more than we think."""

from __future__ import annotations

import httpx2
import pytest
from graphql import parse, specified_rules, validate
from graphql.validation import NoDeprecatedCustomRule

from boeing_data_hub.shopify import cost, documents
from boeing_data_hub_sandbox.shopify.cost import requested
from boeing_data_hub_sandbox.shopify.documents import Documents
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.schema import bare_schema


@pytest.mark.parametrize("name", sorted(documents.names()))
def test_a_document_fits_the_official_schema_and_uses_nothing_deprecated(name):
    document = documents.load(name)
    syntax = parse(document.text)
    assert validate(bare_schema(), syntax, [*specified_rules, NoDeprecatedCustomRule]) == []
    operation = syntax.definitions[0]
    assert document.changes == (operation.operation.value == "mutation")
    assert operation.name.value == "".join(word.capitalize() for word in name.split("_"))


def test_an_unknown_document_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        documents.load("../client")


@pytest.mark.parametrize("name", sorted(documents.names()))
def test_every_document_has_its_price(name):
    assert cost.points(name, {}) >= 1


def test_an_upsert_costs_what_its_input_holds():
    given = {"metafields": [{}] * 6, "files": [{}], "variants": [{}]}
    assert cost.points("product_upsert_lean", {"input": given}) == 19
    assert cost.points("product_upsert", {"input": given}) == 22


@pytest.fixture
def ask(client, purse):
    """Run a document and hold its price against the true one, which is what was charged before it ran."""

    def run(name, **variables):
        data = client.run(name, variables)
        points, spent, _ = purse.learned[-1]
        price = Documents(bare_schema()).get(documents.load(name).text).price
        charged = requested(price, variables)
        assert spent is not None
        assert spent <= charged <= points <= charged + 3
        asked.add(name)
        return next(iter(data.values()))

    asked = set()
    run.asked = asked
    return run


def ask_about_the_shop(ask):
    facts = ask("shop_facts")
    assert facts["currencyCode"] == "USD"
    assert facts["plan"]["publicDisplayName"]
    hook = {
        "topic": "PRODUCTS_DELETE",
        "subscription": {"uri": "https://hub.example.com/hooks", "includeFields": ["id"]},
    }
    made = ask("webhook_subscription_create", **hook)["webhookSubscription"]
    assert ask("webhook_subscriptions", topics=["PRODUCTS_DELETE"])["nodes"] == [made]


def test_every_document_works_on_the_store(ask, store, part):
    definition = {"name": "Part key", "namespace": "parts", "key": "part_key", "type": "id", "ownerType": "PRODUCT"}
    created = ask("metafield_definition_create", definition=definition)["createdDefinition"]
    assert created["capabilities"]["uniqueValues"]["enabled"]
    definitions = ask("metafield_definitions", ownerType="PRODUCT", namespace="parts")["nodes"]
    assert [each["key"] for each in definitions] == ["part_key"]

    image = {"originalSource": "https://images.example.com/a.png", "contentType": "IMAGE"}
    product = ask("product_upsert", **part("A", files=[image]))["product"]
    assert product["media"]["nodes"][0]["id"]
    again = ask("product_upsert_lean", **part("A"))["product"]
    assert again["id"] == product["id"]
    item = again["variants"]["nodes"][0]["inventoryItem"]["id"]

    custom = {"customId": {"namespace": "parts", "key": "part_key", "value": "A"}}
    assert ask("product_ids", identifier=custom)["id"] == product["id"]
    whole = ask("product_by_custom_id", identifier=custom)
    assert whole["variants"]["nodes"][0]["price"] == "1.25"
    assert whole["metafields"]["nodes"][0]["value"] == "A"
    variants = ask("product_variants", ids=[product["id"]])[0]
    assert (variants["id"], variants["variantsCount"]) == (product["id"], {"count": 1})
    assert variants["options"] == [{"name": "Title", "optionValues": [{"name": "Default Title", "hasVariants": True}]}]
    found = ask("variants_by_sku", query='sku:"A"', namespace="parts", key="part_key", first=10)["nodes"]
    assert [(each["sku"], each["product"]["customId"]["value"]) for each in found] == [("A", "A")]

    named = {"namespace": "parts", "key": "part_key"}
    alike = ask("products_alike", query="title:A", first=100, **named)["nodes"]
    assert [each["variants"]["nodes"][0]["sku"] for each in alike] == ["A"]
    adopt_again(ask, product["id"], named)
    seen = ask("products_seen", query=f"id:{product['id'].rpartition('/')[2]}", first=100, **named)["nodes"]
    assert seen == ask("products_seen_by_id", ids=[product["id"]], **named)
    media = seen[0]["media"]["nodes"][0]
    assert ask("media_errors", ids=[media["id"]])[0]["id"] == media["id"]

    places = {each["name"]: each["id"] for each in ask("locations")["nodes"]}
    levels = ask("inventory_levels", id=item)["inventoryLevels"]["nodes"]
    assert [(each["location"]["name"], each["quantities"][0]["quantity"]) for each in levels] == [("Atlanta", 7)]
    row = {"inventoryItemId": item, "locationId": places["Atlanta"], "quantity": 5, "changeFromQuantity": 7}
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    assert ask("inventory_set", input=given, key="k1")["inventoryAdjustmentGroup"]["changes"][0]["delta"] == -2

    publication = ask("publications")["nodes"][0]["id"]
    ask("product_publish", id=product["id"], input=[{"publicationId": publication}])
    assert store.product("A")["publications"]
    assert ask("publication_add", id=publication, input={"publishablesToAdd": [product["id"]]})["publication"]

    ask_about_the_shop(ask)
    order(ask, store)

    upload = {"filename": "a.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
    target = ask("staged_upload", input=[{**upload, "httpMethod": "POST"}])["stagedTargets"][0]
    assert target["url"]
    put_bulk_in(ask, store, target)

    archived = ask("product_update", product={"id": product["id"], "status": "ARCHIVED"})["product"]
    assert archived["status"] == "ARCHIVED"
    assert ask("product_delete", input={"id": product["id"]})["deletedProductId"] == product["id"]
    assert ask("product_by_custom_id", identifier=custom) is None
    assert ask.asked == documents.names()


def order(ask, store):
    store.settings(scopes=[*Knobs().scopes, "write_draft_orders"])
    price = {"amount": "2.50", "currencyCode": "USD"}
    line = {"title": "A", "sku": "A", "quantity": 2, "originalUnitPriceWithCurrency": price}
    attribute = {"key": "hub_quote", "value": "k"}
    made = ask("draft_order_create", input={"lineItems": [line], "tags": ["q-1"], "customAttributes": [attribute]})
    seen = ask("draft_orders_seen", tagged="tag:q-1")["nodes"]
    assert [(each["id"], each["customAttributes"]) for each in seen] == [(made["draftOrder"]["id"], [attribute])]


def adopt_again(ask, product_id, named):
    adopted = ask("products_to_adopt", query=f"id:{product_id.rpartition('/')[2]}", first=100, **named)["nodes"]
    assert adopted == ask("products_to_adopt_by_id", ids=[product_id], **named)
    assert [(each["customId"], each["variants"]["nodes"]) for each in adopted] == [
        ({"value": "A"}, [{"sku": "A", "barcode": None}])
    ]
    mark = {"ownerId": product_id, **named}
    ask("metafields_delete", metafields=[mark])
    ask("metafields_set", metafields=[{**mark, "type": "id", "value": "A", "compareDigest": None}])


def put_bulk_in(ask, store, target):
    form = {each["name"]: each["value"] for each in target["parameters"]}
    files = {"file": ("a.jsonl", b'{"identifier": {}, "input": {}}\n', "text/jsonl")}
    assert httpx2.post(target["url"], data=form, files=files, trust_env=False).status_code == 201
    store.settings(bulk_start_delay=30.0)  # so that there is something to cancel
    inner = documents.load("product_upsert_lean").text
    operation = ask("bulk_run", mutation=inner, path=form["key"], clientIdentifier="job-000001")["bulkOperation"]
    assert ask("bulk_status", id=operation["id"])["id"] == operation["id"]
    assert [each["id"] for each in ask("bulk_running")["nodes"]] == [operation["id"]]
    assert ask("bulk_cancel", id=operation["id"])["bulkOperation"]["id"] == operation["id"]
    query = "{ products { edges { node { id } } } }"
    assert ask("bulk_query_run", query=query)["bulkOperation"]["type"] == "QUERY"


def test_the_lean_upsert_may_be_the_inside_of_a_bulk_run():
    text = documents.load("product_upsert_lean").text
    assert text.count("nodes") == 1
    assert len(text.encode()) < 65_535
