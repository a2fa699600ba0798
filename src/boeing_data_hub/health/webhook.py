"""Posts a message to a webhook, signed according to Standard Webhooks.

The address is the operator's setting, so any host is allowed. But it must be https, redirects are not followed (they
could lead into the internal network, with secrets), and the duration and size of the call are bounded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Final

from pydantic import SecretStr

from boeing_data_hub.clock import now
from boeing_data_hub.errors import Retry
from boeing_data_hub.health.notice import Message
from boeing_data_hub.network.exchange import FAILURE_BYTES, ExchangeError, HttpExchange, request_to
from boeing_data_hub.network.outgoing import Network

_LONGEST_WAIT: Final = 3600.0


class Webhook:
    """A channel that posts to a webhook.

    Args:
        url: where to post; it may contain a secret, and is never shown.
        secret: signs the body; empty: it is not signed.
        seconds: maximum duration of a call.
        network: proxies and certificates.
    """

    def __init__(
        self, url: SecretStr, secret: SecretStr, *, seconds: float = 10.0, network: Network | None = None
    ) -> None:
        self._url = url
        self._secret = secret
        self._seconds = seconds
        self._exchange = HttpExchange(network, connections=2, keep_idle=5.0)

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry for every failure, because the receiver can be corrected."""
        body = json.dumps(message.payload, ensure_ascii=False, default=str).encode()
        moment = str(int(now().timestamp()))
        headers = {
            "content-type": "application/json",
            "user-agent": "boeing-data-hub",
            "idempotency-key": message.id,
            "webhook-id": message.id,
            "webhook-timestamp": moment,
        }
        if self._secret.get_secret_value():
            headers["webhook-signature"] = signature(self._secret, message.id, moment, body)
        try:
            request = request_to("POST", self._url.get_secret_value(), content=body, headers=headers)
            reply = self._exchange.send(request, seconds=self._seconds, most=FAILURE_BYTES)
        except ExchangeError as error:
            # The path may contain a secret. The host is known to the proxy and the resolver anyway.
            why = f"cannot be reached. {error.fault.said}" if error.fault else f"does not answer ({error.kind})."
            failed = Retry(f"The webhook {why}", code="webhook_unreachable")
            failed.fault = error.fault.kind if error.fault else ""
            raise failed from None
        if not reply.is_success:
            redirect = (
                " Redirects are not followed: set the address it leads to."
                if reply.status < HTTPStatus.BAD_REQUEST
                else ""
            )
            raise Retry(
                f"The webhook answered with status {reply.status}.{redirect}",
                code="webhook_refused",
                retry_after=_seconds_of(reply.headers.get("retry-after")),
            )

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()


def signature(secret: SecretStr, message_id: str, moment: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id, time and body, in base64. A secret `whsec_...` is base64, too."""
    key = secret.get_secret_value()
    try:
        raw = base64.b64decode(key.removeprefix("whsec_"), validate=True) if key.startswith("whsec_") else key.encode()
    except binascii.Error:
        raw = key.encode()
    signed = hmac.new(raw, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _seconds_of(text: str | None) -> float | None:
    return min(_LONGEST_WAIT, float(text)) if text and text.isascii() and text.isdigit() else None
