"""What people decide: conflicts, leftover products, and undoing a publish run."""

from __future__ import annotations

from uuid import uuid4

import pytest

from boeing_data_hub.shopify import leftover_products

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def theirs(store, desk, part, published):
    """Somebody's product with the SKU of a staged part, and a publishing that found it."""
    product = store.seed_product(sku="TAKEN=K3", title="Somebody's", price="99.00", tags=["mine"])
    published(*desk.stage(part("TAKEN=K3", "10.00")))
    return product


def conflicts(api, **params):
    return api.get("/api/conflicts", params=params).json()["conflicts"]


def test_a_conflict_waits_for_a_decision_and_nothing_is_touched(api, desk, theirs):
    [conflict] = conflicts(api)
    assert (conflict["sku"], conflict["kind"], conflict["title"]) == ("TAKEN=K3", "sku_taken", "Somebody's")
    assert conflict["product_id"] == theirs["id"]
    assert desk.product("TAKEN=K3")["price"] == "99.00"
    assert conflicts(api, state="decided") == []


def test_an_adopted_product_is_ours_and_keeps_what_others_put_there(api, desk, published, theirs):
    answer = api.post("/api/conflicts/taken=k3", json={"decision": "adopt"})
    assert answer.status_code == 200, answer.text
    assert "Publish the part again" in answer.json()["message"]
    assert conflicts(api) == []
    [decided] = conflicts(api, state="decided")
    assert (decided["decision"], decided["sku"]) == ("adopt", "TAKEN=K3")
    done = desk.batch(published("TAKEN=K3"))
    assert desk.item(done, "TAKEN=K3").outcome == "updated"
    [product] = desk.store.products()
    assert product["id"] == theirs["id"]
    assert product["price"] == "10.00"
    assert "mine" in product["tags"]
    assert api.get("/api/shopify/check", params={"sku": "TAKEN=K3"}).json()["ours"] is True
    assert api.post("/api/conflicts/TAKEN=K3", json={"decision": "adopt"}).status_code == 404


def test_a_product_that_is_left_stays_as_it_is(api, desk, published, theirs):
    told = api.post("/api/conflicts/TAKEN=K3", json={"decision": "leave"}).json()
    assert "the other product stays" in told["message"]
    done = desk.batch(published("TAKEN=K3"))
    assert desk.item(done, "TAKEN=K3").error_code == "sku_taken"
    assert desk.product("TAKEN=K3")["price"] == "99.00"
    log = desk.rows("SELECT action, target FROM hub.audit_log WHERE action LIKE 'conflict.%%'")
    assert log == [{"action": "conflict.leave", "target": "TAKEN=K3"}]


def test_when_the_store_does_not_take_it_nothing_is_decided(api, store, theirs):
    store.settings(tokens=["another"])
    answer = api.post("/api/conflicts/TAKEN=K3", json={"decision": "adopt"})
    assert answer.status_code == 503
    assert len(conflicts(api)) == 1


@pytest.mark.parametrize("body", [{}, {"decision": "perhaps"}, {"decision": "adopt", "x": 1}])
def test_an_invalid_decision_is_rejected(api, theirs, body):
    assert api.post("/api/conflicts/TAKEN=K3", json=body).status_code == 422


def test_deciding_needs_the_scope_to_publish_and_a_conflict(api, make_key, theirs):
    headers = {"Authorization": f"Bearer {make_key('search')}"}
    assert api.post("/api/conflicts/TAKEN=K3", json={"decision": "leave"}, headers=headers).status_code == 403
    assert api.post("/api/conflicts/NOBODY%00", json={"decision": "leave"}).status_code == 404


# Orphans.


@pytest.fixture
def orphan(desk, store, part):
    """A leftover product that could not be deleted yet."""
    product = store.seed_product(sku="LOST=K3")
    facts = desk.hub.shop.storefront.facts()
    desk.hub.database.run(
        lambda work: leftover_products.add(
            work, facts.shop, sku="LOST=K3", product_id=product["id"], reason="test", batch_id=None
        )
    )
    desk.do("UPDATE hub.orphans SET not_before = now() + interval '1 hour', attempts = 3, error = 'The store said no.'")
    return desk.rows("SELECT id FROM hub.orphans")[0]["id"]


