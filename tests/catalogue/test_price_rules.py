"""Price lists: which rule makes a price, and what limits and rounding promise, for any rule and any part."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.price_rules import PriceRule, lowest_price, priced
from boeing_data_hub.catalogue.priceable import PriceFacts, Stocked
from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules, pricer, prices_of, why

D = Decimal
PART = PriceFacts(
    "P512777=K3",
    list_price=D("430.01"),
    net_price=D("387.00"),
    supplier_name="Monogram Systems",
    inventory_quantity=557,
    base_uom="EA",
    weight=D("2"),
    weight_unit="LB",
    hazmat_code="ZND",
    locations=(Stocked("Dallas Central", 463), Stocked("Miami, FL", 0)),
)
BARE = PriceFacts("AN3-43A", list_price=D("1.20"), net_price=None)


def listed(*rules: PriceRule) -> PriceRules:
    return PriceRules(version=4, listed=rules)


def rule(**given) -> PriceRule:
    return PriceRule(name="rule", **given)


@pytest.mark.parametrize(
    ("conditions", "for_part", "for_bare"),
    [
        ({}, True, True),
        ({"cost_from": D("387")}, True, False),
        ({"cost_below": D("387")}, False, True),
        ({"cost_from": D("1.20"), "cost_below": D("1.21")}, False, True),
        ({"suppliers": frozenset({"MONOGRAM SYSTEMS"})}, True, False),
        ({"prefixes": ("P5", "Q")}, True, False),
        ({"prefixes": ("AN3-",)}, False, True),
        ({"parts": frozenset({"P512777"})}, True, False),
        ({"parts": frozenset({"P512777=K3", "AN3-43A"})}, True, True),
        ({"parts": frozenset({"P512777=K4"})}, False, False),
        ({"stock_from": 557}, True, False),
        ({"stock_below": 557}, False, True),
        ({"stock_below": 1}, False, True),
        ({"locations": frozenset({"DALLAS CENTRAL"})}, True, False),
        ({"locations": frozenset({"MIAMI, FL"})}, False, False),
        ({"units": frozenset({"EA"})}, True, False),
        ({"weight_from": D("0.9"), "weight_below": D("0.91")}, True, False),
        ({"weight_below": D("100")}, True, False),
        ({"hazardous": True}, True, False),
        ({"hazardous": False}, False, True),
        ({"hazards": frozenset({"ZND"})}, True, False),
        ({"hazards": frozenset({"ZND"}), "prefixes": ("AN",)}, False, False),
    ],
)
def test_a_rule_is_for_the_parts_for_which_all_of_its_conditions_hold(conditions, for_part, for_bare):
    rules = listed(rule(**conditions, markup=D(2)))
    assert [prices_of(part, rules).rule for part in (PART, BARE)] == [
        1 if one else None for one in (for_part, for_bare)
    ]


def test_the_first_rule_that_fits_makes_the_price_and_the_settings_are_the_last():
    rules = listed(rule(prefixes=("P5",), markup=D(2)), rule(suppliers=frozenset({"MONOGRAM SYSTEMS"}), markup=D(3)))
    assert prices_of(PART, rules).price == D("860.02")
    assert prices_of(BARE, rules) == prices_of(BARE, GUIDE_RULES)


def test_a_part_without_the_price_that_a_rule_starts_from_is_left_to_the_next_rule():
    rules = listed(rule(basis="net", markup=D(2)), rule(basis="list", markup=D(3)))
    assert [prices_of(part, rules).price for part in (PART, BARE)] == [D("774.00"), D("3.60")]


def test_a_part_whose_prices_are_in_doubt_has_no_price_by_any_rule():
    doubtful = msgspec.structs.replace(PART, status_reason="rows_disagree")
    assert prices_of(doubtful, listed(rule(markup=D(2)))).price is None


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ({}, "10.00"),
        ({"markup": D("1.25")}, "12.50"),
        ({"margin": D(20)}, "12.50"),
        ({"markup": D("1.25"), "add": D("0.75")}, "13.25"),
        ({"add": D("-2.50")}, "7.50"),
        ({"add": D("-10")}, None),
        ({"floor": D(15)}, "15.00"),
        ({"ceiling": D(9)}, "9.00"),
        ({"ceiling": D(9), "floor": D(12)}, "12.00"),
        ({"minimum_margin": D(50)}, "16.00"),
        ({"minimum_margin": D(50), "ceiling": D(9)}, "16.00"),
        ({"minimum_margin": D("33.3")}, "12.00"),
        ({"rounding": ".99"}, "10.99"),
        ({"rounding": ".95"}, "10.95"),
        ({"rounding": "whole"}, "10.00"),
        ({"markup": D("1.01"), "rounding": "whole"}, "11.00"),
        ({"markup": D("1.099"), "rounding": ".99"}, "10.99"),
        ({"markup": D("1.0991"), "rounding": ".99"}, "10.99"),
        ({"rounding": ".99", "ceiling": D("10.50")}, "9.99"),
        ({"rounding": ".99", "ceiling": D("10.50"), "floor": D("10")}, "10.00"),
        ({"rounding": ".99", "add": D("-9.50"), "ceiling": D("0.80")}, "0.50"),
    ],
)
def test_a_price_is_marked_up_then_limited_then_rounded(given, price):
    part = PriceFacts("P1", list_price=D(10), net_price=D(8))
    assert prices_of(part, listed(rule(**given))).price == (D(price) if price else None)


def test_a_rules_cost_is_what_boeing_charges_and_the_last_rules_is_its_base():
    assert prices_of(PART, listed(rule(markup=D(1)))).cost == PART.net_price
    assert prices_of(PART, GUIDE_RULES).cost == PART.list_price


AMOUNTS = st.decimals("0.01", "100000", places=4)
CENTS = st.decimals("0.01", "100000", places=2)
RULES = st.builds(
    PriceRule,
    name=st.just("any"),
    basis=st.sampled_from(["list_then_net", "net_then_list", "list", "net"]),
    markup=st.none() | st.decimals("0.1", "10", places=3),
    add=st.decimals("-50", "50", places=2),
    floor=st.none() | CENTS,
    ceiling=st.none() | CENTS,
    minimum_margin=st.none() | st.decimals("0", "90", places=2),
    rounding=st.sampled_from(["none", ".99", ".95", "whole"]),
)
MARGINS = st.builds(
    lambda one, margin: replace(one, markup=None, margin=margin), RULES, st.decimals("0", "95", places=2)
)


@given(RULES | MARGINS, AMOUNTS, AMOUNTS)
def test_floor_and_minimum_margin_hold_for_every_price(one, base, cost):
    price = priced(one, base, cost).price
    lowest = lowest_price(one, cost)
    assert price == price.quantize(D("0.01"))
    assert lowest is None or price >= lowest
    if one.floor is not None:
        assert price >= one.floor
    if one.minimum_margin is not None:
        assert (price - cost) * 100 >= one.minimum_margin * price


@given(RULES | MARGINS, AMOUNTS, AMOUNTS)
def test_the_ceiling_holds_unless_floor_or_minimum_margin_outrank_it(one, base, cost):
    price, lowest = priced(one, base, cost).price, lowest_price(one, cost)
    if one.ceiling is not None and (lowest is None or lowest <= one.ceiling):
        assert price <= one.ceiling


@given(RULES | MARGINS, AMOUNTS, AMOUNTS)
def test_rounding_moves_a_price_by_less_than_one_and_up_where_there_is_room(one, base, cost):
    steps = priced(one, base, cost)
    assert abs(steps.price - steps.limited) < 1
    if one.ceiling is None:
        assert steps.price >= steps.limited
    if steps.price != steps.limited:
        assert (steps.price % 1) == {".99": D("0.99"), ".95": D("0.95"), "whole": D(0)}[one.rounding]


@given(RULES | MARGINS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_higher_boeing_price_never_lowers_our_price(one, base, more, cost):
    low, high = sorted((base, more))
    assert priced(one, low, cost).price <= priced(one, high, cost).price


@given(st.lists(RULES | MARGINS, max_size=4), AMOUNTS | st.none(), AMOUNTS | st.none())
def test_every_price_can_be_explained_and_preparing_rules_changes_nothing(rules, list_price, net_price):
    part, in_force = msgspec.structs.replace(PART, list_price=list_price, net_price=net_price), listed(*rules)
    found = prices_of(part, in_force)
    assert pricer(in_force)(part) == found
    told = why(part, in_force)
    assert told.steps
    assert told.rule.startswith("The default rule" if found.rule is None else f"Rule {found.rule},")
    if found.rule is not None and found.price is not None:
        assert f"{found.price}" in " ".join(told.steps) or found.price == D(found.base).quantize(D("0.01"))


def test_an_explanation_names_each_step():
    one = PriceRule(name="Hardware", basis="net", markup=D("1.2"), add=D(2), ceiling=D(400), rounding=".99")
    told = why(PART, listed(one))
    assert told.rule == "Rule 1, \N{LEFT DOUBLE QUOTATION MARK}Hardware\N{RIGHT DOUBLE QUOTATION MARK}, of price list 4"
    assert told.steps == (
        "Boeing's net price: 387.00",
        "\N{MULTIPLICATION SIGN} 1.2 = 464.40",
        "plus 2 = 466.40",
        "lowered to the ceiling, 400.00",
        "rounded to 399.99",
    )
