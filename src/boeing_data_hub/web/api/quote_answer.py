"""The response to a quote request, in the webhook's field names, with the quote's state."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from boeing_data_hub.quotes.message import message
from boeing_data_hub.quotes.quote import BUYER, LineState, Quote, QuoteLine, QuoteState, QuoteTerms, Source


class QuoteItem(BaseModel):
    """One line of a quote. Fields of an offer are null without one."""

    part_no: str = Field(description="The part the line is about: the offered one, where it is the only variant.")
    requested_part_no: str = Field(description="The part number as requested.")
    condition: str | None
    requested_qty: int
    no_quote: bool = Field(description="This part is not offered; `note` says why.")
    qty_available: int | None = Field(description="Quantity available, regardless of the quantity requested.")
    traceability: str | None = Field(description="SHOPIFY: from the store; VENDOR: from Boeing.")
    uom: str | None
    price_usd: str | None = Field(description="For one unit, to the cent, as text.")
    price_type: str | None
    tag_date: str | None
    lead_time: str | None
    status: LineState
    source: Source | None
    code: str | None = Field(description="Why there is no price, for machines.")
    note: str | None = Field(description="The same for people; for quoted lines, what they should know.")


class QuoteDetails(BaseModel):
    """The quote itself."""

    quote_prepared_by: str
    supplier_comments: str | None
    items: list[QuoteItem]


class QuoteAnswer(BaseModel):
    """A quote. The first three members are those of the RFQ form; the others are its progress."""

    id: int = Field(description="The quote's internal id; people use the RFQ number.")
    rfq_details: dict[str, str | None] = Field(description="`rfq_number`, `quote_submission_url`.")
    buyer_details: dict[str, str | None]
    quote_details: QuoteDetails
    status: QuoteState
    message: str
    status_url: str = Field(description="Where to fetch the quote again.")
    created_at: datetime
    completed_at: datetime | None


def answer(quote: Quote, *, status_url: str) -> QuoteAnswer:
    """The response to a quote request. Money is text, because most JSON parsers would read a number as a float.

    Args:
        quote: its current state.
        status_url: URL of the quote.
    """
    terms = quote.terms
    return QuoteAnswer(
        id=quote.id,
        rfq_details={"rfq_number": quote.rfq_number, "quote_submission_url": quote.rfq_sub_url or None},
        buyer_details={name: quote.buyer.get(name) for name in BUYER},
        quote_details=QuoteDetails(
            quote_prepared_by=terms.prepared_by,
            supplier_comments=terms.comments or None,
            items=[item(line, terms) for line in quote.lines],
        ),
        status=quote.state,
        message=message(quote),
        status_url=status_url,
        created_at=quote.created_at,
        completed_at=quote.completed_at,
    )


def item(line: QuoteLine, terms: QuoteTerms) -> QuoteItem:
    """One line. The fields of an offer are null if there is none."""
    answered = line.answer
    quoted = answered.state is LineState.QUOTED
    traceability = terms.traceability_store if answered.source == "store" else terms.traceability_boeing
    return QuoteItem(
        part_no=answered.offered or line.part_number,
        requested_part_no=line.part_number,
        condition=answered.condition,
        requested_qty=line.quantity,
        no_quote=answered.state is LineState.NO_QUOTE,
        qty_available=0 if answered.state is LineState.NO_QUOTE else answered.qty_available,
        traceability=traceability if quoted else None,
        uom=answered.uom,
        price_usd=str(answered.price) if answered.price is not None else None,
        price_type=terms.price_type if quoted else None,
        tag_date=(terms.tag_date or None) if quoted else None,
        lead_time=terms.lead_time if quoted else None,
        status=answered.state,
        source=answered.source,
        code=answered.code,
        note=answered.note,
    )
