"""Bodies of other automations: a list is never quoted as one part, and a refusal says what to send instead."""

from __future__ import annotations

import json

import pytest

from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.quotes.payloads import read_body
from boeing_data_hub.quotes.requests import read_request

WANTED = [("NAS6604-12", 5), ("MS21042-4", 10)]


def lines(body, kind="application/json"):
    content = body if isinstance(body, bytes) else body.encode()
    request = read_request(read_body(content, kind), most=100, actor="t")
    return [(line.part_number, line.quantity) for line in request.lines]


def sent(parts, quantities):
    return json.dumps({"rfq_number": "Q", "requested_parts": parts, "requested_qty": quantities})


@pytest.mark.parametrize(
    "body",
    [
        sent("NAS6604-12，MS21042-4", "5，10"),
        sent("NAS6604-12；MS21042-4", "5；10"),
        sent("NAS6604-12、MS21042-4", "5、10"),
        sent("NAS6604-12 | MS21042-4", "5 | 10"),
        sent(["NAS6604-12，MS21042-4"], ["5,10"]),
        '{"rfq_number":"Q","requested_parts":"NAS6604-12\nMS21042-4","requested_qty":"5\r\n10"}',
        "rfq_number=Q&requested_parts=NAS6604-12,MS21042-4&requested_qty=5,10",
    ],
)
def test_lists_of_other_keyboards_and_programs_are_understood(body):
    assert lines(body) == WANTED


@pytest.mark.parametrize(
    ("part", "code"),
    [
        *[
            (part, "several_numbers")
            for part in ("NAS6604-12+MS21042-4", "NAS6604-12&MS21042-4", "NAS6604-12~MS21042-4")
        ],
        *[(part, "several_numbers") for part in ("NAS6604-12/13/14", "NAS6604-12 thru NAS6604-16", "NAS6604-12 to 16")],
        *[(part, "stray_sign") for part in ("<p>NAS6604-12</p><p>MS21042-4</p>", "NAS6604-12<br>MS21042-4")],
        *[
            (part, "stray_sign")
            for part in ("- NAS6604-12", "1. NAS6604-12", "(NAS6604-12", "NAS6604-12.", "=NAS6604-12")
        ],
        *[(part, "date_text") for part in ("5-Jun", "2026-11-07", "5/4")],
        *[(part, "quantity_in_cell") for part in ("NAS6604-12*5", "NAS6604-12 @ 5")],
        ("NAS6604-12 5", "blank_or_quantity"),
        ("NAS6604-12 or equivalent", "words_in_cell"),
        ("-13", "cut_number"),
        ("https://example.com/1", "not_a_part"),
        ("65.204", "formatted_number"),
    ],
)
def test_an_entry_that_is_not_one_part_number_is_refused_by_its_line(part, code):
    with pytest.raises(BadInput) as refused:
        lines(sent(["AN3-5", part], [1, 1]))
    (rejected,) = refused.value.details["rejected"]
    assert rejected["line"] == 2
    assert rejected["code"] in {code, "several_in_one"}
    assert "Nothing was stored" in str(refused.value)
    assert "spreadsheet program" not in rejected["reason"]
    assert "column" not in rejected["reason"]


def test_a_field_of_zapier_that_was_not_filled_in_is_named_as_that():
    with pytest.raises(BadInput, match="Zapier field that was not filled in"):
        lines(sent("{{123__parts}}", "1"))


@pytest.mark.parametrize("quantity", ["1.000", "250.000"])
def test_a_quantity_that_may_be_thousands_is_refused_as_text_and_taken_as_a_number(quantity):
    with pytest.raises(BadInput, match=f"without thousands separators: {quantity.replace('.', '')}"):
        lines(sent("AN3-5", quantity))
    body = f'{{"rfq_number":"Q","requested_parts":"AN3-5","requested_qty":{quantity}}}'
    assert lines(body) == [("AN3-5", int(float(quantity)))]


@pytest.mark.parametrize(
    "body",
    ["{'rfq_number':'Q'}", '{"rfq_number":"Q",}', "{“rfq_number”:“Q”}", '{"rfq_number":"Q"}\n{"rfq_number":"R"}'],
)
def test_json_with_a_mistake_is_refused_with_its_place_and_what_to_do_in_zapier(body):
    with pytest.raises(Malformed, match=r"in line \d+, column \d+\. Nothing was stored\..*Payload Type json"):
        lines(body)


def test_empty_fields_are_not_listed_as_others():
    for body in (sent("", ""), sent("  ", None)):
        with pytest.raises(BadInput, match="requested_parts is") as refused:
            lines(body)
        assert "besides" not in str(refused.value)
