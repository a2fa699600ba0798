"""/api/shopify: one part at a time, what the store has, and setting it up."""

from __future__ import annotations

import pytest
from tests.support.patience import allow

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


# One part.


def test_a_part_is_published_and_its_product_s_id_answered(api, desk, part, at_work):
    [sku] = desk.stage(part("WF338109=K3"))
    with at_work():
        answer = api.post("/api/shopify/publish", json={"part_number": " wf338109=k3 "})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert body["success"] is True
    assert body["shopifyProductId"] == desk.product(sku)["id"]
    assert body["outcome"] == "created"


def test_a_part_that_cannot_be_sold_is_rejected_with_the_reason(api, desk, part, at_work):
    desk.stage(part("POOR=K3", None, columns={"status": "blocked", "status_reason": "no_price"}))
    with at_work():
        poor = api.post("/api/shopify/publish", json={"part_number": "POOR=K3"})
        nobody = api.post("/api/shopify/publish", json={"part_number": "NOBODY"})
    assert (poor.status_code, poor.json()["code"]) == (422, "no_price")
    assert poor.json()["detail"]
    assert poor.json()["batch_id"]
    assert (nobody.status_code, nobody.json()["code"]) == (422, "not_staged")


def test_who_does_not_wait_gets_the_batch_to_watch(api, desk, part):
    [sku] = desk.stage(part("A=K3"))
    answer = api.post("/api/shopify/publish", params={"wait": 0}, json={"part_number": sku})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/batches/{answer.json()['batch_id']}"
    assert answer.json()["success"] is None
    assert answer.json()["waiting_for"]["reason"] == "no_worker"


def test_a_publish_run_that_is_cancelled_is_not_a_success(api, hub, desk, part, wait):
    from threading import Thread

    [sku] = desk.stage(part("A=K3"))
    answers = []
    thread = Thread(target=lambda: answers.append(api.post("/api/shopify/publish", json={"part_number": sku})))
    thread.start()
    wait.until(lambda: desk.rows("SELECT id FROM hub.batches"))
    hub.intake.cancel(desk.rows("SELECT id FROM hub.batches")[0]["id"], actor="test")
    thread.join(allow(10))
    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "cancelled")


@pytest.mark.parametrize("body", [{}, {"part_number": ""}, {"part_number": "A" * 51}, {"part_number": "A\u0007B"},
                                  {"part_number": "A\u0000"}, {"part_number": "A", "x": 1}])  # fmt: skip
def test_an_invalid_part_number_is_rejected(api, desk, body):
    assert api.post("/api/shopify/publish", json=body).status_code == 422
    assert desk.rows("SELECT id FROM hub.batches") == []


# A product that is there.


@pytest.fixture
def there(desk, part, published):
    """A published part: its SKU."""
    [sku] = desk.stage(part("THERE=K3", "10.00"))
    published(sku)
    return sku


