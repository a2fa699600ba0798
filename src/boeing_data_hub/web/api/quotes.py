"""POST /api/zap/webhook: a request for a quote, answered in seconds. /api/quotes: all quotes."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import quote as escaped

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.app import Hub
from boeing_data_hub.quotes import quote_rows
from boeing_data_hub.quotes.quote import Quote, QuoteState
from boeing_data_hub.quotes.requests import LONGEST_TEXT, read_request
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import Reader, Searcher, TheHub
from boeing_data_hub.web.api.quote_answer import QuoteAnswer, answer
from boeing_data_hub.web.downloads import AS_FILE, download
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE
from boeing_data_hub.web.problems import may
from boeing_data_hub.web.quoting import Asker, Fetcher, SentFields, number_in_path

router = APIRouter(prefix="/api", tags=["quotes"])


_Entry = Annotated[str, Field(min_length=1)] | float
_Kept = Annotated[str, Field(max_length=LONGEST_TEXT)] | float | None


class QuoteForm(BaseModel):
    """A request for a quote, with the field names of the RFQ form. Other fields of a form are ignored.

    It describes the body for the API's schema; `quotes/payloads.py` reads the body, which comes in many forms.
    """

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

    rfq_number: Annotated[str, Field(min_length=1, max_length=100)] | float = Field(
        description="The RFQ number. The same number with the same request returns the existing quote."
    )
    requested_parts: _Entry | Annotated[list[_Entry], Field(min_length=1)] = Field(
        description="Part numbers with their suffix, as a list or separated by commas, semicolons or line ends; at "
        "most HUB_QUOTE_MAX_PARTS.",
    )
    requested_qty: _Entry | Annotated[list[_Entry], Field(min_length=1)] = Field(
        description="One quantity per part, in the same order and separated the same way: whole numbers from 1.",
    )
    rfq_sub_url: _Kept = Field(
        default=None, description="Where the quote is to be submitted. It is copied into the answer and never called."
    )
    buyer_company_name: _Kept = Field(default=None, description="The buyer's company.")
    buyer_name: _Kept = Field(default=None, description="The buyer.")
    buyer_address: _Kept = Field(default=None, description="The buyer's address.")
    buyer_phone: _Kept = Field(default=None, description="The buyer's phone number.")
    buyer_email: _Kept = Field(default=None, description="The buyer's e-mail address.")
    deliver_to_address: _Kept = Field(default=None, description="Delivery address.")


class QuotesResponse(BaseModel):
    """One page of quotes."""

    quotes: list[QuoteAnswer]
    next_before: int | None = Field(description="Send it as `before` for the next page; null at the end.")


_FORM_SCHEMA: Final = {"schema": QuoteForm.model_json_schema()}


@router.post(
    "/zap/webhook",
    responses=may(409),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": _FORM_SCHEMA, "application/x-www-form-urlencoded": _FORM_SCHEMA},
        }
    },
)
def ask_for_quote(hub: TheHub, asker: Asker, form: SentFields, response: Response) -> QuoteAnswer:
    """Request a quote. Each line is answered from the store, else by Boeing; exact part numbers only.

    Needs the header `X-Webhook-Secret`, or a key with the scope `search`. The response comes
    within HUB_QUOTE_ANSWER_SECONDS: a line that Boeing has not answered by then is `pending`; it is completed in the
    background and can be fetched from `status_url`. The same number and request return the same quote.
    """
    request = read_request(form, most=hub.settings.hub_quote_max_parts, actor=asker)
    asked = hub.quoting.ask(request)
    if not asked.is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return told(hub, asked.quote)


@router.get("/quotes")
def list_quotes(
    hub: TheHub,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Continue after the quote with this id.")
    ] = None,
    state: Annotated[QuoteState | None, Query(description="Only quotes in this state.")] = None,
    search: Annotated[
        str | None, Query(max_length=100, pattern=STORABLE, description="The beginning of the RFQ number.")
    ] = None,
) -> QuotesResponse:
    """Quotes, newest first."""
    found = hub.database.run(lambda work: quote_rows.page(work, limit=limit, before=before, state=state, search=search))
    return QuotesResponse(
        quotes=[told(hub, one) for one in found], next_before=found[-1].id if len(found) == limit else None
    )


@router.get("/quotes/{rfq_number:path}", response_model=QuoteAnswer, responses=AS_FILE)
def get_quote(
    rfq_number: str,
    hub: TheHub,
    _fetcher: Fetcher,
    request: Request,
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: its lines as a file.")
    ] = None,
) -> QuoteAnswer | StreamingResponse | FileResponse:
    """A quote with every answer so far, or its lines as a file.

    Needs the header `X-Webhook-Secret`, or a key with the scope `read`.
    """
    found = hub.quoting.find(number_in_path(rfq_number))
    if format is None and "text/csv" in request.headers.get("accept", ""):
        format = "csv"  # noqa: A001 - same
    if format is not None and format != "json":
        return download(exports.quote(found), format, name=f"quote-{found.id}")
    return told(hub, found)


@router.post("/quotes/{rfq_number:path}/retry", status_code=202, responses=may(409))
def retry_quote(rfq_number: str, hub: TheHub, principal: Searcher) -> QuoteAnswer:
    """Search again for the lines that are `unanswered`. A second request starts no second search."""
    found = hub.quoting.find(number_in_path(rfq_number))
    return told(hub, hub.quoting.ask_again(found, actor=principal.owner))


def told(hub: Hub, quote: Quote) -> QuoteAnswer:
    """A quote as the API returns it."""
    return answer(quote, status_url=f"{hub.settings.public_url}/api/quotes/{escaped(quote.rfq_number, safe='')}")
