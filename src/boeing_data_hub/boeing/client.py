"""Boeing's client: makes one price call, with valid tokens. Callers decide when a call may be made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

import httpx2

from boeing_data_hub import telemetry, tracing
from boeing_data_hub.boeing import words
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import Exchange, Question, Reply
from boeing_data_hub.boeing.failures import TokenRefused
from boeing_data_hub.boeing.tokens import TokenPair, Tokens
from boeing_data_hub.boeing.wire import Answer, read_reply
from boeing_data_hub.errors import Reject, Retry
from boeing_data_hub.work.token_memory import Memory

__all__ = ["BoeingClient", "TokenRefused"]


class BoeingClient:
    """Calls Boeing. One per process, created after a fork; its threads share connections, all processes share tokens.

    Args:
        access: addresses, credentials and limits.
        memory: where all processes keep the tokens; None: this process has its own.
    """

    def __init__(self, access: BoeingAccess, memory: Memory | None = None) -> None:
        self._access = access
        self._price_url = httpx2.URL(access.price_url)
        self._exchange = Exchange(
            connect_timeout=access.connect_timeout, max_body_bytes=access.max_body_bytes, network=access.network
        )
        self._tokens = Tokens(access, self._exchange, memory=memory)

    def ask(self, parts: Sequence[str]) -> Answer:
        """Make one price call, without retries, because every price call costs a slot.

        Takes at most `access.deadline_for(len(parts))` seconds, plus two or four token calls of `access.token_timeout`
        seconds if tokens are missing or rejected.

        Args:
            parts: part numbers, sent unchanged.

        Raises:
            TokenRefused: new tokens are ready; repeat the call in a new slot.
            RateLimited, Retry, Reject: see `failures.sort_failure`, `wire.parse_answer` and `Exchange.send`.
            PauseUpstream: `boeing_credentials`; see `Tokens.refused`.
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
                return self._read(reply, pair)
            call.outcome = TokenRefused.code
        self._tokens.refused(pair)
        return self._read(reply, pair)

    def _read(self, reply: Reply, pair: TokenPair) -> Answer:
        """Parse the answer, and remove our secrets from its messages to people."""
        secrets = (*pair.secrets, *self._access.secrets)
        try:
            answer = read_reply(reply.status, reply.headers, reply.body)
        except (Retry, Reject) as error:
            error.words = words.clean(error.words, secrets)
            raise
        return replace(answer, doubt=words.clean(answer.doubt, secrets)) if answer.doubt else answer

    def ensure_tokens(self) -> None:
        """Log in if necessary. Makes no price call, so it costs no slot.

        Raises:
            HubError: see `Tokens.current`.
        """
        self._tokens.current()

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()
