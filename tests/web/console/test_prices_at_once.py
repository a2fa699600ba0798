"""Our price is computed when it is needed: a changed rule shows on every page, plan, quote and answer without
normalizing again.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services

LIVE, NEW, STAGED = "P512777=K3", "WF338109=K3", "/api/products/staging"  # list 430.01, and 100.00 with net 90.00


@pytest.fixture
def settings(store_settings):
    return {**store_settings, "hub_quote_answer_seconds": 0}


@pytest.fixture
def staged(boeing, finished, published):
    """Two parts that were normalized by the rules of before; one is in the store."""
    places = [{"location": "Dallas Central", "availQuantity": 7}]
    boeing.set_part(NEW, unknown=False, listPrice=100, netPrice=90, quantity=7, locationAvailabilities=places)
    finished(LIVE, NEW)
    published(LIVE)


@pytest.fixture
def by(sandboxed, settings, staged, api, make_key, visits):
    """The same rows as seen by a hub with other settings."""
    opened = []

    def make(**rules):
        app = create_app(sandboxed(**{**settings, **rules}))
        client = TestClient(app, headers=api.headers)
        client.__enter__()
        opened.append(client)
        person = visits(app)
        assert person.sign_in(make_key("search", "publish")).status_code == 303
        return SimpleNamespace(api=client, page=person.read)

    yield make
    for client in opened:
        client.__exit__(None, None, None)


def planned(api, *parts):
    answer = api.post("/api/bulk-publish", json={"part_numbers": list(parts), "dry_run": True})
    assert answer.status_code == 200, answer.text
    return {
        each["part_number"]: each for kind in answer.json()["plan"].values() if isinstance(kind, list) for each in kind
    }


def quoted(api, part):
    body = {"rfq_number": f"RFQ-{part}", "requested_parts": part, "requested_qty": "1"}
    return api.post("/api/zap/webhook", json=body).json()["quote_details"]["items"][0]


def test_a_changed_markup_shows_in_every_answer_of_the_api(by):
    dearer = by(price_markup="1.5").api
    one = dearer.get(f"{STAGED}/{NEW}").json()
    assert (one["price"], one["cost_per_item"], one["net_price"]) == ("150.00", "100.0000", "90.0000")
    listed = {each["sku"]: each["price"] for each in dearer.get(STAGED).json()["products"]}
    assert listed == {NEW: "150.00", LIVE: "645.02"}  # 430.01 x 1.5 = 645.015
    [found] = dearer.get("/api/boeing/product-search", params={"query": NEW, "wait": 0}).json()["known"]["products"]
    assert found["price"] == "150.00"


def test_a_changed_markup_shows_on_the_pages(by):
    page = by(price_markup="1.5").page
    assert "150.00" in page(f"/console/part/{NEW}")
    listed = page("/console/parts")
    assert "150.00" in listed
    assert "645.02" in listed
    assert "110.00" not in listed


def test_a_changed_markup_shows_in_plans_and_as_a_difference_to_the_store(by):
    dearer = by(price_markup="1.5")
    plan = planned(dearer.api, LIVE)
    assert [(c["field"], c["old"], c["new"]) for c in plan[LIVE]["changes"]] == [("price", "473.01", "645.02")]
    assert LIVE in dearer.page("/console/parts?store=differs")
    assert LIVE not in by(price_markup="1.1").page("/console/parts?store=differs")


def test_a_changed_markup_shows_in_quotes(by):
    assert quoted(by(price_markup="1.5").api, NEW)["price_usd"] == "150.00"


def test_a_changed_basis_shows_at_once_and_a_part_it_gives_no_price_is_blocked_when_asked(by, boeing, finished):
    net = by(price_basis="net").api
    assert net.get(f"{STAGED}/{NEW}").json()["price"] == "99.00"
    boeing.set_part("LISTED-1=K3", unknown=False, listPrice=100, netPrice=0, quantity=7)
    finished("LISTED-1=K3")
    assert net.get(f"{STAGED}/LISTED-1=K3").json()["price"] is None
    assert planned(net, "LISTED-1=K3")["LISTED-1=K3"]["code"] == "no_price"


def test_a_manual_price_overrides_every_rule(by):
    dearer = by(price_markup="1.5")
    dearer.api.patch(f"{STAGED}/{NEW}", json={"price_override": "12.34"})
    for path in (f"/console/part/{NEW}", "/console/parts"):
        assert "12.34" in dearer.page(path), path
