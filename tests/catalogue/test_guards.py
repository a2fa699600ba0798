"""Which changes wait for a person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.guards import (
    Cause,
    Decided,
    Offer,
    RunFigures,
    figures_of,
    held_back,
    judge_run,
    sentence,
)
from boeing_data_hub.settings.guards import Guarding

RULES = Guarding()
OLD = Offer(price=Decimal("100.00"), pieces=200, unit="EA", currency="USD")
NEW = replace(OLD, cost=Decimal("90.00"))
EVERYTHING_OF_A_RUN = frozenset({Cause.RUN_PRICES, Cause.RUN_SOLD_OUT})

money = st.decimals("0.01", "99999", places=2)
pieces = st.integers(0, 10**6)
offers = st.builds(
    Offer,
    price=money,
    pieces=pieces,
    unit=st.sampled_from(["", "EA", "PK"]),
    cost=st.none() | money,
    currency=st.sampled_from(["USD", "EUR", ""]),
    by_hand=st.booleans(),
)


def fields(concerns):
    return {(one.field, one.cause.value, one.old, one.new) for one in concerns}


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, set()),
        ({"price": Decimal("200.00")}, set()),
        ({"price": Decimal("200.01")}, {("price", "price_rose", "100.00", "200.01")}),
        ({"price": Decimal("60.00"), "cost": Decimal("50.00")}, set()),
        ({"price": Decimal("59.99"), "cost": Decimal("50.00")}, {("price", "price_fell", "100.00", "59.99")}),
        ({"price": Decimal("89.99")}, {("price", "below_cost", "100.00", "89.99")}),
        ({"price": Decimal("3.64"), "cost": Decimal("3.31"), "by_hand": True}, set()),
        ({"price": Decimal("3.64"), "by_hand": True}, {("price", "below_cost", "100.00", "3.64")}),
        ({"pieces": 0}, set()),
        ({"pieces": 4}, set()),
        ({"pieces": 3}, {("stock", "stock_jumped", "200", "3")}),
        ({"pieces": 10_000}, set()),
        ({"pieces": 10_001}, {("stock", "stock_jumped", "200", "10001")}),
        ({"unit": "pk"}, {("unit", "unit_changed", "EA", "pk")}),
        ({"unit": "ea"}, set()),
        ({"unit": ""}, set()),
        ({"currency": "EUR", "price": Decimal("1.00")}, {("currency", "currency_changed", "USD", "EUR")}),
        ({"currency": ""}, {("currency", "currency_changed", "USD", "none")}),
        (
            {"unit": "PK", "price": Decimal("3.00"), "cost": None},
            {("unit", "unit_changed", "EA", "PK"), ("price", "price_fell", "100.00", "3.00")},
        ),
        (
            {"currency": "EUR", "pieces": 10_001},
            {("currency", "currency_changed", "USD", "EUR"), ("stock", "stock_jumped", "200", "10001")},
        ),
    ],
)
def test_what_looks_like_an_error_is_held(changes, held):
    assert fields(held_back(replace(NEW, **changes), OLD, RULES)) == held


def test_few_pieces_jump_by_any_factor():
    assert held_back(replace(NEW, pieces=60), replace(OLD, pieces=0), RULES) == ()
    assert held_back(replace(NEW, pieces=99), replace(OLD, pieces=1), RULES) == ()


def test_a_new_part_is_compared_with_its_cost_and_the_floor_only():
    rules = Guarding(hub_guard_price_floor=Decimal(5))
    assert held_back(NEW, None, rules) == ()
    assert fields(held_back(replace(NEW, price=Decimal("80.00")), None, rules)) == {
        ("price", "below_cost", None, "80.00")
    }
    assert fields(held_back(replace(NEW, price=Decimal("4.99"), cost=None), None, rules)) == {
        ("price", "below_floor", None, "4.99")
    }


@given(offers, st.none() | offers)
def test_an_approval_lets_exactly_its_value_pass(new, old):
    held = held_back(new, old, RULES, run=EVERYTHING_OF_A_RUN)
    approved = {one.field: Decided(True, one.new) for one in held}
    assert held_back(new, old, RULES, run=EVERYTHING_OF_A_RUN, decided=approved) == ()
    others = {one.field: Decided(True, one.new + "0") for one in held}
    assert held_back(new, old, RULES, run=EVERYTHING_OF_A_RUN, decided=others) == held
    refused = {one.field: Decided(False, one.new) for one in held}
    assert held_back(new, old, RULES, run=EVERYTHING_OF_A_RUN, decided=refused) == held


@given(offers, st.none() | offers)
def test_nothing_is_held_that_does_not_change_and_each_field_once(new, old):
    held = held_back(new, old, RULES, run=EVERYTHING_OF_A_RUN)
    assert len({one.field for one in held}) == len(held)
    for one in held:
        assert one.old != one.new
        assert sentence(one).endswith("It waits for your review; your store keeps what it has.")
    if old is not None:
        assert held_back(old, old, RULES, run=EVERYTHING_OF_A_RUN) == ()
    assert held_back(new, old, Guarding(hub_guards=False), run=EVERYTHING_OF_A_RUN) == ()


def run(parts=0, moved=0, in_stock=0, sold_out=0):
    return RunFigures(parts=parts, moved=moved, in_stock=in_stock, sold_out=sold_out)


@pytest.mark.parametrize(
    ("figures", "earlier", "causes"),
    [
        (run(100, moved=50), [], set()),
        (run(100, moved=51), [], {"run_prices"}),
        (run(100, in_stock=10, sold_out=6), [], {"run_sold_out"}),
        (run(100, in_stock=100, sold_out=50), [], set()),
        (run(9, moved=9), [], set()),
        (run(9, moved=9), [run(9, moved=9)], {"run_prices"}),
        (run(9, moved=9), [run(500), run(9, moved=9)], set()),
        (run(5, moved=0), [run(5, moved=5), run(5, moved=5)], set()),
        (run(1, moved=1), [run(1, moved=1)] * 20, {"run_prices"}),
        (run(), [], set()),
    ],
)
def test_a_run_that_changes_most_parts_is_held_and_many_small_ones_like_one_large(figures, earlier, causes):
    assert judge_run(figures, earlier, RULES) == causes


def test_a_run_is_judged_by_what_it_would_do_to_published_parts():
    changes = [
        (OLD, replace(NEW, price=Decimal("125.00"))),
        (OLD, replace(NEW, price=Decimal("126.00"))),
        (OLD, replace(NEW, price=Decimal("300.00"), by_hand=True)),
        (OLD, replace(NEW, pieces=0)),
        (replace(OLD, pieces=0), replace(NEW, pieces=0)),
    ]
    assert figures_of(changes) == run(5, moved=1, in_stock=4, sold_out=1)
