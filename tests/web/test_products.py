"""/api/products: the staged catalogue as people look through it, and the raw answers behind it."""

from __future__ import annotations

import json
from decimal import Decimal
from threading import Event

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.shopify import current_store
from boeing_data_hub.sync import freshness
from boeing_data_hub.web.app import create_app
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services

STAGED = "/api/products/staging"


@pytest.fixture
def stocked(boeing, finished):
    """Five parts staged by one batch, three of them alike."""
    parts = ("AN3-43A=K3", "AN3-44A=K3", "AN-343=E9", "MS29513-220=K3", "P512777=K3")
    for part in parts[:-1]:
        boeing.set_part(part, unknown=False, listPrice=10, netPrice=9, quantity=3)
    return finished(*parts)


@pytest.fixture
def skus(api):
    def look(**query):
        answer = api.get(STAGED, params=query)
        assert answer.status_code == 200, answer.text
        return [p["sku"] for p in answer.json()["products"]]

    return look


def test_staged_products_are_listed_in_sku_order(api, stocked, skus):
    assert skus() == ["AN-343=E9", "AN3-43A=K3", "AN3-44A=K3", "MS29513-220=K3", "P512777=K3"]
    body = api.get(STAGED).json()
    assert (body["total"], body["limit"], body["offset"], body["next_after"]) == (5, 100, 0, None)


def test_a_search_ignores_dashes_and_case(api, stocked, skus):
    for text in ("an343", "AN3-43", "a n-3.4-3"):
        assert skus(search=text) == ["AN-343=E9", "AN3-43A=K3"], text
    assert skus(search="ms29513220k3") == ["MS29513-220=K3"]
    assert skus(search="43A") == []
    assert api.get(STAGED, params={"search": "an3", "limit": 1}).json()["total"] == 3


def test_signs_of_the_query_language_are_nothing_special(stocked, skus):
    assert skus(search="AN3_43A") == ["AN3-43A=K3"]
    assert skus(search="X%") == []
    assert skus(search="'; DROP TABLE hub.batches; --") == []


def test_products_come_in_pages(api, stocked, skus):
    seen, after = [], ""
    while after is not None:
        body = api.get(STAGED, params={"limit": 2, "after": after}).json()
        assert body["total"] == 5
        seen += [p["sku"] for p in body["products"]]
        after = body["next_after"]
    assert seen == skus()
    assert skus(limit=2, offset=4) == ["P512777=K3"]
    assert skus(offset=5) == []


def test_products_of_a_batch_are_listed(api, stocked, finished, boeing, skus):
    boeing.set_part("NAS1611-123=K3", unknown=False)
    other = finished("NAS1611-123=K3")
    assert skus(batch_id=other) == ["NAS1611-123=K3"]
    assert len(skus(batch_id=stocked)) == 5
    assert len(skus(batch_id=stocked, limit=2, offset=4)) == 1
    assert api.get(STAGED, params={"batch_id": stocked, "limit": 2}).json()["total"] == 5
    assert skus(batch_id="00000000-0000-0000-0000-000000000000") == []


def test_products_are_filtered_by_status(stocked, finished, boeing, skus):
    boeing.set_part("FREE-1=K3", unknown=False, listPrice=0, netPrice=0)
    finished("FREE-1=K3")
    assert skus(status="blocked") == ["FREE-1=K3"]
    assert len(skus(status="fetched")) == 5


