"""What all processes know of one account's tokens, and what follows from each event. Pure.

A generation counts fetches, so that a refusal names the token it met, and a late refusal of an old token changes
nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.work.access_token import FreshToken, HeldToken, TokenRules
from boeing_data_hub.work.token_failure import Failure

FRESH: Final = 60.0  # seconds: a token that is refused younger than this, and was never accepted, was never good


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """What all processes know of one account's tokens.

    Attributes:
        generation: the newest ever fetched.
        token: the newest; usable while it is newer than `refused` and has not expired.
        accepted: the newest generation that the other side has accepted; `refused` likewise.
        fetcher: who holds the claim on the fetch; None: nobody.
        fetch_until: when that claim ends unless a heartbeat extends it.
        failure: why the last fetch failed; None: it did not.
        failures: failures in a row.
        failed_until: until then nobody tries again.
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
    """The caller holds the claim and fetches.

    Attributes:
        began: when the claim was taken, by the database's clock.
        after: the generation that the new token follows.
        old: the token held so far; None: there is none.
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
    """A fetch failed a moment ago; all processes share the failure for so many seconds."""

    failure: Failure
    seconds_left: float


Verdict = Use | Fetch | Wait | Fail


def ask(
    state: TokenState, now: datetime, rules: TokenRules, *, stale: int, who: str, insist: bool = False
) -> tuple[TokenState, Verdict]:
    """What a caller who wants a token newer than generation `stale` does now.

    Args:
        state: what is known.
        now: the database's time.
        rules: the terms.
        stale: the generation known to be useless; 0: any token will do.
        who: the caller, for the claim.
        insist: a person asks: try although a fetch failed a moment ago, and fetch although the token is not due.
    """
    token = state.token
    good = token is not None and token.generation > max(stale, state.refused) and token.is_good(now)
    if token is not None and good and not token.is_due(now) and not insist:
        return state, Use(token)
    if state.fetcher is not None and state.fetch_until is not None and now < state.fetch_until:
        return state, Use(token) if token is not None and good else Wait()
    if not insist and state.failure is not None and state.failed_until is not None and now < state.failed_until:
        left = (state.failed_until - now).total_seconds()
        may_try = rules.try_refused and token is not None and token.generation > stale and token.is_good(now)
        return state, Use(token) if token is not None and (good or may_try) else Fail(state.failure, left)
    claimed = replace(state, fetcher=who, fetch_until=now + timedelta(seconds=rules.claim))
    return claimed, Fetch(now, max(stale, state.generation), token, good)


def heartbeat(state: TokenState, now: datetime, rules: TokenRules, *, who: str) -> TokenState:
    """The fetching process is alive: its claim goes on. No effect if another process has taken the claim."""
    if state.fetcher != who:
        return state
    return replace(state, fetch_until=now + timedelta(seconds=rules.claim))


def fetched(state: TokenState, claim: Fetch, fresh: FreshToken, rules: TokenRules, *, who: str) -> TokenState:
    """A fetch has succeeded.

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
        # A token that is issued and then refused is a failure, too: only an accepted one resets the count.
        failures=state.failures if token.on_probation else 0,
    )
    return _release(after) if mine else after


def given(state: TokenState, now: datetime, fresh: FreshToken, rules: TokenRules) -> TokenState:
    """A person has brought a token. It replaces whatever was known before."""
    before = replace(state, fetcher="", accepted=state.generation + 1)
    return fetched(before, Fetch(now, state.generation, None, usable=False), fresh, rules, who="")


def failed(state: TokenState, now: datetime, failure: Failure, rules: TokenRules, *, who: str) -> TokenState:
    """A fetch has failed: all processes share the failure for a while, longer each time."""
    if state.fetcher != who:
        return state
    return _release(_fail(state, now, failure, rules))


def released(state: TokenState, *, who: str) -> TokenState:
    """A fetch ended without a result."""
    return _release(state) if state.fetcher == who else state


def accepted(state: TokenState, generation: int) -> TokenState:
    """The other side has accepted a call made with this generation."""
    if generation <= state.accepted and state.refused < generation:
        return state
    refused = generation - 1 if state.refused == generation else state.refused
    return replace(state, accepted=max(state.accepted, generation), refused=refused, failures=0)


def refused(
    state: TokenState, now: datetime, token: HeldToken, never_good: Failure, rules: TokenRules
) -> tuple[TokenState, bool]:
    """The other side has refused a call made with this token. Returns True if fetching another one does not help.

    Credentials count as refused only when a token is refused that is less than a minute old, that was never accepted,
    and that was fetched because its predecessor was refused: two refusals in a row with nothing accepted between them.
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
