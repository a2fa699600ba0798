"""A login tried call by call, for the doctor: which of the two is refused tells which credentials are wrong.

With `ask` also the third call, which costs one slot of the limit; only where somebody wants it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

import httpx2

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import FIXED_HEADERS, Exchange, Question
from boeing_data_hub.boeing.failures import sort_failure
from boeing_data_hub.boeing.login import Login, Token
from boeing_data_hub.errors import HubError

_OAUTH, _PART, _PRICE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Tried:
    """How far a login came.

    Attributes:
        call: the number of the last call that was made.
        error: what it failed with; None when it was answered as it should be.
        status: of the third call, where it was made.
        dated: the `Date` of the last answer that had one.
    """

    call: int
    error: HubError | None = None
    status: int | None = None
    dated: str = ""


def log_in(access: BoeingAccess, *, ask: str | None = None) -> Tried:
    """Try the calls in turn, on connections that end with it.

    Args:
        access: credentials and addresses.
        ask: a part number to ask a price for; None: the third call is not made.
    """
    exchange = Exchange(connect_timeout=access.connect_timeout, max_body_bytes=access.max_body_bytes)
    login = Login(access, exchange)
    try:
        try:
            first = login.oauth()
        except HubError as error:
            return Tried(_OAUTH, error)
        try:
            second = login.part(first.value)
        except HubError as error:
            return Tried(_PART, error, dated=first.dated)
        if ask is None:
            return Tried(_PART, dated=second.dated or first.dated)
        return _price(access, exchange, first, second, ask)
    finally:
        exchange.close()


def _price(access: BoeingAccess, exchange: Exchange, first: Token, second: Token, part: str) -> Tried:
    headers = {
        **FIXED_HEADERS,
        "Authorization": f"Bearer {first.value}",
        "x-boeing-parts-authorization": second.value,
        "Content-Type": "application/json",
    }
    content = json.dumps({"showNoStock": True, "showLocation": True, "productCodes": [part]}).encode()
    question = Question("POST", httpx2.URL(access.price_url), httpx2.Headers(headers), content)
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
