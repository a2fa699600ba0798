"""What the store really has, and decisions on many conflicts, by the API."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.support.patience import rounds

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def alike(store, desk, part, published):
    """Two parts, each with a product that looks like it, and a publishing that found them."""
    store.load({"products": [
        {"sku": "NAS6604", "title": "Bolt", "price": "9", "vendor": "Old system"},
        {"sku": "AN96010L", "title": "Washer", "price": "9"},
    ]})  # fmt: skip
    skus = desk.stage(part("NAS6604=K1", "10.00"), part("AN960-10L", "11.00"))
    published(*skus)
    return skus


def to_the_end(api, desk, answer):
    assert answer.status_code == 200, answer.text
    job_id = answer.json()["job"]["id"]
    for _ in rounds(20):
        desk.work(0.3)
        job = api.get(f"/api/store/jobs/{job_id}").json()
        if job["state"] != "open":
            return job
    raise AssertionError(job)


def compared(api, desk):
    """Compare the store with what was published, to the end."""
    address = f"/api/store/snapshots/{api.post('/api/store/compare').json()['snapshot']['id']}"
    for _ in rounds(20):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)
        if (snapshot := api.get(address).json())["state"] == "ended":
            return snapshot
    raise AssertionError(snapshot)


def test_look_alikes_are_counted_first_and_then_decided_together(api, desk, alike, published):
    asked = {"decision": "adopt", "filter": {"kind": "look_alike"}}
    counted = api.post("/api/store/decisions", json={**asked, "dry_run": True}).json()
    assert (counted["total"], counted["job"]) == (2, None)
    assert {(group["cause"], group["vendor"]) for group in counted["groups"]} == {
        ("cut_suffix", "Old system"), ("hyphen", "")
    }  # fmt: skip
    assert api.post("/api/store/decisions", json=asked).json()["job"] is None
    changed = api.post("/api/store/decisions", json={**asked, "expected": 3})
    assert (changed.status_code, changed.json()["code"]) == (409, "conflicts_changed")
    ended = to_the_end(api, desk, api.post("/api/store/decisions", json={**asked, "expected": 2}))
    assert (ended["state"], ended["done"], ended["failed"], ended["refused"]) == ("ended", 2, 0, [])
    published(*alike)
    assert {product["sku"]: product["price"] for product in desk.store.products()} == {
        "NAS6604=K1": "10.00", "AN960-10L": "11.00"
    }  # fmt: skip


def test_a_look_alike_can_be_published_separately_and_a_taken_sku_cannot(api, desk, alike, part, store, published):
    store.seed_product(sku="TAKEN=K3", title="Somebody's", price="99.00")
    published(*desk.stage(part("TAKEN=K3", "10.00")))
    refused = api.post("/api/conflicts/TAKEN=K3", json={"decision": "publish_new"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_look_alike")
    assert api.post("/api/conflicts/NAS6604=K1", json={"decision": "publish_new"}).status_code == 200
    published("NAS6604=K1")
    assert {"NAS6604", "NAS6604=K1"} <= {product["sku"] for product in desk.store.products()}


def test_what_differs_is_listed_after_a_comparison(api, desk, part, store, published):
    skus = desk.stage(*(part(f"PART-{number}", "10.00") for number in range(1, 7)))
    published(*skus)
    store.load({
        "edit": [
            {"sku": "PART-1", "set": {"price": "1.00"}},
            {"sku": "PART-2", "set": {"status": "ARCHIVED"}},
            {"sku": "PART-3", "set": {"status": "DRAFT"}},
            {"sku": "PART-4", "set": {"quantities": {"Dallas": 0, "Chicago": 0, "Miami": 0}}},
        ],
        "delete": [{"sku": "PART-5"}],
    })  # fmt: skip
    assert api.get("/api/store/differences").json()["snapshot"] is None
    snapshot = compared(api, desk)
    assert (snapshot["outcome"], snapshot["compared"], snapshot["differing"]) == ("complete", 6, 5)
    told = api.get("/api/store/differences").json()
    fields = {
        one["sku"]: {each["field"].partition(".")[0] for each in one["differences"]} for one in told["differences"]
    }
    assert fields == {
        "PART-1": {"price"}, "PART-2": {"status"}, "PART-3": {"status"}, "PART-4": {"stock"}, "PART-5": {"deleted"}
    }  # fmt: skip
    assert told["counts"] == {"status": 2, "deleted": 1, "price": 1, "stock": 1}
    assert [
        one["sku"] for one in api.get("/api/store/differences", params={"field": "price"}).json()["differences"]
    ] == ["PART-1"]
    published(*skus)
    left = api.get("/api/store/differences").json()["differences"]
    assert [one["sku"] for one in left] == ["PART-2", "PART-3", "PART-4"]


def test_what_is_not_there_is_said(api):
    assert api.get(f"/api/store/jobs/{uuid4()}").status_code == 404
    assert api.delete(f"/api/store/jobs/{uuid4()}").status_code == 404
    assert api.post("/api/store/check", json={}).status_code == 404, "one way to do it: /api/store/compare"
    assert api.post("/api/store/decisions", json={"decision": "leave", "expected": 0}).json()["code"] == (
        "no_conflict_fits"
    )
    assert api.get("/api/store/pictures").json() == {"pictures": [], "next_after": None}
    assert api.post("/api/store/decisions", json={"decision": "leave", "filter": {"nonsense": 1}}).status_code == 422


def test_the_whole_store_is_compared_and_exported(api, desk, part, store, published):
    skus = desk.stage(*(part(f"PART-{number}", "10.00") for number in range(1, 5)))
    published(*skus)
    store.load({
        "edit": [
            {"sku": "PART-1", "set": {"price": "1.00"}},
            {"sku": "PART-2", "set": {"title": '=HYPERLINK("x")', "tags": ["theirs", "=1"]}},
        ],
    })  # fmt: skip
    started = api.post("/api/store/compare").json()
    snapshot = compared(api, desk)
    assert snapshot["id"] == started["snapshot"]["id"], "the one under way"
    assert (snapshot["outcome"], snapshot["compared"], snapshot["differing"]) == ("complete", 4, 2)
    assert api.delete(f"/api/store/snapshots/{snapshot['id']}").status_code == 409
    told = api.get("/api/store/differences").json()
    assert told["counts"] == {"price": 1, "tags": 1, "title": 1}
    assert told["snapshot"]["id"] == snapshot["id"]
    assert [one["sku"] for one in api.get("/api/store/differences?field=tags").json()["differences"]] == ["PART-2"]
    assert api.get("/api/store/differences?prefix=part-2").json()["counts"] == {"tags": 1, "title": 1}
    sheet = api.get("/api/store/differences/export", params={"field": "title"})
    lines = sheet.text.splitlines()
    assert lines[0].endswith('"sku","product_id","field","published","in_store","next_publish","seen"')
    assert len(lines) == 2
    assert '"\'=HYPERLINK(""x"")","keep"' in lines[1]
    assert api.get("/api/store/differences/export?format=xlsx").content.startswith(b"PK")


def test_a_snapshot_that_is_not_there_is_said(api):
    assert api.get(f"/api/store/snapshots/{uuid4()}").status_code == 404
    assert api.delete(f"/api/store/snapshots/{uuid4()}").status_code == 404
