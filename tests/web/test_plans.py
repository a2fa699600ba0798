"""A plan: what publishing would do, what it costs and how long it takes; nothing is changed, and it runs as shown."""

from __future__ import annotations

from uuid import uuid4

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def plan(api):
    """Makes a plan of these parts; the whole answer."""

    def make(*parts, **more):
        answer = api.post("/api/bulk-publish", json={"part_numbers": list(parts), "dry_run": True, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return make


@pytest.fixture
def approve(api):
    return lambda plan: api.post(f"/api/plans/{plan['plan_id']}/approve")


def changes(part):
    return {each["field"]: (each["old"], each["new"]) for each in part["changes"]}


@pytest.fixture
def every_kind(desk, part, published, store):
    """One part of every kind a plan knows."""
    old = [part("UPD=K3", "10.37"), part("STK=K3", stock={"Dallas Central": 7}), part("SAME=K3")]
    published(*desk.stage(*old))
    store.seed_product(sku="TAKEN=K3", title="Somebody's")
    desk.stage(
        part("NEW=K3"),
        old[0].but(price="11.02", cert="PMA", pma=True),
        old[1].but(stock={"Dallas Central": 5, "Miami, FL": 2}),
        part("POOR=K3", None, columns={"status": "blocked", "status_reason": "no_price"}),
        part("TAKEN=K3"),
    )
    return ["NEW=K3", "UPD=K3", "STK=K3", "SAME=K3", "POOR=K3", "TAKEN=K3", "NOBODY"]


def in_the_store(desk):
    """All products, but for how far the store is with their images."""
    return [{**product, "media": None} for product in desk.store.products()]


def test_a_plan_tells_part_by_part_what_would_be_done_and_changes_nothing(api, desk, plan, every_kind):
    store, staged = in_the_store(desk), desk.rows("SELECT * FROM hub.product_staging ORDER BY sku")
    ours, seq, calls = desk.rows("SELECT * FROM hub.products ORDER BY sku"), desk.seq(), desk.calls()
    body = plan(*every_kind)
    made = body["plan"]
    assert body["status"] == "pending"
    assert body["dry_run"] is True
    assert made["counts"] == {
        "create": 1, "update": 1, "restock": 1, "unchanged": 1, "blocked": 2, "conflict": 1,
    }  # fmt: skip
    update, restock = made["update"][0], made["restock"][0]
    assert changes(update)["price"] == ("10.37", "11.02")
    assert changes(restock) == {"stock.Dallas": (7, 5), "stock.Miami": (0, 2)}
    assert {one["part_number"]: one["code"] for one in made["blocked"]} == {
        "POOR=K3": "no_price",
        "NOBODY": "not_staged",
    }
    assert made["conflict"][0]["code"] == "sku_taken"
    assert "Somebody's" in made["conflict"][0]["sentence"]
    assert "Nothing has been changed yet." in body["message"]

    assert in_the_store(desk) == store
    assert desk.seq() == seq
    sent = {name for name, count in desk.calls().items() if count > calls.get(name, 0)}
    assert not sent & {"productSet", "productUpdate", "inventorySetQuantities", "publishablePublish"}, sent
    assert desk.rows("SELECT * FROM hub.product_staging ORDER BY sku") == staged
    assert desk.rows("SELECT * FROM hub.products ORDER BY sku") == ours
    assert desk.rows("SELECT * FROM hub.conflicts") == []
    desk.work()
    assert desk.seq() == seq  # nor is it run by a worker before it was approved


def test_an_approved_plan_does_exactly_what_it_shows(api, desk, plan, approve, every_kind):
    made = plan(*every_kind)
    seq = desk.seq()
    answer = approve(made)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/batches/{made['plan_id']}"
    done = desk.to_the_end(desk.batch(answer.json()["batch_id"]))
    outcomes = {name: item.outcome for name, item in desk.items(done).items()}
    assert outcomes == {
        "NEW=K3": "created", "UPD=K3": "updated", "STK=K3": "updated", "SAME=K3": "unchanged", "POOR=K3": "blocked",
        "TAKEN=K3": "conflict", "NOBODY": None,
    }  # fmt: skip
    touched = {entry["sku"] for entry in desk.since(seq) if entry.get("sku")}
    assert touched <= {"NEW=K3", "UPD=K3", "STK=K3"}
    desk.judge(done, only=["NEW=K3", "UPD=K3", "STK=K3", "SAME=K3"])
    twice = approve(made)
    assert (twice.status_code, twice.json()["batch_id"]) == (202, made["plan_id"])
    discarded = api.delete(f"/api/plans/{made['plan_id']}")
    assert (discarded.status_code, discarded.json()["code"]) == (409, "plan_decided")
    log = desk.rows("SELECT action, details FROM hub.audit_log WHERE action = 'plan.approve'")
    assert [row["details"]["sending"] for row in log] == [2]


def test_a_plan_can_be_approved_by_the_bulk_route_too(api, desk, part, plan):
    made = plan(*desk.stage(part("A=K3")))
    answer = api.post("/api/bulk-publish", json={"plan_id": made["plan_id"]})
    assert (answer.status_code, answer.json()["plan_id"]) == (202, made["plan_id"])
    assert desk.to_the_end(desk.batch(made["plan_id"])).outcome == "succeeded"


def test_changes_since_the_plan_are_listed_and_nothing_is_sent(api, desk, part, plan, approve):
    first, second = part("A=K3", "10.00"), part("B=K3", "20.00")
    made = plan(*desk.stage(first, second), "NOBODY")
    desk.stage(second.but(price="21.50"), part("NOBODY"))
    seq = desk.seq()
    refused = approve(made)
    body = refused.json()
    assert (refused.status_code, body["code"], body["changed_count"]) == (409, "plan_changed", 2)
    assert {one["part_number"]: (one["planned"], one["now"]) for one in body["changed"]} == {
        "B=K3": ("create", "create"),
        "NOBODY": (None, "create"),
    }
    assert "Nothing was sent" in body["detail"]
    desk.work()
    assert desk.seq() == seq
    assert api.get(f"/api/plans/{made['plan_id']}").json()["status"] == "pending"


def test_a_part_that_changes_after_the_approval_is_not_sent_and_the_others_are(api, desk, part, plan, approve):
    first, second = part("A=K3", "10.00"), part("B=K3", "20.00")
    made = plan(*desk.stage(first, second))
    assert approve(made).status_code == 202
    desk.stage(second.but(price="21.50"))
    done = desk.to_the_end(desk.batch(made["plan_id"]))
    assert desk.item(done, "A=K3").outcome == "created"
    assert desk.item(done, "B=K3").error_code == "plan_changed"
    assert desk.store.product("B=K3") is None
    group = api.get(f"/api/batches/{made['plan_id']}/failures").json()["groups"][0]
    assert "new plan" in group["what_to_do"]


def test_two_numbers_for_one_product_are_one_creation(desk, part, plan, approve):
    [sku] = desk.stage(part("WF1=K3"))
    desk.do("INSERT INTO hub.part_answers (part_number, skus, fetched_at, raw_id) VALUES ('WF1', %s, now(), 1)", [sku])
    for listed in (("WF1", "WF1=K3"), ("WF1=K3", "WF1")):
        made = plan(*listed)
        assert (made["plan"]["counts"]["create"], made["plan"]["counts"]["unchanged"]) == (1, 1)
        assert listed[0] in made["plan"]["unchanged"][0]["sentence"]
    assert approve(made).status_code == 202
    done = desk.to_the_end(desk.batch(made["plan_id"]))
    assert done.outcome == "succeeded"
    assert len(desk.store.products()) == 1


def test_a_plan_is_discarded_once(api, desk, part, plan, approve, make_key):
    made = plan(*desk.stage(part("A=K3")))
    path = f"/api/plans/{made['plan_id']}"
    assert api.delete(path, headers={"Authorization": f"Bearer {make_key('search')}"}).status_code == 403
    assert api.delete(path).json()["message"] == "Plan discarded. Nothing was sent."
    assert api.get(f"/api/batches/{made['plan_id']}").json()["outcome"] == "cancelled"
    assert api.delete(path).status_code == 409
    assert approve(made).status_code == 409


def test_what_is_no_plan_is_not_found(api, publish):
    for wrong in (str(uuid4()), publish("A")):
        for method, more in (("GET", ""), ("GET", "/items"), ("POST", "/approve"), ("DELETE", "")):
            answer = api.request(method, f"/api/plans/{wrong}{more}")
            assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found"), (method, more)
    assert api.get("/api/plans/nonsense").status_code == 422


def test_pages_of_a_plan_cut_no_part_in_two(api, desk, part, plan):
    skus = desk.stage(*(part(f"V{n}={suffix}") for n in range(3) for suffix in ("1N", "9B", "K3")))
    for n in range(3):
        variants = [sku for sku in skus if sku.startswith(f"V{n}=")]
        desk.do(
            "INSERT INTO hub.part_answers (part_number, skus, fetched_at, raw_id) VALUES (%s, %s, now(), 1)",
            f"V{n}", variants,
        )  # fmt: skip
    made = plan("V0", "V1", "V2", "NOBODY")
    seen, after = [], 0
    while after is not None:
        page = api.get(f"/api/plans/{made['plan_id']}/items", params={"limit": 2, "after": after}).json()
        seen += [row["sku"] for row in page["items"]]
        after = page["next_after"]
    assert seen == [*skus, ""]
    blocked = api.get(f"/api/plans/{made['plan_id']}/items", params={"action": "blocked"}).json()
    assert [row["part_number"] for row in blocked["items"]] == ["NOBODY"]
    assert blocked["next_after"] is None


@pytest.mark.parametrize("trouble", ["token", "location", "currency", "silent"])
def test_without_access_to_the_store_there_is_no_plan(api, hub, desk, part, store, trouble):
    [sku] = desk.stage(part("A=K3"))
    if trouble == "token":
        store.settings(tokens=["another"])
    elif trouble == "location":
        store.settings(locations=[{"name": "Elsewhere"}])
    elif trouble == "currency":
        store.settings(currency="EUR")
    else:
        store.fault("error_before", status=503)
    answer = api.post("/api/bulk-publish", json={"part_numbers": [sku], "dry_run": True})
    store.clear_faults()
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]
    assert "Nothing was changed" in answer.json()["detail"]
    assert desk.rows("SELECT id FROM hub.batches") == []


# What it will take.


def test_the_forecast_costs_what_the_run_costs(desk, plan, approve, store):
    parts = desk.make_parts(60)
    half = desk.stage(*parts[:30])
    desk.run(half)
    skus = desk.stage(*(one.but(price="1.23") for one in parts[:15]), *parts[30:])
    skus = [*half, *skus[15:]]
    made = plan(*skus)
    before = store.stats()["pointsSpent"]
    assert approve(made).status_code == 202
    done = desk.to_the_end(desk.batch(made["plan_id"]))
    assert done.outcome == "succeeded"
    spent = store.stats()["pointsSpent"] - before
    forecast = made["plan"]["forecast"]
    assert forecast["way"] == "direct"
    assert forecast["points"] == pytest.approx(spent, rel=0.15)


class TestInBulk:
    @pytest.fixture
    def settings(self, store_settings):
        return {**store_settings, "hub_bulk_publish_from": 40}

    def test_the_forecast_of_a_bulk_operation_costs_what_the_run_costs(self, desk, plan, approve, store):
        made = plan(*desk.stage(*desk.make_parts(200)))
        before = store.stats()["pointsSpent"]
        assert approve(made).status_code == 202
        assert desk.to_the_end(desk.batch(made["plan_id"])).outcome == "succeeded"
        spent = store.stats()["pointsSpent"] - before
        forecast = made["plan"]["forecast"]
        assert forecast["way"] == "bulk"
        assert forecast["points"] == pytest.approx(spent, rel=0.15)


def test_the_time_follows_from_the_store_s_plan(desk, plan, store):
    store.settings(plan="standard")
    skus = desk.stage(*desk.make_parts(199))
    forecast = plan(*skus)["plan"]["forecast"]
    assert forecast["restore_rate"] == 100
    assert forecast["rate_known"] is True
    waiting = (forecast["points"] - 2000) / 100
    assert forecast["seconds"]["low"] == pytest.approx(waiting, abs=2)
    assert forecast["seconds"]["high"] > forecast["seconds"]["low"]


def test_the_daily_limit_on_new_products_is_predicted_with_its_threshold(desk, plan, store):
    skus = desk.stage(*desk.make_parts(20))
    store.settings(plan="standard", other_variants=49_990)
    forecast = plan(*skus)["plan"]["forecast"]
    assert forecast["daily_limit"] == {
        "variants_now": 49_990, "limited_from": 50_000, "new_a_day": 1_000, "limited": 10, "days": 1,
        "message": forecast["daily_limit"]["message"],
    }  # fmt: skip
    assert "49,990 variants" in forecast["daily_limit"]["message"]
    assert "so 10 of these parts will take about 1 day." in forecast["daily_limit"]["message"]


@pytest.mark.parametrize("unlimited", [{"plan": "plus", "other_variants": 60_000}, {"plan": "standard"}])
def test_a_store_that_is_not_limited_foretells_no_daily_limit(desk, part, plan, store, unlimited):
    store.settings(**unlimited)
    made = plan(*desk.stage(part("A=K3")))
    assert made["plan"]["forecast"]["daily_limit"] is None


def test_updates_are_not_limited(desk, part, published, plan, store):
    published(*desk.stage(part("A=K3")))
    store.settings(plan="standard", other_variants=60_000)
    desk.hub.shop.storefront.forget()
    made = plan(*desk.stage(part("A=K3", "11.00")))
    assert made["plan"]["counts"]["update"] == 1
    assert made["plan"]["forecast"]["daily_limit"] is None
