"""What a quote becomes as a draft order: lines, price, buyer and terms, as the store's input. Pure.

https://shopify.dev/docs/api/admin-graphql/latest/mutations/draftOrderCreate
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from boeing_data_hub.quotes.quote import LineState, Quote, QuoteLine
from boeing_data_hub.shopify.draft_orders import KEY, tag_of

_LONGEST_TAG: Final = 40
_LONGEST_NOTE: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What a person decides when a quote becomes a draft order.

    Attributes:
        email: the customer's; the store links the customer who has it. May be empty.
        po_number: the buyer's order number; may be empty.
        note: for the people in the store; may be empty.
        valid_until: the last day on which the prices hold.
        reserve: the store reserves stock until then.
    """

    email: str
    po_number: str
    note: str
    valid_until: date
    reserve: bool = False


def sku_of(line: QuoteLine) -> str:
    """The offered part of a line."""
    return line.answer.offered or line.part_number


def payload_of(quote: Quote, terms: OrderTerms, *, variants: Mapping[str, str], key: UUID) -> dict[str, Any]:
    """The input of the mutation.

    Args:
        quote: only its quoted lines are ordered.
        terms: see `OrderTerms`.
        variants: ids of the store's variants, by SKU; other lines become custom ones.
        key: tells after a lost answer whether the store has it.
    """
    found: dict[str, Any] = {
        "lineItems": [
            _line(line, variants.get(sku_of(line))) for line in quote.lines if line.answer.state is LineState.QUOTED
        ],
        "note": _note(quote, terms)[:_LONGEST_NOTE],
        "tags": ["hub-quote", tag_of(quote.id), *_rfq_tag(quote.rfq_number)],
        "customAttributes": [
            {"key": "RFQ", "value": quote.rfq_number},
            {"key": "Valid until", "value": terms.valid_until.isoformat()},
            {"key": KEY, "value": str(key)},
        ],
    }
    if terms.email:
        found["email"] = terms.email
    if terms.po_number:
        found["poNumber"] = terms.po_number
    if terms.reserve:
        found["reserveInventoryUntil"] = f"{terms.valid_until.isoformat()}T23:59:59Z"
    return found


def _line(line: QuoteLine, variant: str | None) -> dict[str, Any]:
    answer = line.answer
    price = {"amount": str(answer.price), "currencyCode": answer.currency}
    shown = [("Condition", answer.condition), ("Unit", answer.uom)]
    attributes = [{"key": name, "value": value} for name, value in shown if value]
    same = {"quantity": line.quantity, "customAttributes": attributes}
    if variant is not None:
        return {"variantId": variant, "priceOverride": price, **same}
    return {
        "title": sku_of(line),
        "sku": sku_of(line),
        "originalUnitPriceWithCurrency": price,
        "requiresShipping": True,
        **same,
    }


def _note(quote: Quote, terms: OrderTerms) -> str:
    buyer = quote.buyer
    lines = [
        f"Quote {quote.rfq_number}, valid until {terms.valid_until.isoformat()}.",
        " ".join(buyer[name] for name in ("buyer_company_name", "buyer_name", "buyer_phone") if name in buyer),
        f"Deliver to: {buyer['deliver_to_address']}" if "deliver_to_address" in buyer else "",
        terms.note,
    ]
    return "\n".join(line for line in lines if line)


def _rfq_tag(number: str) -> list[str]:
    """The RFQ number as a tag; none if it is too long, or has a comma, which separates tags."""
    tag = f"RFQ {number}"
    return [tag] if len(tag) <= _LONGEST_TAG and "," not in tag else []
