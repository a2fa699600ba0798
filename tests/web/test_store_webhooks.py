"""The store's webhooks: who may send them, what is stored, and what becomes known by them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.shopify.subscriptions import subscribe
from boeing_data_hub.shopify.webhooks import Webhook, is_signed, read
from boeing_data_hub.web.app import create_app
from boeing_data_hub_sandbox.shopify import control_client

SECRET = "sandbox-client-secret"
PATH = "/api/shopify/webhooks"
services = pytest.mark.services


@pytest.fixture
def settings(request, store_settings, store):
    if "services" not in {mark.name for mark in request.node.iter_markers()}:
        return {}
    app = {name.lower(): value for name, value in control_client.environment(store.url).items()}
    return {**store_settings, "shopify_admin_api_token": "", **app}


@pytest.fixture
def deliver(anonymous):
    """Delivers a webhook as Shopify does; what differs from an ordinary one as keyword arguments."""

    def send(topic, body, *, webhook_id=None, secret=SECRET):
        raw = json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": webhook_id or str(uuid4()),
            "X-Shopify-Hmac-Sha256": signature(raw, secret),
            "Content-Type": "application/json",
            "Authorization": "",
        }
        return anonymous.post(PATH, content=raw, headers=headers)

    return send


def signature(raw, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def number(product):
    return int(product["id"].rpartition("/")[2])


def differences(api):
    found = api.get("/api/store/differences").json()["differences"]
    return {one["sku"]: {each["field"] for each in one["differences"]} for one in found}


@pytest.mark.parametrize(
    ("sent", "is_good"),
    [
        ([signature(b"{}")], True),
        ([signature(b"{}"), signature(b"{}")], False),
        ([signature(b"{ }")], False),
        ([signature(b"{}", "another")], False),
        (["\udcff"], False),
        ([""], False),
        ([], False),
    ],
)
def test_only_the_one_signature_of_the_very_body_counts(sent, is_good):
    assert is_signed(b"{}", sent, SECRET) is is_good


def test_a_webhook_names_a_product_or_an_inventory_item_or_the_app():
    assert read("1", "products/delete", b'{"id":7}') == Webhook("1", "products/delete", "gid://shopify/Product/7")
    level = read("2", "inventory_levels/update", b'{"inventory_item_id":8,"location_id":7}')
    assert level == Webhook(
        "2", "inventory_levels/update", None, "gid://shopify/InventoryItem/8", "gid://shopify/Location/7"
    )
    assert read("3", "app/uninstalled", b"whatever") == Webhook("3", "app/uninstalled")
    assert read("4", "orders/create", b"whatever") is None
    for body in (b"", b"[]", b'{"id":"x"}', b"{}"):
        with pytest.raises(ValueError, match=r"."):
            read("5", "products/update", body)


@services
def test_a_forged_webhook_is_refused_and_a_duplicate_one_is_stored_once(deliver, desk, anonymous):
    forged = deliver("products/delete", {"id": 1}, secret="another")
    assert (forged.status_code, forged.json()["code"]) == (401, "unauthorized")
    assert anonymous.post(PATH, content=b"{}").status_code == 401
    assert desk.rows("SELECT 1 FROM hub.store_webhooks") == []
    answers = [deliver("products/update", {"id": 1, "title": "x" * 200_000}, webhook_id="one") for _ in range(2)]
    assert [(answer.status_code, answer.json()["stored"]) for answer in answers] == [(200, True), (200, False)]
    assert deliver("orders/create", {"id": 1}).json() == {"stored": False}
    assert deliver("products/update", {"id": "x"}).status_code == 422
    assert deliver("products/update", {"id": 1, "title": "x" * 1_100_000}).status_code == 413
    assert len(desk.rows("SELECT 1 FROM hub.store_webhooks")) == 1
    desk.work(1)  # a product that is not ours needs no look
    assert desk.rows("SELECT state FROM hub.store_webhooks") == [{"state": "done"}]


@services
def test_a_burst_is_stored_once_each_and_a_duplicate_delivery_in_it_too(deliver, desk):
    ids = [f"burst-{n % 60}" for n in range(120)]
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda one: deliver("products/update", {"id": 1}, webhook_id=one), ids))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["stored"] for answer in answers) == 60
    assert len(desk.rows("SELECT 1 FROM hub.store_webhooks")) == 60


@services
def test_changes_by_hand_are_known_without_a_check_of_the_store(api, deliver, desk, part, store, published):
    skus = desk.stage(*(part(f"PART-{number}", "10.00") for number in range(1, 6)))
    published(*skus)
    products = {sku: desk.product(sku) for sku in skus}
    item = int(desk.row("PART-2")["inventory_item_id"].rpartition("/")[2])
    store.load({
        "edit": [
            {"sku": "PART-1", "set": {"price": "1.00"}},
            {"sku": "PART-2", "set": {"quantities": {"Dallas": 0, "Chicago": 0, "Miami": 0}}},
            {"sku": "PART-5", "set": {"price": "1.00"}},
        ],
        "delete": [{"sku": "PART-3"}],
    })  # fmt: skip
    for _ in range(20):
        assert deliver("products/update", {"id": number(products["PART-1"])}).json() == {"stored": True}
    deliver("inventory_levels/update", {"inventory_item_id": item})
    deliver("products/delete", {"id": number(products["PART-3"])})
    deliver("products/update", {"id": number(products["PART-3"])})  # out of order
    deliver("products/delete", {"id": number(products["PART-4"])})  # it is still there: only the store's word counts
    looks = desk.calls_during(lambda: desk.work(1), looks=True)
    assert (looks.get("nodes"), looks.get("products")) == (1, None), looks
    found = differences(api)
    assert {sku: {field.partition(".")[0] for field in fields} for sku, fields in found.items()} == {
        "PART-1": {"price"}, "PART-2": {"stock"}, "PART-3": {"deleted"}
    }  # fmt: skip
    assert desk.row("PART-3")["state"] == "missing"
    assert desk.row("PART-4")["state"] == "live"
    assert desk.rows("SELECT 1 FROM hub.store_webhooks WHERE state = 'due'") == []
    published(*skus)
    assert desk.product("PART-3")["id"] != products["PART-3"]["id"]
    assert desk.row("PART-3")["state"] == "live"


@services
def test_an_uninstalled_app_pauses_publishing_until_the_store_answers_a_part(deliver, desk, part, published):
    deliver("app/uninstalled", {"id": 1})
    desk.work(1)
    (line,) = desk.rows("SELECT pause_reason, pause_note FROM hub.pacing WHERE line = 'shopify'")
    assert line["pause_reason"] == "app_uninstalled"
    assert "Install the app again" in line["pause_note"]
    desk.the_wait_is_over()
    published(*desk.stage(part("AFTER-1", "10.00")))
    assert desk.rows("SELECT pause_reason FROM hub.pacing WHERE line = 'shopify'") == [{"pause_reason": None}]


@services
def test_new_scopes_make_the_facts_of_the_store_be_read_again(deliver, desk):
    desk.hub.shop.storefront.facts()
    deliver("products/update", {"id": 1})
    deliver("app/scopes_update", {"current": ["write_products"]})
    before = desk.calls()["shop"]
    desk.work(1)
    assert desk.calls()["shop"] == before + 1


@services
@pytest.mark.parametrize("what", ["create", "update", "activate", "deactivate", "delete"])
def test_a_change_of_locations_makes_the_facts_of_the_store_be_read_again(deliver, desk, what):
    desk.hub.shop.storefront.facts()
    deliver("products/update", {"id": 1})
    assert deliver(f"locations/{what}", {"id": 7}).json() == {"stored": True}
    before = desk.calls()["locations"]
    desk.work(1)
    assert desk.calls()["locations"] == before + 1


@services
def test_webhooks_of_the_hub_s_own_writes_cause_one_cheap_look_and_those_of_people_one_at_once(
    deliver, desk, part, store, published
):
    sku, other = desk.stage(part("OWN-1", "10.00"), part("OWN-2", "10.00"))
    published(sku, other)
    row, product = desk.row(sku), number(desk.product(sku))
    item = int(row["inventory_item_id"].rpartition("/")[2])
    written = row["store_updated_at"]
    places = {each["name"]: int(each["id"].rpartition("/")[2]) for each in store.store()["locations"]}
    place, pieces = next(iter(row["stock"].items()))
    due = "SELECT 1 FROM hub.store_webhooks WHERE state = 'due'"
    deliver("inventory_levels/update", {"inventory_item_id": item, "location_id": places[place], "available": pieces})
    assert desk.calls_during(lambda: desk.work(1), looks=True) == {}
    assert desk.rows(due) == []
    for moment in (written, written - timedelta(minutes=1)):
        deliver("products/update", {"id": product, "updated_at": moment.isoformat()})
        deliver("products/update", {"id": number(desk.product(other)), "updated_at": moment.isoformat()})
    assert desk.calls_during(lambda: desk.work(1), looks=True) == {}
    desk.do("UPDATE hub.store_webhooks SET not_before = now(), received_at = received_at - interval '1 minute'")
    assert desk.calls_during(lambda: desk.work(1), looks=True) == {"products": 1}
    assert desk.rows(due) == []
    of_people = [
        ("products/update", {"id": product, "updated_at": (written + timedelta(seconds=1)).isoformat()}),
        ("products/update", {"id": product}),
        ("products/delete", {"id": product}),
        ("inventory_levels/update", {"inventory_item_id": item, "location_id": places[place], "available": pieces - 1}),
        ("inventory_levels/update", {"inventory_item_id": item, "location_id": 1, "available": pieces}),
        ("inventory_levels/update", {"inventory_item_id": item}),
    ]
    for topic, body in of_people:
        deliver(topic, body)
        assert desk.calls_during(lambda: desk.work(1), looks=True).get("nodes") == 1, (topic, body)
    assert desk.rows(due) == []


@services
def test_the_setup_subscribes_once_and_leaves_the_subscriptions_of_others_alone(api, desk, store):
    other = {"uri": "https://other.example.com/hooks", "format": "JSON"}
    desk.hub.shop.client.run("webhook_subscription_create", {"topic": "PRODUCTS_UPDATE", "subscription": other})
    first = api.post("/api/shopify/metafields/setup").json()["webhooks"]
    assert (len(first["created"]), first["existing"], first["note"]) == (10, [], None)
    second = api.post("/api/shopify/metafields/setup").json()["webhooks"]
    assert (second["created"], second["existing"]) == ([], first["created"])
    addresses = [each["uri"] for each in store.store()["webhooks"]]
    assert sorted(addresses) == sorted([other["uri"], *([desk.hub.settings.public_url + PATH] * 10)])


@services
def test_without_a_client_secret_webhooks_are_neither_taken_nor_subscribed_to(sandboxed, store_settings):
    hub = sandboxed(**store_settings)
    with TestClient(create_app(hub)) as client:
        answer = client.post(PATH, content=b"{}", headers={"X-Shopify-Hmac-Sha256": signature(b"{}")})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_client_secret")
    assert "SHOPIFY_CLIENT_SECRET" in (subscribe(hub.shop.client, hub.settings).note or "")
