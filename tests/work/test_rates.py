"""The pace of a line: property tests, because one call too many in a minute is a breach of contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import BadInput
from boeing_data_hub.work import rates
from boeing_data_hub.work.rate_limit import RateLimit, parse_rate_limit
from boeing_data_hub.work.rates import UpstreamPace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "calls", "window"),
    [("20/m", 20, 60), ("2/min", 2, 60), (" 5 / s ", 5, 1), ("100/hours", 100, 3600), ("120/MINUTE", 120, 60)],
)
def test_a_rate_limit_is_calls_per_window(text, calls, window):
    assert parse_rate_limit(text) == RateLimit(calls, window)


def test_unlimited_is_no_limit():
    assert parse_rate_limit("unlimited") is None


@pytest.mark.parametrize("text", ["", "20", "0/m", "-3/m", "20/parsec", "m/20", "20/m extra", "1.5/m"])
def test_a_rate_limit_that_means_nothing_is_refused_with_an_example(text):
    with pytest.raises(BadInput, match="20/m"):
        parse_rate_limit(text)


demands = st.lists(st.tuples(st.floats(0, 20), st.integers(1, 30)), min_size=1, max_size=60)


@given(calls=st.integers(1, 50), demands=demands)
def test_no_sliding_window_holds_more_slots_than_the_limit(calls, demands):
    limit = RateLimit(calls, 60.0)
    line, now = UpstreamPace(next_slot=NOON), NOON
    slots: list[datetime] = []
    for pause, wanted in demands:
        now += timedelta(seconds=pause)
        line, grant = rates.reserve(line, limit, now, wanted=wanted, horizon=120)
        slots += [now + timedelta(seconds=grant.wait + n * grant.gap) for n in range(grant.calls)]
    for first, last in zip(slots, slots[calls:], strict=False):
        # One more call than allowed is at least a window and a margin away.
        assert (last - first).total_seconds() >= limit.window + limit.margin - 0.001


@given(calls=st.integers(1, 50), demands=demands)
def test_slots_never_begin_in_the_past_and_never_run_backwards(calls, demands):
    limit = RateLimit(calls, 60.0)
    line, now = UpstreamPace(next_slot=NOON), NOON
    for pause, wanted in demands:
        now += timedelta(seconds=pause)
        before = line.next_slot
        line, grant = rates.reserve(line, limit, now, wanted=wanted, horizon=5)
        assert grant.wait >= 0
        assert line.next_slot >= before


def test_at_least_95_percent_of_the_slots_are_granted_while_work_waits():
    limit = RateLimit(120, 60.0)
    assert 60 / limit.spacing >= 0.95 * 120


def test_a_slot_beyond_the_horizon_is_not_reserved():
    line = UpstreamPace(next_slot=NOON + timedelta(seconds=10))
    after, grant = rates.reserve(line, RateLimit(20, 60.0), NOON, wanted=1, horizon=2)
    assert grant.calls == 0
    assert grant.wait == pytest.approx(10)
    assert after == line


def test_a_slot_given_back_is_the_next_one_granted():
    limit = RateLimit(20, 60.0)
    line, grant = rates.reserve(UpstreamPace(next_slot=NOON), limit, NOON, wanted=1, horizon=2)
    assert rates.give_back(line, limit, first=NOON, gap=grant.gap, unused=1).next_slot == NOON


def test_a_slot_is_not_given_back_when_others_reserved_after_it():
    limit = RateLimit(20, 60.0)
    line, grant = rates.reserve(UpstreamPace(next_slot=NOON), limit, NOON, wanted=1, horizon=2)
    line, _ = rates.reserve(line, limit, NOON, wanted=1, horizon=10)
    assert rates.give_back(line, limit, first=NOON, gap=grant.gap, unused=1) == line


def test_after_a_429_everyone_waits_as_long_as_was_asked():
    limit = RateLimit(120, 60.0)
    line = rates.slowed(UpstreamPace(next_slot=NOON), NOON, called_at=NOON, retry_after=30, limit=limit)
    _, grant = rates.reserve(line, limit, NOON, wanted=1, horizon=2)
    assert grant.calls == 0
    assert grant.wait == pytest.approx(30)


def test_one_overload_slows_the_line_once_however_many_calls_it_hit():
    limit = RateLimit(120, 60.0)
    line = rates.slowed(UpstreamPace(next_slot=NOON), NOON, called_at=NOON, retry_after=1, limit=limit)
    again = rates.slowed(
        line, NOON + timedelta(seconds=0.2), called_at=NOON - timedelta(seconds=1), retry_after=1, limit=limit
    )
    assert again.stretch == line.stretch == 2


def test_a_slowed_line_recovers_step_by_step_to_its_full_pace():
    limit = RateLimit(120, 60.0)
    line = rates.slowed(UpstreamPace(next_slot=NOON), NOON, called_at=NOON, retry_after=0, limit=limit)
    line = rates.answered(line)
    gaps = []
    now = NOON
    for _ in range(40):
        now = max(now, line.next_slot)
        line, grant = rates.reserve(line, limit, now, wanted=1, horizon=60)
        gaps.append(grant.gap)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == pytest.approx(2 * limit.spacing)
    assert gaps[-1] == pytest.approx(limit.spacing)


def test_one_part_that_fails_again_and_again_does_not_pause_the_line():
    line = UpstreamPace(next_slot=NOON)
    for _ in range(10):
        line = rates.failed(line, NOON, whole_line=False, fresh=False, retry_after=None)
    assert not line.is_paused(NOON)


def test_three_fresh_failures_in_a_row_pause_the_line_and_an_answer_makes_it_well():
    line = UpstreamPace(next_slot=NOON)
    for _ in range(3):
        assert not line.is_paused(NOON)
        line = rates.failed(line, NOON, whole_line=False, fresh=True, retry_after=None)
    assert line.is_paused(NOON)
    assert line.pause_reason == "upstream"
    assert not rates.answered(line).is_paused(NOON)


def test_an_answer_between_failures_resets_the_count():
    line = UpstreamPace(next_slot=NOON)
    for _ in range(2):
        line = rates.failed(line, NOON, whole_line=False, fresh=True, retry_after=None)
    line = rates.answered(line)
    line = rates.failed(line, NOON, whole_line=False, fresh=True, retry_after=None)
    assert not line.is_paused(NOON)


def test_pauses_of_a_line_that_stays_down_double_up_to_a_minute():
    line, now, pauses = UpstreamPace(next_slot=NOON), NOON, []
    for _ in range(8):
        line = rates.failed(line, now, whole_line=True, fresh=True, retry_after=None)
        assert line.paused_until is not None
        pauses.append((line.paused_until - now).total_seconds())
        now = line.paused_until
    assert pauses == [5, 10, 20, 40, 60, 60, 60, 60]
    assert line.paused_since == NOON


def test_a_paused_line_sends_one_probe_and_lets_the_others_wait():
    line = rates.stopped(UpstreamPace(next_slot=NOON), NOON, reason="credentials")
    later = NOON + timedelta(seconds=31)
    line, probe = rates.reserve(line, RateLimit(600, 60.0), later, wanted=10, horizon=2)
    assert (probe.calls, probe.probe) == (1, True)
    _, other = rates.reserve(line, RateLimit(600, 60.0), later, wanted=10, horizon=2)
    assert other.calls == 0


def test_an_unlimited_line_grants_what_is_wanted_at_once():
    _, grant = rates.reserve(UpstreamPace(next_slot=NOON), None, NOON, wanted=30, horizon=2)
    assert (grant.calls, grant.wait, grant.gap) == (30, 0, 0)
