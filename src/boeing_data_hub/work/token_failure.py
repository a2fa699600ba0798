"""A failed token fetch, as all processes share it: the error's text without any response data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry

_KINDS: Final[Mapping[str, type[HubError]]] = {
    "rate_limited": RateLimited,  # before Retry, its base class
    "retry": Retry,
    "reject": Reject,
    "stop": PauseUpstream,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a fetch failed.

    Attributes:
        kind: the class of the error, by the names above.
        code: the error's code.
        message: the error's message.
        retry_after: seconds that the upstream asked us to wait; None: it named no time.
        whole_line: the error affects every request of the upstream.
    """

    kind: str
    code: str
    message: str
    retry_after: float | None = None
    whole_line: bool = False

    @classmethod
    def of(cls, error: HubError) -> Failure:
        """The record of an error."""
        kind = next((name for name, known in _KINDS.items() if isinstance(error, known)), "stop")
        waits, whole = (error.retry_after, error.whole_line) if isinstance(error, Retry) else (None, False)
        return cls(kind=kind, code=error.code, message=error.message, retry_after=waits, whole_line=whole)

    def error(self, seconds_left: float) -> HubError:
        """The error again, for another process; `seconds_left`: how long it is still shared."""
        kind = _KINDS.get(self.kind, PauseUpstream)
        if issubclass(kind, Retry):
            return kind(self.message, code=self.code, retry_after=max(0.0, seconds_left), whole_line=self.whole_line)
        return kind(self.message, code=self.code)

    @property
    def may_pass(self) -> bool:
        """True if a later attempt may succeed without human action."""
        return self.kind in {"rate_limited", "retry"}
