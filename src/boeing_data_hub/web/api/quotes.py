"""POST /api/zap/webhook: a request for a quote, answered in seconds. /api/quotes: the quotes there are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote as escaped

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.hub import Hub
from boeing_data_hub.model.quotes import Quote, QuoteState
from boeing_data_hub.quoting.answer import answer
from boeing_data_hub.quoting.requests import read_request
from boeing_data_hub.reporting import exports
from boeing_data_hub.store import quotes
from boeing_data_hub.web.access import Reader, Searcher, TheHub
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.quoting import Asker, Fetcher

router = APIRouter(prefix="/api", tags=["quotes"])


class QuoteForm(BaseModel):
    """A request for a quote, by the names of the RFQ form. What else a form sends is ignored."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "rfq_number": "RFQ-10442",
                    "rfq_sub_url": "https://rfq.example.com/10442/submit",
                    "buyer_company_name": "Example Air",
                    "buyer_name": "R. Buyer",
                    "buyer_email": "buyer@example.com",
                    "requested_parts": "WF338109=K3,AN3-43A",
                    "requested_qty": "2,100",
                }
            ]
        },
    )

    rfq_number: str | int | None = Field(
        default=None, description="The request's own number. Sent again with the same request, it is the same quote."
    )
    requested_parts: str | None = Field(
        default=None, description="Part numbers with their suffix, separated by commas; at most HUB_QUOTE_MAX_PARTS."
    )
    requested_qty: str | int | None = Field(
        default=None, description="As many quantities, in the same order, separated by commas: whole numbers from 1."
    )
    rfq_sub_url: str | None = Field(
        default=None, description="Where the quote is to be handed in. It is repeated in the answer, and never called."
    )
    buyer_company_name: str | None = Field(default=None, description="The buyer's company.")
    buyer_name: str | None = Field(default=None, description="The buyer.")
    buyer_address: str | None = Field(default=None, description="The buyer's address.")
    buyer_phone: str | int | None = Field(default=None, description="The buyer's telephone.")
    buyer_email: str | None = Field(default=None, description="The buyer's e-mail address.")
    deliver_to_address: str | None = Field(default=None, description="Where the parts are to go.")


class QuoteItem(BaseModel):
    """One line. What belongs to an offer is null where none is made."""

    part_no: str
    condition: str | None
    requested_qty: int
    no_quote: bool = Field(description="This part is not offered; `note` says why.")
    qty_available: int | None = Field(description="Pieces that can be sold, whatever was asked for.")
    traceability: str | None = Field(description="SHOPIFY: from the store; VENDOR: from Boeing.")
    uom: str | None
    price_usd: str | None = Field(description="For one unit, to the cent, as text.")
    price_type: str | None
    tag_date: str | None
    lead_time: str | None
    status: Literal["pending", "quoted", "no_quote", "unanswered"]
    source: Literal["store", "boeing"] | None
    code: str | None = Field(description="Why there is no price, for machines.")
    note: str | None = Field(description="The same for a person; for quoted lines, what should be known.")


class QuoteDetails(BaseModel):
    """The quote proper."""

    quote_prepared_by: str
    supplier_comments: str | None
    items: list[QuoteItem]


class QuoteAnswer(BaseModel):
    """A quote. The first three members are those of the RFQ form; the others say how far it is."""

    id: int = Field(description="Of the quote here; its name is the RFQ number.")
    rfq_details: dict[str, str | None] = Field(description="`rfq_number`, `quote_submission_url`.")
    buyer_details: dict[str, str | None]
    quote_details: QuoteDetails
    status: QuoteState
    message: str
    status_url: str = Field(description="Where the quote can be fetched again.")
    created_at: datetime
    completed_at: datetime | None


@router.post("/zap/webhook", response_model=QuoteAnswer)
def ask_for_quote(form: QuoteForm, hub: TheHub, asker: Asker, response: Response) -> dict[str, Any]:
    """Ask for a quote: each part from the store, else from Boeing, else none; exact part numbers only.

    Needs the header `X-Webhook-Secret`, or a key with the scope `search`. It is answered within
    HUB_QUOTE_ANSWER_SECONDS: a line Boeing has not answered by then is `pending`, completed by itself, and fetched from
    `status_url`. The same number and the same request give the same quote again.
    """
    request = read_request(form.model_dump(), most=hub.quoting.rules.max_parts, actor=asker)
    asked = hub.quoting.ask(request)
    if not asked.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return told(hub, asked.quote)


@router.get("/quotes")
def list_quotes(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[int | None, Query(ge=1, description="Continue behind the quote of this id.")] = None,
    state: Annotated[QuoteState | None, Query(description="Only quotes that came to this.")] = None,
    search: Annotated[
        str | None, Query(max_length=100, pattern=STORABLE, description="How the RFQ number begins.")
    ] = None,
) -> dict[str, Any]:
    """Quotes, newest first."""
    found = hub.database.run(lambda work: quotes.page(work, limit=limit, before=before, state=state, search=search))
    return {
        "quotes": [told(hub, one) for one in found],
        "next_before": found[-1].id if len(found) == limit else None,
    }


@router.get(
    "/quotes/{rfq_number:path}",
    response_model=QuoteAnswer,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, exports.XLSX: {}}}},
)
def get_quote(
    rfq_number: str,
    hub: TheHub,
    _fetcher: Fetcher,
    request: Request,
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: its lines as a file.")
    ] = None,
) -> dict[str, Any] | StreamingResponse | FileResponse:
    """A quote as it is now: what Boeing has answered meanwhile is in it. As a file: its lines.

    Needs the header `X-Webhook-Secret`, or a key with the scope `read`.
    """
    found = hub.quoting.find(_as_stored(rfq_number))
    if format is None and "text/csv" in request.headers.get("accept", ""):
        format = "csv"  # noqa: A001 - same
    if format is not None and format != "json":
        return download(exports.quote(found), format, name=f"quote-{found.id}")
    return told(hub, found)


@router.post("/quotes/{rfq_number:path}/retry", status_code=202, response_model=QuoteAnswer)
def ask_again(rfq_number: str, hub: TheHub, principal: Searcher) -> dict[str, Any]:
    """Have Boeing asked again for the lines that are `unanswered`. Asked twice, it is one search."""
    found = hub.quoting.find(_as_stored(rfq_number))
    return told(hub, hub.quoting.ask_again(found, actor=principal.owner))


def told(hub: Hub, quote: Quote) -> dict[str, Any]:
    """A quote as the API tells it."""
    address = f"{hub.settings.public_url}/api/quotes/{escaped(quote.rfq_number, safe='')}"
    return {"id": quote.id, **answer(quote, status_url=address)}


def _as_stored(rfq_number: str) -> str:
    """A number from an address. Postgres holds no NUL, so nothing there is called like a text with one."""
    return rfq_number.strip().replace("\0", "\ufffd")
