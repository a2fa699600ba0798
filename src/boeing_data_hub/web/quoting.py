"""Who may ask for quotes: the webhook's caller, by the secret it shares with the hub, or anyone with a key."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import Depends, Request

from boeing_data_hub.errors import Unauthorized
from boeing_data_hub.web.access import needs, the_hub

log = structlog.get_logger(__name__)

SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105 - a header's name
WEBHOOK = "webhook"
"""Under which name the webhook's caller stands in the audit log."""


def caller(scope: str) -> Callable[[Request], str]:
    """A dependency that lets in whoever sends the secret, or a key with this scope. Gives their name."""
    by_key = needs(scope)

    def check(request: Request) -> str:
        sent = request.headers.getlist(SECRET_HEADER)
        if not sent:
            return by_key(request).owner
        settings = the_hub(request).settings
        good = [
            secret.get_secret_value().encode()
            for secret in (settings.hub_quote_webhook_secret, settings.hub_quote_webhook_secret_previous)
        ]
        # All are compared, whichever it is, so that the time tells nothing.
        matches = [hmac.compare_digest(sent[0].encode("utf-8", "surrogateescape"), one) for one in good]
        if len(sent) == 1 and any(match and one for match, one in zip(matches, good, strict=True)):
            return WEBHOOK
        log.warning("a wrong webhook secret was refused")
        raise Unauthorized(
            f"The {SECRET_HEADER} is not the hub's (HUB_QUOTE_WEBHOOK_SECRET), or none is set there. Nothing was "
            "stored. Send the secret, or an API key with the scope `search`."
        )

    return check


Asker = Annotated[str, Depends(caller("search"))]
Fetcher = Annotated[str, Depends(caller("read"))]
