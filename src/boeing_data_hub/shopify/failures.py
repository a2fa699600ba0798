"""What goes wrong with the store: the class of the error says what happens next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from boeing_data_hub.errors import HubError, RateLimited, Reject, Retry, StopTheLine

LONGEST_RETRY_AFTER: Final = 120.0
"""Most seconds of a Retry-After that are waited; an emptied bucket is full again long before."""

KEPT_OF_MESSAGE: Final = 300
KEPT_OF_BODY: Final = 2_000

_SECURITY_REJECTION = 430
_DEFAULT_WAIT = 2.0  # seconds: the store's own word in its REST refusals, where it names no other
_DAY_PROBE = 3600.0
_CREDENTIALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CLOSED = (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.LOCKED)


class NotSentError(Retry):
    """The call never reached the store, so it cost nothing and changed nothing."""

    code = "shopify_unreachable"


class OutcomeUnknown(Retry):
    """The store may have carried the change out although we were not told. Asking again must be safe to do twice."""

    code = "shopify_outcome_unknown"


class DailyLimit(Retry):
    """The store creates no more variants today. What updates existing products goes on; creating waits."""

    code = "shopify_daily_limit"


@dataclass(frozen=True, slots=True)
class UserError:
    """One refusal in the store's own words.

    Attributes:
        field: the way to the guilty value in the variables, such as `input.variants.0.price`; empty for the whole.
        code: the store's word for machines; empty where it gives none.
        message: its sentence, capped.
    """

    field: str
    code: str
    message: str


class UserErrors(Reject):
    """The store understood the call and refused what it asks for.

    Args:
        errors: all refusals, at least one.
        data: the answer that came with them. A product in it is not a success: a failed update shows it unchanged.
    """

    code = "shopify_refused"

    def __init__(self, errors: Sequence[UserError], data: Mapping[str, Any] | None = None) -> None:
        said = "; ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors[:3])
        more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""  # noqa: PLR2004 - as many as fit a line
        super().__init__(f"Shopify refused this: {said}{more}")
        self.errors = tuple(errors)
        self.data = data

    def has(self, code: str) -> bool:
        """Whether one of the refusals carries this code."""
        return any(error.code == code for error in self.errors)


def sort_status(  # noqa: PLR0911 - the table of statuses
    status: int, headers: Mapping[str, str], body: bytes, *, changes: bool
) -> HubError:
    """The error that an HTTP status other than 200 stands for, to be raised.

    Args:
        status: any status but 200.
        headers: for Retry-After.
        body: kept in the error's `raw`, its beginning.
        changes: whether the call was a mutation.
    """
    raw = kept_text(body)
    if status in _CREDENTIALS:
        return StopTheLine(
            f"Shopify does not accept our access token (status {status}). Nothing has failed; work goes on when it is"
            " right. Check SHOPIFY_ADMIN_API_TOKEN and the app's scopes.",
            code="shopify_credentials",
        )
    if status in _CLOSED:
        return StopTheLine(
            f"The store is frozen or locked (status {status}). Nothing has failed; work goes on when it is open again."
            " Look into the store's billing and its status in the Shopify admin.",
            code="shopify_store_closed",
        )
    if status == HTTPStatus.NOT_FOUND:
        return StopTheLine(
            "There is no such store, or it does not know this API version (status 404). Nothing has failed."
            " Check SHOPIFY_STORE_DOMAIN and SHOPIFY_API_VERSION.",
            code="shopify_api_version",
        )
    retry_after = parse_retry_after(headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Shopify says that too many calls were made. All calls slow down for a while.",
            code="shopify_throttled",
            retry_after=_DEFAULT_WAIT if retry_after is None else retry_after,
            whole_line=True,
            raw=raw,
        )
    if status == _SECURITY_REJECTION:
        return Retry(
            "Shopify took our call for an attack (status 430). All calls wait for a while.",
            code="shopify_430",
            retry_after=60.0 if retry_after is None else retry_after,
            whole_line=True,
            raw=raw,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(
            f"Shopify failed to answer (status {status}).",
            code=f"shopify_{status}",
            changes=changes,
            retry_after=retry_after,
            raw=raw,
        )
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect could lead the token to another host.
        return unanswered(f"Shopify answered with status {status}.", code="shopify_malformed", changes=changes, raw=raw)
    return Reject(f"Shopify refused the call (status {status}).", code="shopify_rejected", raw=raw)


def unanswered(
    message: str, *, code: str, changes: bool, retry_after: float | None = None, raw: str | None = None
) -> Retry:
    """No usable answer came, to a call that the store may have carried out."""
    kind = OutcomeUnknown if changes else Retry
    return kind(f"{message} The call is made again.", code=code, retry_after=retry_after, raw=raw)


def kept_text(body: bytes) -> str:
    """The body's beginning as text that Postgres can hold."""
    return body[: 4 * KEPT_OF_BODY].decode("utf-8", "replace")[:KEPT_OF_BODY].replace("\x00", "\ufffd")


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait; at most `LONGEST_RETRY_AFTER`; None for absent, negative, or junk. The store writes no dates."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        seconds = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return min(seconds, LONGEST_RETRY_AFTER) if seconds >= 0 else None


def daily_limit(message: str) -> DailyLimit:
    """The store's daily limit on new variants is reached."""
    return DailyLimit(
        f"Shopify creates no more variants today ({message}). The part waits until the limit is lifted; nothing has"
        " failed. Updates of existing products go on.",
        retry_after=_DAY_PROBE,
    )
