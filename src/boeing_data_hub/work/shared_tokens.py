"""Access tokens that all processes share: one process fetches them, and Postgres stores them.

Knows neither Boeing nor Shopify: the caller supplies the function that fetches a token. The rules are in
`token_state.py`. No transaction is open during a fetch. The fetching process holds a claim that it extends by
heartbeats, so that the claim of a killed process ends within seconds.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, Retry, Unavailable
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.work import token_state
from boeing_data_hub.work.access_token import FreshToken, HeldToken, TokenRules
from boeing_data_hub.work.token_failure import Failure
from boeing_data_hub.work.token_memory import Memory
from boeing_data_hub.work.token_state import Fail, Fetch, TokenState, Use, Verdict, Wait

_POLL = RetryPolicy(first=0.05, factor=1.5, longest=0.5)  # between two checks whether another process's fetch is done


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that this process holds. Times are on its monotonic clock, and never later than the real ones."""

    token: HeldToken
    look_at: float
    expires_at: float


class SharedTokens:
    """One account's tokens. Safe to use from several threads and processes; at most one of all of them fetches.

    Args:
        memory: stores the state.
        fetch: fetches a token. Its argument is the current token, if any, whose `secret` may be needed to renew it. It
            raises `Retry` for a temporary failure, `PauseUpstream` if the credentials were rejected.
        never_good: the error if the upstream issues tokens and then rejects them; a `PauseUpstream`.
        rules: of renewal.
        seconds: this process's monotonic clock.
    """

    def __init__(
        self,
        memory: Memory,
        fetch: Callable[[HeldToken | None], FreshToken],
        *,
        never_good: HubError,
        rules: TokenRules | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._memory = memory
        self._fetch = fetch
        self._never_good = never_good
        self._rules = rules or TokenRules()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._accepted = 0
        self._none_until = 0.0

    def held(self) -> bool:
        """True if there is a token, valid or not. Fetches nothing; reads Postgres at most once a second.

        Raises:
            Unavailable: Postgres does not answer, and this process holds no token.
        """
        if self._known is not None or self._seconds() < self._none_until:
            return self._known is not None
        if self._memory.look()[0].token is not None:
            return True
        self._none_until = self._seconds() + self._rules.look_every
        return False

    def current(self) -> HeldToken:
        """A token that is valid as far as we know. Fetches one, or waits for another process's fetch, only if needed.

        Postgres is read at most once a second, so that a token renewed elsewhere is soon used here. After 80 % of a
        token's life one caller renews it while the others keep using it; if that fails, they use it until it expires.

        Raises:
            PauseUpstream: the credentials were rejected, now or recently, in any process.
            Retry: the fetch failed temporarily, here or in another process.
            Unavailable: Postgres does not answer, and this process holds no token.
        """
        known, moment = self._known, self._seconds()
        if known is not None and moment < known.expires_at:
            if moment < known.look_at:
                return known.token
            if not self._lock.acquire(blocking=False):
                return known.token
            try:
                return self._get(stale=0).token
            except (Retry, Unavailable):
                if self._known is None or self._seconds() >= known.expires_at:
                    raise  # rejected meanwhile, or expired
                return known.token
            finally:
                self._lock.release()
        with self._lock:
            known = self._known
            if known is not None and self._seconds() < min(known.expires_at, known.look_at):
                return known.token
            return self._get(stale=0).token

    def renew(self, stale_generation: int, *, insist: bool = False) -> HeldToken:
        """A token newer than `stale_generation`. One fetch serves all callers.

        Args:
            stale_generation: a generation known to be useless.
            insist: a person asked: fetch even if a fetch has just failed, or a newer token exists.

        Raises:
            HubError: as `current`.
        """
        with self._lock:
            known = self._known
            is_newer = known is not None and not insist and known.token.generation > stale_generation
            if known is not None and is_newer and self._seconds() < min(known.expires_at, known.look_at):
                return known.token
            return self._get(stale=stale_generation, insist=insist).token

    def accepted(self, token: HeldToken) -> None:
        """Record that the upstream accepted a call with this token. Written once per generation and process."""
        if token.generation <= self._accepted:
            return
        self._memory.change(lambda state, _now: (token_state.accepted(state, token.generation), None))
        self._accepted = token.generation

    def refused(self, token: HeldToken) -> HeldToken:
        """Record that the upstream rejected (401) a call with this token. Returns the next token.

        This judges the token of the call, not the current one: a late rejection of an old token changes nothing.
        `token_state.refused` says when the credentials count as rejected.

        Raises:
            HubError: `never_good`, or as `current`.
        """
        with self._lock:
            never_good = Failure.of(self._never_good)

            def step(state: TokenState, now: datetime) -> tuple[TokenState, bool]:
                return token_state.refused(state, now, token, never_good, self._rules)

            is_hopeless = self._memory.change(step)
            # If it is accepted after all, that must be recorded.
            self._accepted = min(self._accepted, token.generation - 1)
            if self._known is not None and self._known.token.generation <= token.generation:
                self._known = None
            if is_hopeless:
                raise copy.copy(self._never_good)
            return self._get(stale=token.generation).token

    def give(self, fresh: FreshToken) -> HeldToken:
        """Store a token that a person supplied, in place of the current one. Raises Unavailable."""
        with self._lock:
            self._known = None
            self._memory.change(lambda state, now: (token_state.given(state, now, fresh, self._rules), None))
            return self._get(stale=0).token

    def state(self) -> TokenState:
        """The state of this account's tokens, for reports. Raises Unavailable."""
        return self._memory.look()[0]

    def _get(self, *, stale: int, insist: bool = False) -> _Known:
        deadline, looks = self._seconds() + self._rules.patience, 0
        give_up_at, who = monotonic() + self._rules.patience, uuid4().hex
        while True:
            asked_at = self._seconds()
            verdict, now = self._ask(who, stale=stale, insist=insist)
            match verdict:
                case Use(token):
                    return self._learn(token, now, asked_at)
                case Fail(failure, seconds_left):
                    raise failure.error(seconds_left)
                case Fetch():
                    return self._bring(verdict, who, insist=insist)
                case Wait():
                    if self._seconds() > deadline or monotonic() > give_up_at:
                        raise Retry(
                            "Another process is still fetching an access token. The hub will retry.",
                            code="token_awaited",
                            retry_after=2.0,
                            whole_line=True,
                        )
                    looks += 1
                    time.sleep(_POLL.wait(looks))
                    insist = False  # the other process's token is as new as one we would fetch

    def _ask(self, who: str, *, stale: int, insist: bool) -> tuple[Verdict, datetime]:
        def step(state: TokenState, now: datetime) -> tuple[TokenState, tuple[Verdict, datetime]]:
            after, verdict = token_state.ask(state, now, self._rules, stale=stale, who=who, insist=insist)
            return after, (verdict, now)

        # Reading takes no lock. If the state would change, the step is repeated under a lock.
        state, now = self._memory.look()
        after, result = step(state, now)
        return result if after == state else self._memory.change(step)

    def _bring(self, claim: Fetch, who: str, *, insist: bool) -> _Known:
        """Fetch under the claim just taken."""
        began = self._seconds()
        try:
            with self._heartbeats(who):
                fresh = self._fetch(claim.old)
        except HubError as error:
            failure = Failure.of(error)
            self._memory.change(
                lambda state, now: (token_state.failed(state, now, failure, self._rules, who=who), None)
            )
            if claim.old is not None and claim.usable and not insist:
                return self._learn(claim.old, claim.began, began)
            raise
        except BaseException:
            with suppress(Unavailable):
                self._memory.change(lambda state, _now: (token_state.released(state, who=who), None))
            raise

        def keep(state: TokenState, now: datetime) -> tuple[TokenState, tuple[HeldToken | None, datetime]]:
            after = token_state.fetched(state, claim, fresh, self._rules, who=who)
            return after, (after.token, now)

        asked_at = self._seconds()
        token, now = self._memory.change(keep)
        assert token is not None  # noqa: S101 - ours, or a newer one
        return self._learn(token, now, asked_at)

    @contextmanager
    def _heartbeats(self, who: str) -> Generator[None]:
        """Extend the claim every third of its length while the block runs."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(self._rules.claim / 3):
                with suppress(Unavailable):  # the next beat tries again; if the claim ends, another process fetches
                    self._memory.change(
                        lambda state, now: (token_state.heartbeat(state, now, self._rules, who=who), None)
                    )

        thread = threading.Thread(target=beat, name="token heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _learn(self, token: HeldToken, now: datetime, asked_at: float) -> _Known:
        """Hold a token in this process. `asked_at`: this process's clock before `now` was read from the database's."""

        def here(moment: datetime | None) -> float:
            return float("inf") if moment is None else asked_at + (moment - now).total_seconds()

        look_at, renew_at = asked_at + self._rules.look_every, here(token.renew_at)
        if renew_at > asked_at:
            look_at = min(look_at, renew_at)
        self._known = known = _Known(token, look_at, here(token.expires_at))
        return known