def test_an_invalid_page_is_rejected(api):
    queries = "limit=0 limit=1001 offset=-1 offset=x status=good batch_id=x after=%00 search=a%00"
    for query in [*queries.split(), f"search={'x' * 51}", f"after={'x' * 101}"]:
        answer = api.get(f"{STAGED}?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["code"] == "bad_input"


def test_one_product_has_its_stock_by_location(api, stocked):
    product = api.get(f"{STAGED}/p512777=k3").json()
    assert product["sku"] == "P512777=K3"
    assert {place["location"]: place["quantity"] for place in product["locations"]} == {
        "Dallas Central": 463,
        "Miami, FL": 10,
        "Goodyear AZ": 11,
        "New York, NY": 6,
        "Los Angeles, CA": 14,
        "Germany CSC": 53,
    }
    assert product["inventory_quantity"] == 557


def test_money_is_text_and_exact_to_the_cent(api, stocked):
    product = api.get(f"{STAGED}/P512777=K3").json()
    assert product["price"] == "473.01"  # 430.01 x 1.10 = 473.011
    assert Decimal(product["list_price"]) == Decimal("430.01")
    assert Decimal(product["cost_per_item"]) == Decimal("430.01")
    for name in ("price", "cost_per_item", "list_price", "net_price", "weight", "dim_length"):
        assert product[name] is None or isinstance(product[name], str), name


def test_a_price_that_floats_would_round_wrongly_is_right(api, boeing, finished):
    boeing.set_part("FINE-1=K3", unknown=False, listPrice=1.15, netPrice=1.15, quantity=1)
    finished("FINE-1=K3")
    # 1.15 x 1.10 is 1.265, half up 1.27; with floats it is 1.2649999999999999, and so 1.26.
    assert api.get(f"{STAGED}/FINE-1=K3").json()["price"] == "1.27"


def test_a_slash_in_a_part_number_is_part_of_it(api, boeing, finished):
    boeing.set_part("10/32-5=K3", unknown=False)
    finished("10/32-5=K3")
    for path in ("10/32-5=K3", "10%2F32-5%3DK3"):
        assert api.get(f"{STAGED}/{path}").json()["sku"] == "10/32-5=K3"
        assert api.get(f"/api/products/raw-data/{path}").status_code == 200


def test_raw_data_is_what_boeing_said(api, stocked):
    answer = api.get("/api/products/raw-data/p512777=k3")
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"raw_data", "search_query", "fetched_at"}
    assert body["raw_data"]["currency"] == "USD"
    assert "P512777=K3" in {item["aviallPartNumber"] for item in body["raw_data"]["lineItems"]}
    assert "P512777=K3" in body["search_query"]
    assert '"listPrice":430.01' in answer.text.replace(" ", "")


def test_a_part_that_was_never_searched_is_not_found(api):
    for name in ("NOTHING", "a" * 3000, "%00", "%FF", "<script>", "\u202e"):
        staged = api.get(f"{STAGED}/{name}")
        assert (staged.status_code, staged.json()["code"]) == (404, "product_not_found"), name
        raw = api.get(f"/api/products/raw-data/{name}")
        assert (raw.status_code, raw.json()["code"]) == (404, "no_raw_data"), name
        assert len(raw.text) < 600


def test_hostile_texts_come_out_as_plain_json_text(api, boeing, finished):
    texts = {
        "EVIL-1=K3": "<script>alert(1)</script>",
        "EVIL-2=K3": "\u05d1\u05d5\u05e8\u05d2 \u0628\u0631\u063a\u064a",
        "EVIL-3=K3": "x" * 10_000,
        "EVIL-4=K3": "\"; DROP TABLE hub.batches; -- ' \\ \U0001f529",
        "EVIL-5=K3": "{{7*7}} ${7*7} %s %(x)s",
    }
    for part, text in texts.items():
        boeing.set_part(part, unknown=False, name=text, description=text, quantity=1)
    finished(*texts)
    answer = api.get(STAGED)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    products = {p["sku"]: p for p in json.loads(answer.text)["products"]}
    assert products.keys() == texts.keys()
    for part, text in texts.items():
        assert products[part]["boeing_name"] == text[:2000]
        assert products[part]["boeing_description"] == text[:2000]
        assert "<script" not in products[part]["body_html"]
    assert "&lt;script&gt;" in products["EVIL-1=K3"]["body_html"]


