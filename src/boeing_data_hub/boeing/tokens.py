"""Both Boeing tokens of this process: fetched once, shared by all threads, renewed in time and after a refusal.

Every login is seen by Boeing, which writes to the account's owner when there are many: none is made without need.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from boeing_data_hub import clock
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import FIXED_HEADERS, Exchange
from boeing_data_hub.boeing.login import Login
from boeing_data_hub.errors import HubError, Retry, StopTheLine

_MARGIN = 60.0  # seconds before its end at which a token is renewed, or a tenth of its life if that is less
_MARGIN_SHARE = 0.1
_FAILURE_SHARED = 1.0  # seconds for which a failed login is everybody's, so that eight threads do not try in turn
_UNMISTAKABLE = 12  # characters; a shorter token might also be a word of an honest answer
_FRESH = 60.0  # seconds: tokens refused younger than this were never good


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both tokens of one login.

    Attributes:
        generation: counts logins of this process from 1; a refusal names the generation it hit.
        headers: those of a price call, ready to send.
        secrets: the tokens as bytes, to be cut out of whatever Boeing sends back.
        obtained_at: monotonic moment before the login.
        renew_at: monotonic moment from which they are renewed; infinite if Boeing did not say how long they live.
        expires_at: monotonic moment of their end; infinite likewise.
        on_probation: the pair before it was refused, and nothing has been accepted since.
    """

    generation: int
    headers: httpx2.Headers = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    obtained_at: float
    renew_at: float
    expires_at: float
    on_probation: bool


class Tokens:
    """The cache. Safe to use from several threads; at most one of them logs in at a time.

    Args:
        access: credentials and addresses.
        exchange: what the two token calls go through.
        monotonic: the clock that tells their age.
    """

    def __init__(
        self, access: BoeingAccess, exchange: Exchange, *, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self._access = access
        self._exchange = exchange
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pair: TokenPair | None = None
        self._generation = 0
        self._refused = 0  # newest generation refused, and accepted
        self._accepted = 0
        self._failure: tuple[HubError, int, float] | None = None

    def current(self) -> TokenPair:
        """Tokens that are good as far as we know; logs in, or waits for the thread that does, only if need be.

        Shortly before their end one thread renews them while the others go on with the old ones; should that fail
        for now, they serve to their end.

        Raises:
            StopTheLine: `boeing_credentials`.
            RateLimited, Retry: the login failed for now; always `whole_line`.
        """
        pair = self._pair
        if pair is None:
            return self.renew(self._generation)
        moment = self._monotonic()
        if moment < pair.renew_at:
            return pair
        if moment >= pair.expires_at:
            return self.renew(pair.generation)
        if not self._lock.acquire(blocking=False):
            return pair
        try:
            return self._renew_alone(pair.generation)
        except Retry:
            return pair
        finally:
            self._lock.release()

    def renew(self, stale_generation: int) -> TokenPair:
        """Tokens newer than `stale_generation`, however many threads ask for them: one login serves all.

        Raises:
            HubError: as `current`. A failure is shared for a second by all who wait for the same thing.
        """
        with self._lock:
            return self._renew_alone(stale_generation)

    def accepted(self, pair: TokenPair) -> None:
        """Boeing answered a call made with these."""
        # Without the lock: the worst that a lost race costs is one more login before credentials count as wrong.
        self._accepted = max(self._accepted, pair.generation)

    def refused(self, pair: TokenPair) -> None:
        """Boeing refused (401) a call made with these: have new ones ready, or find that logging in does not help.

        Judged is the pair the call was made with, not the one that is current by now, so late refusals of an old pair
        find the new one and change nothing. Credentials count as wrong only when a pair is refused that is less than
        a minute old, that was never accepted, and that was fetched because its predecessor was refused too: two
        refusals in a row with nothing accepted between them. The pair is dropped then, so that the next attempt logs
        in anew and is judged the same way after its first refusal.

        Raises:
            HubError: as `current`.
        """
        with self._lock:
            self._refused = max(self._refused, pair.generation)
            if self._pair is not None and self._pair.generation == pair.generation:
                self._pair = None
            never_good = self._accepted < pair.generation and self._monotonic() - pair.obtained_at < _FRESH
            if pair.on_probation and never_good:
                raise StopTheLine(
                    "Boeing gives us tokens and then refuses them. No part has failed; work goes on when they are"
                    " accepted. Check that the account of BOEING_USERNAME may see prices.",
                    code="boeing_credentials",
                )
            self._renew_alone(pair.generation)

    def _renew_alone(self, stale_generation: int) -> TokenPair:
        pair = self._pair
        if pair is not None and pair.generation > stale_generation and self._monotonic() < pair.expires_at:
            return pair
        if self._failure is not None:
            failure, generation, at = self._failure
            if generation == stale_generation and self._monotonic() - at < _FAILURE_SHARED:
                raise copy.copy(failure)  # a copy: a raised error carries the traceback of its own thread
        try:
            self._pair = self._log_in()
        except HubError as error:
            self._failure = (error, stale_generation, self._monotonic())
            raise copy.copy(error) from None
        self._failure = None
        return self._pair

    def _log_in(self) -> TokenPair:
        started = self._monotonic()
        login = Login(self._access, self._exchange)
        first = login.oauth()
        second = login.part(first.value)
        lives = min(first.lives, second.lives)
        self._generation += 1
        return TokenPair(
            self._generation,
            httpx2.Headers(
                {
                    **FIXED_HEADERS,
                    "Authorization": f"Bearer {first.value}",
                    "x-boeing-parts-authorization": second.value,
                    "Content-Type": "application/json",
                }
            ),
            tuple(token.encode() for token in (first.value, second.value) if len(token) >= _UNMISTAKABLE),
            obtained_at=started,
            renew_at=started + lives - min(_MARGIN, lives * _MARGIN_SHARE) if lives < float("inf") else lives,
            expires_at=started + lives,
            on_probation=self._refused > 0 and self._refused >= self._accepted,
        )
