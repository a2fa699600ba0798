"""Reads responses of the store's token endpoint: a token, or an error in JSON or HTML, with a remedy. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Retry
from boeing_data_hub.shopify.failures import parse_retry_after
from boeing_data_hub.work.access_token import FreshToken

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
_IN_HTML: Final = re.compile(r"oauth\s+error[\s:]+([a-z0-9_]+)", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_DEFAULT_WAIT: Final = 2.0
_LONGEST_LIFE: Final = 400 * 86_400.0  # seconds; a longer lifetime is not trusted
_KEPT: Final = 160

SAFE: Final = "Nothing has failed; work goes on when this is set right."
REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    "app_not_installed": (
        "The app is not installed on this store.",
        (
            "Install it: Dev Dashboard > the app > Home > Install app, and choose the store. Or correct "
            "SHOPIFY_STORE_DOMAIN, if it names another store than the one it is installed on."
        ),
    ),
    "shop_not_permitted": (
        "The app and the store belong to different organisations, so its client id and secret alone do not open it.",
        (
            "Run `bdh store connect` once and approve the app as the store's owner; or make the app in the "
            "organisation that owns the store."
        ),
    ),
    "application_cannot_be_found": (
        "Shopify knows no app with this client id.",
        "Copy SHOPIFY_CLIENT_ID from Dev Dashboard > the app > Settings. An app that was deleted must be made again.",
    ),
    "invalid_client": (
        "Shopify refuses the client secret: it is wrong, or it was rotated.",
        (
            "Copy SHOPIFY_CLIENT_SECRET (and SHOPIFY_CLIENT_ID) from Dev Dashboard > the app > Settings and restart "
            "the workers and the API."
        ),
    ),
    "invalid_grant": (
        (
            "Shopify does not take the code or the refresh token: it was used already, it is too old, or the app was "
            "removed from the store."
        ),
        "Run `bdh store connect` again.",
    ),
    "access_denied": (
        "The app was not approved.",
        (
            "Run `bdh store connect` again and choose Install; only the store's owner, or staff who may install apps, "
            "can do that."
        ),
    ),
    "unsupported_grant_type": (
        "Shopify does not offer this app the client credentials grant.",
        (
            "Make the app in the Dev Dashboard (not as a sales channel or an embedded template), or run "
            "`bdh store connect`."
        ),
    ),
}
"""The meaning of each error, and what to do about it."""


class GrantRefused(PauseUpstream):
    """The store grants no token for these credentials.

    Args:
        refusal: the store's error code, such as `invalid_client`; empty if it gives none.
        message: see `HubError`.
    """

    code = "shopify_credentials"

    def __init__(self, refusal: str, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


def read(status: int, headers: Mapping[str, str], body: bytes, *, hidden: tuple[str, ...] = ()) -> FreshToken:
    """The token in a response.

    Args:
        status: HTTP's.
        headers: for Retry-After.
        body: the beginning is enough.
        hidden: values that must not appear in a message, although the store repeats them.

    Raises:
        GrantRefused: the credentials are rejected.
        PauseUpstream: the store does not exist, or is closed.
        Retry, RateLimited: a temporary failure; always `whole_line`.
    """
    if status == HTTPStatus.OK:
        return _token(body)
    raise _refusal(status, headers, body, hidden)


def refusal_of(word: str, *, described: str = "") -> GrantRefused:
    """The error for one of the store's error codes."""
    meaning, remedy = REMEDIES.get(
        word,
        (
            f"Shopify gives no access token: {word or 'it does not say why'}{f' ({described})' if described else ''}.",
            (
                "Compare SHOPIFY_STORE_DOMAIN, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET with Dev Dashboard > the "
                "app > Settings."
            ),
        ),
    )
    named = f" ({word})" if word in REMEDIES else ""
    return GrantRefused(word, f"{meaning.removesuffix('.')}{named}. {SAFE} {remedy}")


