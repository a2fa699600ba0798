"""The one place of retry and back-off, by properties that hold for every policy."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import boeing_data_hub
from boeing_data_hub.retry import RetryPolicy, every

SECONDS = st.floats(0, 1e6)
FAILURES = st.integers(-3, 10_000)


@st.composite
def policies(draw: st.DrawFn, *, jittered: bool = True) -> RetryPolicy:
    low = draw(st.floats(0, 1)) if jittered else 1.0
    high = draw(st.floats(1, 3)) if jittered else 1.0
    dice = draw(st.floats(0, 1, exclude_max=True))
    return RetryPolicy(
        attempts=draw(st.none() | st.integers(1, 100)),
        first=draw(SECONDS),
        factor=draw(st.floats(1, 10)),
        step=draw(SECONDS),
        longest=draw(SECONDS),
        jitter=(low, high),
        longest_asked=draw(SECONDS | st.just(math.inf)),
        total=draw(st.none() | SECONDS),
        dice=lambda: dice,
    )


@given(policies(), FAILURES)
def test_no_wait_shrinks_with_more_failures(policy: RetryPolicy, failures: int) -> None:
    assert policy.base_wait(failures) <= policy.base_wait(failures + 1)


@given(policies(), FAILURES)
def test_no_wait_of_our_own_is_negative_or_beyond_the_longest(policy: RetryPolicy, failures: int) -> None:
    assert 0 <= policy.base_wait(failures) <= policy.longest
    assert policy.wait(failures) <= policy.longest * policy.jitter[1]


@given(policies(), FAILURES)
def test_jitter_keeps_a_wait_between_its_two_factors(policy: RetryPolicy, failures: int) -> None:
    base, wait = policy.base_wait(failures), policy.wait(failures)
    slack = base * 1e-9
    assert base * policy.jitter[0] - slack <= wait <= base * policy.jitter[1] + slack


@given(policies(jittered=False))
def test_the_first_wait_is_the_first_value(policy: RetryPolicy) -> None:
    assert policy.wait(1) == min(policy.first, policy.longest)


@given(policies(), FAILURES, SECONDS)
def test_a_longer_wait_that_the_other_side_asks_for_is_granted_up_to_its_bound(
    policy: RetryPolicy, failures: int, asked: float
) -> None:
    assert policy.wait(failures, asked=asked) == max(policy.wait(failures), min(asked, policy.longest_asked))


@given(policies(), st.integers(0, 200))
def test_who_has_given_up_does_not_begin_again(policy: RetryPolicy, failures: int) -> None:
    if policy.gives_up(failures):
        assert policy.gives_up(failures + 1)
    assert policy.gives_up(failures) == (policy.attempts is not None and failures >= policy.attempts)


@given(policies(), SECONDS)
def test_the_total_time_ends_it_too(policy: RetryPolicy, elapsed: float) -> None:
    assert policy.gives_up(0, elapsed=elapsed) == (policy.total is not None and elapsed > policy.total)


@given(policies(), st.integers(1, 200))
def test_the_schedule_for_sql_holds_the_same_waits(policy: RetryPolicy, failures: int) -> None:
    schedule = policy.schedule()
    last = min(failures, len(schedule))
    assert schedule[last - 1] == policy.base_wait(last)
    if len(schedule) < 64:
        assert policy.base_wait(failures) == pytest.approx(schedule[last - 1], rel=1e-9, abs=1e-9)


@given(SECONDS, FAILURES)
def test_every_waits_as_long_each_time(seconds: float, failures: int) -> None:
    assert every(seconds).wait(failures) == seconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": -1.0},
        {"factor": 0.5},
        {"step": -0.1},
        {"longest": -1.0},
        {"longest": math.inf},
        {"jitter": (2.0, 1.0)},
        {"jitter": (-1, 1)},
    ],
)
def test_a_policy_that_would_shrink_or_wait_a_negative_time_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must not"):
        RetryPolicy(**wrong)  # pyright: ignore[reportArgumentType]


def test_no_other_module_computes_a_back_off() -> None:
    """Powers, products and dice on a count of tries: the shapes of the formulas that once stood in 17 places."""
    formula = re.compile(
        r"\*\* *(?:min\()?\(?\w*(?:tries|tried|attempts|failures|fruitless|in_a_row)"
        r"| \* (?:min\()?(?:tries|tried|attempts|failures)\b|random\.(?:uniform|random)|power\(|\^ least"
    )
    here = Path(boeing_data_hub.__file__).parent
    found = [
        f"{path.relative_to(here)}: {line.strip()}"
        for path in here.rglob("*.py")
        if path.name != "retry.py" and "sandbox" not in path.parts
        for line in path.read_text().splitlines()
        if formula.search(line)
    ]
    assert found == []
