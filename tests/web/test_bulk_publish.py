"""POST /api/bulk-publish: a clean list becomes one batch, and its failures say what to do."""

from __future__ import annotations

import csv
import io
import json
import threading
from uuid import uuid4

import pytest

from boeing_data_hub.work import batches

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


def count_batches(hub):
    return hub.database.run(lambda work: (batches.count(work), work.value("SELECT count(*) FROM hub.batch_items")))


# What is accepted.


@pytest.mark.parametrize(
    ("path", "parts", "said"),
    [
        ("publish", ["A=K3"], "Bulk publish started. Publishing 1 product to Shopify."),
        (
            "publish",
            ["A=K3", "A=K3"],
            "Bulk publish started. Publishing 1 product to Shopify. 1 duplicate was skipped.",
        ),
        ("search", ["A", "A", "a"], "Bulk search started. Processing 1 part number. 2 duplicates were skipped."),
        ("search", ["A", "B"], "Bulk search started. Processing 2 part numbers."),
    ],
)
def test_one_is_singular_in_what_the_answer_says(api, path, parts, said):
    assert api.post(f"/api/bulk-{path}", json={"part_numbers": parts}).json()["message"].startswith(said)


def test_a_list_becomes_a_batch_with_the_guide_s_fields(api):
    answer = api.post("/api/bulk-publish", json={"part_numbers": ["wf338109=k3 ", "AN3-43A", "WF338109=K3"]})
    assert answer.status_code == 202
    body = answer.json()
    assert body["total_items"] == 2
    assert body["status"] == "processing"
    assert body["message"].startswith("Bulk publish started. Publishing 2 products to Shopify.")
    assert body["idempotency_key"] is None
    assert body["dry_run"] is False
    assert body["plan"] is None
    assert body["duplicates"] == [{"line": 3, "part_number": "WF338109=K3", "first_line": 1}]
    assert answer.headers["location"] == f"/api/batches/{body['batch_id']}"
    assert api.get(answer.headers["location"]).json()["batch_type"] == "publish"


