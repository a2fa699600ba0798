"""The forecast of `bdh estimate --sync`, held against a simulation, and its bounds."""

from __future__ import annotations

import time

import pytest
from benchmarks.freshness import in_turn, population, simulate

from boeing_data_hub.sync.forecast import Group, forecast, groups_of
from boeing_data_hub.sync.learning import Priors


def test_a_simulated_month_ends_within_the_forecast():
    parts = population(500, seed=1)
    groups = [Group(1, weight, rate, rate) for weight, rate in zip(parts.weights, parts.rates, strict=True)]
    found = forecast(groups, answers_a_day=720)
    simulated = simulate(parts, calls_a_day=72, days=30, watched=10, seed=2)
    assert 0.95 * found.low <= simulated <= 1.05 * found.high
    assert found.in_turn == pytest.approx(in_turn(parts, calls_a_day=72), rel=0.01)


def test_more_calls_and_fewer_parts_keep_the_store_fresher_in_little_time():
    began = time.process_time()
    shares = [
        forecast(groups_of(Priors(), parts=parts), answers_a_day=28_800 * times)
        for parts, times in ((1_000_000, 1), (100_000, 1), (20_000, 1), (20_000, 10))
    ]
    assert time.process_time() - began < 20.0
    assert [one.low for one in shares] == sorted((one.low for one in shares), reverse=True)
    assert all(0.0 <= one.low <= one.high <= one.in_turn <= 1.0 for one in shares)


def test_one_part_is_forecast():
    assert forecast(groups_of(Priors(), parts=1), answers_a_day=1.0).low < 0.1
