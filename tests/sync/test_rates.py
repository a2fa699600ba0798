from __future__ import annotations

import random
from math import expm1

from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.sync.rates import STOCK_PRIOR, Evidence, Prior, Sums, expected_changes, fit, learn, rate

positive = st.floats(min_value=1e-3, max_value=1e3)


def sums_of(evidence: list[Evidence]) -> Sums:
    return Sums(
        sum(one.changes for one in evidence),
        sum(one.days for one in evidence),
        sum(one.changes**2 for one in evidence),
        sum(one.changes * one.days for one in evidence),
        sum(one.days**2 for one in evidence),
    )


@given(positive, positive)
def test_an_answer_that_differs_counts_as_one_change_at_least(rate_, age):
    assert 1.0 <= expected_changes(rate_, age) <= 1.0 + rate_ * age


@given(positive, positive, positive, st.booleans())
def test_a_change_raises_the_rate_more_than_none(changes, days, age, changed):
    before = Evidence(changes, days)
    calm = learn(before, STOCK_PRIOR, age=age, changed=False)
    moved = learn(before, STOCK_PRIOR, age=age, changed=True)
    assert rate(STOCK_PRIOR, calm) < rate(STOCK_PRIOR, before)
    assert rate(STOCK_PRIOR, moved) > rate(STOCK_PRIOR, calm)
    assert moved.days == calm.days == days + age


def test_two_answers_of_one_moment_teach_nothing():
    assert learn(Evidence(1.0, 2.0), STOCK_PRIOR, age=0.0, changed=True) == Evidence(1.0, 2.0)


def test_the_true_rate_is_learned_although_most_changes_are_hidden():
    chance = random.Random(5)  # noqa: S311 - a simulation
    for true in (0.05, 0.5, 2.0):
        known = Evidence()
        for _ in range(3000):
            changed = chance.random() < -expm1(-true * 1.0)  # at 2.0 a day, 86 % of the answers differ
            known = learn(known, STOCK_PRIOR, age=1.0, changed=changed)
        assert abs(rate(STOCK_PRIOR, known) / true - 1) < 0.2, true


def test_too_little_evidence_leaves_the_prior_as_it_was():
    assert fit(Sums(), STOCK_PRIOR) == STOCK_PRIOR
    assert fit(sums_of([Evidence(1.0, 5.0)] * 20), STOCK_PRIOR) == STOCK_PRIOR


def test_the_prior_is_that_of_the_catalogue():
    chance = random.Random(6)  # noqa: S311 - a simulation
    true = Prior(2.0, 8.0)
    parts = []
    for _ in range(4000):
        one = chance.gammavariate(true.changes, 1 / true.days)
        seen, clock = 0, chance.expovariate(one)
        while clock < 40.0:
            seen, clock = seen + 1, clock + chance.expovariate(one)
        parts.append(Evidence(float(seen), 40.0))
    found = fit(sums_of(parts), STOCK_PRIOR)
    assert abs(found.changes / true.changes - 1) < 0.15
    assert abs(found.days / true.days - 1) < 0.15


@given(st.lists(st.builds(Evidence, positive, positive), max_size=50))
def test_a_prior_is_always_one_that_rates_can_be_computed_from(evidence):
    found = fit(sums_of(evidence), STOCK_PRIOR)
    assert found.changes > 0.0
    assert found.days > 0.0
    assert rate(found, Evidence()) > 0.0
