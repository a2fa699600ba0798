"""The account of the store's bucket: its rules, and that they never overdraw a bucket that keeps its word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.work.bucket import (
    HOLDING_SECONDS,
    Budget,
    Holding,
    Report,
    StoreFigures,
    refill,
    refused,
    report,
    reserve,
)

START = datetime(2026, 10, 1, tzinfo=UTC)
KNOWN = Budget(START, free=2_000, maximum=2_000, restore_rate=100, known=True)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def take(budget, now, holder="a", points=10.0, wanted=0.0, horizon=5.0):
    return reserve(budget, now, holder, points=points, wanted=wanted, horizon=horizon)


def test_a_full_bucket_grants_at_once_and_takes_ahead_no_more_than_a_quarter():
    budget, reservation = take(KNOWN, START, wanted=10_000)
    assert (reservation.points, reservation.wait) == (490, 0)
    assert budget.free == 1_510
    assert budget.holdings["a"].points == 490


def test_nothing_is_taken_ahead_before_the_store_has_told_its_figures():
    assert take(Budget(START), START, wanted=250)[1].points == 10


def test_what_is_not_there_yet_is_granted_with_a_wait_in_the_order_of_asking():
    budget = replace(KNOWN, free=40)
    budget, first = take(budget, START, points=100)
    budget, second = take(budget, START, "b", points=10)
    assert (first.wait, second.wait) == (1.0, pytest.approx(1.1))
    assert first.points == 100


def test_a_wait_beyond_the_horizon_is_reported_and_not_granted():
    budget = replace(KNOWN, free=-1_000)
    same, reservation = take(budget, START)
    assert reservation.points == 0
    assert reservation.wait == pytest.approx(10.5 - 5)
    assert same.free == budget.free


def test_the_bucket_refills_up_to_its_brim_less_what_is_held():
    budget, _ = take(replace(KNOWN, free=100), START, points=50)
    assert refill(budget, after(1)).free == 150
    assert refill(budget, after(50)).free == 1_950


def test_what_a_call_did_not_need_comes_back():
    budget, _ = take(replace(KNOWN, free=500), START, points=100)
    budget = report(budget, START, Report("a", held=0, refund=60))
    assert budget.free == 460
    assert budget.holdings == {}


def test_the_store_s_own_figures_replace_ours_at_once():
    seen = StoreFigures(maximum=20_000, restore_rate=1_000, available=19_990)
    budget = report(Budget(START), START, Report("a", held=0, figures=seen))
    assert (budget.maximum, budget.restore_rate, budget.free, budget.known) == (20_000, 1_000, 19_990, True)


def test_a_lower_level_is_believed_at_once_and_a_higher_one_step_by_step():
    low = report(KNOWN, START, Report("a", held=0, figures=StoreFigures(2_000, 100, 300)))
    assert low.free == 300
    high = report(low, START, Report("a", held=0, figures=StoreFigures(2_000, 100, 400)))
    assert high.free == 310


def test_calls_in_progress_count_as_not_yet_charged():
    budget, _ = take(KNOWN, START, "b", points=200)
    budget = report(budget, START, Report("a", held=50, figures=StoreFigures(2_000, 100, 1_000)))
    assert budget.free == 1_000 - 50 - 200


def test_an_old_figure_counts_with_what_has_come_since():
    budget = report(KNOWN, START, Report("a", held=0, figures=StoreFigures(2_000, 100, 500, age=1.0)))
    assert budget.free == 600


def test_a_bucket_without_size_or_rate_is_not_believed():
    assert report(KNOWN, START, Report("a", held=0, figures=StoreFigures(0, 0, 0))) == KNOWN


def test_what_a_dead_process_held_is_forgotten():
    budget, _ = take(KNOWN, START, "dead", points=100)
    assert refill(budget, after(HOLDING_SECONDS - 1)).held == 100
    assert refill(budget, after(HOLDING_SECONDS)).held == 0


def test_a_refusal_without_figures_holds_everyone_back_and_the_longest_counts():
    budget = refused(refused(KNOWN, START, 3), START, 1)
    assert take(budget, START)[1].wait == 3
    assert take(budget, after(4))[1].wait == 0


def test_a_call_dearer_than_the_bucket_waits_for_a_full_one_only():
    budget, reservation = take(replace(KNOWN, free=1_000), START, points=5_000, horizon=20)
    assert reservation.points == 1_960
    assert reservation.wait == pytest.approx(10)
    assert budget.free == -960


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(1, 60),  # points of the call
            st.floats(0, 1),  # how much of them it really needs
            st.floats(0, 0.5),  # seconds until the next step
            st.booleans(),  # whether the level is seen
        ),
        max_size=60,
    )
)
def test_a_bucket_that_keeps_its_word_is_never_overdrawn(steps):
    level, now = 300.0, START
    budget = Budget(START, free=300, maximum=300, restore_rate=50, known=True)
    for holder, points, share, pause, sees in steps:
        budget, reservation = take(budget, now, holder, points=float(points), horizon=60)
        passed = reservation.wait + pause
        now += timedelta(seconds=passed)
        level = min(300.0, level + passed * 50)
        assert level >= points
        level -= points * share
        seen = StoreFigures(300, 50, float(int(level))) if sees else None
        budget = report(budget, now, Report(holder, held=0, refund=points * (1 - share), figures=seen))
        assert budget.free <= level + 0.01  # timestamps have microseconds


@given(
    free=st.floats(-500, 2_000),
    held=st.floats(0, 500),
    seconds=st.floats(0, HOLDING_SECONDS - 1),
    rate=st.floats(1, 2_000),
)
def test_available_is_what_is_free_and_what_is_granted_but_not_spent_refilled_and_never_beyond_the_brim(
    free, held, seconds, rate
):
    budget = replace(KNOWN, free=free, restore_rate=rate, holdings={"a": Holding(held, START)})
    there = refill(budget, after(seconds)).available
    assert 0 <= there <= budget.maximum + 1e-6
    assert there == pytest.approx(max(0.0, min(budget.maximum, free + held + seconds * rate)), abs=1e-3)


def test_what_a_dead_process_held_is_not_available_until_it_is_refilled():
    budget = replace(KNOWN, free=0.0, restore_rate=1.0, holdings={"dead": Holding(500, START)})
    assert refill(budget, after(HOLDING_SECONDS)).available == HOLDING_SECONDS


def test_looking_at_a_moment_before_the_last_writing_takes_nothing_away():
    assert refill(KNOWN, after(-5)).available == 2_000
