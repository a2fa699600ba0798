"""What is offered of a part's stock: one figure for the API, pages, plans, listings and quotes."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from tests.support.publishing import Part

from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services

PART = "RING=K3"
STOCK = {"Dallas Central": 40, "Miami, FL": 3, "Germany CSC": 50}


@pytest.fixture
def settings(store_settings):
    return {
        **store_settings,
        "hub_stock_reserve": "4",
        "hub_stock_show_most": "20",
        "hub_locations_not_sold": '["Miami, FL"]',
        "hub_location_lead_days": '{"Dallas Central": 2}',
        "hub_send_lead_time": "true",
    }


@pytest.fixture
def staged(desk):
    desk.stage(Part(PART, stock=STOCK))


def test_the_answer_of_the_api_says_what_is_offered_and_why(api, staged):
    offered = api.get(f"/api/products/staging/{PART}").json()["offered"]
    assert (offered["pieces"], offered["at_boeing"], offered["reserved"], offered["hidden"]) == (20, 93, 4, 16)
    assert offered["by_location"] == {"Dallas": 20, "Miami": 0, "New York": 0, "Chicago": 0}
    assert [place["location"] for place in offered["elsewhere"]] == ["Germany CSC", "Miami, FL"]
    assert (offered["lead_days"], offered["steps"][-1]) == (2, "at most 20 shown")


def test_plans_the_store_quotes_and_pages_have_the_same_figure(api, desk, staged, published, signed_in):
    person = signed_in("read")
    body = {"rfq_number": "RFQ-1", "requested_parts": PART, "requested_qty": "1"}
    [line] = api.post("/api/zap/webhook", json=body).json()["quote_details"]["items"]
    assert line["qty_available"] == 20
    plan = api.post("/api/bulk-publish", json={"part_numbers": [PART], "dry_run": True}).json()
    assert "20" in json.dumps(plan)
    published(PART)
    assert desk.product(PART)["quantities"] == {"Dallas": 20, "Miami": 0, "New York": 0, "Chicago": 0}
    page = person.read(f"/console/part/{PART}")
    assert "For sale 20" in page
    assert "4 kept in reserve, which leaves 36; at most 20 shown" in page
    assert "Germany CSC 50 not sold –" in page
    assert "Dallas Central 40 Dallas 2 days" in page
    rules = person.read("/console/settings")
    assert "4 pieces HUB_STOCK_RESERVE" in rules
    assert "Miami, FL HUB_LOCATIONS_NOT_SOLD" in rules


def test_without_a_map_and_a_store_a_quote_offers_no_stock_at_unmapped_locations(api, sandboxed, staged, make_key):
    def quoted(**given):
        with TestClient(create_app(sandboxed(**given)), headers=api.headers) as client:
            body = {"rfq_number": f"RFQ-{len(given)}", "requested_parts": PART, "requested_qty": "1"}
            return client.post("/api/zap/webhook", json=body).json()["quote_details"]["items"][0]

    none = quoted()
    assert (none["code"], none["qty_available"]) == ("only_unmapped_locations", 0)
    assert quoted(shopify_unmapped_locations="sell_from_default")["qty_available"] == 93
