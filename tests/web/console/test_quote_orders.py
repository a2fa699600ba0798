"""The page of a quote turns it into a draft order."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return {**store_settings, "hub_quote_answer_seconds": 0, "hub_quotes_to_orders": True}


def test_a_quote_becomes_a_draft_order_on_its_page(signed_in, api, desk, part, store):
    store.settings(scopes=["write_products", "write_inventory", "read_locations", "write_publications",
                           "write_draft_orders"])  # fmt: skip
    desk.stage(part("B2=K3"))
    body = {"rfq_number": "RFQ-7", "requested_parts": "B2=K3", "requested_qty": "3", "buyer_email": "ann@example.com"}
    page = f"/console/quotes/{api.post('/api/zap/webhook', json=body).json()['id']}"
    desk.hub.shop.storefront.facts()  # a publishing worker has met the store
    person = signed_in("admin")
    assert 'value="ann@example.com"' in person.get(page).text
    assert person.send(f"{page}/draft-order", days="soon").status_code == 422
    shown = person.follow(person.send(f"{page}/draft-order", email="bob@example.com", po="PO-7", days="10"))
    assert "being created in your store" in shown
    desk.work(1.0)
    told = person.read(page)
    assert "#D1 , prices valid until" in told
    assert "Created a draft order" in told
    assert "Reserve stock" not in told
    (entry,) = store.ledger(operation="draftOrderCreate")
    assert (entry["email"], entry["poNumber"]) == ("bob@example.com", "PO-7")


def test_who_may_not_publish_sees_no_form(signed_in, api, desk, part):
    desk.stage(part("B2=K3"))
    body = {"rfq_number": "RFQ-7", "requested_parts": "B2=K3", "requested_qty": "3"}
    page = f"/console/quotes/{api.post('/api/zap/webhook', json=body).json()['id']}"
    viewer = signed_in("read")
    assert "Reserve stock" not in viewer.read(page)
    assert viewer.send(f"{page}/draft-order").status_code == 403
