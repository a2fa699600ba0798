"""A quote as the one who asked is told it: the webhook's own names, and beside them how far it is. Pure."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.model.quotes import BUYER, LineState, Quote, QuoteLine, QuoteState, QuoteTerms

_MESSAGES = {
    QuoteState.PENDING: "{pending} of {lines} lines wait for Boeing. They are completed by themselves.",
    QuoteState.QUOTED: "Every line has a price.",
    QuoteState.PARTLY_QUOTED: "{quoted} of {lines} lines have a price; the others are no quotes, and say why.",
    QuoteState.NO_QUOTE: "No line is offered; each says why.",
    QuoteState.UNANSWERED: "Of {unanswered} of {lines} lines it could not be found out whether they can be quoted; "
    "each says why. They can be asked again.",
}


def message(quote: Quote) -> str:
    """One sentence on where a quote stands."""
    counts = {str(state): quote.count(state) for state in LineState}
    return _MESSAGES[quote.state].format(lines=len(quote.lines), **counts)


def answer(quote: Quote, *, status_url: str) -> dict[str, Any]:
    """The answer to a request for a quote. Money is text, to the cent: a number in JSON is a float to most.

    Args:
        quote: as it is now.
        status_url: where the quote can be fetched again.
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
    """One line. What belongs to an offer is null where none is made."""
    told = line.answer
    quoted = told.state is LineState.QUOTED
    traceability = terms.traceability_store if told.source == "store" else terms.traceability_boeing
    return {
        "part_no": line.part_number,
        "condition": told.condition,
        "requested_qty": line.quantity,
        "no_quote": told.state is LineState.NO_QUOTE,
        "qty_available": 0 if told.state is LineState.NO_QUOTE else told.qty_available,
        "traceability": traceability if quoted else None,
        "uom": told.uom,
        "price_usd": str(told.price) if told.price is not None else None,
        "price_type": terms.price_type if quoted else None,
        "tag_date": (terms.tag_date or None) if quoted else None,
        "lead_time": terms.lead_time if quoted else None,
        "status": told.state,
        "source": told.source,
        "code": told.code,
        "note": told.note,
    }
