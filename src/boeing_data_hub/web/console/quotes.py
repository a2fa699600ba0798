"""/console/quotes: all quotes, and the page of one: its lines, their sources, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys, audit
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.health.batch_status import wait_of
from boeing_data_hub.quotes import quote_rows
from boeing_data_hub.quotes.message import message
from boeing_data_hub.quotes.orders import OrderRequest
from boeing_data_hub.quotes.quote import Quote, QuoteState
from boeing_data_hub.quotes.run import target_of
from boeing_data_hub.shopify import draft_order_rows
from boeing_data_hub.shopify.draft_order_rows import DraftOrder
from boeing_data_hub.web import exports
from boeing_data_hub.web.access import TheHub
from boeing_data_hub.web.console.rendering import go, page
from boeing_data_hub.web.console.visitors import Operator, Publisher, Viewer
from boeing_data_hub.web.downloads import download
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.store_links import draft_order_link
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/quotes")

_ON_A_PAGE: Final = 50
_EVENTS: Final = 100
_MOST_DAYS: Final = 365
_LARGEST_ID: Final = 2**62


@router.get("")
def show_all(
    request: Request,
    hub: TheHub,
    _visitor: Viewer,
    state: QuoteState | Annotated[str, Query(pattern="^$")] = "",
    q: Annotated[str, Query(max_length=100, pattern=STORABLE)] = "",
    before: Annotated[int, Query(ge=1, le=_LARGEST_ID)] | None = None,
) -> HTMLResponse:
    """The list, newest first. `before` continues after a page."""

    def step(work: Work) -> tuple[list[Quote], dict[str, str]]:
        found = quote_rows.page(
            work, limit=_ON_A_PAGE + 1, state=state or None, search=q.strip() or None, before=before
        )
        return found, api_keys.names(work)

    found, names = hub.database.run(step, hurry=True)
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        "pages/quotes.html",
        quotes=shown,
        names=names,
        state=state,
        q=q,
        first=before is None,
        last=shown[-1] if len(found) > _ON_A_PAGE else None,
        message=message,
        open_to_webhook=bool(hub.settings.hub_quote_webhook_secret.get_secret_value()),
    )


@router.get("/{quote_id}")
def show(quote_id: int, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The page of one quote."""
    return page(request, "pages/quote.html", _view(hub, quote_id))


@router.get("/{quote_id}/lines")
def show_lines(quote_id: int, request: Request, hub: TheHub, _visitor: Viewer) -> HTMLResponse:
    """The lines alone. The page fetches them while the quote waits."""
    return page(request, "widgets/quote_live.html", _view(hub, quote_id))


@router.get("/{quote_id}/lines.csv", response_model=None)
def lines_csv(quote_id: int, hub: TheHub, _visitor: Viewer) -> Response:
    """The lines as CSV."""
    return download(exports.quote(_existing(hub, quote_id)), "csv", name=f"quote-{quote_id}")


@router.get("/{quote_id}/lines.xlsx", response_model=None)
def lines_xlsx(quote_id: int, hub: TheHub, _visitor: Viewer) -> Response:
    """The lines as XLSX."""
    return download(exports.quote(_existing(hub, quote_id)), "xlsx", name=f"quote-{quote_id}")


@router.post("/{quote_id}/retry", response_model=None)
def ask_again(quote_id: int, hub: TheHub, visitor: Operator) -> Response:
    """Search again for the lines that are unanswered."""
    after = hub.quoting.ask_again(_existing(hub, quote_id), actor=visitor.owner)
    return go(f"/console/quotes/{after.id}", said="asked-again")


@router.post("/{quote_id}/draft-order", response_model=None)
def order(
    quote_id: int,
    hub: TheHub,
    visitor: Publisher,
    email: Annotated[str, Form(max_length=320, pattern=STORABLE)] = "",
    po: Annotated[str, Form(max_length=100, pattern=STORABLE)] = "",
    note: Annotated[str, Form(max_length=1000, pattern=STORABLE)] = "",
    days: Annotated[str, Form(max_length=4)] = "",
    reserve: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Turn the quote into a draft order in the store."""
    typed = days.strip()
    if typed and not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= _MOST_DAYS):
        raise BadInput("Enter a number of days from 1 to 365. No draft order was created.", code="bad_days")
    wanted = OrderRequest(
        email=email, po_number=po, note=note, valid_days=int(typed) if typed else None, reserve=reserve == "yes"
    )
    hub.orders.create(_existing(hub, quote_id), wanted, actor=visitor.owner)
    return go(f"/console/quotes/{quote_id}", said="ordered")


def _existing(hub: Hub, quote_id: int) -> Quote:
    """The quote as it is now. Raises NotFound."""
    possible = 0 < quote_id < _LARGEST_ID
    found = hub.database.run(lambda work: quote_rows.get(work, quote_id), hurry=True) if possible else None
    if found is None:
        raise NotFound("This quote doesn't exist or was deleted.", code="quote_not_found")
    return hub.quoting.look(found) if found.is_pending else found


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """What the page of a quote shows.

    Attributes:
        batch: the search that answers it.
        waits: what that search waits for.
        order: its draft order in the store.
        orders_are_on: quotes may become draft orders.
        admin_url: the draft order's page in Shopify's admin.
        happenings: its lines of the audit log.
        valid_days: for which a draft order is valid if nobody says otherwise.
        names: API keys' names by owner.
    """

    quote: Quote
    message: str
    batch: Batch | None
    waits: object
    order: DraftOrder | None
    orders_are_on: bool
    admin_url: str | None
    valid_days: int
    happenings: Sequence[object]
    names: Mapping[str, str]


def _view(hub: Hub, quote_id: int) -> QuoteView:
    quote = _existing(hub, quote_id)

    def step(work: Work) -> QuoteView:
        batch = batches.get(work, quote.batch_id) if quote.batch_id else None
        order = draft_order_rows.get(work, quote.id)
        return QuoteView(
            quote=quote,
            message=message(quote),
            batch=batch,
            waits=wait_of(batch, hub.live.situation(work)) if batch and quote.is_pending else None,
            order=order,
            orders_are_on=hub.orders.are_on,
            admin_url=draft_order_link(hub, order.draft_order_id) if order else None,
            valid_days=hub.settings.hub_quote_valid_days,
            happenings=audit.of_target(work, target_of(quote), limit=_EVENTS),
            names=api_keys.names(work),
        )

    return hub.database.run(step, hurry=True)
