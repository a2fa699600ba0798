"""Price lists as files: what is written is read back, and whatever is wrong is named with its rule and field."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue import price_files
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.errors import BadInput

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).map(
    lambda text: text.strip().replace("|", "/").upper() or "A"
)
SETS = st.frozensets(NAMES, max_size=3)
AMOUNTS = st.none() | st.decimals("0", "1000", places=2)
RULES = st.builds(
    PriceRule,
    name=NAMES,
    suppliers=SETS,
    prefixes=st.lists(NAMES, max_size=3, unique=True).map(tuple),
    parts=SETS,
    locations=SETS,
    units=SETS,
    stock_from=st.none() | st.integers(0, 1000),
    cost_from=AMOUNTS,
    weight_below=AMOUNTS,
    hazardous=st.sampled_from([None, True]),
    hazards=SETS,
    basis=st.sampled_from(["list_then_net", "net_then_list", "list", "net"]),
    markup=st.none() | st.decimals("0.01", "10", places=4),
    add=st.decimals("-50", "50", places=2),
    floor=AMOUNTS,
    minimum_margin=st.none() | st.decimals("0", "90", places=2),
    rounding=st.sampled_from(["none", ".99", ".95", "whole"]),
)


@given(st.lists(RULES, max_size=3))
def test_a_written_price_list_is_read_back_as_it_was(rules):
    assert price_files.read(price_files.as_toml(rules), "toml") == tuple(rules)
    assert price_files.read(price_files.as_csv(rules), "csv") == tuple(rules)


def test_a_price_list_reads_as_people_write_it():
    text = """
[[rule]]
name = "Small hardware"
cost_below = 10
prefixes = ["AN", "ms"]
basis = "net"
margin = 40.5
rounding = ".99"

[[rule]]
suppliers = "Monogram Systems"
markup = "1.2"
hazardous = false
"""
    assert price_files.read(text, "toml") == (
        PriceRule(
            name="Small hardware",
            cost_below=Decimal(10),
            prefixes=("AN", "MS"),
            basis="net",
            margin=Decimal("40.5"),
            rounding=".99",
        ),
        PriceRule(name="Rule 2", suppliers=frozenset({"MONOGRAM SYSTEMS"}), markup=Decimal("1.2"), hazardous=False),
    )


def test_a_spreadsheets_changes_to_a_csv_file_do_no_harm():
    text = "\ufeffName,markup,suppliers,rounding,hazardous,margin\r\nA,,a|B,0.99,TRUE,20 %\r\n,,,,,\r\n"
    assert price_files.read(text, "csv") == (
        PriceRule(name="A", suppliers=frozenset({"A", "B"}), rounding=".99", hazardous=True, margin=Decimal(20)),
    )


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        ({"mark_up": 2}, "mark_up", "There is no such field"),
        ({"markup": "a lot"}, "markup", "Give a number"),
        ({"markup": 0}, "markup", "from 0.0001 to 100"),
        ({"markup": 1.5}, "markup", "Give a number"),
        ({"markup": "NaN"}, "markup", "Give a number"),
        ({"markup": True}, "markup", "Give a number"),
        ({"markup": "1.2", "margin": 20}, "margin", "either"),
        ({"margin": 100}, "margin", "99.99"),
        ({"minimum_margin": -1}, "minimum_margin", "from 0"),
        ({"ceiling": "10.005"}, "ceiling", "2 decimal places"),
        ({"floor": 10, "ceiling": 9}, "ceiling", "below the floor"),
        ({"cost_from": 10, "cost_below": 10}, "cost_below", "no part"),
        ({"stock_from": 9, "stock_below": 1}, "stock_below", "no part"),
        ({"stock_from": "1.5"}, "stock_from", "0 decimal places"),
        ({"basis": "cost"}, "basis", "list_then_net"),
        ({"rounding": ".98"}, "rounding", ".99"),
        ({"hazardous": "maybe"}, "hazardous", "true"),
        ({"hazardous": "no", "hazards": "ZND"}, "hazards", "can't"),
        ({"name": "x" * 101}, "name", "100"),
        ({"suppliers": "a\nb"}, "suppliers", "printable"),
    ],
)
def test_whatever_is_wrong_is_named_with_its_rule_and_field(entry, field, said):
    with pytest.raises(BadInput) as raised:
        price_files.rules_of([{"name": "fine"}, entry])
    (problem,) = raised.value.details["problems"]
    assert (problem["rule"], problem["field"]) == (2, field)
    assert said in problem["problem"]
    assert raised.value.message.startswith(f"Rule 2, {field}: ")


def test_every_problem_is_named_and_not_only_the_first():
    with pytest.raises(BadInput, match="1 more problem") as raised:
        price_files.rules_of([{"markup": "x"}, {"floor": "y"}])
    assert [one["rule"] for one in raised.value.details["problems"]] == [1, 2]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[[rule]\n", "toml"), ("rule = 3", "toml"), ("rule = [3]", "toml"), ("other = 3", "toml"), ("a,b\n1,2", "csv")],
)
def test_what_is_no_price_list_is_refused(text, kind):
    with pytest.raises(BadInput) as raised:
        price_files.read(text, kind)
    assert raised.value.code == "bad_price_rules"


def test_a_list_of_too_many_rules_is_refused():
    with pytest.raises(BadInput, match="at most 200"):
        price_files.rules_of([{"name": "one"}] * 201)
