"""Posting a message to a webhook, signed as Standard Webhooks has it.

The address is the operator's own setting, so any host may be named; but it must be https, no redirect is followed (it
could lead into the network, secrets along), and the whole call and its answer are bounded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2
from pydantic import SecretStr

from boeing_data_hub.clock import now
from boeing_data_hub.deadline import TimedTransport, ends_within
from boeing_data_hub.errors import Retry
from boeing_data_hub.model.notices import Message

_ANSWER_BYTES: Final = 65_536
_LONGEST_WAIT: Final = 3600.0


class Webhook:
    """A receiver.

    Args:
        url: where to post; may hold a secret, and is shown nowhere.
        secret: signs what is posted; empty: nothing is signed.
        seconds: how long a call may take in all.
    """

    def __init__(self, url: SecretStr, secret: SecretStr, *, seconds: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._seconds = seconds
        self._client = httpx2.Client(
            transport=TimedTransport(connections=2, keep_idle=5.0),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry: whatever is wrong at the receiver, a person can mend it."""
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
            with (
                ends_within(self._seconds),
                self._client.stream(
                    "POST", self._url.get_secret_value(), content=body, headers=headers, timeout=self._seconds
                ) as answer,
            ):
                status = answer.status_code
                self._drain(answer)
        except httpx2.HTTPError as error:
            raise Retry(f"The webhook does not answer ({type(error).__name__}).", code="webhook_unreachable") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            redirect = " Redirects are not followed: set the address it leads to." if status < 400 else ""  # noqa: PLR2004
            raise Retry(
                f"The webhook answers {status}.{redirect}",
                code="webhook_refused",
                retry_after=_seconds_of(answer.headers.get("retry-after")),
            )

    @staticmethod
    def _drain(answer: httpx2.Response) -> None:
        read = 0
        for piece in answer.iter_raw():
            read += len(piece)
            if read > _ANSWER_BYTES:  # the status has said all there is to know
                return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def signature(secret: SecretStr, message_id: str, moment: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over id, moment and body, in base64. A secret `whsec_...` is base64 itself."""
    key = secret.get_secret_value()
    try:
        raw = base64.b64decode(key.removeprefix("whsec_"), validate=True) if key.startswith("whsec_") else key.encode()
    except binascii.Error:
        raw = key.encode()
    signed = hmac.new(raw, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _seconds_of(text: str | None) -> float | None:
    return min(_LONGEST_WAIT, float(text)) if text and text.isascii() and text.isdigit() else None
