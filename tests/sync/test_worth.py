from __future__ import annotations

from decimal import Decimal
from math import inf, isclose, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.sync.worth import Demand, combined_rate, value, weight

weights = st.floats(min_value=1e-3, max_value=1e6)
rates = st.floats(min_value=1e-6, max_value=1e3)
ages = st.floats(min_value=0.0, max_value=3650.0)


@given(weights, rates, ages)
def test_a_value_is_never_below_zero_nor_above_its_ceiling(weight, rate, age):
    assert 0.0 <= value(weight, rate, age) <= weight / rate * (1 + 1e-9)


@given(weights, rates, ages, ages)
def test_an_older_answer_is_worth_no_less(weight, rate, first, second):
    young, old = sorted((first, second))
    assert value(weight, rate, young) <= value(weight, rate, old) * (1 + 1e-6) + 1e-300


@given(rates, ages)
def test_a_value_grows_with_its_weight_in_proportion(rate, age):
    assert isclose(value(3.0, rate, age), 3.0 * value(1.0, rate, age), rel_tol=1e-9, abs_tol=1e-300)


def test_the_value_is_the_formula_of_the_literature():
    assert isclose(value(2.0, 0.5, 2.0), 2.0 / 0.5 * (1 - 2.0 * 0.36787944117144233), rel_tol=1e-12)


def test_small_values_do_not_cancel_out():
    tiny = value(1.0, 1e-6, 1.0)
    assert isclose(tiny, 0.5e-6, rel_tol=1e-5)
    assert isclose(value(1.0, 0.999e-3, 1.0), value(1.0, 1.001e-3, 1.0), rel_tol=5e-3)  # on both sides of the series


def test_a_part_that_changes_faster_than_it_can_be_followed_is_given_up_for_others():
    assert value(1.0, 1000.0, 1.0) < value(1.0, 0.5, 1.0)


def test_a_future_answer_is_worth_nothing():
    assert value(1.0, 1.0, -5.0) == 0.0


@given(
    st.floats(min_value=0, max_value=1e4),
    st.floats(min_value=0, max_value=1e6),
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.booleans(),
)
def test_every_part_has_some_weight(quoted, sold, price, in_stock):
    found = weight(Demand(quoted, sold, price, in_stock))
    assert 0.0 < found < inf
    assert isfinite(found)


def test_demand_price_and_stock_raise_the_weight():
    plain = weight(Demand(price=Decimal(100)))
    assert weight(Demand(quoted=1.0, price=Decimal(100))) > plain
    assert weight(Demand(price=Decimal(400))) == 2 * plain
    assert weight(Demand(price=Decimal(100), in_stock=False)) < plain
    assert weight(Demand()) == plain


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (Demand(sold=1 / 90), Demand()),
        (Demand(sold=2 / 90), Demand(sold=1 / 90)),
        (Demand(sold=1 / 90), Demand(quoted=1 / 90)),
        (Demand(quoted=10 / 90), Demand(sold=1 / 90)),
        (Demand(quoted=1 / 90, sold=1 / 90), Demand(sold=1 / 90)),
        (Demand(sold=1000.0), Demand(sold=100.0)),
        (Demand(sold=10 / 90, price=Decimal(900)), Demand(sold=10 / 90)),
    ],
)
def test_sales_weigh_more_than_quotes_and_each_more_than_none(more, less):
    assert weight(more) > weight(less)


@pytest.mark.parametrize(("sold", "times"), [(0.0, 1.0), (1 / 90, 1.55), (0.2, 10.1), (10.0, 121.0), (1000.0, 346.0)])
def test_a_part_sold_by_the_thousand_does_not_displace_all_others(sold, times):
    assert isclose(weight(Demand(sold=sold)) / weight(Demand()), times, rel_tol=0.01)


@given(rates, rates)
def test_the_effective_rate_is_between_those_of_price_and_stock(price, stock):
    assert min(price, stock) * (1 - 1e-9) <= combined_rate(price, stock) <= max(price, stock) * (1 + 1e-9)
