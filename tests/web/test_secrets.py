"""No answer contains the store's token or any other secret, whatever goes wrong."""

from __future__ import annotations

import pytest
from tests.support.patience import allow

pytestmark = pytest.mark.services

CANARY = "shpat_canary0123456789abcdef"


@pytest.fixture
def settings(store_settings):
    return {**store_settings, "shopify_admin_api_token": CANARY, "boeing_password": f"pw-{CANARY}"}


def test_no_answer_and_no_log_line_has_the_store_s_token(api, desk, part, store, publish, capfd, stages):
    stages.pulse("publishing")
    [sku] = desk.stage(part("A=K3"))
    seen = []

    def look(*batches):
        seen.append(api.post("/api/bulk-publish", json={"part_numbers": [sku], "dry_run": True}).text)
        seen.append(api.get("/api/shopify/check", params={"sku": sku}).text)
        seen.append(api.post("/api/shopify/metafields/setup").text)
        seen.append(api.post("/api/shopify/publish", params={"wait": 0}, json={"part_number": sku}).text)
        desk.work(0.3)
        for batch in batches:
            paths = ("", "/items", "/failures", "/failures?format=csv")
            seen.extend(api.get(f"/api/batches/{batch}{path}").text for path in paths)
        seen.append(api.get("/api/batches").text)
        seen.append(str(desk.hub.examine(seconds=allow(12))))
        desk.the_wait_is_over()

    batch = publish(sku)
    for trouble in ({"tokens": ["another"]}, {"tokens": [CANARY], "currency": "EUR"}, {"currency": "USD"}):
        store.settings(**trouble)
        look(batch)
    for fault in ("unauthorized", "forbidden", "truncated_reply"):
        number = store.fault(fault)
        desk.hub.shop.storefront.forget()
        look(batch)
        store.clear_faults(number)
    tables = [
        desk.rows(f"SELECT to_json(t)::text AS text FROM hub.{name} t")  # noqa: S608 - names of ours
        for name in ("batches", "batch_items", "pacing", "audit_log", "orphans")
    ]
    out, err = capfd.readouterr()
    for text in (
        *seen,
        *(row["text"] for table in tables for row in table),
        out,
        err,
        repr(desk.hub.settings),
        str(desk.hub.shop.access),
    ):
        assert "canary" not in text
