"""Calls 1 and 2: who may come in, with which token, for how long."""

from __future__ import annotations

import secrets
from typing import Final, Literal
from urllib.parse import parse_qs

from boeing_data_hub import clock
from boeing_data_hub_sandbox.boeing.settings import SandboxSettings
from boeing_data_hub_sandbox.boeing.wire import Exchange, Reply, gateway_error, json_reply

TokenKind = Literal["oauth", "part"]

PART_TOKEN_HEADER: Final = "x-part-access-token"  # noqa: S105 - the name of a header
_PURGE_ABOVE: Final = 10_000


class Tokens:
    """Every token given out, and until when it is good."""

    def __init__(self) -> None:
        self._good: dict[TokenKind, dict[str, tuple[str, float]]] = {"oauth": {}, "part": {}}
        self._issued = {"oauth": 0, "part": 0}

    def issue(self, kind: TokenKind, seconds: float) -> str:
        """A new token that is good for so many seconds."""
        self._issued[kind] += 1
        token = f"sandbox.{kind}.{self._issued[kind]}.{secrets.token_urlsafe(24)}"
        good = self._good[kind]
        if len(good) > _PURGE_ABOVE:
            now = clock.monotonic()
            self._good[kind] = good = {key: entry for key, entry in good.items() if entry[1] > now}
        good[token] = (f"{kind}-{self._issued[kind]}", clock.monotonic() + seconds)
        return token

    def name_of(self, kind: TokenKind, token: str) -> str | None:
        """The short name of a good token, e.g. `oauth-3`; None when it is unknown or no longer good."""
        entry = self._good[kind].get(token)
        return entry[0] if entry is not None and clock.monotonic() < entry[1] else None

    def expire(self, which: str = "all") -> int:
        """End the life of all tokens, or of one kind (`oauth`, `part`); how many there were."""
        ended = 0
        for kind, good in self._good.items():
            if which in {"all", kind}:
                ended += len(good)
                good.clear()
        return ended


def bearer(exchange: Exchange) -> str:
    """The token of the Authorization header; empty when there is none."""
    scheme, _, token = exchange.header(b"authorization").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def oauth_reply(body: bytes, tokens: Tokens, settings: SandboxSettings) -> Reply:
    """Answer call 1 as Azure AD does."""
    form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
    for name in ("grant_type", "client_id", "client_secret", "scope"):
        if not form.get(name):
            return _azure_error(
                400,
                "invalid_request",
                900144,
                f"The request body must contain the following parameter: '{name}'.",
            )
    if form["grant_type"] != "client_credentials":
        return _azure_error(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if settings.client_id not in {None, form["client_id"]}:
        return _azure_error(401, "unauthorized_client", 700016, "Application was not found in the directory.")
    if settings.client_secret not in {None, form["client_secret"]}:
        return refused_client()
    seconds = int(settings.token_ttl_s)
    return json_reply(
        200,
        {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": tokens.issue("oauth", settings.token_ttl_s),
        },
    )


def part_token_reply(exchange: Exchange, tokens: Tokens, settings: SandboxSettings) -> Reply:
    """Answer call 2: the part token is in a response header."""
    if tokens.name_of("oauth", bearer(exchange)) is None:
        return gateway_error(401)
    username, password = exchange.header(b"x-username"), exchange.header(b"x-password")
    wrong = settings.username not in {None, username} or settings.password not in {None, password}
    if wrong or not username or not password:
        return refused_user()
    if settings.one_part_token:
        tokens.expire("part")
    token = tokens.issue("part", settings.part_token_ttl_s)
    return json_reply(200, {}, ((PART_TOKEN_HEADER.encode(), token.encode()),))


def refused_client(status: int = 401) -> Reply:
    """What call 1 says to a wrong client secret."""
    return _azure_error(status, "invalid_client", 7000215, "Invalid client secret provided.")


def refused_user(status: int = 401) -> Reply:
    """What call 2 says to a wrong user name or password."""
    return _azure_error(
        status, "invalid_grant", 50126, "Error validating credentials due to invalid username or password."
    )


def _azure_error(status: int, error: str, code: int, sentence: str) -> Reply:
    return json_reply(
        status,
        {
            "error": error,
            "error_description": f"AADSTS{code}: {sentence}",
            "error_codes": [code],
            "timestamp": clock.now().strftime("%Y-%m-%d %H:%M:%SZ"),
            "trace_id": "00000000-0000-0000-0000-000000000000",
            "correlation_id": "00000000-0000-0000-0000-000000000000",
        },
    )
