"""The door itself: one price call, with tokens that are seen to. When a call may go is decided above."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

import httpx2

from boeing_data_hub import telemetry, tracing
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import Exchange, Question
from boeing_data_hub.boeing.failures import TokenRefused
from boeing_data_hub.boeing.tokens import Tokens
from boeing_data_hub.boeing.wire import Answer, read_reply
from boeing_data_hub.errors import Reject

__all__ = ["BoeingClient", "TokenRefused"]


class BoeingClient:
    """Asks Boeing. One per process, made after a fork; its threads share connections and tokens.

    Args:
        access: addresses, credentials and limits.
    """

    def __init__(self, access: BoeingAccess) -> None:
        self._access = access
        self._price_url = httpx2.URL(access.price_url)
        self._exchange = Exchange(connect_timeout=access.connect_timeout, max_body_bytes=access.max_body_bytes)
        self._tokens = Tokens(access, self._exchange)

    def ask(self, parts: Sequence[str]) -> Answer:
        """Make one price call. Nothing is repeated in here, because every price call costs a slot.

        Takes at most `access.deadline_for(len(parts))` seconds, and two or four token calls of
        `access.token_timeout` seconds more when tokens are missing or refused.

        Args:
            parts: part numbers, sent as they are.

        Raises:
            TokenRefused: new tokens are ready; ask again, in a new slot.
            RateLimited, Retry, Reject: see `failures.sort_failure`, `wire.parse_answer` and `Exchange.send`.
            StopTheLine: `boeing_credentials`; see `Tokens.refused`.
        """
        if not parts:
            raise Reject("Nothing was asked of Boeing, so there is no answer.", code="boeing_rejected")
        pair = self._tokens.current()
        question = {"showNoStock": True, "showLocation": True, "productCodes": list(parts)}
        with telemetry.outside_call("boeing", "price", parts=len(parts)) as call:
            headers = (
                httpx2.Headers({**pair.headers, **tracing.outgoing()}) if self._access.send_trace else pair.headers
            )
            reply = self._exchange.send(
                Question("POST", self._price_url, headers, json.dumps(question).encode(), pair.secrets),
                seconds=self._access.deadline_for(len(parts)),
            )
            if reply.status != HTTPStatus.UNAUTHORIZED:
                if reply.status == HTTPStatus.OK:
                    self._tokens.accepted(pair)
                return read_reply(reply.status, reply.headers, reply.body)
            call.outcome = TokenRefused.code
        self._tokens.refused(pair)
        return read_reply(reply.status, reply.headers, reply.body)

    def ensure_tokens(self) -> None:
        """Log in unless that is done. Asks for no price, so it costs no slot.

        Raises:
            HubError: see `Tokens.current`.
        """
        self._tokens.current()

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()
