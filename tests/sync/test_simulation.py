"""A shortened run of `benchmarks/freshness.py`: 500 parts at a fortieth of the calls."""

from __future__ import annotations

from benchmarks.freshness import in_turn, optimum, population, simulate


def test_rates_learned_from_nothing_come_close_to_the_optimum_that_knows_them():
    parts = population(500, seed=1)
    best = optimum(parts, calls_a_day=72)
    turn = in_turn(parts, calls_a_day=72)
    ours = simulate(parts, calls_a_day=72, days=30, watched=10, seed=2)
    assert ours <= 1.15 * best
    assert turn >= 2.0 * best
