"""POST /api/shopify/webhooks: the store says that something has changed. Verified, stored, and answered at once."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from boeing_data_hub.errors import BadInput, Conflict, NotFound, Unauthorized
from boeing_data_hub.shopify import webhooks
from boeing_data_hub.shopify.webhook_inbox import Inbox
from boeing_data_hub.web.access import TheHub, address_of
from boeing_data_hub.web.problems import may
from boeing_data_hub.web.security_events import note

router = APIRouter(tags=["shopify"])

_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")


async def _raw(request: Request) -> bytes:
    """The body as it arrived, which is what the store signed."""
    return await request.body()


class WebhookStored(BaseModel):
    """False: the webhook was stored before, or its topic is of no use."""

    stored: bool


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "As the store sends it."}}},
    }
}


@router.post(webhooks.PATH, openapi_extra=_BODY, responses=may(404, 409))
def receive_store_webhook(request: Request, hub: TheHub, body: Annotated[bytes, Depends(_raw)]) -> WebhookStored:
    """A webhook of the store, signed with the app's client secret. It is stored; workers look at the product later."""
    settings, sent = hub.settings, request.headers.getlist(webhooks.SIGNATURE_HEADER)
    if not sent:
        raise _not_signed(request)
    if not settings.shopify_store_domain.strip():
        raise NotFound(
            "This hub publishes to no store, so it accepts no webhooks. Nothing was stored.", code="no_store"
        )
    secret = settings.shopify_client_secret.get_secret_value().strip()
    if not secret:
        raise Conflict(
            "SHOPIFY_CLIENT_SECRET is not set, so the signature cannot be verified. Nothing was stored.",
            code="no_client_secret",
        )
    if not webhooks.is_signed(body, sent, secret):
        raise _not_signed(request)
    webhook_id = request.headers.get("X-Shopify-Webhook-Id", "")
    if not _ID.fullmatch(webhook_id):
        raise BadInput("The X-Shopify-Webhook-Id is missing or unusable. Nothing was stored.", code="bad_webhook_id")
    try:
        found = webhooks.read(webhook_id, request.headers.get("X-Shopify-Topic", ""), body)
    except ValueError:
        raise BadInput(
            "The body does not name the object of its topic. Nothing was stored.", code="bad_webhook"
        ) from None
    inbox: Inbox = request.app.state.webhook_inbox
    return WebhookStored(stored=found is not None and inbox.store(found))


def _not_signed(request: Request) -> Unauthorized:
    note("store_webhook_rejected", address=address_of(request.scope))
    return Unauthorized(
        f"The {webhooks.SIGNATURE_HEADER} is not the signature of this body by the app's client secret "
        "(SHOPIFY_CLIENT_SECRET). Nothing was stored.",
    )
