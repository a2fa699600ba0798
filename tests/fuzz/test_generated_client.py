"""A client that is generated from the description works: a search, its items and failures, and a dry run."""

from __future__ import annotations

import json

import pytest
from tests.fuzz.client_maker import source

from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services


@pytest.fixture
def client(hub, server, make_key):
    made = {}
    exec(compile(source(json.loads(json.dumps(create_app(hub).openapi()))), "client", "exec"), made)  # noqa: S102
    client = made["Client"](server.url, make_key("search", "publish"))
    yield client
    client.http.close()


def test_a_generated_client_searches_reads_and_plans(client, wait):
    batch = client.bulk_search(body={"part_numbers": ["WF338109", "NOT-A-PART-9"]}, idempotency_key="generated")
    again = client.bulk_search(body={"part_numbers": ["WF338109", "NOT-A-PART-9"]}, idempotency_key="generated")
    assert again["batch_id"] == batch["batch_id"]
    wait.until(lambda: client.get_batch(batch["batch_id"])["outcome"], what="the end of the search")
    items = client.list_items(batch["batch_id"], limit=10)["items"]
    assert [item["part_number"] for item in items] == ["WF338109", "NOT-A-PART-9"]
    failures = client.list_failures(batch["batch_id"])
    assert failures["failed"] == sum(group["count"] for group in failures["groups"])
    plan = client.bulk_publish(body={"part_numbers": items[0]["skus"], "dry_run": True})
    assert plan["dry_run"]
    assert client.get_plan(plan["plan_id"])["counts"] == plan["plan"]["counts"]
    assert client.discard_plan(plan["plan_id"])["plan_id"] == plan["plan_id"]
    assert client.get_freshness()["calls"]["day"]["people"] >= 1
