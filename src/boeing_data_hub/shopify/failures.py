"""Errors of the store: the class says what happens next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry

LONGEST_RETRY_AFTER: Final = 120.0
"""The longest Retry-After that is honored, in seconds; an empty bucket is full again long before."""

KEPT_OF_MESSAGE: Final = 300
KEPT_OF_BODY: Final = 2_000

_SECURITY_REJECTION = 430
_DEFAULT_WAIT = 2.0  # seconds, as in the store's REST responses, if it gives no other
_DAY_PROBE = 3600.0
_CREDENTIALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CLOSED = (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.LOCKED)


class NotSentError(Retry):
    """The call never reached the store, so it cost nothing and changed nothing."""

    code = "shopify_unreachable"


class OutcomeUnknown(Retry):
    """The store may have carried out the change, but its answer was lost. Repeating the call must be safe."""

    code = "shopify_outcome_unknown"


class DailyLimit(Retry):
    """The store creates no more variants today. Updates of existing products continue; creations wait."""

    code = "shopify_daily_limit"


@dataclass(frozen=True, slots=True)
class UserError:
    """One of the store's user errors.

    Attributes:
        field: the path of the rejected value in the variables, such as `input.variants.0.price`; empty for the whole.
        code: the store's error code; empty if it gives none.
        message: its message, shortened.
    """

    field: str
    code: str
    message: str


class UserErrors(Reject):
    """The store understood the call and rejected its input.

    Args:
        errors: all user errors, at least one.
        data: the answer that came with them. After a failed update it contains the unchanged product.
    """

    code = "shopify_refused"

    def __init__(self, errors: Sequence[UserError], data: Mapping[str, Any] | None = None) -> None:
        said = "; ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors[:3])
        more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""  # noqa: PLR2004 - as many as fit a line
        super().__init__(f"Shopify rejected this part: {said}{more}")
        self.errors = tuple(errors)
        self.data = data

    def has(self, code: str) -> bool:
        """True if one of the user errors has this code."""
        return any(error.code == code for error in self.errors)


def sort_status(  # noqa: PLR0911 - the table of statuses
    status: int, headers: Mapping[str, str], body: bytes, *, changes: bool
) -> HubError:
    """The error for an HTTP status other than 200, to be raised.

    Args:
        status: any status but 200.
        headers: for Retry-After.
        body: its beginning is kept in the error's `raw`.
        changes: True if the call was a mutation.
    """
    raw = kept_text(body)
    if status in _CREDENTIALS:
        return PauseUpstream(
            f"Shopify does not accept our access token (status {status}). Nothing has failed; work goes on when it is"
            " right. Check that the app is installed on the store, and its scopes; `bdh doctor` looks at both.",
            code="shopify_credentials",
        )
    if status in _CLOSED:
        return PauseUpstream(
            f"The store is frozen or locked (status {status}). Nothing has failed; work goes on when it is open again."
            " Look into the store's billing and its status in the Shopify admin.",
            code="shopify_store_closed",
        )
    if status == HTTPStatus.NOT_FOUND:
        return PauseUpstream(
            "This store or API version does not exist (status 404). Nothing has failed."
            " Check SHOPIFY_STORE_DOMAIN and SHOPIFY_API_VERSION.",
            code="shopify_api_version",
        )
    retry_after = parse_retry_after(headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Shopify received too many calls. All calls slow down for a while.",
            code="shopify_throttled",
            retry_after=_DEFAULT_WAIT if retry_after is None else retry_after,
            whole_line=True,
            raw=raw,
        )
    if status == _SECURITY_REJECTION:
        return Retry(
            "Shopify blocked our call as suspicious (status 430). All calls wait for a while.",
            code="shopify_430",
            retry_after=60.0 if retry_after is None else retry_after,
            whole_line=True,
            raw=raw,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(
            f"Shopify did not respond correctly (status {status}).",
            code=f"shopify_{status}",
            changes=changes,
            retry_after=retry_after,
            raw=raw,
        )
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect could send the token to another host.
        return unanswered(f"Shopify returned status {status}.", code="shopify_malformed", changes=changes, raw=raw)
    return Reject(f"Shopify rejected the request (status {status}).", code="shopify_rejected", raw=raw)


def unanswered(
    message: str, *, code: str, changes: bool, retry_after: float | None = None, raw: str | None = None
) -> Retry:
    """The error for a call without a usable answer, which the store may have carried out."""
    kind = OutcomeUnknown if changes else Retry
    return kind(f"{message} The hub will retry.", code=code, retry_after=retry_after, raw=raw)


def kept_text(body: bytes) -> str:
    """The body's beginning as text that Postgres can hold."""
    return body[: 4 * KEPT_OF_BODY].decode("utf-8", "replace")[:KEPT_OF_BODY].replace("\x00", "\ufffd")


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, at most `LONGEST_RETRY_AFTER`; None if absent, negative or invalid. The store sends no dates."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        seconds = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return min(seconds, LONGEST_RETRY_AFTER) if seconds >= 0 else None


def daily_limit(message: str) -> DailyLimit:
    """The error for the store's daily limit on new variants."""
    return DailyLimit(
        f"Shopify accepts no more new variants today ({message}). The part waits for the limit to reset; nothing has"
        " failed. Updates of existing products continue.",
        retry_after=_DAY_PROBE,
    )
