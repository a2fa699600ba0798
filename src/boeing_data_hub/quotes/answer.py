"""The response to a quote request, in the webhook's field names, with the quote's state. Pure."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.quotes.quote import BUYER, LineState, Quote, QuoteLine, QuoteState, QuoteTerms
from boeing_data_hub.values.counted import counted

_MESSAGES = {
    QuoteState.PENDING: "Waiting for Boeing: {pending} of {lines}. The quote is completed automatically.",
    QuoteState.QUOTED: "All lines are quoted.",
    QuoteState.PARTLY_QUOTED: "{quoted} of {lines} quoted. The notes say why the others are not.",
    QuoteState.NO_QUOTE: "No lines could be quoted. The notes say why.",
    QuoteState.UNANSWERED: "No answer for {unanswered} of {lines}. The notes say why. Retry the quote.",
}


def message(quote: Quote) -> str:
    """One sentence on the quote's state."""
    counts = {str(state): quote.count(state) for state in LineState}
    return _MESSAGES[quote.state].format(lines=counted(len(quote.lines), "line"), **counts)


def answer(quote: Quote, *, status_url: str) -> dict[str, Any]:
    """The response to a quote request. Money is text, because most JSON parsers would read a number as a float.

    Args:
        quote: its current state.
        status_url: URL of the quote.
    """
    terms = quote.terms
    return {
        "rfq_details": {"rfq_number": quote.rfq_number, "quote_submission_url": quote.rfq_sub_url or None},
        "buyer_details": {name: quote.buyer.get(name) for name in BUYER},
        "quote_details": {
            "quote_prepared_by": terms.prepared_by,
            "supplier_comments": terms.comments or None,
            "items": [item(line, terms) for line in quote.lines],
        },
        "status": quote.state,
        "message": message(quote),
        "status_url": status_url,
        "created_at": quote.created_at,
        "completed_at": quote.completed_at,
    }


def item(line: QuoteLine, terms: QuoteTerms) -> dict[str, Any]:
    """One line. The fields of an offer are null if there is none."""
    answered = line.answer
    quoted = answered.state is LineState.QUOTED
    traceability = terms.traceability_store if answered.source == "store" else terms.traceability_boeing
    return {
        "part_no": answered.offered or line.part_number,
        "requested_part_no": line.part_number,
        "condition": answered.condition,
        "requested_qty": line.quantity,
        "no_quote": answered.state is LineState.NO_QUOTE,
        "qty_available": 0 if answered.state is LineState.NO_QUOTE else answered.qty_available,
        "traceability": traceability if quoted else None,
        "uom": answered.uom,
        "price_usd": str(answered.price) if answered.price is not None else None,
        "price_type": terms.price_type if quoted else None,
        "tag_date": (terms.tag_date or None) if quoted else None,
        "lead_time": terms.lead_time if quoted else None,
        "status": answered.state,
        "source": answered.source,
        "code": answered.code,
        "note": answered.note,
    }
