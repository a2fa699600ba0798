"""/api/quotes/{rfq_number}/draft-order: a quote as a draft order in the store."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from boeing_data_hub.app import Hub
from boeing_data_hub.errors import NotFound
from boeing_data_hub.quotes.orders import OrderRequest
from boeing_data_hub.shopify.draft_order_rows import DraftOrder
from boeing_data_hub.web.access import Publisher, Reader, TheHub
from boeing_data_hub.web.bodies import Body, Flag
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.problems import may
from boeing_data_hub.web.quoting import number_in_path
from boeing_data_hub.web.store_links import draft_order_link

router = APIRouter(prefix="/api/quotes", tags=["quotes"])


class DraftOrderBody(Body):
    """What a person decides when a quote becomes a draft order."""

    email: Annotated[str | None, Field(max_length=320, pattern=STORABLE)] = Field(
        default=None, description="The customer's e-mail address; null: the buyer's of the quote."
    )
    po_number: Annotated[str, Field(max_length=100, pattern=STORABLE, description="The buyer's order number.")] = ""
    note: Annotated[str, Field(max_length=1000, pattern=STORABLE, description="For people in the store.")] = ""
    valid_days: Annotated[int | None, Field(ge=1, le=365)] = Field(
        default=None, description="Days for which the prices hold; null: HUB_QUOTE_VALID_DAYS."
    )
    reserve: Flag = Field(default=False, description="The store reserves stock until then.")


class DraftOrderResponse(BaseModel):
    """The draft order of a quote."""

    state: Literal["due", "created", "refused"] = Field(
        description="`due`: it is being sent; `refused`: the store rejected it, and `note` says why."
    )
    note: str | None
    draft_order_id: str | None
    name: str | None = Field(description="The store's number, such as #D12.")
    invoice_url: str | None = Field(description="Where the customer can pay.")
    admin_url: str | None = Field(description="Its page in Shopify's admin.")
    valid_until: date
    author: str
    created_at: datetime
    updated_at: datetime


def told(hub: Hub, order: DraftOrder) -> DraftOrderResponse:
    """A draft order as the API returns it."""
    return DraftOrderResponse(
        state=order.state,
        note=order.note,
        draft_order_id=order.draft_order_id,
        name=order.name,
        invoice_url=order.invoice_url,
        admin_url=draft_order_link(hub, order.draft_order_id),
        valid_until=order.valid_until,
        author=order.author,
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


@router.post("/{rfq_number:path}/draft-order", status_code=202, responses=may(409))
def create_draft_order(rfq_number: str, body: DraftOrderBody, hub: TheHub, principal: Publisher) -> DraftOrderResponse:
    """Turn a quote into a draft order in the store, which is made within seconds.

    A repeated request returns the same draft order. One that the store rejected can be requested again.
    """
    quote = hub.quoting.find(number_in_path(rfq_number))
    wanted = OrderRequest(
        email=body.email,
        po_number=body.po_number,
        note=body.note,
        valid_days=body.valid_days,
        reserve=body.reserve,
    )
    return told(hub, hub.orders.create(quote, wanted, actor=principal.owner))


@router.get("/{rfq_number:path}/draft-order")
def get_draft_order(rfq_number: str, hub: TheHub, _principal: Reader) -> DraftOrderResponse:
    """The draft order of a quote."""
    quote = hub.quoting.find(number_in_path(rfq_number))
    found = hub.orders.find(quote)
    if found is None:
        raise NotFound("This quote has no draft order.", code="draft_order_not_found")
    return told(hub, found)
