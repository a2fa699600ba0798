"""All errors of the hub. The class says what happens next; the message tells a person.

HubError
├── Retry          the same call may succeed later            → retry after `retry_after`
├── Reject         this request can never succeed             → the item fails, or the call is split
├── PauseUpstream    no request can succeed for now             → the upstream pauses, no item fails
└── Refused        the caller's request is rejected (a 4xx status, an exit code)
    ├── BadInput        422 · 2
    ├── Malformed       400 · 2
    ├── TooLarge        413 · 2
    ├── Unauthorized    401 · 4
    ├── Forbidden       403 · 4
    ├── NotFound        404 · 5
    ├── Conflict        409 · 6
    └── Unavailable     503 · 8
"""

from __future__ import annotations

from typing import Any


class HubError(Exception):
    """Base class.

    Args:
        message: a sentence or two: what happened, what is safe, what to do next. No secret, no upstream text.
        code: stable identifier, e.g. `boeing_timeout`; failure reports group by it.
    """

    code = "error"
    fault: str = ""
    """`certificate` or `proxy` if that caused the failure rather than the server; else empty."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Retry(HubError):
    """The same call may succeed later.

    Args:
        message: see `HubError`.
        code: see `HubError`.
        retry_after: seconds the server asked us to wait; None if it did not.
        whole_line: True if no call can succeed for now (connection refused, 429, 503), so that no part
            is blamed for it.
        raw: the response, shortened, for the record; None if there was none.
        words: the server's message, shortened and without secrets; empty if there was none.
    """

    code = "retry"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        whole_line: bool = False,
        raw: str | None = None,
        words: str = "",
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.whole_line = whole_line
        self.raw = raw
        self.words = words


class Complaint(Retry):
    """The server answered with an error message instead of a result."""

    code = "complaint"


class RateLimited(Retry):
    """Rate-limited (429): every process slows down, and no attempt is counted."""

    code = "rate_limited"


class Reject(HubError):
    """This request can never succeed as it is. `raw` and `words` as in `Retry`."""

    code = "rejected"

    def __init__(self, message: str, *, code: str | None = None, raw: str | None = None, words: str = "") -> None:
        super().__init__(message, code=code)
        self.raw = raw
        self.words = words


class PauseUpstream(HubError):
    """Nothing can succeed until a person fixes something, e.g. credentials. Items keep their state."""

    code = "stopped"


class Refused(HubError):
    """The caller's request was rejected. Nothing was changed.

    Args:
        message: see `HubError`.
        code: see `HubError`.
        details: additional members of the problem document, e.g. `{"rejected": [...]}`.
        retry_after: seconds after which the same request may succeed, if known.
    """

    status = 400
    exit_code = 2
    title = "The request was rejected"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.details = details or {}
        self.retry_after = retry_after


class Malformed(Refused):
    """The request cannot be understood."""

    code = "malformed_request"
    title = "The request cannot be understood"


class BadInput(Refused):
    """A value in the request is invalid."""

    code = "bad_input"
    status = 422
    title = "A value is invalid"


class TooLarge(Refused):
    """The request has too many bytes or rows."""

    code = "too_large"
    status = 413
    title = "The request is too large"


class Unauthorized(Refused):
    """No valid key."""

    code = "unauthorized"
    status = 401
    exit_code = 4
    title = "An API key is needed"


class Forbidden(Refused):
    """The key is valid but lacks the permission."""

    code = "forbidden"
    status = 403
    exit_code = 4
    title = "The key lacks a scope"


class NotFound(Refused):
    """The thing does not exist, or not for this caller."""

    code = "not_found"
    status = 404
    exit_code = 5
    title = "Not found"


class Conflict(Refused):
    """The thing's state does not allow this."""

    code = "conflict"
    status = 409
    exit_code = 6
    title = "The current state does not allow this"


class Unavailable(Refused):
    """A required server did not answer."""

    code = "unavailable"
    status = 503
    exit_code = 8
    title = "A service is not reachable"
