"""A channel that posts a message to a webhook, signed according to Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from pydantic import SecretStr

from boeing_data_hub.clock import now
from boeing_data_hub.health.notice import Message
from boeing_data_hub.health.posting import Poster, Receivers
from boeing_data_hub.network.outgoing import Network


class Webhook:
    """A channel that posts to a webhook.

    Args:
        url: where to post; it may contain a secret, and is never shown.
        secret: signs the body; empty: it is not signed.
        seconds: maximum duration of a call.
        network: proxies and certificates.
        poster: posts; None: one of its own.
        receivers: see `Poster.post`.
    """

    def __init__(
        self,
        url: SecretStr,
        secret: SecretStr,
        *,
        seconds: float = 10.0,
        network: Network | None = None,
        poster: Poster | None = None,
        receivers: Receivers | None = None,
    ) -> None:
        self._url = url
        self._secret = secret
        self._poster = poster or Poster(seconds=seconds, network=network)
        self._receivers = receivers

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry for every failure, because the receiver can be corrected."""
        body = json.dumps(message.payload, ensure_ascii=False, default=str).encode()
        moment = str(int(now().timestamp()))
        headers = {"idempotency-key": message.id, "webhook-id": message.id, "webhook-timestamp": moment}
        if self._secret.get_secret_value():
            headers["webhook-signature"] = signature(self._secret, message.id, moment, body)
        self._poster.post(self._url, body, headers, receivers=self._receivers)

    def close(self) -> None:
        """Close the connections."""
        self._poster.close()


def signature(secret: SecretStr, message_id: str, moment: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id, time and body, in base64. A secret `whsec_...` is base64, too."""
    key = secret.get_secret_value()
    try:
        raw = base64.b64decode(key.removeprefix("whsec_"), validate=True) if key.startswith("whsec_") else key.encode()
    except binascii.Error:
        raw = key.encode()
    signed = hmac.new(raw, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