def _token(body: bytes) -> FreshToken:
    try:
        answer: Any = json.loads(body)
        token, scope = answer["access_token"], answer.get("scope", "")
        lives = _seconds(answer.get("expires_in"))
        refresh = answer.get("refresh_token")
    except (ValueError, KeyError, TypeError, AttributeError):
        token = None
        scope, lives, refresh = "", None, None
    if not isinstance(token, str) or not _is_header(token):
        raise Retry(
            "Shopify's answer to the request for an access token holds none. It is asked again.",
            code="shopify_malformed",
            whole_line=True,
        )
    secret = {"access_token": token}
    if isinstance(refresh, str) and refresh:
        secret["refresh_token"] = refresh
    facts = {"scope": str(scope)[:4000]} if scope else {}
    return (
        FreshToken(secret=secret, facts=facts) if lives is None else FreshToken(secret=secret, lives=lives, facts=facts)
    )


def _is_header(token: str) -> bool:
    return bool(token) and len(token) < 4096 and token.isascii() and token.isprintable() and " " not in token  # noqa: PLR2004 - as long as headers are


def _seconds(value: Any) -> float | None:
    """A lifetime in seconds; None if absent. Raises ValueError if it is invalid."""
    if value is None or isinstance(value, bool):
        return None
    seconds = float(value)
    if not 0 < seconds <= _LONGEST_LIFE:
        raise ValueError(value)
    return seconds


def _refusal(status: int, headers: Mapping[str, str], body: bytes, hidden: tuple[str, ...]) -> HubError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        waits = parse_retry_after(headers)
        return RateLimited(
            "Shopify says that access tokens are asked for too often. It is asked again later.",
            code="shopify_throttled",
            retry_after=_DEFAULT_WAIT if waits is None else waits,
            whole_line=True,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {HTTPStatus.REQUEST_TIMEOUT, 430}:
        return Retry(
            f"Shopify gave no access token just now (status {status}). It is asked again.",
            code=f"shopify_{status}",
            retry_after=parse_retry_after(headers),
            whole_line=True,
        )
    if status in {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.LOCKED}:
        return PauseUpstream(
            f"The store is frozen or locked (status {status}). Nothing has failed; work goes on when it is open again."
            " Look into the store's billing and its status in the Shopify admin.",
            code="shopify_store_closed",
        )
    if status < HTTPStatus.BAD_REQUEST or status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return GrantRefused(
            "store_unknown",
            f"No store gives out access tokens at SHOPIFY_STORE_DOMAIN (status {status}). {SAFE} Set it to the store's "
            "own domain, NAME.myshopify.com, as in Settings > Domains; not to the shop's public domain.",
        )
    word, described = _said(body, hidden)
    return refusal_of(word, described=described)


def _said(body: bytes, hidden: tuple[str, ...]) -> tuple[str, str]:
    """The store's error code, and as much of its message as may be shown."""
    text = body[:65_536].decode("utf-8", "replace")
    try:
        answer: Any = json.loads(text)
    except ValueError:
        found = _IN_HTML.search(text)
        title = _TITLE.search(text)
        return _word(found[1] if found else ""), _shown(title[1] if title and not found else "", hidden)
    given: Mapping[str, Any] = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    error = given.get("error") or given.get("errors") or ""
    word = _word(error) if isinstance(error, str) else ""
    described = given.get("error_description") or (error if not word else "")
    return word, _shown(described if isinstance(described, str) else "", hidden)


def _word(said: str) -> str:
    word = said.strip().lower()
    return word if _WORD.fullmatch(word) else ""


def _shown(said: str, hidden: tuple[str, ...]) -> str:
    for secret in hidden:
        if secret:
            said = said.replace(secret, "[removed]")
    plain = re.sub(r"<[^>]*>|[^\x20-\x7e]", " ", said)
    return " ".join(plain.split())[:_KEPT].rstrip(". ")
