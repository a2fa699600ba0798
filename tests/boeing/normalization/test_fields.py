from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.boeing import fields
from boeing_data_hub.boeing.fields import CODE, MAX_QUANTITY, PROSE, Flaw, Problem
from boeing_data_hub.catalogue.staged_part import StockLocation


def places(*pairs):
    return {"locationAvailabilities": [{"location": name, "availQuantity": pieces} for name, pieces in pairs]}


# --- part number ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "sku"),
    [
        ("P512777=K3", "P512777=K3"),
        ("wf338109=k3", "WF338109=K3"),
        (" 4066\u20130074\u20131=E4 ", "4066-0074-1=E4"),
        ("0016BM001612B60=9B", "0016BM001612B60=9B"),
    ],
)
def test_the_sku_is_the_full_part_number_by_the_one_rule(sent, sku):
    assert fields.sku({"aviallPartNumber": sent}) == sku


@pytest.mark.parametrize("sent", [None, "", "  ", 4811, ["X"], "X" * 200, "a\x00b", "\ud800"])
def test_an_unusable_part_number_is_a_problem(sent):
    assert fields.sku({"aviallPartNumber": sent}) == Problem("aviallPartNumber", Flaw.UNREADABLE)


# --- text and addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("GASKET, O-RING", "GASKET, O-RING"),
        ("  VENT, ", "VENT,"),
        ("", None),
        (" \t ", None),
        (None, None),
        ("two\r\nlines\tand\x00 \x1bmore\ufeff", "two  lines and more"),
        ("half \ud83d character", "half  character"),
        ("Ger\u00e4t \u2708", "Ger\u00e4t \u2708"),
        ("\u202egnp.exe", "gnp.exe"),
        (8481809025, "8481809025"),
    ],
)
def test_text_is_one_trimmed_printable_line(sent, kept):
    assert fields.text({"name": sent}, "name") == kept


@pytest.mark.parametrize("sent", [True, [], {}, ["a"], Decimal("1.5"), 1.5, 10**4000])
def test_text_that_is_no_text_is_a_problem(sent):
    assert fields.text({"eccn": sent}, "eccn") == Problem("eccn", Flaw.UNREADABLE)


def test_text_is_bounded():
    assert fields.text({"name": "x" * 5_000_000}, "name", PROSE) == "x" * PROSE
    assert fields.text({"eccn": "\x00" * 900 + "x" * 5_000}, "eccn") is None  # nothing but filling where we look
    assert fields.text({"eccn": "\n" + "x" * 5_000}, "eccn") == "x" * CODE


@pytest.mark.parametrize(
    "address",
    [
        "https://www.aviall.com/content-images/P512777_280.JPG",
        "HTTP://h/x=K3?a=%20#f",
        "http://127.0.0.1:9000/a b"[:-2],
    ],
)
def test_a_web_address_is_kept(address):
    assert fields.link({"productImage": f" {address} "}, "productImage") == address


@pytest.mark.parametrize(
    "address",
    [
        *("ftp://h/x", "javascript:alert(1)", "data:image/png;base64,AA", "//h/x", "h/x.jpg", "https://", "https:///x"),
        *(
            "https://user:secret@h/x",
            "https://h/a b",
            "https://h/\x00",
            'https://h/"onload=',
            "https://h\\x",
            "file:///x",
        ),
        *("https://h/" + "x" * PROSE, 7, ["https://h/x"], {"url": "https://h"}),
    ],
)
def test_what_is_no_web_address_is_a_problem(address):
    assert fields.link({"productImage": address}, "productImage") == Problem("productImage", Flaw.UNREADABLE)


@pytest.mark.parametrize("address", [None, "", "  "])
def test_a_blank_address_is_absent(address):
    assert fields.link({"productImage": address}, "productImage") is None


# --- prices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, "0", "0.00", Decimal("0.0"), "", " ", None, Decimal("0.00001")])
def test_a_zero_or_blank_price_is_absent(sent):
    assert fields.money({"listPrice": sent}, "listPrice") is None


def test_a_price_that_was_not_sent_is_absent():
    assert fields.money({}, "netPrice") is None


@pytest.mark.parametrize("sent", [Decimal("120.4"), "120.40", " 120.4 "])
def test_a_price_is_a_decimal(sent):
    assert fields.money({"listPrice": sent}, "listPrice") == Decimal("120.4")


def test_a_negative_price_is_a_separate_problem():
    assert fields.money({"netPrice": "-1.00"}, "netPrice") == Problem("netPrice", Flaw.NEGATIVE)


@pytest.mark.parametrize("sent", ["call us", True, [5], {"amount": 5}, 1.5, float("nan"), Decimal("1e400"), 10**400])
def test_an_unreadable_price_is_a_problem(sent):
    assert fields.money({"netPrice": sent}, "netPrice") == Problem("netPrice", Flaw.UNREADABLE)


# --- measures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "kept"), [(".6", "0.6"), ("1.25", "1.25"), (2, "2"), (Decimal("0.001"), "0.001")])
def test_a_weight_needs_no_leading_zero(sent, kept):
    assert fields.weight({"weight": sent}) == Decimal(kept)