def test_a_leftover_product_is_tried_again_at_once_when_asked(api, desk, orphan):
    desk.work()
    [waiting] = api.get("/api/orphans").json()["orphans"]
    assert (waiting["sku"], waiting["attempts"], waiting["error"]) == ("LOST=K3", 3, "The store said no.")
    assert api.post(f"/api/orphans/{orphan}/retry").json()["message"]
    desk.work()
    assert desk.store.product("LOST=K3") is None
    assert api.get("/api/orphans").json()["orphans"] == []
    assert len(api.get("/api/orphans", params={"state": "gone"}).json()["orphans"]) == 1
    assert api.post(f"/api/orphans/{orphan}/retry").status_code == 404


def test_a_leftover_product_may_stay(api, desk, orphan, make_key):
    headers = {"Authorization": f"Bearer {make_key('read')}"}
    assert api.post(f"/api/orphans/{orphan}/keep", headers=headers).status_code == 403
    assert api.post(f"/api/orphans/{orphan}/keep").status_code == 200
    desk.the_wait_is_over()
    desk.work()
    assert desk.store.product("LOST=K3") is not None
    for what, status in (("keep", 404), ("retry", 404), ("eat", 422)):
        assert api.post(f"/api/orphans/{orphan}/{what}").status_code == status
    assert api.post("/api/orphans/99999999999999999999/keep").status_code in {404, 422}


# Undo.


def test_a_publish_run_is_undone_once(api, desk, part, published):
    made, kept = desk.stage(part("MADE=K3")), part("KEPT=K3", "10.00")
    published(*desk.stage(kept))
    batch_id = published(*made, *desk.stage(kept.but(price="12.00")))
    first = api.post(f"/api/batches/{batch_id}/undo")
    second = api.post(f"/api/batches/{batch_id}/undo")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["batch_id"] == second.json()["batch_id"]
    assert "2 parts" in first.json()["message"]
    done = desk.to_the_end(desk.batch(first.json()["batch_id"]))
    assert done.outcome == "succeeded"
    assert api.get(f"/api/batches/{done.id}").json()["undo_of"] == batch_id
    assert desk.product("MADE=K3")["status"] == "ARCHIVED"
    assert desk.product("KEPT=K3")["price"] == "10.00"
    catalogue = api.get("/api/products/published", params={"state": "archived"}).json()
    assert [each["sku"] for each in catalogue["products"]] == ["MADE=K3"]


def test_where_a_person_has_worked_since_it_is_left_and_said_so(api, desk, part, published, store):
    batch_id = published(*desk.stage(part("MADE=K3")))
    store.edit_product(desk.product("MADE=K3")["id"], title="Mine now")
    undo = desk.to_the_end(desk.batch(api.post(f"/api/batches/{batch_id}/undo").json()["batch_id"]))
    item = desk.item(undo, "MADE=K3")
    assert item.error_code == "changed_since"
    assert "title" in item.error
    assert desk.product("MADE=K3")["status"] == "ACTIVE"
    [group] = api.get(f"/api/batches/{undo.id}/failures").json()["groups"]
    assert group["what_to_do"] == "Review these products in your store."


def test_what_cannot_be_undone_is_said_to_be(api, search, publish, published, desk):
    for batch_id, status, code in (
        (search("A"), 409, "not_a_publishing"),
        (published("NOBODY"), 409, "nothing_done"),
        (publish("A"), 409, "batch_running"),
        (str(uuid4()), 404, "batch_not_found"),
        ("nonsense", 404, "batch_not_found"),
    ):
        answer = api.post(f"/api/batches/{batch_id}/undo")
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("image", [None, "https://www.aviall.com/content-images/P512777_280.JPG"])
def test_products_created_without_an_answer_are_undone_too(api, desk, part, published, store, image):
    skus = desk.stage(*(part(f"LOST-{n}=K3", columns={"boeing_image_url": image}) for n in range(3)))
    store.fault("drop_after", match={"operation": "productSet"}, times=2)
    batch_id = published(*skus)
    items = desk.items(desk.batch(batch_id))
    assert {item.outcome for item in items.values()} == {"created"}
    undo = api.post(f"/api/batches/{batch_id}/undo").json()
    assert undo["total_items"] == 3
    desk.to_the_end(desk.batch(undo["batch_id"]))
    assert {each["status"] for each in store.products()} == {"ARCHIVED"}
