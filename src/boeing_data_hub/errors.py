"""Every error of the hub. The class says what happens next; the message says it to a person.

HubError
├── Retry          the outside world may answer next time     → ask again after `retry_after`
├── Reject         this very request can never succeed        → the item fails, or the call is split
├── StopTheLine    nobody's request can succeed right now     → the whole line pauses, nothing is failed
└── Refused        the caller asked for something we will not do (a 4xx, an exit code)
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
    """Root of the tree.

    Args:
        message: a sentence or two: what happened, what is safe, what to do next. No secret, no upstream text.
        code: the stable word for machines, e.g. `boeing_timeout`; failure reports group by it.
    """

    code = "error"

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
        retry_after: seconds the other side asked us to wait, or None when it did not say.
        whole_line: True when no call at all can succeed just now (connection refused, 429, 503), so that no single part
            is to be blamed for it.
        raw: what was received, capped, for the record; None when nothing was.
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
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.whole_line = whole_line
        self.raw = raw


class RateLimited(Retry):
    """The other side said 429: everyone slows down, nobody's attempt is counted."""

    code = "rate_limited"


class Reject(HubError):
    """This request can never succeed as it is. `raw` as in `Retry`."""

    code = "rejected"

    def __init__(self, message: str, *, code: str | None = None, raw: str | None = None) -> None:
        super().__init__(message, code=code)
        self.raw = raw


class StopTheLine(HubError):
    """Nothing can succeed until a person mends something, e.g. credentials. Items keep their state."""

    code = "stopped"


class Refused(HubError):
    """The caller's request is not carried out. Nothing was changed.

    Args:
        message: see `HubError`.
        code: see `HubError`.
        details: extra members of the problem document, e.g. `{"rejected": [...]}`.
        retry_after: seconds after which the same request may succeed, if known.
    """

    status = 400
    exit_code = 2
    title = "The request was refused"

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
    """Understood, but a value in it is not acceptable."""

    code = "bad_input"
    status = 422
    title = "A value is not acceptable"


class TooLarge(Refused):
    """More bytes or rows than we take."""

    code = "too_large"
    status = 413
    title = "The request is too large"


class Unauthorized(Refused):
    """No usable key."""

    code = "unauthorized"
    status = 401
    exit_code = 4
    title = "An API key is needed"


class Forbidden(Refused):
    """The key is good, but may not do this."""

    code = "forbidden"
    status = 403
    exit_code = 4
    title = "The key lacks a scope"


class NotFound(Refused):
    """There is no such thing, or not for this caller."""

    code = "not_found"
    status = 404
    exit_code = 5
    title = "Not found"


class Conflict(Refused):
    """The thing is in a state that does not allow this."""

    code = "conflict"
    status = 409
    exit_code = 6
    title = "The present state does not allow this"


class Unavailable(Refused):
    """A server we depend on did not answer."""

    code = "unavailable"
    status = 503
    exit_code = 8
    title = "A service is not reachable"
