"""What a result file says of our lines, however it is ordered, cut off, or spoilt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.errors import PauseUpstream, Reject
from boeing_data_hub.shopify.bulk_results import read
from boeing_data_hub.shopify.failures import DailyLimit, OutcomeUnknown, UserErrors

ERRORS = {
    "INTERNAL_SERVER_ERROR": OutcomeUnknown,
    "VARIANT_THROTTLE_EXCEEDED": DailyLimit,
    "ACCESS_DENIED": PauseUpstream,
    "BAD_REQUEST": Reject,
}


def good(number, *, children=False):
    variant = {"id": f"gid://shopify/ProductVariant/{number}", "inventoryItem": {"id": f"gid://shopify/Item/{number}"}}
    product = {"id": f"gid://shopify/Product/{number}", "updatedAt": "2026-11-25T00:00:00Z"}
    if not children:
        product["variants"] = {"nodes": [variant]}
    lines = [{"data": {"productSet": {"product": product, "userErrors": []}}, "__lineNumber": number}]
    return [*lines, {**variant, "__parentId": product["id"]}] if children else lines


def refused(number):
    error = {"code": None, "field": ["input", "title"], "message": "is too long (maximum is 255 characters)"}
    return [{"data": {"productSet": {"product": None, "userErrors": [error]}}, "__lineNumber": number}]


def failed(number, code="INTERNAL_SERVER_ERROR"):
    return [{"data": None, "errors": [{"message": "no", "extensions": {"code": code}}], "__lineNumber": number}]


def written(*lines):
    return [json.dumps(line).replace("/", "\\/").encode() for some in lines for line in some]


def test_lines_are_joined_by_their_number_not_by_their_place():
    results = read(written(good(2), refused(0), failed(1)))
    assert sorted(results.by_number) == [0, 1, 2]
    assert results.by_number[2].ids.product_id == "gid://shopify/Product/2"
    assert isinstance(results.error_of(0), UserErrors)
    assert isinstance(results.error_of(1), OutcomeUnknown)
    assert (results.error_of(2), results.error_of(3), results.unreadable) == (None, None, 0)


def test_children_may_come_before_their_parents_and_other_children_are_not_mistaken_for_variants():
    lines = written(good(1, children=True))
    image = json.dumps({"id": "gid://shopify/MediaImage/1", "__parentId": "gid://shopify/Product/1"}).encode()
    found = read([image, *reversed(lines)]).by_number[1]
    assert found.ids.variant_id == "gid://shopify/ProductVariant/1"
    assert found.ids.inventory_item_id == "gid://shopify/Item/1"


@pytest.mark.parametrize(("code", "kind"), ERRORS.items())
def test_an_error_of_a_line_is_sorted_as_that_of_a_call(code, kind):
    assert isinstance(read(written(failed(0, code))).error_of(0), kind)


def test_a_product_shown_together_with_a_refusal_is_no_success():
    line = refused(0)[0]
    line["data"]["productSet"]["product"] = {"id": "gid://shopify/Product/1"}
    assert read(written([line])).by_number[0].ids is None


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[]", b"null", b"7", b'"text"', b"\xff\xfe", b"[" * 100_000, b"9" * 10_000, b'{"a": ' * 50_000,
        b"{}", b'{"__lineNumber": true}', b'{"__lineNumber": "1"}', b'{"__lineNumber": -1}', b'{"__parentId": 5}',
        b"<html>", b'{"__lineNumber": 1.0}',
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_counted_and_spoils_no_other(line):
    results = read([line, *written(good(0))])
    assert results.by_number[0].ids is not None
    assert (len(results.by_number), results.unreadable) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        {}, {"productSet": None}, {"productSet": []}, {"productSet": {"product": None, "userErrors": []}},
        {"productSet": {"product": {"id": None}}}, {"productSet": {"product": {"id": 7}}},
        {"productSet": {"product": {"id": ["x"]}, "userErrors": None}},
    ],
)  # fmt: skip
def test_a_line_that_names_neither_product_nor_error_says_neither(data):
    found = read(written([{"data": data, "__lineNumber": 0}])).by_number[0]
    assert (found.ids, found.error) == (None, None)


def test_a_line_that_is_answered_twice_counts_once_and_its_product_is_not_forgotten():
    for lines in (written(failed(0), good(0)), written(good(0), failed(0))):
        results = read(lines)
        assert len(results.by_number) == 1
        assert results.by_number[0].ids.product_id == "gid://shopify/Product/0"


KINDS = st.sampled_from([good, refused, failed, lambda number: good(number, children=True)])


@given(st.lists(KINDS, max_size=30), st.randoms(), st.integers(0, 40))
@settings(deadline=None)
def test_in_any_order_and_cut_off_anywhere_a_line_says_the_truth_or_nothing(kinds, dice, cut):
    whole = read(written(*(kind(number) for number, kind in enumerate(kinds))))
    lines = written(*(kind(number) for number, kind in enumerate(kinds)))
    dice.shuffle(lines)
    content = b"\n".join(lines)
    part = read(line for line in content[: len(content) - cut].split(b"\n") if line.strip())
    assert set(part.by_number) <= set(whole.by_number)
    assert len(part.by_number) >= len(kinds) - 1 or cut > 20
    for number, found in part.by_number.items():
        told = whole.by_number[number]
        assert type(found.error) is type(told.error)
        assert (found.ids is None) == (told.ids is None)
        if found.ids is not None:
            assert found.ids.product_id == told.ids.product_id
            assert found.ids.variant_id in {told.ids.variant_id, None}


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_at_all_are_read_without_an_exception(lines):
    read(lines)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "errors", "productSet", "product", "id", "userErrors", "variants", "nodes", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
@settings(deadline=None)
def test_any_json_at_all_is_read_without_an_exception(value):
    line = json.dumps({"data": value, "errors": value, "__lineNumber": 0}).encode()
    read([line, json.dumps({"data": value, "__lineNumber": 1}).encode(), json.dumps(value).encode()])
