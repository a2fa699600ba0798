"""Whatever was read as an answer, Postgres takes as jsonb, and gives back the same values."""

from __future__ import annotations

import json
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.exact_json import NotJsonError, read

pytestmark = pytest.mark.services

_escapes = st.sampled_from(
    [r"\u0000", r"\ud800", r"\udfff", r"\ud83d\ude00", r"\\", r"\\u0000", r"\"", "a", "°", r"\n"]
)
_strings = st.lists(_escapes, max_size=6).map(lambda parts: '"' + "".join(parts) + '"')
_numbers = st.builds(
    "{}{}{}".format,
    st.integers(-(10**30), 10**30),
    st.sampled_from(["", ".0", ".5", "." + "7" * 1200]),
    st.sampled_from(["", "e5", "E-5", "e1000", "e-1000", "e1001", "e200000", "e-200000", "e99999999999999999999"]),
)
_texts = st.lists(_strings | _numbers, max_size=5).map(lambda parts: "[" + ", ".join(parts) + "]")


@pytest.fixture(scope="module")
def connection(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as opened:
        yield opened


@given(_texts)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("[" * 32 + "]" * 32)
@example("[" + "1" * 4000 + "]")
def test_an_answer_s_text_is_taken_by_postgres(connection, text):
    try:
        value, _, storable = read(text.encode())
    except NotJsonError:
        return
    (kept,) = connection.execute("SELECT %s::text::jsonb::text", [storable]).fetchone()
    assert json.loads(kept, parse_float=Decimal) == value
