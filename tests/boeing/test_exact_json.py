"""JSON as exact values, and as text that Postgres takes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from boeing_data_hub.boeing.exact_json import MAX_DEPTH, NotJsonError, read


def test_the_usual_text_is_kept_as_it_is():
    body = '{"a": 120.4, "b": [1, null, "°"]}'.encode()
    assert read(body) == ({"a": Decimal("120.4"), "b": [1, None, "°"]}, body.decode(), body.decode())


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read(b"\xef\xbb\xbf[1]")[0] == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html>",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1} x',
        b'"\xff"',
        b'"a\nb"',
        b"{1e99999: 1}",
        b'["\\u0000',
        b"[" + b"1" * 5000 + b"]",
        '"x"'.encode("utf-16"),
    ],
)
def test_what_is_no_strict_json_is_refused(body):
    with pytest.raises(NotJsonError):
        read(body)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 200_000])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused_without_falling_over(depth, opens, closes):
    with pytest.raises(NotJsonError):
        read(opens * depth + b"1" + closes * depth)


def test_nesting_up_to_the_limit_is_taken():
    assert read(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)[0]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1e400", Decimal("1e400")),
        ("-1.5E-7", Decimal("-1.5e-7")),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("1e-20000", "1e-20000"),
        ("0." + "1" * 2000, "0." + "1" * 2000),
        ("0." + "1" * 100, Decimal("0." + "1" * 100)),
    ],
)
def test_numbers_beyond_postgres_become_text(literal, value):
    read_value, text, storable = read(f'{{"a": {literal}}}'.encode())
    assert read_value == {"a": value}
    assert text == f'{{"a": {literal}}}'
    assert storable == (text if isinstance(value, Decimal) else f'{{"a": "{literal}"}}')


def test_a_number_inside_a_string_is_left_alone():
    assert read(b'{"a": "1e99999", "\\"b": 1e99999}')[2] == '{"a": "1e99999", "\\"b": "1e99999"}'


@pytest.mark.parametrize(
    ("escaped", "value"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\uD83D", "\ufffd"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\\ufffd"),
        (r"\\ud800", r"\ud800"),
    ],
)
def test_characters_that_postgres_rejects_are_replaced_in_value_and_text_alike(escaped, value):
    got, text, storable = read(f'["{escaped}"]'.encode())
    assert got == [value]
    assert text == f'["{escaped}"]'
    assert json.loads(storable) == [value]
    storable.encode()
