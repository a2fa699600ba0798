"""Turns quotes into draft orders in the store: stored here, sent by a publishing worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from boeing_data_hub.clock import now
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.quotes import quote_rows
from boeing_data_hub.quotes.ordering import OrderTerms, payload_of, sku_of
from boeing_data_hub.quotes.quote import LineState, Quote
from boeing_data_hub.quotes.run import target_of
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import is_mail_address
from boeing_data_hub.shopify import current_store, draft_order_rows
from boeing_data_hub.shopify.draft_order_rows import DraftOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a person entered.

    Attributes:
        email: None: the buyer's of the quote.
        valid_days: None: HUB_QUOTE_VALID_DAYS.
    """

    email: str | None = None
    po_number: str = ""
    note: str = ""
    valid_days: int | None = None
    reserve: bool = False


class Orders:
    """Makes draft orders of quotes.

    Args:
        database: the rows.
        settings: HUB_QUOTES_TO_ORDERS, HUB_QUOTE_VALID_DAYS, and whether there is a store.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @property
    def are_on(self) -> bool:
        """True if quotes may become draft orders."""
        return self._settings.hub_quotes_to_orders and bool(self._settings.shopify_store_domain.strip())

    def create(self, quote: Quote, request: OrderRequest, *, actor: str) -> DraftOrder:
        """Store the draft order of a quote, to be sent within seconds. A second request returns the first one's.

        Raises:
            Conflict: draft orders are off, the quote has no price or is not complete, or no store is known yet.
            BadInput: the e-mail address is invalid.
        """
        if not self.are_on:
            raise Conflict(
                "Draft orders are off. Set HUB_QUOTES_TO_ORDERS=true and grant the app the scope write_draft_orders.",
                code="draft_orders_off",
            )
        terms = self._terms(quote, request)

        def step(work: Work) -> DraftOrder:
            held = quote_rows.hold(work, quote.id)
            if held is None:
                raise NotFound("This quote doesn't exist or was deleted.", code="quote_not_found")
            shop = _checked(held, current_store.read(work))
            key = uuid4()
            skus = [sku_of(line) for line in held.lines if line.answer.state is LineState.QUOTED]
            payload: dict[str, Any] = payload_of(
                held, terms, variants=draft_order_rows.variants(work, shop, skus), key=key
            )
            is_new = draft_order_rows.add(
                work,
                quote_id=held.id,
                shop=shop,
                key=key,
                payload=payload,
                valid_until=terms.valid_until,
                author=actor,
            )
            if is_new:
                details = {"lines": len(skus), "po_number": terms.po_number}
                audit.record(work, actor=actor, action="quote.order", target=target_of(held), details=details)
            return _there(draft_order_rows.get(work, held.id))

        return self._database.run(step, patience=5)

    def find(self, quote: Quote) -> DraftOrder | None:
        """The draft order of a quote, or None."""
        return self._database.run(lambda work: draft_order_rows.get(work, quote.id), hurry=True)

    def _terms(self, quote: Quote, request: OrderRequest) -> OrderTerms:
        email = (quote.buyer.get("buyer_email", "") if request.email is None else request.email).strip()
        if email and not is_mail_address(email):
            if request.email is None:
                email = ""  # a buyer's text that is no address is no reason to refuse the order
            else:
                raise BadInput("Enter an e-mail address such as ann@example.com, or none.", code="bad_email")
        days = request.valid_days or self._settings.hub_quote_valid_days
        return OrderTerms(
            email=email,
            po_number=request.po_number.strip(),
            note=request.note.strip(),
            valid_until=_today() + timedelta(days=days),
            reserve=request.reserve,
        )


def _today() -> date:
    return now().date()


def _checked(quote: Quote, shop: str | None) -> str:
    """The store, if the quote can be ordered. Raises Conflict."""
    if shop is None:
        raise Conflict("No store was connected yet. Run `bdh doctor`.", code="no_store")
    if quote.is_pending:
        raise Conflict("This quote is not complete yet. Wait for its last lines.", code="quote_pending")
    if not quote.count(LineState.QUOTED):
        raise Conflict("No line of this quote has a price, so there is nothing to order.", code="nothing_quoted")
    return shop


def _there(found: DraftOrder | None) -> DraftOrder:
    assert found is not None  # noqa: S101 - added in this transaction
    return found