@pytest.mark.parametrize("form", ["number", "gid", "sku"])
def test_hand_data_change_a_product_and_stay(api, desk, there, at_work, form):
    gid = desk.product(there)["id"]
    key = {"number": gid.rpartition("/")[2], "gid": gid, "sku": there}[form]
    body = {
        "price_override": "12.50", "notes": "Two\nlines", "condition": "OH", "expiration_date": "2027-01-31",
        "trace": "https://cdn.shopify.com/doc.pdf",
    }  # fmt: skip
    with at_work():
        answer = api.put(f"/api/shopify/products/{key}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["outcome"] == "updated"
    product = desk.product(there)
    assert product["prices"] == ["12.50"]
    facts = {name.partition(".")[2]: value for name, value in product["metafields"].items()}
    assert facts["condition"] == "OH"
    assert facts["notes"] == "Two\nlines"
    assert facts["expiration_date"] == "2027-01-31"
    with at_work():  # what is cleared goes back to Boeing's word
        assert api.put(f"/api/shopify/products/{key}", json={"price_override": None}).json()["outcome"] == "updated"
    assert desk.product(there)["prices"] == ["10.00"]


@pytest.mark.parametrize("body", [{"json": {}}, {}])
def test_an_empty_body_brings_a_product_up_to_date(api, desk, part, there, at_work, body):
    desk.stage(part("THERE=K3", "11.00"))
    with at_work():
        answer = api.put(f"/api/shopify/products/{there}", **body)
        again = api.put(f"/api/shopify/products/{there}", **body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["outcome"], again.json()["outcome"]) == ("updated", "unchanged")
    assert desk.product(there)["prices"] == ["11.00"]


@pytest.mark.parametrize(
    "key", ["999999", "gid://shopify/Product/999999", "NOBODY", "%00", "..", "gid://shopify/Product/"]
)
def test_a_product_that_is_not_ours_is_not_found(api, desk, key):
    answer = api.put(f"/api/shopify/products/{key}", json={"notes": "x"})
    assert answer.status_code == 404, answer.text
    assert desk.rows("SELECT * FROM hub.hand_data") == []


BAD = [
    {"price_override": "0"}, {"price_override": "-1"}, {"price_override": "1.001"}, {"price_override": "NaN"},
    {"price_override": "1e9"}, {"condition": "LONG"}, {"expiration_date": "soon"}, {"excluded": "perhaps"},
    {"notes": "a\u0000b"}, {"trace": "x\u0000"}, {"cert": "\ud800"}, {"unknown": 1},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_invalid_overrides_are_rejected(api, desk, part, body):
    import json

    desk.stage(part("A=K3"))
    headers = {"Content-Type": "application/json"}
    answer = api.patch("/api/products/staging/A=K3", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422, answer.text
    assert desk.rows("SELECT * FROM hub.hand_data") == []


def test_every_change_by_hand_is_in_the_audit_log_old_and_new(api, desk, part, make_key):
    desk.stage(part("A=K3"))
    api.patch("/api/products/staging/a=k3", json={"price_override": 12.5, "notes": "first"})
    api.patch("/api/products/staging/A=K3", json={"price_override": "13.00", "notes": "first", "excluded": False})
    kept = api.patch("/api/products/staging/A=K3", json={"notes": None, "excluded": True}).json()
    assert (kept["price_override"], kept["notes"], kept["excluded"]) == ("13.00", None, True)
    log = desk.rows("SELECT target, details FROM hub.audit_log WHERE action = 'part.edit' ORDER BY id")
    assert [row["details"] for row in log] == [
        {"price_override": {"old": None, "new": "12.50"}, "notes": {"old": None, "new": "first"}},
        {"price_override": {"old": "12.50", "new": "13.00"}},
        {"notes": {"old": "first", "new": None}, "excluded": {"old": False, "new": True}},
    ]
    assert {row["target"] for row in log} == {"A=K3"}
    for scope in ("read", "search"):
        headers = {"Authorization": f"Bearer {make_key(scope)}"}
        assert api.patch("/api/products/staging/A=K3", json={"notes": "x"}, headers=headers).status_code == 403
    assert api.patch("/api/products/staging/NOBODY", json={"notes": "x"}).status_code == 404


def test_an_excluded_part_is_not_published(api, desk, part, at_work):
    desk.stage(part("A=K3"))
    api.patch("/api/products/staging/A=K3", json={"excluded": True})
    with at_work():
        answer = api.post("/api/shopify/publish", json={"part_number": "A=K3"})
    assert (answer.status_code, answer.json()["code"]) == (422, "excluded")
    assert desk.store.products() == []


def test_a_staged_part_shows_what_is_kept_of_it_by_hand(api, desk, part):
    desk.stage(part("A=K3"))
    assert api.get("/api/products/staging/A=K3").json()["hand_data"] is None
    api.patch("/api/products/staging/A=K3", json={"notes": "mine"})
    assert api.get("/api/products/staging/A=K3").json()["hand_data"]["notes"] == "mine"


# What the store has.


def test_check_distinguishes_managed_other_and_missing_products(api, desk, there, store):
    other = store.seed_product(sku="Theirs=k3", title="Somebody's")
    for asked in (there, f" {there.lower()} "):
        ours = api.get("/api/shopify/check", params={"sku": asked}).json()
        assert ours == {"sku": there, "shopifyProductId": desk.product(there)["id"], "ours": True, "others": []}
    theirs = api.get("/api/shopify/check", params={"sku": "THEIRS=K3"}).json()
    assert (theirs["shopifyProductId"], theirs["ours"]) == (other["id"], False)
    assert theirs["others"][0]["title"] == "Somebody's"
    for stranger in ("THERE", "THERE=K", "HERE=K3", "THERE=K33", "THERE*", "THERE=K3 OR sku:THEIRS", '"', "\\"):
        none = api.get("/api/shopify/check", params={"sku": stranger}).json()
        assert (none["shopifyProductId"], none["ours"], none["others"]) == (None, False, []), stranger


def test_check_finds_a_new_product_before_the_store_s_search_does(api, desk, part, published, store):
    store.settings(search_lag=3600)
    published(*desk.stage(part("NEW=K3")))
    assert api.get("/api/shopify/check", params={"sku": "NEW=K3"}).json()["ours"] is True


@pytest.mark.parametrize("sku", ["", " ", "A\u0000", "A" * 256])
def test_check_of_an_empty_sku_is_rejected(api, sku):
    assert api.get("/api/shopify/check", params={"sku": sku}).status_code == 422


def test_a_store_that_rejects_the_hub_is_a_503_with_a_remedy(api, store):
    store.settings(tokens=["another"])
    for answer in (
        api.get("/api/shopify/check", params={"sku": "A"}),
        api.post("/api/shopify/metafields/setup"),
    ):
        assert answer.status_code == 503
        assert "SHOPIFY_ADMIN_API_TOKEN" in answer.json()["detail"]


def test_setting_up_makes_every_definition_the_custom_id_first_and_may_be_repeated(api, desk, store, make_key):
    first = api.post("/api/shopify/metafields/setup").json()
    assert first["success"] is True
    assert first["created"][0] == "boeing_data_hub.part_key"
    assert (len(first["created"]), first["existing"], first["differing"]) == (12, [], [])
    made = store.store()["definitions"]
    assert {f"{each['namespace']}.{each['key']}" for each in made} == set(first["created"])
    assert made[0]["type"] == "id"
    second = api.post("/api/shopify/metafields/setup").json()
    assert (second["created"], len(second["existing"])) == ([], 12)
    assert store.store()["definitions"] == made
    headers = {"Authorization": f"Bearer {make_key('publish')}"}
    assert api.post("/api/shopify/metafields/setup", headers=headers).status_code == 403


def test_a_definition_of_another_type_is_reported_and_that_of_the_custom_ids_stops_publishing(api, desk, part):
    for namespace, key in (("custom", "condition"), ("boeing_data_hub", "part_key")):
        definition = {"name": key, "namespace": namespace, "key": key, "ownerType": "PRODUCT", "type": "date"}
        desk.hub.shop.client.run("metafield_definition_create", {"definition": definition})
    told = api.post("/api/shopify/metafields/setup").json()
    assert (told["success"], told["differing"]) == (False, ["boeing_data_hub.part_key", "custom.condition"])
    desk.publish(desk.stage(part("D-1=K3")))
    desk.work(1)
    assert desk.rows("SELECT pause_reason FROM hub.pacing WHERE line = 'shopify'") == [
        {"pause_reason": "custom_id_type"}
    ]
    assert desk.store.store()["products"] == 0


# The catalogue of what is published.


def test_the_published_catalogue_has_pages_a_search_and_each_product_s_history(api, desk, part, published, store):
    skus = desk.stage(*(part(f"C-{n}=K3") for n in range(5)))
    published(*skus)
    first = api.get("/api/products/published", params={"limit": 3}).json()
    assert [each["sku"] for each in first["products"]] == skus[:3]
    assert (first["total"], first["next_after"]) == (5, skus[2])
    rest = api.get("/api/products/published", params={"limit": 3, "after": skus[2]}).json()
    assert [each["sku"] for each in rest["products"]] == skus[3:]
    assert rest["next_after"] is None
    assert first["products"][0]["price"] == "10.37"
    assert api.get("/api/products/published", params={"search": "c3"}).json()["total"] == 1
    gid = desk.product("C-3=K3")["id"]
    for key in ("C-3=K3", "c-3=k3", gid, gid.rpartition("/")[2]):
        found = api.get(f"/api/products/published/{key}").json()
        assert found["sku"] == "C-3=K3"
        assert [one["action"] for one in found["history"]] == ["created"]
    assert api.get("/api/products/published/NOBODY").status_code == 404
    assert api.get("/api/products/staging", params={"status": "published"}).json()["total"] == 5