@pytest.mark.parametrize("sent", [0, "0", "", None])
def test_a_weight_of_zero_was_never_entered(sent):
    assert fields.weight({"weight": sent}) is None


@pytest.mark.parametrize(
    ("sent", "flaw"), [("-1", Flaw.NEGATIVE), ("heavy", Flaw.UNREADABLE), ("1e9", Flaw.UNREADABLE)]
)
def test_a_bad_weight_is_a_problem(sent, flaw):
    assert fields.weight({"weight": sent}) == Problem("weight", flaw)


@pytest.mark.parametrize(
    ("sent", "sides"),
    [
        ("2.5 x 4 x 2", ("2.5", "4", "2")),
        ("2.5X4X.2", ("2.5", "4", "0.2")),
        ("1 \u00d7 2 \u00d7 3", ("1", "2", "3")),
        ("0 x 4 x 2", (None, "4", "2")),
    ],
)
def test_three_dimensions_are_read(sent, sides):
    assert fields.dimensions({"dim": sent}) == tuple(side and Decimal(side) for side in sides)


@pytest.mark.parametrize("sent", ["2 x 4", "2 x 4 x 2 x 1", "a x b x c", "2", "x" * 500, 5, ["2", "4", "2"]])
def test_dimensions_that_are_not_three_numbers_are_a_problem(sent):
    assert fields.dimensions({"dim": sent}) == Problem("dim", Flaw.UNREADABLE)


@pytest.mark.parametrize("sent", [None, "", "  "])
def test_blank_dimensions_are_absent(sent):
    assert fields.dimensions({"dim": sent}) is None


# --- stock ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "pieces"),
    [
        (557, 557),
        ("557", 557),
        (" 1,150 ", 1150),
        (Decimal("150.0"), 150),
        ("150.0", 150),
        (0, 0),
        ("", None),
        (None, None),
    ],
)
def test_a_quantity_may_come_as_number_or_text(sent, pieces):
    assert fields.stated_quantity({"quantity": sent}) == pieces


@pytest.mark.parametrize(
    ("sent", "flaw"),
    [
        (-1, Flaw.NEGATIVE),
        ("-3", Flaw.NEGATIVE),
        *((junk, Flaw.UNREADABLE) for junk in ("12.5", "many", True, [1], {}, 1.0, MAX_QUANTITY + 1, 10**400, "1e3")),
    ],
)
def test_a_quantity_that_is_no_count_is_a_problem(sent, flaw):
    assert fields.stated_quantity({"quantity": sent}) == Problem("quantity", flaw)


def test_location_names_are_kept_to_the_letter_in_boeings_order():
    item = places(("Miami, FL", 10), ("Goodyear AZ", "11"), ("Dallas Central", None))
    assert fields.locations(item) == (
        StockLocation("Miami, FL", 10),
        StockLocation("Goodyear AZ", 11),
        StockLocation("Dallas Central", 0),
    )


def test_a_location_named_twice_holds_the_sum():
    item = places(("Miami, FL", 10), ("Dallas Central", 1), ("Miami, FL", "5"))
    assert fields.locations(item) == (StockLocation("Miami, FL", 15), StockLocation("Dallas Central", 1))


@pytest.mark.parametrize("sent", [None, [], ""])
def test_an_empty_location_list_is_no_stock(sent):
    assert fields.locations({"locationAvailabilities": sent}) == ()


@pytest.mark.parametrize(
    "sent",
    [
        *("Dallas", 5, True, {"location": "Dallas", "availQuantity": 1}, ["Dallas"], [None], [[]], [{}]),
        *([{"location": "", "availQuantity": 1}], [{"location": 5.5}], [{"location": "x" * 201, "availQuantity": 1}]),
        *([{"location": "A", "availQuantity": "some"}], [{"location": "A", "availQuantity": 1.5}]),
        [{"location": "A", "availQuantity": MAX_QUANTITY}, {"location": "B", "availQuantity": 1}],
    ],
)
def test_one_bad_entry_spoils_the_list_of_locations(sent):
    assert fields.locations({"locationAvailabilities": sent}) == Problem("locationAvailabilities", Flaw.UNREADABLE)


def test_a_negative_stock_at_a_location_is_a_problem():
    assert fields.locations(places(("A", -1))) == Problem("locationAvailabilities", Flaw.NEGATIVE)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        *((True, True), ("true", True), ("Y", True), (1, True)),
        *((False, False), ("False", False), ("no", False), (0, False), (None, None), ("", None)),
    ],
)
def test_in_stock_is_yes_no_or_silence(sent, meant):
    assert fields.in_stock({"inStock": sent}) is meant


@pytest.mark.parametrize("sent", ["maybe", 2, [], {}, 10**4000, Decimal("NaN"), 0.5])
def test_an_in_stock_that_is_neither_is_a_problem(sent):
    assert fields.in_stock({"inStock": sent}) == Problem("inStock", Flaw.UNREADABLE)
