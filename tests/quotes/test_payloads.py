"""What forms and automations send: understood, or refused in a sentence that the sender can act on."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import Refused
from boeing_data_hub.quotes.payloads import of_form, of_json, read_body
from boeing_data_hub.quotes.requests import read_lines, read_request

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
WANTED = [("NAS6604-12", 5), ("MS21042-4", 10)]


def lines(body, content_type=JSON, most=100):
    """(part, quantity) of each line, or the refusal."""
    try:
        request = read_request(read_body(body.encode(), content_type), most=most, actor="webhook")
    except Refused as refused:
        return refused
    return [(line.part_number, line.quantity) for line in request.lines]


def tried(value):
    """The request of a JSON value, or the refusal."""
    try:
        return read_request(of_json(value), most=5, actor="x")
    except Refused as refused:
        return refused


def sent(parts, quantities, **more):
    return json.dumps({"rfq_number": "Q1", "requested_parts": parts, "requested_qty": quantities, **more})


@pytest.mark.parametrize(
    "body",
    [
        "rfq_number=Q1&requested_parts=NAS6604-12,MS21042-4&requested_qty=5,10",
        "rfq_number=Q1&requested_parts=NAS6604-12%2CMS21042-4&requested_qty=5%2C10",
        "rfq_number=Q1&requested_parts=NAS6604-12&requested_parts=MS21042-4&requested_qty=5&requested_qty=10",
        "rfq_number=Q1&requested_parts[]=NAS6604-12&requested_parts[]=MS21042-4&requested_qty[]=5&requested_qty[]=10",
        "rfq_number=Q1&requested_parts[1]=MS21042-4&requested_parts[0]=NAS6604-12&requested_qty[0]=5&requested_qty[1]=10",
        "RFQ+Number=Q1&Requested+Parts=NAS6604-12;MS21042-4&Requested+Qty=5;10",
        "rfq_number=Q1&requested_parts=%5B%22NAS6604-12%22%2C%22MS21042-4%22%5D&requested_qty=%5B5%2C10%5D",
        "rfq_number=Q1&requested_parts=NAS6604-12%0D%0AMS21042-4%0D%0A&requested_qty=5%0D%0A10",
    ],
)
@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8", "", "text/plain", JSON.replace("json", "x")])
def test_a_form_is_understood_whatever_its_content_type_says(body, content_type):
    assert lines(body, content_type) == WANTED


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=UTF-8", "", "text/plain", FORM])
@pytest.mark.parametrize(
    "body",
    [
        sent(["NAS6604-12", "MS21042-4"], [5, 10]),
        sent(["NAS6604-12", "MS21042-4"], ["5", "10"]),
        sent(["NAS6604-12", "MS21042-4"], "5,10"),
        sent(["NAS6604-12,MS21042-4"], ["5,10"]),
        sent("NAS6604-12\nMS21042-4", "5\n10"),
        sent("NAS6604-12,\r\nMS21042-4\r\n", "5,\r\n10\r\n"),
        sent("NAS6604-12; MS21042-4;", "5; 10;"),
        sent("NAS6604-12 | MS21042-4", "5|10"),
        sent("NAS6604-12\tMS21042-4", "5\t10"),
        sent("NAS6604-12\u2028MS21042-4", [5.0, 10.0]),
        sent('["NAS6604-12", "MS21042-4"]', "[5, 10]"),
        sent(["NAS6604-12", "MS21042-4", ""], [5, 10, None]),
        "\ufeff" + sent("nas6604-12,ms21042-4", "5,10"),
        '{"RFQ Number": 7, "Requested Parts": "NAS6604-12,MS21042-4", "REQUESTED-QTY": "5,10"}',
        '{"rfqNumber": 7, "requestedParts": "NAS6604-12,MS21042-4", "requestedQty": "5,10"}',
        '{"RFQ": 7, "Part Number": "NAS6604-12,MS21042-4", "Quantity": "5,10", "parts": null, "requested_qty": ""}',
    ],
)
def test_lists_line_ends_and_other_spellings_of_names_are_understood(body, content_type):
    assert lines(body, content_type) == WANTED


def test_a_bare_number_is_a_part_and_keeps_every_digit():
    assert lines('{"rfq_number":3,"requested_parts":65204,"requested_qty":2}') == [("65204", 2)]
    assert lines('{"rfq_number":3,"requested_parts":[123456789012345],"requested_qty":[2]}') == [("123456789012345", 2)]


@pytest.mark.parametrize(
    "value", ["12345.0", "1e5", "1.5", "1E400", "1234567890123456", '"12345.0"', '"3,1E+07"', '"7E-3"']
)
def test_a_number_that_was_changed_on_the_way_is_refused_by_its_line(value):
    refused = lines(f'{{"rfq_number":3,"requested_parts":{value},"requested_qty":1}}')
    if value == '"3,1E+07"':  # in a text the comma separates
        assert refused.code == "unequal_counts"
        return
    assert [(one["line"], one["code"]) for one in refused.details["rejected"]] == [(1, "formatted_number")]


@pytest.mark.parametrize("part", ["1E5", "22E1", "65204", "NAS 6604-12", "AN3 43A", "10-4/5", "A=9B", "BACB30NN4K5"])
def test_an_honest_part_number_is_not_suspected(part):
    assert lines(sent([part, "X"], [1, 1])) == [(part, 1), ("X", 1)]


@pytest.mark.parametrize(
    "part",
    [
        "NAS6604-12 MS21042-4", "NAS6604-12 and MS21042-4", "NAS6604-12 & MS21042-4", "NAS6604-12 / MS21042-4",
        "NAS6604-12 + MS21042-4", "NAS6604-12, MS21042-4", "NAS6604-12;MS21042-4", "NAS6604-12\nMS21042-4",
        "P/N: NAS6604-12", "PN: NAS6604-12", "Part Number: NAS6604-12", "NAS6604-12 QTY 5", "NAS6604-12 x 5",
        "5 x NAS6604-12", "NAS6604-12 (5)", "NAS6604-12 5 EA", "NAS6604-12: 5", "NAS6604-12 = 5", "['NAS6604-12']",
    ],
)  # fmt: skip
def test_a_list_or_a_quantity_within_one_entry_is_recognised(part):
    refused = lines(sent([part, "AN3-5A"], [1, 1]))
    assert [(one["line"], one["code"]) for one in refused.details["rejected"]] == [(1, "several_in_one")]
    assert "Nothing was stored" in refused.message


@pytest.mark.parametrize("part", ["N/A", "#N/A", "tbd", "null", "None", "undefined", "-", "?"])
def test_a_placeholder_is_not_a_part(part):
    assert [one["code"] for one in lines(sent(["A1", part], [1, 1])).details["rejected"]] == ["placeholder"]


def test_a_list_with_one_quantity_is_refused_with_both_counts_and_no_quantity_is_invented():
    refused = lines(sent("NAS6604-12; MS21042-4", "5"))
    assert (refused.code, refused.details) == ("unequal_counts", {"parts": 2, "quantities": 1})


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("5 EA", "without its unit: 5"), ("10pcs", "without its unit: 10"), ("QTY: 5 ea.", "without its unit: 5"),
        ("1,000", "without thousands separators: 1000"), ("1.000.000", "without thousands separators: 1000000"),
        ("1'000", "1000"), ("five", "whole number"), ("", "whole number"),
        (1.5, "whole number"), ("-3", "whole number"),
        (None, "whole number"), ("1e3", "whole number"),
    ],
)  # fmt: skip
def test_an_invalid_quantity_is_rejected_with_what_to_send(quantity, said):
    refused = lines(sent(["A1", "B2"], [quantity, 1]))
    assert [(one["line"], one["code"]) for one in refused.details["rejected"]] == [(1, "bad_quantity")]
    assert said in refused.details["rejected"][0]["reason"]


@pytest.mark.parametrize("quantities", ["1,200;5", "1,200\n5", "1,200|5"])
def test_a_thousands_separator_is_not_taken_for_a_third_quantity(quantities):
    assert lines(sent("A1;B2;C3", quantities)).code == "mixed_separators"


FLAT = {"rfq_number": "Q6", "requested_parts": "NAS6604-12", "requested_qty": "5"}


@pytest.mark.parametrize(
    "body",
    [
        [FLAT], [FLAT, FLAT], [], [[FLAT]], json.dumps(FLAT), 5, None, True,
        {"data": FLAT}, {"payload": FLAT}, {"body": {"data": FLAT}}, {"data": [FLAT]}, {"payload": json.dumps(FLAT)},
        {"": json.dumps(FLAT)}, {json.dumps(FLAT): ""}, {"data__rfq_number": "Q", "data__requested_parts": "A"},
        {"rfq_number": "Q", "items": [{"part_number": "A", "qty": 1}]},
        {"rfq_number": "Q", "line_items": json.dumps([{"part_number": "A"}])},
        {"rfq_number": "Q", "data": {"requested_parts": "A", "requested_qty": 1}},
    ],
)  # fmt: skip
def test_what_is_wrapped_is_refused_with_how_to_send_it_flat(body):
    refused = lines(json.dumps(body))
    assert (refused.status, refused.code) == (422, "not_flat")
    assert "Send it flat" in refused.message
    assert "Zapier" in refused.message


@pytest.mark.parametrize(
    "body",
    [
        "payload=%7B%22rfq_number%22%3A%22Q%22%7D", "data[rfq_number]=Q&data[requested_parts]=A",
        "data.rfq_number=Q&data.requested_parts=A", '{"rfq_number":"Q"}=',
    ],
)  # fmt: skip
def test_a_form_that_wraps_its_fields_is_refused_likewise(body):
    assert lines(body, FORM).code == "not_flat"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"requested_parts": {"a": 1}}, "bad_input"), ({"requested_parts": True}, "bad_input"),
        ({"requested_parts": [["A"]]}, "bad_input"), ({"requested_qty": [{"q": 1}]}, "bad_input"),
        ({"rfq_number": ["a"]}, "bad_input"), ({"rfq_number": False}, "bad_input"), ({"buyer_name": {}}, "bad_input"),
        ({"requested_parts": "[A, B]"}, "bad_list"), ({"requested_parts": None, "Teile": "A"}, "no_parts"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_in_words_that_name_the_field(fields, code):
    refused = lines(sent("A", 1, **fields))
    assert (refused.status, refused.code) == (422, code)
    assert next(iter(fields)) in refused.message
    assert "Nothing was stored" in refused.message


def test_a_missing_field_is_refused_with_the_names_that_were_sent():
    refused = lines(json.dumps({"rfq_number": "Q", "Teilenummer": "A", "Menge": 1}))
    assert "'Teilenummer', 'Menge'" in refused.message


def test_one_field_under_two_names_with_different_values_is_refused():
    assert lines(json.dumps({"RFQ Number": "1", "rfq-number": "2", "requested_parts": "A"})).code == "field_sent_twice"
    both = json.dumps({"rfq_number": "1", "requested_parts": "A1", "Requested Parts": "B2", "requested_qty": 1})
    assert lines(both) == [("A1", 1)]  # the exact name wins


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("", JSON, 422, "empty_body"), ("  ", "", 422, "empty_body"), ("{", JSON, 400, "malformed_json"),
        ("[" * 100_000, JSON, 400, "malformed_json"), ("<rfq>1</rfq>", "application/xml", 422, "bad_body"),
        ("<a b='c'>", "text/xml", 422, "bad_body"), ("hello", "text/plain", 422, "bad_body"),
        ("&".join("a=1" for _ in range(6000)), FORM, 422, "bad_body"),
        ('{"rfq_number": NaN}', JSON, 400, "malformed_json"),
        ("a=1", "text/plain; charset=utf-7", 400, "malformed_request"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(body, content_type, status, code):
    refused = lines(body, content_type)
    assert (refused.status, refused.code) == (status, code)


def test_text_in_windows_1252_is_read_where_it_is_declared():
    fields = read_body(
        '{"rfq_number": "Q", "buyer_name": "M\u00fcller"}'.encode("cp1252"), f"{JSON}; charset=windows-1252"
    )
    assert fields["buyer_name"] == "M\u00fcller"
    with pytest.raises(Refused, match="UTF-8"):
        read_body("M\u00fcller=1".encode("cp1252"), FORM)


def test_numbers_of_a_buyer_are_kept_as_text():
    fields = read_body(sent("A", 1, buyer_phone=15550100.0, rfq_number=3.0).encode(), JSON)
    request = read_request(fields, most=5, actor="x")
    assert (request.rfq_number, request.buyer) == ("3", {"buyer_phone": "15550100"})


PART = st.from_regex(r"[A-Z]{2}[0-9]{2,5}(-[0-9]{1,2})?(=[A-Z0-9]{2})?", fullmatch=True)
SEPARATOR = st.sampled_from([",", ", ", ";", " ; ", "\n", "\r\n", ",\n", ";\r\n", "|", "\t", "\u2028"])


@given(
    st.lists(st.tuples(PART, st.integers(1, 9999)), min_size=1, max_size=20),
    SEPARATOR,
    SEPARATOR,
    st.sampled_from(["text", "list", "form", "many"]),
)
def test_every_way_of_sending_gives_the_same_lines(wanted, between_parts, between_quantities, way):
    parts, quantities = [part for part, _ in wanted], [quantity for _, quantity in wanted]
    texts = {
        "rfq_number": "Q",
        "requested_parts": between_parts.join(parts),
        "requested_qty": between_quantities.join(map(str, quantities)),
    }
    if way == "list":
        fields = of_json({"rfq_number": "Q", "requested_parts": parts, "requested_qty": quantities})
    elif way == "form":
        fields = read_body(urlencode(texts).encode(), FORM)
    elif way == "many":
        fields = of_form(
            [
                ("rfq_number", "Q"),
                *(("requested_parts[]", p) for p in parts),
                *(("requested_qty[]", str(q)) for q in quantities),
            ]
        )
    else:
        fields = read_body(json.dumps(texts).encode(), JSON)
    assert [(line.part_number, line.quantity) for line in read_request(fields, most=20, actor="x").lines] == wanted


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["rfq_number", "requested_parts", "requested_qty", "data", "buyer_name"])
                | st.text(max_size=8),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_whatever_json_is_sent_is_read_or_refused_in_words(value):
    read = tried(value)
    if isinstance(read, Refused):
        assert read.status in {400, 422}
        assert "Nothing was stored" in read.message
        assert len(read.message) < 1500
    else:
        assert read.lines


def test_a_megabyte_of_blanks_and_separators_is_refused_quickly():
    for text in (" " * 3_000_000 + ",", "A" * 3_000_000, "1" * 3_000_000, " ;" * 1_000_000, "[" * 3_000_000):
        with pytest.raises(Refused):
            read_lines(text + "A", "1", most=5)
