"""A quote as the input of a draft order: its quoted lines at the quoted prices, the buyer, and a key of our own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from boeing_data_hub.quotes.ordering import OrderTerms, payload_of
from boeing_data_hub.quotes.quote import LineAnswer, LineState, Quote, QuoteLine, QuoteState, QuoteTerms

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KEY = UUID(int=7)
TERMS = OrderTerms(email="ann@example.com", po_number="PO-7", note="Call first.", valid_until=date(2026, 12, 31))


def line(position, part, **answer):
    return QuoteLine(
        position=position, part_number=part, quantity=3, answer=LineAnswer(**answer), settled_at=NOW,
    )  # fmt: skip


def quoted(position, part, price="2.50", **more):
    return line(
        position, part, state=LineState.QUOTED, source="boeing", price=Decimal(price), currency="USD", condition="NE",
        uom="EA", **more,
    )  # fmt: skip


def a_quote(*lines, number="RFQ-1"):
    return Quote(
        id=17, rfq_number=number, request_hash="", state=QuoteState.QUOTED, rfq_sub_url="",
        buyer={"buyer_company_name": "Example Air", "deliver_to_address": "Hangar 7"}, terms=QuoteTerms(),
        batch_id=None, owner="t", created_at=NOW, updated_at=NOW, completed_at=NOW, lines=lines,
    )  # fmt: skip


def made(*lines, terms=TERMS, variants=None, **more):
    return payload_of(a_quote(*lines, **more), terms, variants=variants or {}, key=KEY)


def test_products_of_the_store_get_the_quoted_price_and_other_parts_become_custom_lines():
    store, custom = made(quoted(1, "A=K3"), quoted(2, "B=K3"), variants={"A=K3": "gid://v/1"})["lineItems"]
    price = {"amount": "2.50", "currencyCode": "USD"}
    assert (store["variantId"], store["priceOverride"], store["quantity"]) == ("gid://v/1", price, 3)
    assert (custom["title"], custom["sku"], custom["originalUnitPriceWithCurrency"]) == ("B=K3", "B=K3", price)
    assert {"key": "Condition", "value": "NE"} in custom["customAttributes"]


def test_only_quoted_lines_are_ordered_and_an_offered_variant_under_its_own_number():
    nothing = line(1, "A=K3", state=LineState.NO_QUOTE, code="no_price")
    (ordered,) = made(nothing, quoted(2, "B", offered="B=K3"))["lineItems"]
    assert ordered["sku"] == "B=K3"


def test_buyer_terms_and_our_key_are_sent():
    found = made(quoted(1, "A"))
    assert (found["email"], found["poNumber"]) == ("ann@example.com", "PO-7")
    assert found["tags"] == ["hub-quote", "hub-quote-17", "RFQ RFQ-1"]
    assert {"key": "hub_quote", "value": str(KEY)} in found["customAttributes"]
    assert found["note"] == "Quote RFQ-1, valid until 2026-12-31.\nExample Air\nDeliver to: Hangar 7\nCall first."
    assert "reserveInventoryUntil" not in found


def test_what_nobody_entered_is_not_sent():
    terms = OrderTerms(email="", po_number="", note="", valid_until=date(2026, 12, 31), reserve=True)
    found = made(quoted(1, "A"), terms=terms)
    assert not {"email", "poNumber"} & set(found)
    assert found["reserveInventoryUntil"] == "2026-12-31T23:59:59Z"


def test_a_number_that_makes_no_tag_is_left_out_of_the_tags():
    for number in ("x" * 60, "1,2"):
        assert made(quoted(1, "A"), number=number)["tags"] == ["hub-quote", "hub-quote-17"]
