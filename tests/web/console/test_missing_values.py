"""A part may lack any value that its row may leave empty: every page, answer and file still shows it."""

from __future__ import annotations

import pytest
from tests.support.publishing import Part

pytestmark = pytest.mark.services

STAGED = "/api/products/staging"


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def person(signed_in):
    return signed_in("admin")


@pytest.fixture
def lacking(desk):
    """A part for each column that may be empty, which lacks only that, and one that lacks all; column by SKU."""
    found = desk.rows(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'hub'"
        " AND table_name = 'product_staging' AND is_nullable = 'YES' ORDER BY 1"
    )
    columns = [row["name"] for row in found]
    assert len(columns) > 30
    full = {
        "body_html": "<p>Ring</p>", "vendor": "BDI", "net_price": "9.00", "inventory_status": "in_stock",
        "location_summary": "Dallas Central: 7", "dim_length": "1.5", "dim_width": "2", "dim_height": "3",
        "dim_uom": "IN", "hazmat_code": "UN1263", "faa_approval_code": "A1", "eccn": "9A991",
        "boeing_description": "Ring", "boeing_image_url": "https://boeing.example/1.jpg",
        "boeing_thumbnail_url": "https://boeing.example/1s.jpg", "estimated_lead_time_days": 3, "pma": True,
        "schedule_b_code": "8481809025",
    }  # fmt: skip
    without = {f"LACKS-{place}=K3": {name: None} for place, name in enumerate(columns)}
    without["LACKS-ALL=K3"] = dict.fromkeys(columns)
    parts = [Part("FULL=K3", columns=full), *(Part(sku, columns={**full, **none}) for sku, none in without.items())]
    desk.stage(*parts)
    return {sku: next(iter(none), "") if len(none) == 1 else "all" for sku, none in without.items()}


def test_the_page_of_a_part_is_shown_whatever_it_lacks(person, lacking):
    answers = {column: person.get(f"/console/part/{sku}").status_code for sku, column in lacking.items()}
    assert {column: status for column, status in answers.items() if status != 200} == {}
    assert "Lead time –" in person.read("/console/part/LACKS-ALL=K3")


def test_the_page_of_a_published_part_is_shown_whatever_it_lost(person, desk, published, lacking):
    published(*lacking)
    columns = [column for column in lacking.values() if column != "all"]
    empty = ", ".join(f"{column} = NULL" for column in columns)
    desk.do(f"UPDATE hub.product_staging SET {empty} WHERE sku LIKE 'LACKS-%%'")  # noqa: S608 - names of columns
    for sku, column in lacking.items():
        assert person.get(f"/console/part/{sku}").status_code == 200, column
    assert person.get("/console/parts?store=live").status_code == 200
    assert person.get("/console/parts?store=differs").status_code == 200


def test_lists_plans_and_files_hold_such_parts(person, api, lacking):
    for path in ("/console/parts", "/console/parts?status=fetched", "/console/parts?q=LACKS"):
        assert person.get(path).status_code == 200, path
    listed = api.get(STAGED, params={"limit": 1000}).json()["products"]
    assert {each["sku"] for each in listed} >= set(lacking)
    for sku, column in lacking.items():
        assert api.get(f"{STAGED}/{sku}").status_code == 200, column
    planned = api.post("/api/bulk-publish", json={"part_numbers": list(lacking), "dry_run": True})
    assert planned.status_code == 200, planned.text
    plan = planned.json()["plan_id"]
    for path in (f"/console/plans/{plan}", f"/console/plans/{plan}/plan.csv", f"/console/plans/{plan}/plan.xlsx"):
        assert person.get(path).status_code == 200, path
    rules = {"name": "All", "rules": [{"name": "All", "markup": "2"}]}
    version = api.post("/api/prices/lists", json=rules).json()["version"]
    assert api.get(f"/api/prices/lists/{version}/preview").status_code == 200
    assert api.get(f"/api/prices/lists/{version}/moves").status_code == 200


def test_quotes_answer_for_such_parts(person, api, lacking):
    wanted = ",".join(lacking)
    body = {"rfq_number": "RFQ-1", "requested_parts": wanted, "requested_qty": ",".join("1" for _ in lacking)}
    answer = api.post("/api/zap/webhook", json=body)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["quote_details"]["items"]) == len(lacking)
    assert person.get("/console/quotes").status_code == 200
