"""Stock rules: what is kept back, shown at most, and never sold; the total never exceeds what Boeing has for us."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.publishing import P512777, POLICY, Rows

from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.catalogue.rules_in_force import stock_rules
from boeing_data_hub.catalogue.sale import Sale, sale_of
from boeing_data_hub.catalogue.staged_part import StockLocation
from boeing_data_hub.catalogue.stock import figure_of, stock_of, stock_steps
from boeing_data_hub.catalogue.stock_rules import StockRules, levelled
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.listing import build_listing

LOCATIONS = st.sampled_from(["Dallas Central", "Miami, FL", "Goodyear AZ", "Germany CSC", "Singapore"])
STOCK = st.dictionaries(LOCATIONS, st.integers(0, 2000), max_size=5)
RULES = st.builds(
    StockRules,
    reserve_pieces=st.integers(0, 50),
    reserve_percent=st.decimals(0, 100, places=1),
    show_most=st.none() | st.integers(1, 500),
    not_sold=st.frozensets(st.sampled_from(["miami, fl", "germany csc"])),
)


def staged(stock):
    return Rows.staged(locations=tuple(StockLocation(name, pieces) for name, pieces in sorted(stock.items())))


def by(**rules):
    return replace(POLICY, stock_rules=StockRules(**rules))


@given(stock=st.dictionaries(st.text(max_size=3), st.integers(0, 10**9), max_size=8), most=st.integers(-5, 10**10))
def test_levelled_stock_is_as_much_as_allowed_and_nowhere_more_than_before(stock, most):
    found = levelled(stock, most)
    assert sum(found.values()) == min(sum(stock.values()), max(0, most))
    assert found.keys() == stock.keys()
    assert all(0 <= found[name] <= stock[name] for name in stock)
    # Only the fullest give: whoever lost pieces has at most one less than anyone else.
    lowered = [found[name] for name in stock if found[name] < stock[name]]
    assert not lowered or max(lowered) - min(lowered) <= 1
    assert not lowered or max(found.values()) <= max(lowered) + 1


@given(stock=STOCK, rules=RULES, sells_unmapped=st.booleans())
def test_what_is_offered_adds_up_and_never_exceeds_the_rules(stock, rules, sells_unmapped):
    policy = replace(POLICY, stock_rules=rules, sells_unmapped=sells_unmapped, default_location="Dallas")
    part = staged(stock) if stock else Rows.staged(locations=(), inventory_quantity=9)
    figure = figure_of(part, policy)
    assert sum(figure.by_location.values()) == figure.pieces == figure.sellable - figure.reserved - figure.hidden
    assert figure.sellable + sum(place.quantity for place in figure.elsewhere) == figure.at_boeing
    assert figure.reserved >= min(figure.sellable, rules.reserve_pieces)
    assert figure.reserved * 100 >= figure.sellable * rules.reserve_percent
    assert rules.show_most is None or figure.pieces <= rules.show_most
    assert set(POLICY.location_map.values()) <= set(figure.by_location)
    assert next(stock_steps(figure)).endswith("at Boeing")
    assert stock_of(part, policy) == figure.by_location
    sale = sale_of(part, policy)
    assert isinstance(sale, Sale) == bool(figure.pieces)
    assert not isinstance(sale, Sale) or sale.pieces == figure.pieces


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({}, {"Dallas": 10, "Miami": 3}),
        ({"reserve_pieces": 2}, {"Dallas": 8, "Miami": 3}),
        ({"reserve_percent": Decimal(10)}, {"Dallas": 8, "Miami": 3}),  # 1.3 of 13 is 2
        ({"reserve_pieces": 4, "reserve_percent": Decimal(10)}, {"Dallas": 6, "Miami": 3}),
        ({"show_most": 7}, {"Dallas": 4, "Miami": 3}),
        ({"show_most": 5}, {"Dallas": 3, "Miami": 2}),
        ({"show_most": 1}, {"Dallas": 1, "Miami": 0}),
        ({"reserve_pieces": 4, "show_most": 7}, {"Dallas": 4, "Miami": 3}),
        ({"not_sold": frozenset({"miami, fl"})}, {"Dallas": 10, "Miami": 0}),
    ],
)
def test_pieces_are_taken_from_the_fullest_location(rules, left):
    found = figure_of(staged({"Dallas Central": 10, "Miami, FL": 3}), by(**rules)).by_location
    assert {name: found[name] for name in left} == left


def test_each_step_to_the_figure_is_told():
    policy = by(reserve_pieces=10, show_most=100)
    assert list(stock_steps(figure_of(P512777, policy))) == [
        "557 pieces at Boeing",
        "53 at locations you don't sell from (Germany CSC), which leaves 504",
        "10 kept in reserve, which leaves 494",
        "at most 100 shown",
    ]


def test_a_location_that_never_sells_overrules_the_map_and_the_sale_of_unmapped_stock():
    never = by(not_sold=frozenset({"dallas central", "germany csc"}))
    blocked = sale_of(staged({"Dallas Central": 5, "Germany CSC": 5}), replace(never, sells_unmapped=True))
    assert isinstance(blocked, Blocked)
    assert blocked.code == "only_unmapped_locations"
    assert "Dallas Central; Germany CSC" in blocked.sentence
    assert "HUB_LOCATIONS_NOT_SOLD" in blocked.sentence


def test_a_part_whose_stock_is_all_in_reserve_is_blocked_and_a_live_one_is_set_to_nothing():
    part, policy = staged({"Dallas Central": 3}), by(reserve_pieces=3)
    blocked = build_listing(part, policy)
    assert isinstance(blocked, Blocked)
    assert (blocked.code, "3 pieces" in blocked.sentence) == ("stock_reserved", True)
    assert set(build_listing(part, policy, live=True).stock.values()) == {0}


def test_the_lead_time_is_that_of_the_quickest_location_with_pieces_to_sell():
    policy = by(lead_days={"dallas central": 2, "germany csc": 1, "miami, fl": 20})
    assert figure_of(staged({"Dallas Central": 1, "Miami, FL": 1, "Germany CSC": 1}), policy).lead_days == 2
    assert figure_of(staged({"Dallas Central": 0, "Miami, FL": 1}), policy).lead_days == 20
    assert figure_of(staged({"Goodyear AZ": 1, "Miami, FL": 1}), policy).lead_days == 3  # the usual one
    sent = replace(policy, send_lead_time=True)
    listing = build_listing(staged({"Miami, FL": 1}), sent)
    assert {each.key: each.value for each in listing.metafields}["estimated_lead_time"] == "20"


def test_the_rules_come_from_the_settings_and_names_ignore_case_and_blanks():
    given = {
        "hub_stock_reserve": "2",
        "hub_stock_reserve_percent": "2.5",
        "hub_stock_show_most": "50",
        "hub_locations_not_sold": " Germany  CSC | Miami, FL",
        "hub_location_lead_days": '{"Dallas Central": 2}',
    }
    rules = stock_rules(Settings(_env_file=None, **given))
    assert rules == StockRules(
        reserve_pieces=2,
        reserve_percent=Decimal("2.5"),
        show_most=50,
        not_sold=frozenset({"germany csc", "miami, fl"}),
        lead_days={"dallas central": 2},
    )
    assert not rules.sells_from("GERMANY CSC")
    assert stock_rules(Settings(_env_file=None)).show_most is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub_stock_reserve": "-1"},
        {"hub_stock_reserve_percent": "101"},
        {"hub_location_lead_days": '{"Dallas": "soon"}'},
        {"hub_location_lead_days": "Dallas"},
        {"hub_locations_not_sold": "[1"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(_env_file=None, **wrong)
