"""The two lists: paired by place, or refused whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import BadInput, Malformed, Refused
from boeing_data_hub.quotes.entries import MOST_PIECES, quantity_of
from boeing_data_hub.quotes.quote import AskedLine
from boeing_data_hub.quotes.requests import fingerprint, read_lines, read_request, rfq_number_of
from boeing_data_hub.values.part_numbers import BadPartNumber, clean

PARTS = st.from_regex(r"[A-Z]{2,5}[0-9][A-Z0-9]{0,8}(-[A-Z0-9]{1,5})?(/[0-9]{1,3})?(=[A-Z0-9]{2})?", fullmatch=True)
QUANTITIES = st.integers(1, MOST_PIECES)
LINES = st.lists(st.tuples(PARTS, QUANTITIES), min_size=1, max_size=20)
FORM = {"rfq_number": "RFQ-1", "requested_parts": "A,B", "requested_qty": "1,2"}


@given(LINES)
def test_every_part_keeps_its_quantity_and_its_place(lines):
    read = read_lines(",".join(part for part, _ in lines), ",".join(str(n) for _, n in lines), most=20)
    assert list(read) == [AskedLine(part, quantity) for part, quantity in lines]


@given(LINES, st.sampled_from([" ", "\t", "\n", "\u00a0"]), st.booleans())
def test_spaces_and_a_comma_at_the_end_change_nothing(lines, space, with_comma):
    end = "," if with_comma else ""
    parts = f"{space},{space}".join(part.lower() for part, _ in lines) + end
    quantities = f"{space},{space}".join(f"{n}.0" for _, n in lines) + end
    assert [(one.part_number, one.quantity) for one in read_lines(parts, quantities, most=20)] == lines


def tried(do, *arguments, **more):
    """What it gives, or the refusal."""
    try:
        return do(*arguments, **more)
    except Refused as refused:
        return refused


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_is_read_whole_or_refused_in_words(parts, quantities):
    read = tried(read_lines, parts, quantities, most=10)
    if isinstance(read, Refused):
        assert "Nothing was stored" in read.message
        assert all(one["text"].isprintable() for one in read.details.get("rejected", []))
        return
    assert len(read) >= len(re.findall("[^,;|\\s]+[ ]*[,;|]", parts))  # no separated part is lost
    for line in read:
        assert clean(line.part_number) == line.part_number
        assert 1 <= line.quantity <= MOST_PIECES


@given(st.text(max_size=20))
def test_a_quantity_is_a_whole_number_written_in_digits(text):
    found = quantity_of(text)
    if found is not None:
        assert float(text) == found
        assert text.isascii()


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("1", 1), (" 12 ", 12), ("2.0", 2), ("007", 7), ("1000000", 1_000_000),
        ("0", None), ("-1", None), ("+1", None), ("1.5", None), ("1e3", None), ("", None), ("\u0663", None),
        ("\uff11", None), ("1000001", None), ("NaN", None), ("0x10", None), ("1_000", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_which_texts_are_quantities(text, quantity):
    assert quantity_of(text) == quantity


@given(st.text(max_size=120))
def test_a_number_of_a_request_is_kept_as_it_is_or_refused(text):
    found = tried(rfq_number_of, text)
    assert isinstance(found, Refused) or (found == text.strip() and found.isprintable())


def test_a_number_may_be_a_number():
    assert rfq_number_of(10442) == "10442"
    with pytest.raises(Malformed):
        rfq_number_of(None)


@given(LINES, st.dictionaries(st.sampled_from(["buyer_name", "buyer_email"]), st.text(max_size=20)))
def test_the_same_request_has_the_same_fingerprint_from_any_sender(lines, buyer):
    form = {
        "rfq_number": "1", **buyer,
        "requested_parts": ",".join(part for part, _ in lines), "requested_qty": ",".join(str(n) for _, n in lines),
    }  # fmt: skip
    first = read_request(form, most=20, actor="webhook")
    spaced = {**form, "requested_parts": form["requested_parts"].lower().replace(",", " , ")}
    assert fingerprint(first) == fingerprint(read_request(spaced, most=20, actor="key:1"))


@pytest.mark.parametrize(
    "other",
    [
        {"requested_parts": "B,A"},
        {"requested_qty": "2,1"},
        {"buyer_name": "x"},
        {"rfq_sub_url": "https://example.com"},
        {"deliver_to_address": "x"},
        {"requested_parts": "A,B,C", "requested_qty": "1,2,3"},
    ],
)
def test_another_request_has_another_fingerprint(other):
    first, second = (read_request(form, most=5, actor="x") for form in (FORM, {**FORM, **other}))
    assert fingerprint(first) != fingerprint(second)


def test_too_many_are_rejected_before_they_are_read():
    with pytest.raises(BadInput) as caught:
        read_lines("," * 5_000_000, "1", most=100)
    assert caught.value.code == "too_many_parts"
    assert len(read_lines(",".join("A" * 100), ",".join("1" * 100) + ",", most=100)) == 100


def test_texts_of_a_buyer_are_trimmed_and_empty_ones_left_out():
    request = read_request(
        {**FORM, "buyer_name": " R. Buyer\0 ", "buyer_phone": 5550100, "buyer_email": " "}, most=5, actor="x"
    )
    assert request.buyer == {"buyer_name": "R. Buyer\ufffd", "buyer_phone": "5550100"}


def test_a_rejection_names_its_position_and_both_lists_are_checked():
    with pytest.raises(BadInput) as caught:
        read_lines("A\u20ac,B,", "0,x", most=5)
    assert [(one["line"], one["code"]) for one in caught.value.details["rejected"]] == [
        (1, "not_ascii"), (1, "bad_quantity"), (2, "bad_quantity"),
    ]  # fmt: skip
    with pytest.raises(BadPartNumber):
        clean("A\u20ac")
