"""The two token calls of a login: first the OAuth client's, then the account's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

import httpx2

from boeing_data_hub import telemetry
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exact_json import Json
from boeing_data_hub.boeing.exchange import FIXED_HEADERS, Exchange, Question, Reply
from boeing_data_hub.boeing.failures import sort_token_failure
from boeing_data_hub.errors import PauseUpstream, Retry

_PART_TOKEN = "x-part-access-token"  # noqa: S105 - the name of a header, not a token
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_HEADER_VALUE = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        value: itself.
        lives: seconds it is valid; infinite if unknown.
        dated: the response's `Date`, to check the clock; empty if there was none.
    """

    value: str = field(repr=False)
    lives: float
    dated: str


class Login:
    """Makes the two calls. Each raises PauseUpstream (`boeing_credentials`), RateLimited or Retry, always `whole_line`.

    Args:
        access: credentials and addresses.
        exchange: sends the calls.
    """

    def __init__(self, access: BoeingAccess, exchange: Exchange) -> None:
        self._access = access
        self._exchange = exchange

    def oauth(self) -> Token:
        """Call 1: the OAuth client's token."""
        access = self._access
        form = {
            "client_id": _secret(access.client_id.get_secret_value(), "BOEING_CLIENT_ID"),
            "client_secret": _secret(access.client_secret.get_secret_value(), "BOEING_CLIENT_SECRET"),
            "scope": access.scope,
            "grant_type": "client_credentials",
        }
        for value, setting in ((access.username, "BOEING_USERNAME"), (access.password, "BOEING_PASSWORD")):
            _secret(value.get_secret_value(), setting)  # do not start a login that cannot be completed
        reply = self._ask(
            "POST",
            access.oauth_url,
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form).encode(),
            settings="BOEING_CLIENT_ID, BOEING_CLIENT_SECRET and BOEING_SCOPE",
        )
        decoded = _object(reply)
        return Token(
            _token(decoded.get("access_token")), _seconds(decoded.get("expires_in")), reply.headers.get("date", "")
        )

    def part(self, bearer: str) -> Token:
        """Call 2: the account's token, with the token of call 1."""
        access = self._access
        reply = self._ask(
            "GET",
            access.part_token_url,
            {
                "Authorization": f"Bearer {bearer}",
                "Content-Type": "application/json",
                "x-username": _secret(access.username.get_secret_value(), "BOEING_USERNAME"),
                "x-password": _secret(access.password.get_secret_value(), "BOEING_PASSWORD"),
            },
            settings="BOEING_USERNAME and BOEING_PASSWORD",
        )
        decoded = _object(reply)
        value = _token(reply.headers.get(_PART_TOKEN) or decoded.get(_PART_TOKEN) or decoded.get("access_token"))
        return Token(value, _seconds(decoded.get("expires_in")), reply.headers.get("date", ""))

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None, *, settings: str
    ) -> Reply:
        merged = {**FIXED_HEADERS, **headers}
        sent = httpx2.Headers([(name.encode(), value.encode()) for name, value in merged.items()])
        try:
            with telemetry.outside_call("boeing", "token") as call:
                reply = self._exchange.send(
                    Question(method, httpx2.URL(url), sent, content), seconds=self._access.token_timeout
                )
                if reply.status != HTTPStatus.OK:
                    call.outcome = sort_token_failure(reply.status, reply.headers, settings=settings).code
        except Retry as error:
            # Without tokens no call can succeed, and the response to such a call may contain one.
            raise Retry(error.message, code=error.code, whole_line=True) from None
        if reply.status != HTTPStatus.OK:
            raise sort_token_failure(reply.status, reply.headers, settings=settings)
        return reply


def _secret(value: str, setting: str) -> str:
    # A secret read from a file often ends in a newline, which a header must not contain.
    value = value.strip()
    if not _HEADER_VALUE.fullmatch(value):
        raise PauseUpstream(
            f"{setting} is {'not set' if not value else 'unusable: it has control characters'}. No part has failed;"
            " set it and start the hub again.",
            code="boeing_credentials",
        )
    return value


def _object(reply: Reply) -> Json:
    """The JSON object in a token reply, or an empty one: the part token may come without any body."""
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return cast("Json", value) if isinstance(value, dict) else {}


def _token(value: Any) -> str:
    if isinstance(value, str) and _TOKEN.fullmatch(value.strip()):
        return value.strip()
    raise Retry(
        "Boeing's login returned no usable token. Work continues when it does.",
        code="boeing_malformed",
        whole_line=True,
    )


def _seconds(value: Any) -> float:
    """A token's lifetime; infinite (until it is rejected) if it is missing or invalid."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return float("inf")
    return seconds if seconds > 0 else float("inf")
