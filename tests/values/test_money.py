from __future__ import annotations

import decimal
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.values.money import MAX_MONEY, BadNumber, exact_number, marked_up, parse_money, to_cents_half_up


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("120.40", "120.40"),
        (" .6 ", "0.6"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("7.", "7"),
        ("+5", "5"),
        ("-5.25", "-5.25"),
        (Decimal("430.01"), "430.01"),
        (Decimal("1E+2"), "100"),
        (417, "417"),
        (0, "0"),
        ("0.00", "0"),
        (Decimal("-0"), "0"),
        (Decimal("0E+400"), "0"),
    ],
)
def test_an_amount_is_read_exactly_however_it_is_written(value, meant):
    assert parse_money(value) == Decimal(meant)


@pytest.mark.parametrize("value", [None, "", "   ", "\u00a0"])
def test_a_blank_amount_is_absent(value):
    assert parse_money(value) is None


@pytest.mark.parametrize(
    "value",
    [
        *(
            "N/A",
            "1e2",
            "NaN",
            "Infinity",
            "$12",
            "1,5",
            "1,23,456",
            "12,34",
            "1.2.3",
            "--1",
            ".",
            ",",
            "1 000",
            "0x10",
        ),
        *("\u0663", "9" * 41, True, False, [], {}, [1], object()),
        *(Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("1e400"), Decimal("1e999999999")),
        *(10**400, -(10**400), "1000000000.01", 1_000_000_001, Decimal(-1_000_000_001)),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_what_is_no_believable_amount_is_refused_and_never_crashes(value):
    with pytest.raises(BadNumber):
        parse_money(value)


def test_the_refusal_does_not_repeat_what_boeing_sent():
    with pytest.raises(BadNumber) as refused:
        parse_money("<script>")
    assert "script" not in str(refused.value)


@pytest.mark.parametrize("value", [1.1, float("nan"), float("inf")])
def test_a_float_is_a_mistake_of_the_caller(value):
    with pytest.raises(TypeError, match="parse_float"):
        parse_money(value)


def test_the_largest_believable_amount_is_believed():
    assert parse_money(MAX_MONEY) == MAX_MONEY
    assert parse_money("-1,000,000,000.00") == -MAX_MONEY


def test_places_beyond_what_the_table_keeps_are_rounded_half_up():
    assert parse_money(Decimal("88.490000000000009")) == Decimal("88.4900")
    assert parse_money("0.00005") == Decimal("0.0001")
    assert parse_money(Decimal("1E-999999")) == 0
    assert parse_money(Decimal("0." + "3" * 10_000)) == Decimal("0.3333")


def test_an_exponent_bomb_in_json_is_refused():
    with pytest.raises(BadNumber):
        parse_money(json.loads("1e400", parse_float=Decimal))


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("1.005", "1.01"), ("-0.005", "-0.01"), ("7", "7.00")],
)
def test_half_a_cent_goes_up(amount, cents):
    assert str(to_cents_half_up(Decimal(amount))) == cents


@pytest.mark.parametrize(
    ("base", "price"),
    [
        ("505.585", "556.14"),  # binary floats make 556.1430000000001 of it, and that went into the shop as text
        ("430.01", "473.01"),
        ("442.61", "486.87"),
        ("99.86", "109.85"),
        ("88.49", "97.34"),
        ("132.15", "145.37"),  # 145.365: half a cent
        ("120.4", "132.44"),
        ("417", "458.70"),
    ],
)
def test_a_price_is_marked_up_and_rounded_once(base, price):
    assert str(marked_up(Decimal(base), Decimal("1.10"))) == price


def test_rounding_does_not_depend_on_the_decimal_context_of_the_thread():
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_DOWN)):
        assert marked_up(Decimal("123456.785"), Decimal("1.10")) == Decimal("135802.46")
        assert parse_money("123456.78901") == Decimal("123456.7890")


@given(st.integers(-(10**12), 10**12))
def test_cents_written_as_text_come_back_to_the_cent(cents):
    written = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    if abs(cents) > MAX_MONEY * 100:
        with pytest.raises(BadNumber):
            parse_money(written)
    else:
        assert parse_money(written) * 100 == cents


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.decimals(allow_nan=True, allow_infinity=True), st.booleans(), st.none()))
def test_any_value_is_an_amount_or_absent_or_refused(value):
    try:
        amount = exact_number(value, largest=1000, places=2)
    except BadNumber:
        return
    assert amount is None or (abs(amount) <= 1000 and amount == to_cents_half_up(amount))
