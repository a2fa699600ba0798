"""What a status other than 200 means: the class of the error says what happens next. Pure but for the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from boeing_data_hub.clock import now
from boeing_data_hub.errors import HubError, RateLimited, Reject, Retry, StopTheLine

LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds of a Retry-After that are honoured; more is taken for a mistake."""

KEPT_OF_FAILURE: Final = 2_000
KEPT_OF_ANSWER: Final = 20_000

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE]\+?[0-9]+)?")
_CREDENTIALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_TRANSIENT = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)


class TokenRefused(Retry):
    """Boeing refused our tokens; new ones are there, so the same call may be made again, in a slot of its own."""

    code = "boeing_token_refused"


def sort_failure(status: int, headers: Mapping[str, str], body: bytes) -> HubError:
    """The error a price call's status stands for, to be raised.

    Args:
        status: any status but 200. 404 is judged before this by `wire.read_reply`.
        headers: for Retry-After, which is believed up to an hour.
        body: kept in the error's `raw`, its first 2,000 characters.
    """
    raw = kept_text(body, KEPT_OF_FAILURE)
    retry_after = parse_retry_after(headers)
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRefused("Boeing did not accept the login tokens. New ones are fetched.", whole_line=True, raw=raw)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Boeing says that too many calls were made. All calls slow down for a while.",
            retry_after=retry_after,
            whole_line=True,
            raw=raw,
        )
    if status == HTTPStatus.FORBIDDEN:
        return Reject("Boeing does not allow this account to see what was asked for.", code="boeing_forbidden", raw=raw)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRANSIENT:
        return Reject(f"Boeing refused the question (status {status}).", code="boeing_rejected", raw=raw)
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect could lead the tokens to another host, and any other success carries no answer.
        return malformed(body, f"Boeing answered with status {status} instead of a result. The parts are asked again.")
    return Retry(
        f"Boeing failed to answer (status {status}). The parts are asked again.",
        code=f"boeing_{status}",
        retry_after=retry_after,
        whole_line=status == HTTPStatus.SERVICE_UNAVAILABLE,
        raw=raw,
    )


def sort_token_failure(status: int, headers: Mapping[str, str], *, settings: str) -> HubError:
    """The error a token call's status stands for. Nothing of its body is kept: it may repeat a secret.

    Args:
        status: any status but 200.
        headers: for Retry-After.
        settings: the names of the credentials this call carries, for the person who mends them.
    """
    if status in _CREDENTIALS:
        return StopTheLine(
            f"Boeing does not accept our credentials (status {status}). No part has failed; work goes on when they"
            f" are right. Check {settings}.",
            code="boeing_credentials",
        )
    retry_after = parse_retry_after(headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Boeing says that we logged in too often. All calls slow down for a while.",
            retry_after=retry_after,
            whole_line=True,
        )
    return Retry(
        f"Boeing's login failed to answer (status {status}). Work goes on when it does.",
        code=f"boeing_{status}",
        retry_after=retry_after,
        whole_line=True,
    )


def malformed(body: bytes, message: str, *, code: str = "boeing_malformed") -> Retry:
    """An answer that cannot be used, with its first 20,000 characters for the record."""
    return Retry(message, code=code, raw=kept_text(body, KEPT_OF_ANSWER))


def kept_text(body: bytes, most: int) -> str:
    """The first `most` characters as text that Postgres can hold."""
    return body[: 4 * most].decode("utf-8", "replace")[:most].replace("\x00", "\ufffd")


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a Retry-After in seconds or as an HTTP date; None for absent, past, negative or junk.

    A wait of more than an hour is junk too: no limit per minute asks for it, and believing it would silence the hub.

    A date is read against the answer's own Date, if it has one, so that a clock that is off does no harm.
    """
    value = _header(headers, "retry-after")
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return _believable(float(value))
    until = _http_date(value)
    if until is None:
        return None
    seconds = (until - (_http_date(_header(headers, "date")) or now())).total_seconds()
    return _believable(seconds)


def _believable(seconds: float) -> float | None:
    return seconds if 0 <= seconds <= LONGEST_RETRY_AFTER else None


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)
