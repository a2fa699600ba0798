"""Tests a login call by call, for the doctor: the call that is rejected shows which credentials are wrong.

With `ask` it also makes the third call, which costs one slot of the limit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

import httpx2

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import Exchange, Question
from boeing_data_hub.boeing.failures import sort_failure
from boeing_data_hub.boeing.login import Login
from boeing_data_hub.boeing.tokens import TokenPair, Tokens
from boeing_data_hub.errors import HubError
from boeing_data_hub.work.token_memory import Memory

_OAUTH, _PART, _PRICE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of a test.

    Attributes:
        call: the number of the last call that was made.
        error: its error; None if it succeeded.
        status: of the third call, if it was made.
        dated: the `Date` of the last answer that had one.
        is_shared: True if call 2 was not made, because the shared part token is valid.
    """

    call: int
    error: HubError | None = None
    status: int | None = None
    dated: str = ""
    is_shared: bool = False


def log_in(access: BoeingAccess, *, ask: str | None = None, memory: Memory | None = None) -> Tried:
    """Make the calls in turn, on separate connections.

    If there is a valid shared part token, only call 1 is made, which shows if its address and the OAuth client are
    right. Call 2 would revoke the token in use.

    Args:
        access: credentials and addresses.
        ask: a part number to ask a price for; None: the third call is not made.
        memory: where all processes keep the tokens; None: a separate login is made.
    """
    exchange = Exchange(
        connect_timeout=access.connect_timeout, max_body_bytes=access.max_body_bytes, network=access.network
    )
    tokens = Tokens(access, exchange, memory=memory)
    try:
        try:
            state = tokens.state()
            has_good = state.token is not None and state.failure is None and state.token.generation > state.refused
            if has_good:
                dated = Login(access, exchange).oauth().dated
                pair = tokens.current()
            else:
                pair = tokens.renew(state.generation, insist=True)
                dated = tokens.dated
        except HubError as error:
            return Tried(tokens.reached or _OAUTH, error, dated=tokens.dated)
        if ask is None:
            return Tried(_PART, dated=dated, is_shared=not tokens.reached)
        return _price(access, exchange, pair, ask)
    finally:
        exchange.close()


def _price(access: BoeingAccess, exchange: Exchange, pair: TokenPair, part: str) -> Tried:
    content = json.dumps({"showNoStock": True, "showLocation": True, "productCodes": [part]}).encode()
    question = Question("POST", httpx2.URL(access.price_url), pair.headers, content, pair.secrets)
    try:
        reply = exchange.send(question, seconds=access.token_timeout)
    except HubError as error:
        return Tried(_PRICE, error)
    failed = reply.status != HTTPStatus.OK
    return Tried(
        _PRICE,
        sort_failure(reply.status, reply.headers, b"") if failed else None,
        status=reply.status,
        dated=reply.headers.get("date", ""),
    )
