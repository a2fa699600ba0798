"""No body up to the limit costs much: it is judged from its bytes before a parser builds anything from them."""

from __future__ import annotations

import time
import tracemalloc

import pytest

pytestmark = pytest.mark.services

MILLION = 1_000_000
CPU_SECONDS = 0.3
BYTES = 64 * 1024 * 1024
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def json_list(item, times):
    return b'{"part_numbers":[' + item * times + b'"A"]}'


BODIES = {
    "ints": (JSON, lambda: json_list(b"1,", 2 * MILLION)),
    "ints below the bound": (JSON, lambda: json_list(b"1,", 99_000)),
    "empty texts": (JSON, lambda: json_list(b'"",', 3 * MILLION)),
    "empty lists": (JSON, lambda: json_list(b"[],", 3 * MILLION)),
    "empty objects": (JSON, lambda: json_list(b"{},", 99_000)),
    "floats": (JSON, lambda: json_list(b"1e9,", 2 * MILLION)),
    "long ints": (JSON, lambda: json_list(b"9" * 4000 + b",", 2400)),
    "a huge int": (JSON, lambda: b'{"part_numbers":' + b"9" * 9_900_000 + b"}"),
    "a huge float": (JSON, lambda: b'{"part_numbers":[0.' + b"9" * 9_900_000 + b"]}"),
    "a huge text": (JSON, lambda: b'{"part_numbers":["' + b"9" * 9_900_000 + b'"]}'),
    "deep lists": (JSON, lambda: b"[" * 9_900_000),
    "deep objects": (JSON, lambda: b'{"a":' * 1_900_000),
    "escapes": (JSON, lambda: b'{"part_numbers":["' + b"\\u00e9" * 1_600_000 + b'"]}'),
    "escaped quotes": (JSON, lambda: b'{"part_numbers":["' + b'\\"' * 4_900_000 + b'"]}'),
    "unknown keys": (JSON, lambda: b"{" + b",".join(b'"a%d":1' % n for n in range(700_000)) + b"}"),
    "unknown keys below the bound": (JSON, lambda: b"{" + b",".join(b'"a%d":1' % n for n in range(99_000)) + b"}"),
    "a huge unknown key": (JSON, lambda: b'{"' + b"k" * 9_900_000 + b'":1}'),
    "a long unknown key in each": (
        JSON,
        lambda: b"{" + b",".join(b'"%d%s":1' % (n, b"k" * 99_000) for n in range(99)) + b"}",
    ),
    "long texts": (JSON, lambda: json_list(b'"' + b"A" * 999 + b'",', 9_000)),
    "long texts of other letters": (JSON, lambda: json_list(b'"' + "é".encode() * 999 + b'",', 4_500)),
    "long texts of nothing visible": (JSON, lambda: json_list(b'"' + "\u200b".encode() * 999 + b'",', 3_200)),
    "quotes in quotes": (JSON, lambda: json_list(b'"' + b"\\\"'" * 330 + b'",', 9_000)),
    "a long price": (JSON, lambda: b'{"price_override":"' + b"9" * 9_900_000 + b'"}'),
    "a long date": (JSON, lambda: b'{"expiration_date":"' + b"9" * 9_900_000 + b'"}'),
    "unknown kind": ("text/plain", lambda: json_list(b"[],", 3 * MILLION)),
    "no kind": ("", lambda: json_list(b"[],", 3 * MILLION)),
    "utf-16": (JSON, lambda: ('{"a":"\u0122' + "[]," * 1_600_000).encode("utf-16")),
    "blank": (JSON, lambda: b" " * 9_900_000),
    "ampersands": (FORM, lambda: b"rfq_number=1" + b"&" * 9_900_000),
    "fields": (FORM, lambda: b"a=&" * 3_300_000),
    "percent signs": (FORM, lambda: b"requested_parts=" + b"%2C" * 3_300_000),
    "a list as a form": (FORM, lambda: json_list(b"[],", 3 * MILLION)),
    "empty parts of a form": ("multipart/form-data; boundary=x", lambda: b"--x\r\n" * 1_900_000),
}
ROUTES = [
    ("POST", "/api/bulk-search"),
    ("POST", "/api/zap/webhook"),
    ("PATCH", "/api/products/staging/A=K3"),
    ("POST", "/api/store/decisions"),
]


@pytest.mark.parametrize("name", BODIES)
def test_no_body_costs_much(api, name):
    kind, make = BODIES[name]
    body = make()
    assert len(body) <= 10_000_000
    headers = {"Content-Type": kind} if kind else {}
    api.get("/api/batches")
    for method, path in ROUTES:
        spent = []
        for _ in range(2):  # once for what a first request loads
            began = time.process_time()
            answer = api.request(method, path, content=body, headers=headers)
            spent.append(time.process_time() - began)
            if spent[-1] < CPU_SECONDS:
                break
        assert 400 <= answer.status_code < 500, (path, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 20_000
        assert min(spent) < CPU_SECONDS, path
        tracemalloc.start()
        try:
            api.request(method, path, content=body, headers=headers)
            assert tracemalloc.get_traced_memory()[1] < BYTES, path
        finally:
            tracemalloc.stop()


def test_a_list_that_is_only_too_long_is_reported_as_such(api):
    body = {"part_numbers": [f"A{number}" for number in range(60_000)]}
    assert api.post("/api/bulk-search", json=body).json()["code"] == "too_many_parts"


def test_only_the_first_of_many_wrong_values_is_named(api):
    answer = api.post("/api/bulk-search", json={"part_numbers": ["A", 1, 2, 3]})
    assert answer.json()["errors"] == [{"where": "part_numbers.1", "what": "Input should be a valid string"}]


def test_a_stranger_s_body_is_not_read(anonymous):
    for path in ("/api/bulk-search", "/api/uploads", "/api/zap/webhook", "/console/search/paste"):

        def pieces():
            raise AssertionError("the body was read")
            yield b""

        answer = anonymous.post(path, content=b"[" * 1_000_000, headers={"Content-Type": JSON})
        assert answer.status_code in {401, 403}, path


def test_a_stranger_may_send_little_to_the_sign_in(anonymous):
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin", "Content-Type": FORM}
    answer = anonymous.post("/sign-in", content=b"key=" + b"a" * 70_000, headers=headers)
    assert answer.status_code == 413
    assert anonymous.post("/sign-in", data={"key": "a"}, headers=headers).status_code == 401
