"""The shared state of one account's tokens, and its change on each event. Pure.

A generation counts fetches, so that a rejection names the token of its call, and a late rejection of an old token
changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.work.access_token import FreshToken, HeldToken, TokenRules
from boeing_data_hub.work.token_failure import Failure

FRESH: Final = 60.0  # seconds: a token rejected younger than this, and never accepted, was never valid


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """The shared state of one account's tokens.

    Attributes:
        generation: the newest fetched.
        token: the newest one; usable while it is newer than `refused` and has not expired.
        accepted: the newest generation that the upstream has accepted; `refused`: that it has rejected.
        fetcher: the process that is fetching; None: no process is.
        fetch_until: when its claim ends unless a heartbeat extends it.
        failure: why the last fetch failed; None: it succeeded.
        failures: consecutive failed fetches.
        failed_until: no process fetches before this time.
    """

    generation: int = 0
    token: HeldToken | None = field(default=None, repr=False)
    accepted: int = 0
    refused: int = 0
    fetcher: str | None = None
    fetch_until: datetime | None = None
    failure: Failure | None = None
    failures: int = 0
    failed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Use this token."""

    token: HeldToken


@dataclass(frozen=True, slots=True)
class Fetch:
    """The caller has the claim, and fetches.

    Attributes:
        began: when the claim was taken, by the database's clock.
        after: the generation before the new token's.
        old: the current token; None: there is none.
        usable: `old` may still be used.
    """

    began: datetime
    after: int
    old: HeldToken | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Another process is fetching."""


@dataclass(frozen=True, slots=True)
class Fail:
    """A fetch failed recently; all processes share the failure for `seconds_left`."""

    failure: Failure
    seconds_left: float


Verdict = Use | Fetch | Wait | Fail


def ask(
    state: TokenState, now: datetime, rules: TokenRules, *, stale: int, who: str, insist: bool = False
) -> tuple[TokenState, Verdict]:
    """Decide what a caller does that wants a token newer than generation `stale`.

    Args:
        state: of the account's tokens.
        now: the database's time.
        rules: of renewal.
        stale: a generation known to be useless; 0: any token will do.
        who: the caller, for the claim.
        insist: a person asked: fetch even if a fetch failed recently, or the token is not due for renewal.
    """
    token = state.token
    good = token is not None and token.generation > max(stale, state.refused) and token.is_good(now)
    if token is not None and good and not token.is_due(now) and not insist:
        return state, Use(token)
    is_claimed = state.fetcher not in {None, who}  # by others: our own claim's commit may have had no reply
    if is_claimed and state.fetch_until is not None and now < state.fetch_until:
        return state, Use(token) if token is not None and good else Wait()
    if not insist and state.failure is not None and state.failed_until is not None and now < state.failed_until:
        left = (state.failed_until - now).total_seconds()
        may_try = rules.try_refused and token is not None and token.generation > stale and token.is_good(now)
        return state, Use(token) if token is not None and (good or may_try) else Fail(state.failure, left)
    claimed = replace(state, fetcher=who, fetch_until=now + timedelta(seconds=rules.claim))
    return claimed, Fetch(now, max(stale, state.generation), token, good)


def heartbeat(state: TokenState, now: datetime, rules: TokenRules, *, who: str) -> TokenState:
    """The state after a heartbeat of the fetching process, which extends its claim. No effect if another process has
    taken the claim.
    """
    if state.fetcher != who:
        return state
    return replace(state, fetch_until=now + timedelta(seconds=rules.claim))


def fetched(state: TokenState, claim: Fetch, fresh: FreshToken, rules: TokenRules, *, who: str) -> TokenState:
    """The state after a successful fetch.

    If the claim ended meanwhile, the token is used only if no newer one has been fetched.
    """
    mine = state.fetcher == who
    if not mine and state.generation > claim.after:
        return state
    generation = max(state.generation, claim.after) + 1
    ends = math.isfinite(fresh.lives)
    token = HeldToken(
        generation=generation,
        secret=fresh.secret,
        facts=fresh.facts,
        obtained_at=claim.began,
        renew_at=claim.began + timedelta(seconds=fresh.lives * rules.renew_share) if ends else None,
        expires_at=claim.began + timedelta(seconds=fresh.lives) if ends else None,
        on_probation=state.refused > 0 and state.refused >= state.accepted,
    )
    after = replace(
        state,
        generation=generation,
        token=token,
        failure=None,
        failed_until=None,
        # A token that is issued and then rejected is a failure, too: only an accepted one resets the count.
        failures=state.failures if token.on_probation else 0,
    )
    return _release(after) if mine else after


def given(state: TokenState, now: datetime, fresh: FreshToken, rules: TokenRules) -> TokenState:
    """The state after a person supplied a token, which replaces everything before."""
    before = replace(state, fetcher="", accepted=state.generation + 1)
    return fetched(before, Fetch(now, state.generation, None, usable=False), fresh, rules, who="")


def failed(state: TokenState, now: datetime, failure: Failure, rules: TokenRules, *, who: str) -> TokenState:
    """The state after a failed fetch: all processes share the failure for a while, longer each time."""
    if state.fetcher != who:
        return state
    return _release(_fail(state, now, failure, rules))


def released(state: TokenState, *, who: str) -> TokenState:
    """The state after a fetch that ended without a result."""
    return _release(state) if state.fetcher == who else state


def accepted(state: TokenState, generation: int) -> TokenState:
    """The state after the upstream accepted a call with this generation."""
    if generation <= state.accepted and state.refused < generation:
        return state
    refused = generation - 1 if state.refused == generation else state.refused
    return replace(state, accepted=max(state.accepted, generation), refused=refused, failures=0)


def refused(
    state: TokenState, now: datetime, token: HeldToken, never_good: Failure, rules: TokenRules
) -> tuple[TokenState, bool]:
    """The state after the upstream rejected a call with this token, and True if fetching another one does not help.

    The credentials count as rejected only if the token is less than a minute old, was never accepted, and was fetched
    because its predecessor was rejected: two consecutive rejections with no accepted call between them.
    """
    newer = replace(state, refused=max(state.refused, token.generation))
    young = (now - token.obtained_at).total_seconds() < FRESH
    if not (token.on_probation and young and state.accepted < token.generation):
        return newer, False
    if state.generation == token.generation > state.refused:
        newer = _fail(newer, now, never_good, rules)
    return newer, True


def _fail(state: TokenState, now: datetime, failure: Failure, rules: TokenRules) -> TokenState:
    if failure.may_pass:
        seconds = rules.retry.wait(state.failures + 1, asked=failure.retry_after)
    else:
        seconds = rules.refused.wait(state.failures + 1)
    return replace(state, failure=failure, failures=state.failures + 1, failed_until=now + timedelta(seconds=seconds))


def _release(state: TokenState) -> TokenState:
    return replace(state, fetcher=None, fetch_until=None)
