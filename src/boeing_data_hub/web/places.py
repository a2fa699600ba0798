"""Places for requests that hold a thread for long: a few of each kind at a time; others are rejected at once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from boeing_data_hub.errors import Unavailable
from boeing_data_hub.web.security_events import note

THREADS: Final = 120
"""Threads of one API process. All places together (16 waits for a batch, 16 for a quote, 16 large bodies, those below)
leave a third of them free.
"""
_RETRY_AFTER: Final = 5  # seconds


class Places:
    """The places of one kind of request, in one process.

    Args:
        what: the requests, in the plural, for the error message.
        most: maximum at a time.
    """

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._places = BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Generator[None]:
        """Hold a place for the length of a `with` block. Raises Unavailable at once if none is free."""
        if not self._places.acquire(blocking=False):
            note("callers_refused", what=self._what)
            raise Unavailable(
                f"Too many {self._what} are in progress. Nothing was changed. Try again shortly.",
                code="busy",
                retry_after=_RETRY_AFTER,
            )
        try:
            yield
        finally:
            self._places.release()


PLANS: Final = Places("plans", 16)
APPROVALS: Final = Places("approvals of plans", 4)
PREVIEWS: Final = Places("previews of price lists", 2)
STORE_CALLS: Final = Places("requests to the store", 8)
SIGN_INS: Final = Places("sign-ins with the identity provider", 8)
