"""Errors for statuses other than 200: the class says what happens next. Pure, except for the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from boeing_data_hub.boeing import words
from boeing_data_hub.clock import now
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry

LONGEST_RETRY_AFTER: Final = 7 * 86_400.0
"""The longest accepted Retry-After in seconds: a week, the longest usual quota. More counts as a mistake."""

KEPT_OF_FAILURE: Final = 2_000
KEPT_OF_ANSWER: Final = 20_000

_RESETS: Final = (
    "ratelimit-reset",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "x-ratelimit-reset-requests",
    "x-quota-reset",
    "x-ratelimit-reset-after",
    "ratelimit-reset-after",
)
_LEFT: Final = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining", "x-quota-remaining")
_SINCE_1970: Final = 1e9  # a larger number is a point in time, not a wait
_MILLISECONDS: Final = 1e11
_POLICIES: Final = "ratelimit"  # the IETF's header, in both forms its drafts have had
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE]\+?[0-9]+)?")
_CREDENTIALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_TRANSIENT = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)


class TokenRefused(Retry):
    """Boeing rejected our tokens; new ones are ready, so the call may be repeated in its own slot."""

    code = "boeing_token_refused"


def sort_failure(status: int, headers: Mapping[str, str], body: bytes) -> HubError:
    """The error for a price call's status, to be raised.

    Args:
        status: any status but 200; `wire.read_reply` handles 404 before.
        headers: for Retry-After and the headers of a quota, which are accepted up to a week.
        body: its first 2,000 characters are kept in the error's `raw`, and its message in `words`.
    """
    raw = kept_text(body, KEPT_OF_FAILURE)
    said = words.of_body(body)
    retry_after = parse_wait(headers)
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRefused(
            "Boeing did not accept the login tokens. New ones are fetched.", whole_line=True, raw=raw, words=said
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and is_used_up(headers)):
        # Gateways with a daily quota answer 403, with the time at which the quota resets.
        return RateLimited(
            "Boeing received too many calls. All calls slow down for a while.",
            retry_after=retry_after,
            whole_line=True,
            raw=raw,
            words=said,
        )
    if status == HTTPStatus.FORBIDDEN:
        return Reject(
            "Your Boeing account is not allowed to see this part.",
            code="boeing_forbidden",
            raw=raw,
            words=said,
        )
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRANSIENT:
        return Reject(f"Boeing rejected the request (status {status}).", code="boeing_rejected", raw=raw, words=said)
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect could send the tokens to another host, and no other success status has an answer.
        return malformed(body, f"Boeing returned status {status} instead of a result. The hub will retry.")
    return Retry(
        f"Boeing did not respond correctly (status {status}). The hub will retry.",
        code=f"boeing_{status}",
        retry_after=retry_after,
        whole_line=status == HTTPStatus.SERVICE_UNAVAILABLE,
        raw=raw,
        words=said,
    )


def sort_token_failure(status: int, headers: Mapping[str, str], *, settings: str) -> HubError:
    """The error for a token call's status. Its body is not kept, because it may repeat a secret.

    Args:
        status: any status but 200.
        headers: for Retry-After.
        settings: the names of the settings with this call's credentials, for the person who corrects them.
    """
    if status in _CREDENTIALS:
        return PauseUpstream(
            f"Boeing does not accept our credentials (status {status}). No part has failed; searching continues once"
            f" they are correct. Check {settings}.",
            code="boeing_credentials",
        )
    retry_after = parse_wait(headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Boeing received too many logins. All calls slow down for a while.",
            retry_after=retry_after,
            whole_line=True,
        )
    return Retry(
        f"Boeing's login did not respond correctly (status {status}). Work continues when it does.",
        code=f"boeing_{status}",
        retry_after=retry_after,
        whole_line=True,
    )


def malformed(body: bytes, message: str, *, code: str = "boeing_malformed") -> Retry:
    """The error for an unusable answer, with its first 20,000 characters."""
    return Retry(message, code=code, raw=kept_text(body, KEPT_OF_ANSWER), words=_page_words(body))


def _page_words(body: bytes) -> str:
    """The text of a web page. A truncated answer has none: it is data."""
    return words.of_body(body) if body.lstrip()[:1] == b"<" else ""


def kept_text(body: bytes, most: int) -> str:
    """The first `most` characters as text that Postgres can hold."""
    return body[: 4 * most].decode("utf-8", "replace")[:most].replace("\x00", "\ufffd")


def parse_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds until calls are allowed again: from Retry-After, or else from the headers of a used-up quota."""
    asked = parse_retry_after(headers)
    return asked if asked is not None else parse_reset(headers)


def is_used_up(headers: Mapping[str, str]) -> bool:
    """True if a rejection shows that a quota is used up: it states when to retry, or that no call is left."""
    if parse_retry_after(headers) is not None:
        return True
    if _used_up_policies(headers):
        return True
    left = next((value.strip() for name in _LEFT if (value := _header(headers, name)) is not None), None)
    return left is not None and bool(re.fullmatch(r"-?0+(?:\D.*)?|-\d+", left))


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a Retry-After in seconds or as an HTTP date; None if absent, past, negative or invalid.

    A wait of more than a week is invalid, too: no quota is as long, and it would stop the hub.

    A date is compared with the answer's Date, if there is one, so that an inaccurate clock does no harm.
    """
    value = _header(headers, "retry-after")
    if value is None:
        return None
    value = value.strip()
    listed = {one.strip() for one in value.split(",")}
    if len(listed) == 1:  # the same header twice, joined by a proxy
        value = listed.pop()
    if _SECONDS.fullmatch(value):
        return _believable(float(value))
    return _until(_http_date(value) or _iso_date(value), headers)


def parse_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until a quota is back, from `RateLimit-Reset`, `X-RateLimit-Reset` and similar headers; None as above.

    Gateways write seconds to wait, seconds or milliseconds since 1970, an HTTP date, or an ISO date.
    """
    value = next((found.strip() for name in _RESETS if (found := _header(headers, name)) is not None), None)
    if not value:
        return max(_used_up_policies(headers), default=None)
    if _SECONDS.fullmatch(value):
        number = float(value)
        if number < _SINCE_1970:
            return _believable(number)
        number = number / 1000 if number >= _MILLISECONDS else number
        try:
            return _until(datetime.fromtimestamp(number, UTC), headers)
        except (ValueError, OverflowError, OSError):
            return None
    return _until(_http_date(value) or _iso_date(value), headers)


def _used_up_policies(headers: Mapping[str, str]) -> list[float]:
    """Seconds until each used-up quota of a `RateLimit` header is back.

    Either `limit=100, remaining=0, reset=50` or `"burst";r=5;t=1, "daily";r=0;t=50`.
    """
    value = (_header(headers, _POLICIES) or "").lower()
    apart = [value] if "remaining" in value else value.split(",")
    found: list[float] = []
    for policy in apart:
        left = re.search(r"(?:^|[;,\s])(?:r|remaining)\s*=\s*0+(?![\d.])", policy)
        wait = re.search(r"(?:^|[;,\s])(?:t|reset)\s*=\s*([0-9]{1,9})(?![\d.])", policy)
        if left and wait and (seconds := _believable(float(wait[1]))) is not None:
            found.append(seconds)
    return found


def _until(moment: datetime | None, headers: Mapping[str, str]) -> float | None:
    if moment is None:
        return None
    return _believable((moment - (_http_date(_header(headers, "date")) or now())).total_seconds())


def _believable(seconds: float) -> float | None:
    return seconds if 0 <= seconds <= LONGEST_RETRY_AFTER else None


def _iso_date(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


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
