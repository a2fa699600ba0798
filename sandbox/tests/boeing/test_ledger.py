"""The account that other tests judge by must itself be beyond doubt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub_sandbox.boeing.ledger import Ledger, SlidingLimit

# Eighths of a second are exact in binary: no rounding blurs what lies on the edge of a window.
moments = st.lists(st.integers(0, 400).map(lambda eighths: eighths / 8), max_size=60).map(sorted)
windows = st.integers(1, 80).map(lambda eighths: eighths / 8)


def recorded(times, parts=("A",)):
    ledger = Ledger()
    for moment in times:
        call = ledger.arrive()
        call.monotonic = moment
        call.parts = tuple(parts)
        ledger.leave(call, 200, answered=True)
    return ledger


@given(moments, windows, st.integers(0, 10))
def test_the_busiest_window_is_what_counting_every_window_finds(times, window, limit):
    stats = recorded(times).stats(window=window, limit=limit)
    counts = [sum(end - window < moment <= end for moment in times[: place + 1]) for place, end in enumerate(times)]
    assert stats["max_in_window"] == max(counts, default=0)
    assert stats["over_limit"] == (sum(count > limit for count in counts) if limit else 0)


@given(moments, windows, st.integers(1, 10))
def test_what_the_limit_admits_never_exceeds_it_in_any_window(times, window, limit):
    gate = SlidingLimit()
    admitted = [moment for moment in times if not gate.wait_before(moment, limit=limit, window=window)]
    stats = recorded(admitted).stats(window=window, limit=limit)
    assert stats["max_in_window"] <= limit
    assert stats["over_limit"] == 0


@given(moments, windows, st.integers(1, 10))
def test_a_rejected_call_is_admitted_after_the_wait_it_was_given(times, window, limit):
    gate = SlidingLimit()
    waits = [gate.wait_before(moment, limit=limit, window=window) for moment in times]
    if waits and waits[-1] > 0:
        assert gate.wait_before(times[-1] + waits[-1] - 0.0625, limit=limit, window=window) > 0
        assert gate.wait_before(times[-1] + waits[-1], limit=limit, window=window) == 0


def test_a_limit_lowered_in_the_middle_counts_the_calls_before_it():
    gate = SlidingLimit()
    assert [gate.wait_before(moment, limit=0, window=10) for moment in (0, 1, 2)] == [0, 0, 0]
    assert gate.wait_before(3, limit=2, window=10) == 8
    assert gate.wait_before(11, limit=2, window=10) == 0


def test_parts_asked_and_answered_are_counted():
    ledger = Ledger()
    for parts, status in [(["A", "B"], 200), (["B", "C"], 500), (["B"], 200), (["D"], None)]:
        call = ledger.arrive()
        call.parts = tuple(parts)
        ledger.leave(call, status, answered=status == 200)
    stats = ledger.stats(window=60, limit=0)
    assert (stats["calls"], stats["answered"]) == (4, 2)
    assert stats["by_status"] == {"200": 2, "500": 1, "none": 1}
    assert (stats["parts_asked"], stats["distinct_parts"]) == (6, 4)
    assert stats["parts_asked_more_than_once"] == 1
    assert stats["asked_more_than_once"] == {"B": 3}
    assert stats["parts_answered_more_than_once"] == 1
    assert stats["average_batch_fill"] == pytest.approx(1.5)


def test_at_most_100_examples_of_parts_asked_again_are_given_the_worst_first():
    ledger = recorded(range(2), [f"P{number}" for number in range(150)])
    ledger.leave(worst := ledger.arrive(), 200, answered=True)
    worst.parts = ("P149",)
    stats = ledger.stats(window=60, limit=0)
    assert stats["parts_asked_more_than_once"] == 150
    assert len(stats["asked_more_than_once"]) == 100
    assert next(iter(stats["asked_more_than_once"].items())) == ("P149", 3)


def test_simultaneous_calls_are_counted():
    ledger = Ledger()
    calls = [ledger.arrive() for _ in range(3)]
    assert [call.concurrent for call in calls] == [1, 2, 3]
    for call in calls:
        ledger.leave(call, 200, answered=True)
    assert ledger.arrive().concurrent == 1
    stats = ledger.stats(window=60, limit=0)
    assert (stats["max_concurrent"], stats["under_way"]) == (3, 1)


def test_an_empty_ledger_has_statistics():
    stats = Ledger().stats(window=60, limit=2)
    assert stats["calls"] == stats["max_in_window"] == stats["parts_asked"] == 0
    assert stats["first_call_at"] is None


def test_only_so_many_calls_are_kept_and_it_says_how_many_were_forgotten():
    ledger = Ledger(capacity=3)
    for _ in range(5):
        ledger.leave(ledger.arrive(), 200, answered=True)
    assert ledger.stats(window=60, limit=0)["forgotten"] == 2
    assert ledger.stats(window=60, limit=0)["calls"] == 5
    assert [call["number"] for call in ledger.calls()] == [3, 4, 5]
    assert [call["number"] for call in ledger.calls(since=4)] == [5]
    assert [call["number"] for call in ledger.calls(since=1, limit=2)] == [3, 4]


def test_each_ended_call_is_a_line_of_the_file_at_once(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    call = ledger.arrive()
    call.parts = ("A",)
    ledger.leave(call, 429, answered=False)
    (line,) = path.read_text().splitlines()
    ledger.close()
    assert json.loads(line)["status"] == 429
    assert json.loads(line)["parts"] == ["A"]
