"""POST /api/shopify/webhooks: the store says that something has changed. Verified, stored, and answered at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from boeing_data_hub.app import Hub
from boeing_data_hub.errors import BadInput, Conflict, NotFound, Refused, Unauthorized
from boeing_data_hub.shopify import webhooks
from boeing_data_hub.shopify.webhook_inbox import Inbox
from boeing_data_hub.web.access import address_of
from boeing_data_hub.web.problems import may, refused
from boeing_data_hub.web.security_events import note

router = APIRouter(tags=["shopify"])

_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
_SIGNATURE: Final = webhooks.SIGNATURE_HEADER.lower().encode()
_STORED: Final = b'{"stored":true}'
_KNOWN: Final = b'{"stored":false}'


class WebhookStored(BaseModel):
    """False: the webhook was stored before, or its topic is of no use."""

    stored: bool


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "As the store sends it."}}},
    }
}


@dataclass(frozen=True, slots=True)
class _Route:
    """Names the route to what measures requests."""

    path: str = webhooks.PATH


class StoreWebhooks:
    """Receives webhooks of the store: a thousand in a second, with one processor.

    The gate hands small ones over as they arrive, so that they pass none of the layers that other routes need.

    Args:
        hub: the process's hub.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._inbox = Inbox(lambda: hub.database)

    async def __call__(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope["route"] = _Route()
        try:
            stored = await self.stored(scope, body)
        except Refused as error:
            await refused(error)(scope, receive, send)
            return
        answer = _STORED if stored else _KNOWN
        headers = [(b"content-length", str(len(answer)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def stored(self, scope: Scope, body: bytes) -> bool:
        """Verify and store a webhook. False if it was stored before, or is of no use.

        Raises:
            Refused: it is not signed, or cannot be used; nothing was stored.
        """
        settings, fields = self._hub.settings, _fields(scope)
        if not fields.signatures:
            raise _not_signed(scope)
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
        if not webhooks.is_signed(body, fields.signatures, secret):
            raise _not_signed(scope)
        if not _ID.fullmatch(fields.webhook_id):
            raise BadInput(
                "The X-Shopify-Webhook-Id is missing or unusable. Nothing was stored.", code="bad_webhook_id"
            )
        try:
            found = webhooks.read(fields.webhook_id, fields.topic, body)
        except ValueError:
            raise BadInput(
                "The body does not name the object of its topic. Nothing was stored.", code="bad_webhook"
            ) from None
        return found is not None and await self._inbox.store(found)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The header fields of a delivery; of those that come more than once the first, but for the signature."""

    signatures: list[str]
    webhook_id: str
    topic: str


def _fields(scope: Scope) -> _Fields:
    signatures: list[str] = []
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name == _SIGNATURE:
            signatures.append(value.decode("latin-1"))
        elif name.startswith(b"x-shopify-"):
            found.setdefault(name, value.decode("latin-1"))
    return _Fields(signatures, found.get(b"x-shopify-webhook-id", ""), found.get(b"x-shopify-topic", ""))


@router.post(webhooks.PATH, openapi_extra=_BODY, responses=may(404, 409))
async def receive_store_webhook(request: Request) -> WebhookStored:
    """A webhook of the store, signed with the app's client secret. It is stored; workers read the product later."""
    receiver: StoreWebhooks = request.app.state.store_webhooks
    return WebhookStored(stored=await receiver.stored(request.scope, await request.body()))


def _not_signed(scope: Scope) -> Unauthorized:
    note("store_webhook_rejected", address=address_of(scope))
    return Unauthorized(
        f"The {webhooks.SIGNATURE_HEADER} is not the signature of this body by the app's client secret "
        "(SHOPIFY_CLIENT_SECRET). Nothing was stored.",
    )