def test_other_rules_are_stated_of_every_part_without_asking_boeing(api, sandboxed, stocked, boeing, hub):
    calls = len(boeing.ledger())
    other = sandboxed(hub_condition="OH")
    with TestClient(create_app(other), headers=api.headers) as client:
        answer = client.post(f"{STAGED}/normalize")
        assert answer.status_code == 202
        assert answer.json()["answers"] >= 1
        assert answer.json()["message"]
        other.normalization.work(TimeSlice(Event()))
    for part in ("P512777=K3", "AN3-43A=K3"):
        assert api.get(f"{STAGED}/{part}").json()["condition"] == "OH"
    assert len(boeing.ledger()) == calls
    told = api.get(f"/api/batches/{stocked}").json()
    assert (told["outcome"], told["normalized_count"]) == ("succeeded", 5)


def test_normalizing_again_needs_the_scope_admin(anonymous, make_key):
    headers = {"X-API-Key": make_key("search")}
    assert anonymous.post(f"{STAGED}/normalize", headers=headers).status_code == 403


@pytest.mark.parametrize("signs", ["---", "%", "_", "\u0416"])
def test_a_search_of_signs_only_finds_nothing(api, finished, signs):
    finished("P512777=K3")
    assert api.get("/api/products/staging", params={"search": signs}).json()["total"] == 0


def test_a_product_of_two_parts_of_a_batch_is_listed_once(api, finished, boeing):
    boeing.set_part("WF338109", unknown=False)
    batch_id = finished("WF338109", "WF338109=K3")
    body = api.get("/api/products/staging", params={"batch_id": batch_id}).json()
    assert (body["total"], [p["sku"] for p in body["products"]]) == (1, ["WF338109=K3"])


def test_how_a_part_moved_comes_newest_first_and_in_pages(api, boeing, finished):
    for price in (10, 12, 12, 15):
        boeing.set_part("AN3-43A=K3", unknown=False, listPrice=price, netPrice=9, quantity=3)
        finished("AN3-43A=K3", force_refresh=True)
    body = api.get("/api/products/history/an3-43a=k3", params={"limit": 2}).json()
    assert (body["sku"], body["total"], body["limit"], body["offset"]) == ("AN3-43A=K3", 3, 2, 0)
    assert [Decimal(one["list_price"]) for one in body["moments"]] == [15, 12]
    assert body["moments"][0] | {"at": "", "list_price": ""} == {
        "at": "", "list_price": "", "net_price": "9.0000", "currency": "USD", "our_price": None, "margin": None,
        "stock": 3,
    }  # fmt: skip
    rest = api.get("/api/products/history/AN3-43A=K3", params={"offset": 2}).json()["moments"]
    assert [Decimal(one["list_price"]) for one in rest] == [10]
    assert api.get("/api/products/history/NEVER").status_code == 404
    assert (body["sold_30_days"], body["sold"]) == (0, [])


def test_what_was_sold_of_a_part_comes_by_day_and_for_thirty_days(api, hub, finished):
    finished("P512777=K3")

    def step(work):
        current_store.note(work, "here")
        for shop, days_ago, pieces in (("here", 0, 2), ("here", 29, 3), ("here", 30, 5), ("elsewhere", 0, 7)):
            work.do(
                "INSERT INTO hub.sold_pieces VALUES (%s, 'P512777=K3', (now() AT TIME ZONE 'UTC')::date - %s::int, %s)",
                [shop, days_ago, pieces],
            )

    hub.database.run(step)
    body = api.get("/api/products/history/P512777=K3").json()
    assert body["sold_30_days"] == 5
    assert [one["pieces"] for one in body["sold"]] == [2, 3, 5]


def test_calls_are_counted_by_who_used_them(api, hub, stocked):
    hub.database.run(lambda work: freshness.measure(work, None))
    body = api.get("/api/freshness").json()
    assert body["estimate"] == body["week"][0]
    assert (body["estimate"]["parts"], body["calls"]["day"]["sync"]) == (5, 0)
    asked = hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.boeing_raw_data"))
    assert body["calls"]["day"]["people"] == body["calls"]["week"]["people"] == asked > 0
