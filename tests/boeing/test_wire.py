"""Answers are read strictly, or not at all."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boeing_data_hub.boeing.wire import parse_answer, read_reply
from boeing_data_hub.errors import Reject, Retry

JSON = "application/json"


def body(value):
    return json.dumps(value).encode()


def test_an_answer_holds_currency_items_and_its_own_text():
    sent = b'{"currency": " USD ", "lineItems": [{"aviallPartNumber": "WF338109=K3", "listPrice": 120.4}]}'
    answer = parse_answer(sent, "application/json; charset=utf-8")
    assert answer.currency == "USD"
    assert answer.line_items == ({"aviallPartNumber": "WF338109=K3", "listPrice": Decimal("120.4")},)
    assert answer.raw == answer.raw_json == sent.decode()


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/octet-stream", "application/hal+json"])
def test_a_vague_content_type_is_no_reason_to_refuse_json(kind):
    assert parse_answer(b'{"currency": "USD", "lineItems": []}', kind).line_items == ()


@pytest.mark.parametrize(
    "value",
    [
        {"currency": "USD", "lineItems": []},
        {"currency": "USD", "lineItems": None},
        {"lineItems": []},
        {"currency": "USD"},
        {"currency": None},
        {"currency": "USD", "notFound": ["X"]},
    ],
)
def test_an_empty_answer_is_an_answer(value):
    assert parse_answer(body(value), JSON).line_items == ()


@pytest.mark.parametrize("currency", [None, "", "  "])
def test_a_blank_currency_is_absent(currency):
    assert parse_answer(body({"currency": currency, "lineItems": []}), JSON).currency is None


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"<html>busy</html>", "text/html"),
        (b'{"currency": "USD", "lineItems": []}', "text/html"),
        (b"<html>busy</html>", JSON),
        (b'{"currency": "USD", "lineItems": [{"aviall', JSON),
        (b'{"currency": "USD", "lineItems": [{"aviallPartNumber": "X", "listPrice": NaN}]}', JSON),
        (b"[]", JSON),
        (b"null", JSON),
        (b"{}", JSON),
        (b'{"message": "Internal server error"}', JSON),
        (b'{"lineItems": {}}', JSON),
        (b'{"lineItems": "none"}', JSON),
        (b'{"lineItems": [null]}', JSON),
        (b'{"lineItems": [{"aviallPartNumber": "X"}, 1]}', JSON),
        (b"", JSON),
    ],
)
def test_what_is_no_answer_is_kept_and_asked_again(sent, kind):
    with pytest.raises(Retry) as caught:
        parse_answer(sent, kind)
    assert caught.value.code == "boeing_malformed"
    assert caught.value.raw == sent.decode()
    assert not caught.value.whole_line


@pytest.mark.parametrize(
    "value",
    [
        {"currency": "USD", "items": [{"aviallPartNumber": "X"}]},
        {"currency": "USD", "line_items": []},
        {"LineItems": None},
        {"data": {"lineItems": [{"aviallPartNumber": "X"}]}},
        {"currency": "USD", "item": {"aviallPartNumber": "X"}},
        {"currency": "USD", "lineItems": [{"partNumber": "X"}]},
        {"currency": "USD", "lineItems": [{}]},
        {"currency": {"code": "USD"}, "lineItems": []},
    ],
)
def test_the_same_data_under_other_names_is_a_changed_format(value):
    with pytest.raises(Retry) as caught:
        parse_answer(body(value), JSON)
    assert caught.value.code == "boeing_schema_changed"
    assert not caught.value.whole_line
    assert caught.value.raw


def test_one_nameless_item_among_good_ones_does_not_spoil_them():
    items = [{"aviallPartNumber": "X"}, {"name": "?"}]
    assert len(parse_answer(body({"lineItems": items}), JSON).line_items) == 2


def test_what_is_kept_of_a_bad_answer_is_bounded_and_fits_a_text_column():
    with pytest.raises(Retry) as caught:
        parse_answer(b"\x00\xff" + b"x" * 100_000, JSON)
    assert len(caught.value.raw) == 20_000
    assert "\x00" not in caught.value.raw


def test_not_found_is_an_answer_without_items():
    answer = read_reply(404, {"content-type": JSON}, b'{"message": "no such \\u0000 part\x00"}')
    assert answer.line_items == ()
    assert json.loads(answer.raw_json)["httpStatus"] == 404
    assert "\x00" not in json.loads(answer.raw_json)["body"]
    assert read_reply(404, {}, b"").line_items == ()


@pytest.mark.parametrize(("headers", "sent"), [({"content-type": "text/html"}, b"gone"), ({}, b" <!doctype html>")])
def test_a_web_page_not_found_proves_nothing_about_a_part(headers, sent):
    assert read_reply(404, headers, sent).unproven


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
_envelopes = st.fixed_dictionaries(
    {}, optional={"currency": _values, "lineItems": _values | st.lists(_values, max_size=3), "items": _values}
)


@given(st.binary() | _values.map(body) | _envelopes.map(body), st.none() | st.text(max_size=20) | st.just(JSON))
@example(b"[" * 100_000, JSON)
@example(b'{"lineItems":[{"aviallPartNumber":1e999999999999999999999}]}', JSON)
@example(b'{"currency":"\\ud800","lineItems":[{"aviallPartNumber":"\\u0000"}]}', JSON)
def test_any_bytes_at_all_give_an_answer_or_one_of_our_errors(sent, kind):
    try:
        answer = parse_answer(sent, kind)
    except Retry as error:
        (error.raw or "").encode()
    else:
        assert json.loads(answer.raw_json).get("lineItems", []) in ([], None) or answer.line_items
        answer.raw_json.encode()
        (answer.currency or "").encode()


@given(st.integers(100, 999), st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text()), st.binary())
def test_any_reply_at_all_gives_an_answer_or_one_of_our_errors(status, headers, sent):
    try:
        read_reply(status, headers, sent)
    except (Retry, Reject) as error:
        (error.raw or "").encode()
