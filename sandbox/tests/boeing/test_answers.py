"""What answers a part number: pure, so that other tests can compute what to expect."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub_sandbox.boeing.answers import World, is_known, line_items, spelled, variants
from boeing_data_hub_sandbox.boeing.figures import LOCATIONS
from boeing_data_hub_sandbox.boeing.samples import SAMPLES
from boeing_data_hub_sandbox.boeing.settings import SandboxOptions
from boeing_data_hub_sandbox.boeing.state import State

MANY = [f"PN{number:05d}" for number in range(4000)]
ITEMS = [item for part in MANY for item in line_items(part)]
FIELDS = {
    "aviallPartNumber": str,
    "name": str,
    "description": str,
    "baseUOM": str,
    "countryOfOrigin": str,
    "dim": str,
    "dimUOM": str,
    "weight": str,
    "weightUOM": str,
    "eccn": str,
    "faaApprovalCode": str,
    "hazmatCode": str,
    "scheduleBCode": str,
    "inStock": bool,
    "listPrice": (int, float),
    "netPrice": (int, float),
    "quantity": int,
    "supplierName": str,
    "productImage": str,
    "thumbnailImage": str,
}

part_numbers = st.from_regex(r"[A-Z0-9][A-Z0-9./-]{0,20}(=[A-Z0-9]{2})?", fullmatch=True)


def share(condition):
    return sum(map(bool, map(condition, ITEMS))) / len(ITEMS)


def places(item):
    return [place["location"] for place in item.get("locationAvailabilities", [])]


@given(part_numbers, st.integers(0, 5))
def test_every_item_has_the_fields_and_types_of_the_real_service(part, drift):
    for item in line_items(part, World(drift=drift)):
        assert set(item) - {"locationAvailabilities"} == set(FIELDS)
        for name, kind in FIELDS.items():
            assert isinstance(item[name], kind)
        assert re.fullmatch(r"([1-9]\d*)?(\.\d?[1-9])?", item["weight"])
        assert item["weight"]
        assert re.fullmatch(r"|\S+ x \S+ x \S+", item["dim"])
        assert set(places(item)) <= set(LOCATIONS)


@given(part_numbers, st.integers(0, 5))
def test_an_answer_repeats_and_survives_json(part, drift):
    first = line_items(part, World(drift=drift))
    assert line_items(part, World(drift=drift)) == first
    assert json.loads(json.dumps(first)) == first


@given(part_numbers)
def test_prices_have_at_most_two_decimals_and_a_net_price_is_never_absent(part):
    for item in line_items(part):
        for name in ("listPrice", "netPrice"):
            price = Decimal(repr(item[name]))
            assert price == price.quantize(Decimal("0.01"))
            # A whole price is an integer on the wire.
            assert isinstance(item[name], int) == (price == price.to_integral_value())
        assert item["netPrice"] > 0
        assert item["listPrice"] >= 0


@given(part_numbers.filter(lambda part: part not in SAMPLES and part not in {s[:-3] for s in SAMPLES}))
def test_the_net_price_is_the_list_price_or_a_known_discount_or_stands_alone(part):
    for item in line_items(part):
        listed, net = Decimal(str(item["listPrice"])), Decimal(str(item["netPrice"]))
        discounted = (listed * Decimal("0.886")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert listed in {0, net} or (net == discounted and item["aviallPartNumber"].endswith("=K3"))


@given(part_numbers.filter(lambda part: not part.startswith("4811-160-3")))
def test_in_stock_total_and_locations_agree(part):
    for item in line_items(part):
        assert item["quantity"] == sum(place["availQuantity"] for place in item.get("locationAvailabilities", []))
        assert item["inStock"] == (item["quantity"] > 0)
        assert all(place["availQuantity"] > 0 for place in item.get("locationAvailabilities", []))


@given(part_numbers)
def test_a_number_with_a_suffix_is_answered_with_itself(part):
    if "=" in part:
        assert [item["aviallPartNumber"] for item in line_items(part)] in ([part], [])


@given(part_numbers)
def test_each_variant_of_a_bare_number_is_answered_alike_when_asked_by_its_full_number(part):
    bare = part.partition("=")[0]
    for item in line_items(bare):
        if "=" in item["aviallPartNumber"]:
            assert line_items(item["aviallPartNumber"]) == [item]


@given(st.text(max_size=60))
def test_any_text_is_parsed_without_an_error(part):
    assert is_known(part) == bool(line_items(part))


def test_case_and_outer_spaces_of_the_asked_number_do_not_matter():
    assert line_items(" wf338109=k3 ") == line_items("WF338109=K3") != []
    assert spelled(" wf338109=k3 ") == "WF338109=K3"


@pytest.mark.parametrize("part", ["", " ", "=K3", "X=", "X=K", "X=K33", "X=K3=9B", "-X", "Ünique", "\ud800", "A" * 60])
def test_what_is_no_part_number_is_unknown(part):
    assert not is_known(part)


def test_the_shares_are_those_of_the_real_catalogue():
    numbers = [variants(part) for part in MANY]
    assert 0.010 < sum(not found for found in numbers) / len(MANY) < 0.020
    assert 0.05 < sum(len(found) == 2 for found in numbers) / len(MANY) < 0.09
    assert 0.06 < sum(found == (part,) for part, found in zip(MANY, numbers, strict=True)) / len(MANY) < 0.10
    assert 0.13 < share(lambda item: item["listPrice"] == 0) < 0.17
    assert 0.17 < share(lambda item: item["netPrice"] < item["listPrice"]) < 0.23
    assert 0.04 < share(lambda item: not item["inStock"]) < 0.08
    assert 0.012 < share(lambda item: places(item) == ["Germany CSC"]) < 0.028
    assert 0.15 < share(lambda item: item["dim"] == "") < 0.25
    assert 0.05 < share(lambda item: item["name"].endswith(",")) < 0.4
    assert share(lambda item: isinstance(item["listPrice"], int)) > 0.2
    assert {place for item in ITEMS for place in places(item)} == set(LOCATIONS)


def test_what_is_out_of_stock_is_priced_and_has_an_empty_list_or_none():
    gone = [item for item in ITEMS if not item["inStock"]]
    assert all(item["netPrice"] > 0 for item in gone)
    assert {item.get("locationAvailabilities", "absent") == "absent" for item in gone} == {True, False}


@pytest.mark.parametrize(
    ("part", "listed", "net", "quantity", "stock"),
    [
        (
            "P512777=K3",
            430.01,
            430.01,
            557,
            {
                "Dallas Central": 463,
                "Miami, FL": 10,
                "Goodyear AZ": 11,
                "New York, NY": 6,
                "Los Angeles, CA": 14,
                "Germany CSC": 53,
            },
        ),
        ("4232-0226-1=9B", 0, 442.61, 8, None),
        ("P1022=K3", 99.86, 88.49, 0, {}),
        ("P510547=K3", 132.15, 132.15, 17, {"Germany CSC": 17}),
        ("WF329398=K3", None, None, 8, {"Germany CSC": 8}),
        ("SAM222-18=E9", None, None, 1, None),
        ("G030018=K3", 3.31, 3.31, None, None),
        ("WF337192=K3", 470.6, 470.6, None, None),
        ("4811-160-3=EZ", 0, 202.23, 1, {"Dallas Central": 30, "Miami, FL": 28}),
    ],
)
def test_the_real_sample_rows_are_answered_with_their_real_figures(part, listed, net, quantity, stock):
    (item,) = line_items(part)
    assert line_items(part.partition("=")[0]) == [item]
    if listed is not None:
        assert (item["listPrice"], item["netPrice"]) == (listed, net)
    if quantity is not None:
        assert item["quantity"] == quantity
        assert item["inStock"] == (quantity > 0)
    if stock is not None:
        assert {p["location"]: p["availQuantity"] for p in item.get("locationAvailabilities", [])} == stock


def test_a_bare_number_is_answered_with_its_suffix():
    assert variants("WF338109") == ("WF338109=K3",)


def test_standard_parts_carry_their_names():
    assert {item["name"] for item in line_items("AN3-43A")} == {"BOLT, HEX HEAD, AIRCRAFT"}


def test_another_day_moves_about_40_percent_of_stock_and_few_prices():
    later = [item for part in MANY for item in line_items(part, World(drift=7))]
    moved = list(zip(later, ITEMS, strict=True))
    stock = sum(now["quantity"] != then["quantity"] for now, then in moved) / len(moved)
    prices = sum(now["netPrice"] != then["netPrice"] for now, then in moved) / len(moved)
    assert 0.33 < stock < 0.45
    assert 0.03 < prices < 0.07
    assert all(now["aviallPartNumber"] == then["aviallPartNumber"] for now, then in moved)


def test_no_stock_and_no_location_are_left_out_on_demand():
    assert line_items("P1022=K3", show_no_stock=False) == []
    assert len(line_items("P512777=K3", show_no_stock=False)) == 1
    (item,) = line_items("P512777=K3", show_location=False)
    assert "locationAvailabilities" not in item
    assert item["quantity"] == 557


def test_an_override_of_the_bare_number_speaks_for_its_variants_and_the_full_one_wins():
    world = World(overrides={"P512777": {"netPrice": 1, "listPrice": 2}, "P512777=K3": {"netPrice": 3}})
    (item,) = line_items("P512777", world)
    assert (item["listPrice"], item["netPrice"]) == (2, 3)


def test_stock_can_be_overridden_in_all_its_forms_together():
    (item,) = line_items("P512777", World(overrides={"P512777=K3": {"quantity": 0}}))
    assert (item["quantity"], item["inStock"], item["locationAvailabilities"]) == (0, False, [])
    (item,) = line_items("P512777", World(overrides={"P512777=K3": {"quantity": 5}}))
    assert item["locationAvailabilities"] == [{"location": "Dallas Central", "availQuantity": 5}]
    (item,) = line_items("P1022", World(overrides={"P1022=K3": {"locations": {"Miami, FL": 2, "Germany CSC": 1}}}))
    assert (item["quantity"], item["inStock"], places(item)) == (3, True, ["Miami, FL", "Germany CSC"])


def test_a_part_can_be_made_unknown_known_and_odd():
    unknown = next(part for part in MANY if not is_known(part))
    assert is_known(unknown, World(overrides={unknown: {"unknown": False}}))
    assert not is_known("P512777", World(overrides={"P512777": {"unknown": True}}))
    (item,) = line_items("P512777", World(overrides={"P512777": {"remove": ["eccn"], "novel": None}}))
    assert "eccn" not in item
    assert item["novel"] is None


@given(st.lists(part_numbers, max_size=10, unique=True), st.booleans(), st.booleans())
def test_the_bytes_sent_hold_exactly_the_line_items(parts, show_no_stock, show_location):
    shown = {"show_no_stock": show_no_stock, "show_location": show_location}
    body = json.loads(State(SandboxOptions()).price_body(parts, **shown))
    assert body == {
        "currency": "USD",
        "lineItems": [item for part in parts for item in line_items(part, **shown)],
    }