def test_text_pasted_from_a_spreadsheet_is_cleaned(api):
    text = '\ufeff\u00a0an3\u201343a\t"ms29513-220=k3"\r\nNAS1611-123; MS20470AD6-10,an3-43A'
    batch_id = api.post("/api/bulk-publish", json={"part_numbers_text": text}).json()["batch_id"]
    items = api.get(f"/api/batches/{batch_id}/items").json()["items"]
    assert [i["part_number"] for i in items] == ["AN3-43A", "MS29513-220=K3", "NAS1611-123", "MS20470AD6-10"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"part_numbers": []},
        {"part_numbers_text": " \n,;\t"},
        {"part_numbers": ["A"], "part_numbers_text": "B"},
        {"part_numbers": ["A"], "from_batch": str(uuid4())},
        {"part_numbers": ["A"], "plan_id": str(uuid4())},
        {"part_numbers": [], "plan_id": str(uuid4())},
        {"plan_id": str(uuid4()), "dry_run": True},
        {"from_batch": "nonsense"},
        {"part_numbers": ["A" * 51]},
        {"part_numbers": ["A\u0000B"]},
        {"part_numbers": ["\ud800"]},
        {"part_numbers": ["OK", ""]},
        {"part_numbers": [12345]},
        {"part_numbers": ["A"], "force_refresh": True},
        {"part_numbers": ["A"], "dry_run": "perhaps"},
    ],
)
def test_an_unusable_request_is_rejected_and_nothing_is_created(api, hub, body):
    headers = {"Content-Type": "application/json"}
    answer = api.post("/api/bulk-publish", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert count_batches(hub) == (0, 0)


def test_a_refusal_names_the_line_and_the_reason(api, hub):
    body = api.post("/api/bulk-publish", json={"part_numbers": ["AN3-43A", "B" * 51, "C\u0001"]}).json()
    assert body["code"] == "bad_part_numbers"
    assert [r["line"] for r in body["rejected"]] == [2, 3]
    assert count_batches(hub) == (0, 0)


def test_ten_thousand_are_accepted_and_one_more_is_rejected_with_the_figures(api, hub):
    parts = [f"P{n}" for n in range(10_001)]
    refused = api.post("/api/bulk-publish", json={"part_numbers": parts})
    assert refused.status_code == 422
    assert "10,001" in refused.json()["detail"]
    assert "10,000" in refused.json()["detail"]
    assert count_batches(hub) == (0, 0)
    assert api.post("/api/bulk-publish", json={"part_numbers": parts[:-1]}).status_code == 202
    assert count_batches(hub) == (1, 10_000)


# Idempotency.


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_same_key_and_request_give_the_same_batch(api, hub, dry_run):
    request = {"part_numbers": ["A", "B"], "idempotency_key": "monday", "dry_run": dry_run}
    first = api.post("/api/bulk-publish", json=request)
    request = {"part_numbers": [" a", "b "], "dry_run": dry_run}
    second = api.post("/api/bulk-publish", json=request, headers={"Idempotency-Key": "monday"})
    assert (first.status_code, second.status_code) == (200 if dry_run else 202, 200)
    assert first.json()["batch_id"] == second.json()["batch_id"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert count_batches(hub) == (1, 2)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("publish", {"part_numbers": ["B"]}),
        ("publish", {"part_numbers": ["A"], "dry_run": True}),
        ("search", {"part_numbers": ["A"]}),
    ],
)
def test_the_same_key_with_another_request_is_rejected(api, hub, route, body):
    api.post("/api/bulk-publish", json={"part_numbers": ["A"], "idempotency_key": "monday"})
    answer = api.post(f"/api/bulk-{route}", json={**body, "idempotency_key": "monday"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert count_batches(hub) == (1, 1)


@pytest.mark.parametrize("dry_run", [False, True])
def test_identical_requests_at_once_make_one_batch(api, hub, dry_run):
    barrier = threading.Barrier(16)
    answers = []
    request = {"part_numbers": ["A", "B"], "idempotency_key": "k", "dry_run": dry_run}

    def post():
        barrier.wait()
        answers.append(api.post("/api/bulk-publish", json=request))

    threads = [threading.Thread(target=post) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {200, 202}
    assert sum("idempotent-replayed" not in a.headers for a in answers) == 1
    assert len({a.json()["batch_id"] for a in answers}) == 1
    assert count_batches(hub) == (1, 2)


# Who may.


def test_publishing_needs_its_own_scope(api, publish, make_key):
    def key(scope):
        return {"Authorization": f"Bearer {make_key(scope)}"}

    body = {"part_numbers": ["A"]}
    for scope, status in (("read", 403), ("search", 403), ("publish", 202)):
        assert api.post("/api/bulk-publish", json=body, headers=key(scope)).status_code == status, scope
    batch_id = publish("A")
    for scope in ("read", "search"):
        assert api.delete(f"/api/batches/{batch_id}", headers=key(scope)).status_code == 403
        assert api.post(f"/api/batches/{batch_id}/retry", headers=key(scope)).status_code == 403
        assert api.post(f"/api/batches/{batch_id}/undo", headers=key(scope)).status_code == 403
    assert api.delete(f"/api/batches/{batch_id}", headers=key("publish")).status_code == 200
    started = api.post("/api/bulk-search", json=body).json()["batch_id"]
    assert api.delete(f"/api/batches/{started}", headers=key("publish")).status_code == 403
    assert api.delete(f"/api/batches/{started}", headers=key("search")).status_code == 200


# From a search.


def test_what_a_search_has_found_is_published(api, search, stages, publish, desk):
    batch_id = search("AN3-43A", "MS29513-220")
    early = api.post("/api/bulk-publish", json={"from_batch": batch_id})
    assert (early.status_code, early.json()["code"]) == (409, "batch_running")
    stages.settle()
    started = api.post("/api/bulk-publish", json={"from_batch": batch_id, "idempotency_key": "found"})
    assert started.status_code == 202, started.text
    publishing = started.json()["batch_id"]
    done = desk.to_the_end(desk.batch(publishing))
    assert done.outcome == "succeeded"
    assert {each["sku"] for each in desk.store.products()} == {
        sku for item in desk.items(done).values() for sku in item.skus
    }
    # What is found may change; the same request is still the same request.
    desk.do("UPDATE hub.product_staging SET status = 'blocked'")
    again = api.post("/api/bulk-publish", json={"from_batch": batch_id, "idempotency_key": "found"})
    assert (again.status_code, again.json()["batch_id"]) == (200, publishing)
    nothing = api.post("/api/bulk-publish", json={"from_batch": batch_id})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_publish")
    for wrong, status in ((str(uuid4()), 404), (publishing, 422)):
        assert api.post("/api/bulk-publish", json={"from_batch": wrong}).status_code == status


def test_a_search_for_the_same_parts_does_not_affect_a_publish_run_or_plan(api, hub, search, stages, boeing, publish):
    parts = ["SAME-1=K3", "GONE-1=K3", "LATE-1=K3"]
    boeing.set_part("GONE-1=K3", unknown=True)
    waiting = publish(*parts)
    plan = api.post("/api/bulk-publish", json={"part_numbers": parts, "dry_run": True}).json()["plan_id"]
    search(*parts)
    stages.extract()
    stages.normalize()
    for batch_id in (waiting, plan):
        items = api.get(f"/api/batches/{batch_id}/items").json()["items"]
        assert [(i["state"], i["attempts"], i["error_code"]) for i in items] == [("pending", 0, None)] * 3
        assert api.get(f"/api/batches/{batch_id}").json()["pending_count"] == 3


# What becomes of it.


def test_parts_that_are_not_staged_fail_with_advice(api, published):
    batch_id = published("NOBODY-1", "NOBODY-2")
    status = api.get(f"/api/batches/{batch_id}").json()
    assert (status["outcome"], status["failed_count"]) == ("failed", 2)
    group = api.get(f"/api/batches/{batch_id}/failures").json()["groups"][0]
    assert (group["kind"], group["code"], group["count"]) == ("failed", "not_staged", 2)
    assert "Search" in group["what_to_do"]


@pytest.fixture
def mixed(published, desk, part, store):
    """A batch in which everything has happened that can: created, not for sale, in conflict, failed."""
    store.seed_product(sku="TAKEN=K3", title="Somebody's")
    skus = desk.stage(
        part("GOOD=K3"),
        part("POOR=K3", None, columns={"status": "blocked", "status_reason": "no_price"}),
        part("BARE=K3", stock={}, columns={"status": "blocked", "status_reason": "no_stock"}),
        part("TAKEN=K3"),
    )
    return published(*skus, "=CMD()", "NOBODY")


def test_failures_are_grouped_by_cause_with_what_to_do(api, mixed):
    told = api.get(f"/api/batches/{mixed}/failures").json()
    assert told["failed"] == 3
    groups = {group["code"]: group for group in told["groups"]}
    assert {code: (group["kind"], group["count"]) for code, group in groups.items()} == {
        "sku_taken": ("conflict", 1),
        "not_staged": ("failed", 2),
    }
    assert all(group["what_to_do"] and group["message"] and group["sample"] for group in groups.values())
    unsold = told["not_publishable"]
    assert {(group["kind"], group["code"], group["count"]) for group in unsold} == {
        ("blocked", "no_price", 1),
        ("blocked", "no_stock", 1),
    }
    assert all(group["what_to_do"] and group["message"] and group["sample"] for group in unsold)


def test_parts_that_are_not_for_sale_are_no_failures(api, mixed, published, desk, part):
    status = api.get(f"/api/batches/{mixed}").json()
    assert (status["published_count"], status["failed_count"], status["not_for_sale_count"]) == (1, 3, 2)
    assert status["message"] == "Finished with failures: 1 of 6 parts succeeded, 3 failed, 2 not for sale."
    assert {item["part_number"] for item in status["failed_items"]} == {"TAKEN=K3", "=CMD()", "NOBODY"}
    alone = api.get(f"/api/batches/{published('POOR=K3')}").json()
    assert (alone["status"], alone["outcome"], alone["failed_count"]) == ("completed", "succeeded", 0)
    assert alone["message"] == "Finished: 0 of 1 part published, 1 not for sale."
    assert api.post(f"/api/batches/{alone['id']}/retry").json()["code"] == "nothing_failed"


def test_failures_as_csv_run_in_no_spreadsheet_and_can_be_uploaded_again(api, mixed):
    text = api.get(f"/api/batches/{mixed}/failures", params={"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert all(row["what_to_do"] for row in rows)
    read = api.post("/api/uploads", files={"file": ("failures.csv", text.encode())}).json()
    assert sorted(read["part_numbers"]) == sorted(["TAKEN=K3", "=CMD()", "NOBODY"])


def test_items_are_filtered_by_outcome(api, mixed):
    wanted = {"created": {"GOOD=K3"}, "blocked": {"POOR=K3", "BARE=K3"}, "conflict": {"TAKEN=K3"}}
    for outcome, parts in wanted.items():
        found = api.get(f"/api/batches/{mixed}/items", params={"outcome": outcome}).json()["items"]
        assert {item["part_number"] for item in found} == parts


def test_a_retry_takes_only_what_failed_and_is_one_batch(api, mixed, desk, part):
    desk.stage(part("NOBODY"))
    first = api.post(f"/api/batches/{mixed}/retry")
    second = api.post(f"/api/batches/{mixed}/retry")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["batch_id"] == second.json()["batch_id"]
    assert first.json()["retry_of"] == mixed
    done = desk.to_the_end(desk.batch(first.json()["batch_id"]))
    assert set(desk.items(done)) == {"TAKEN=K3", "=CMD()", "NOBODY"}
    assert {part for part, item in desk.items(done).items() if item.outcome == "created"} == {"NOBODY"}
    assert api.get(f"/api/batches/{mixed}").json()["retried_by"] == str(done.id)


def test_the_status_says_how_far_it_is(api, publish, published, desk, part, stages):
    skus = desk.stage(*desk.make_parts(3))
    batch_id = publish(*skus)
    stages.pulse("publishing")
    before = api.get(f"/api/batches/{batch_id}").json()
    assert (before["progress_percent"], before["pending_count"], before["published_count"]) == (0.0, 3, 0)
    assert before["waiting_for"] is None
    assert before["message"].startswith("Running: 0 of 3")
    desk.to_the_end(desk.batch(batch_id))
    after = api.get(f"/api/batches/{batch_id}").json()
    assert (after["progress_percent"], after["pending_count"], after["published_count"]) == (100.0, 0, 3)
    assert after["message"] == "Finished: all 3 parts succeeded."
    assert after["eta_seconds"] is None


def test_a_long_publish_run_tells_how_long_it_will_take(api, publish, desk, stages):
    batch_id = publish(*(f"P{n}" for n in range(150)))
    stages.pulse("publishing")
    assert api.get(f"/api/batches/{batch_id}").json()["eta_seconds"] is None  # nothing to go by yet
    desk.do("UPDATE hub.batches SET rate = 2.5")
    status = api.get(f"/api/batches/{batch_id}").json()
    assert status["eta_seconds"] == {"low": 48, "high": 78}
    assert status["rate_per_minute"] == 150


# What it waits for.


def waits_for(api, batch_id):
    return api.get(f"/api/batches/{batch_id}").json()["waiting_for"]


def test_without_a_worker_it_says_which_to_start(api, publish):
    told = waits_for(api, publish("A"))
    assert told["reason"] == "no_worker"
    assert "bdh worker publishing" in told["message"]


def test_a_revoked_token_pauses_the_batch_until_it_is_replaced(api, publish, desk, part, stages, store):
    stages.pulse("publishing")
    batch_id = publish(*desk.stage(part("A=K3")))
    store.settings(tokens=["another"])
    desk.work(0.5)
    told = waits_for(api, batch_id)
    assert told["reason"] == "shopify_credentials"
    assert "SHOPIFY_ADMIN_API_TOKEN" in told["message"]
    assert "since" in told["message"]
    assert told["until"]
    store.settings(tokens=["sandbox-token"])
    desk.the_wait_is_over()
    done = desk.to_the_end(desk.batch(batch_id))
    assert done.outcome == "succeeded"
    assert waits_for(api, batch_id) is None


def test_the_store_s_daily_limit_is_reported(api, publish, desk, part, stages, store):
    stages.pulse("publishing")
    store.settings(plan="standard", daily_variant_threshold=0, daily_variant_cap=1)
    batch_id = publish(*desk.stage(part("A=K3"), part("B=K3")))
    desk.work(1.0)
    told = waits_for(api, batch_id)
    assert told["reason"] == "shopify_daily_limit"
    assert "Updates continue" in told["message"]
    status = api.get(f"/api/batches/{batch_id}").json()
    assert (status["published_count"], status["failed_count"]) == (1, 0)


class TestInBulk:
    @pytest.fixture
    def settings(self, store_settings):
        return {**store_settings, "hub_bulk_publish_from": 40}

    def test_a_running_bulk_operation_is_reported(self, api, publish, desk, stages, store, wait):
        stages.pulse("publishing")
        store.settings(bulk_lines_per_second=20)
        batch_id = publish(*desk.stage(*desk.make_parts(60)))

        def told():
            desk.work(0.3)
            return waits_for(api, batch_id)

        waiting = wait.until(told, what="a bulk operation")
        assert waiting["reason"] == "shopify_bulk_operation"
        assert "of 60" in waiting["message"]
        store.settings(bulk_lines_per_second=0)
        assert desk.to_the_end(desk.batch(batch_id)).outcome == "succeeded"
        assert waits_for(api, batch_id) is None


def test_a_plan_waits_for_approval(api):
    plan = api.post("/api/bulk-publish", json={"part_numbers": ["A"], "dry_run": True}).json()
    told = waits_for(api, plan["plan_id"])
    assert told["reason"] == "approval"
    assert f"/api/plans/{plan['plan_id']}/approve" in told["message"]


class TestWithoutAStore:
    @pytest.fixture
    def settings(self, tmp_path):
        return {"hub_data_dir": tmp_path}

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/api/bulk-publish", {"part_numbers": ["A"]}),
            ("POST", "/api/bulk-publish", {"part_numbers": ["A"], "dry_run": True}),
            ("POST", "/api/shopify/publish", {"part_number": "A"}),
            ("GET", "/api/shopify/check?sku=A", None),
            ("POST", "/api/shopify/metafields/setup", None),
        ],
    )
    def test_it_says_what_to_set(self, api, hub, method, path, body):
        answer = api.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_store")
        assert "SHOPIFY_STORE_DOMAIN" in answer.json()["detail"]
        assert count_batches(hub) == (0, 0)
