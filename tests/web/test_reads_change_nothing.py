"""A GET changes nothing, be it of the API or a page. One starts work, and is protected as a change is."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.support.tables import contents

from boeing_data_hub.db import audit, sessions

pytestmark = pytest.mark.services

STARTS_WORK = {"/api/boeing/product-search"}
ENDLESS = {"/api/batches/{batch_id}/events", "/console/runs/{batch_id}/events", "/console/events", "/console/live"}


def paths(app):
    """Every path that may be read."""
    found = set()
    for one in app.routes:
        for route in one.effective_route_contexts() if hasattr(one, "effective_route_contexts") else [one]:
            if "GET" in (getattr(route, "methods", None) or ()):
                found.add(route.path)
    return sorted(found - STARTS_WORK - ENDLESS)


def test_no_read_changes_a_row(api, hub, finished, make_key):
    batch = finished("WF338109", "P512777=K3", "NOWHERE-1")
    link = hub.database.run(lambda work: sessions.make_link(work, make_key("read").split("_")[1]))
    hub.database.run(lambda work: audit.record(work, actor="a", action="b", target="c"))
    sku = api.get("/api/products/staging").json()["products"][0]["sku"]
    values = {"batch_id": batch, "plan_id": batch, "draft_id": batch, "job_id": batch, "token": link, "kind": "csv"}
    browser = TestClient(api.app, follow_redirects=False)
    browser.post("/sign-in", data={"key": make_key("admin")}, headers={"Origin": "http://testserver"})
    before = contents(hub)
    seen = {}
    for path in paths(api.app):
        filled = path
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", value)
        for name in ("number:path", "sku:path", "key:path", "part_number:path", "rest:path"):
            filled = filled.replace(f"{{{name}}}", sku)
        filled = filled.replace("{quote_id}", "1").replace("{rfq_number:path}", "1")
        client = browser if path.startswith(("/console", "/sign-in")) else api
        answer = client.get(filled)
        seen[path] = answer.status_code
        assert answer.status_code < 500 or path in {"/ready", "/api/shopify/check"}, (filled, answer.text[:500])
        after = contents(hub)
        assert {table for table in after if after[table] != before[table]} == set(), filled
    assert len(seen) > 60
    assert sum(status == 200 for status in seen.values()) > 30, seen
