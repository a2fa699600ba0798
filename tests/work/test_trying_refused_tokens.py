"""While no new token is fetched, rare probes go with the newest one, and learn when it is accepted again."""

from __future__ import annotations

import pytest

from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.work.access_token import FreshToken, TokenRules
from boeing_data_hub.work.shared_tokens import SharedTokens
from boeing_data_hub.work.token_memory import ProcessMemory


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


def refused_twice(*, try_refused, clock, fetched):
    def fetch(_old):
        fetched.append(1)
        return FreshToken(secret={"token": str(len(fetched))}, lives=3600.0)

    tokens = SharedTokens(
        ProcessMemory(clock), fetch, never_good=PauseUpstream("never good"), rules=TokenRules(try_refused=try_refused),
        seconds=clock,
    )  # fmt: skip
    second = tokens.refused(tokens.current())
    with pytest.raises(PauseUpstream):
        tokens.refused(second)
    return tokens, second


def test_a_probe_goes_with_the_refused_token_and_fetches_none():
    clock, fetched = Clock(), []
    tokens, second = refused_twice(try_refused=True, clock=clock, fetched=fetched)
    for _ in range(5):
        clock.time += 10
        probe = tokens.current()
        assert probe.generation == second.generation
        with pytest.raises(PauseUpstream):
            tokens.refused(probe)
    assert len(fetched) == 2


def test_a_rejected_token_that_is_accepted_after_all_is_good_again():
    clock, fetched = Clock(), []
    tokens, second = refused_twice(try_refused=True, clock=clock, fetched=fetched)
    clock.time += 10
    tokens.accepted(tokens.current())
    for _ in range(5):
        clock.time += 100
        assert tokens.current().generation == second.generation
    assert len(fetched) == 2
    assert tokens.refused(tokens.current()).generation == 3  # refused later: one fetch helps, nobody stops


def test_without_that_rule_a_rejected_token_is_never_tried_again():
    clock, fetched = Clock(), []
    tokens, _second = refused_twice(try_refused=False, clock=clock, fetched=fetched)
    clock.time += 10
    with pytest.raises(PauseUpstream):
        tokens.current()
    assert len(fetched) == 2
