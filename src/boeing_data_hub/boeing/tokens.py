"""Both Boeing tokens of the account: one pair for all threads and processes, renewed in time and after a rejection.

Boeing may revoke a part token when it issues the next, and notifies the account's owner of many logins, so logins are
only made when needed. `work/shared_tokens.py` decides which process logs in and which ones wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import httpx2

from boeing_data_hub import clock
from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.exchange import FIXED_HEADERS, Exchange
from boeing_data_hub.boeing.login import Login
from boeing_data_hub.errors import PauseUpstream, Retry, Unavailable
from boeing_data_hub.work.access_token import REFUSED, FreshToken, HeldToken, TokenRules
from boeing_data_hub.work.shared_tokens import SharedTokens
from boeing_data_hub.work.token_memory import Memory, ProcessMemory
from boeing_data_hub.work.token_state import TokenState

_UNMISTAKABLE = 12  # characters; a shorter token might also be a word in an ordinary answer
_RULES = TokenRules(refused=replace(REFUSED, first=25.0))  # below the 30 s after which a stopped upstream is probed
_NEVER_GOOD = PauseUpstream(
    "Boeing issues tokens and then rejects them. No part has failed; work continues when they are accepted. Check that"
    " the account of BOEING_USERNAME may see prices.",
    code="boeing_credentials",
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both tokens of one login.

    Attributes:
        held: their record; a rejection refers to its generation.
        headers: those of a price call, ready to send.
        secrets: the tokens as bytes, to be removed from Boeing's responses.
    """

    held: HeldToken = field(repr=False)
    headers: httpx2.Headers = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)

    @property
    def generation(self) -> int:
        """Counts logins from 1."""
        return self.held.generation


class Tokens:
    """The pair in use. Safe to use from several threads and processes; at most one of all of them logs in at a time.

    Args:
        access: credentials and addresses.
        exchange: sends the two token calls.
        memory: where all processes keep the pair; None: this process has its own.
        monotonic: this process's clock.
    """

    def __init__(
        self,
        access: BoeingAccess,
        exchange: Exchange,
        *,
        memory: Memory | None = None,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._login = Login(access, exchange)
        self._shared = SharedTokens(
            memory or ProcessMemory(monotonic), self._log_in, never_good=_NEVER_GOOD, rules=_RULES, seconds=monotonic
        )
        self._pair: TokenPair | None = None
        self.reached = 0
        """The number of the last token call that this process started; 0: none."""
        self.dated = ""
        """The `Date` of this process's last token response; empty if there was none."""

    def current(self) -> TokenPair:
        """Tokens that are valid as far as known. Logs in, or waits for another login, only if needed.

        Raises:
            PauseUpstream: `boeing_credentials`.
            RateLimited, Retry: the login failed for now, or Postgres does not answer; always `whole_line`.
        """
        return self._told(self._shared.current)

    def renew(self, stale_generation: int, *, insist: bool = False) -> TokenPair:
        """Tokens newer than `stale_generation`. One login serves all callers.

        With `insist`, logs in even if a login has just failed.

        Raises:
            HubError: as `current`.
        """
        return self._told(lambda: self._shared.renew(stale_generation, insist=insist))

    def accepted(self, pair: TokenPair) -> None:
        """Record that Boeing accepted these tokens. During an outage of Postgres a later call records it."""
        with suppress(Unavailable):
            self._shared.accepted(pair.held)

    def refused(self, pair: TokenPair) -> None:
        """Get new tokens after Boeing rejected (401) these, or find that logging in does not help.

        Raises:
            HubError: as `current`.
        """
        self._told(lambda: self._shared.refused(pair.held))

    def state(self) -> TokenState:
        """The shared state of the account's tokens. Raises Unavailable."""
        return self._shared.state()

    def _told(self, ask: Callable[[], HeldToken]) -> TokenPair:
        try:
            held = ask()
        except Unavailable as away:
            raise _away(away) from None
        pair = self._pair
        if pair is None or pair.held != held:
            self._pair = pair = _pair(held)
        return pair

    def _log_in(self, _old: HeldToken | None) -> FreshToken:
        self.reached = 1
        first = self._login.oauth()
        self.dated, self.reached = first.dated or self.dated, 2
        second = self._login.part(first.value)
        self.dated = second.dated or self.dated
        lives = min(first.lives, second.lives)
        return FreshToken(secret={"oauth": first.value, "part": second.value}, lives=lives if lives > 0 else math.inf)


def _away(error: Unavailable) -> Retry:
    return Retry(error.message, code=error.code, whole_line=True)


def _pair(held: HeldToken) -> TokenPair:
    first, second = str(held.secret["oauth"]), str(held.secret["part"])
    headers = {
        **FIXED_HEADERS,
        "Authorization": f"Bearer {first}",
        "x-boeing-parts-authorization": second,
        "Content-Type": "application/json",
    }
    secrets = tuple(token.encode() for token in (first, second) if len(token) >= _UNMISTAKABLE)
    return TokenPair(held, httpx2.Headers(headers), secrets)
