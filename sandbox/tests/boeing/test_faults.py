"""Every fault can be injected on demand, and does what its name says."""

from __future__ import annotations

import json
import time
import zlib

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.errors import BadInput
from boeing_data_hub_sandbox.boeing.answers import line_items
from boeing_data_hub_sandbox.boeing.fault_kinds import FAULTS, KINDS
from boeing_data_hub_sandbox.boeing.reply_faults import gzip_bomb

ASKED = ("P512777=K3", "4232-0226-1=9B", "P510547=K3")
GOOD = [item for part in ASKED for item in line_items(part)]
NUMBERS = [item["aviallPartNumber"] for item in GOOD]


def body(boeing):
    answer = boeing.price(*ASKED)
    assert answer.status_code == 200
    return answer.json()


def numbers(boeing):
    return [item["aviallPartNumber"] for item in body(boeing)["lineItems"]]


def status(code, **headers):
    def check(boeing):
        answer = boeing.price(*ASKED)
        assert answer.status_code == code
        assert answer.json()["message"]
        for name, value in headers.items():
            assert answer.headers.get(name.replace("_", "-")) == value

    return check


def oauth_refused(boeing):
    assert boeing.oauth().status_code == 401
    assert boeing.oauth().json()["error"] == "invalid_client"


def part_token_refused(boeing):
    assert boeing.part_token(boeing.tokens["Authorization"][7:]).status_code == 403


def oauth_token_missing(boeing):
    answer = boeing.oauth()
    assert answer.status_code == 200
    assert "access_token" not in answer.json()


def part_token(expected_key=None):
    def check(boeing):
        answer = boeing.part_token(boeing.tokens["Authorization"][7:])
        assert answer.status_code == 200
        assert "x-part-access-token" not in answer.headers
        assert list(answer.json()) == ([expected_key] if expected_key else [])
        if expected_key:
            boeing.tokens["x-boeing-parts-authorization"] = answer.json()[expected_key]
            assert boeing.price("A").status_code == 200

    return check


def part_token_wrong(boeing):
    boeing.log_in()
    assert boeing.price("A").status_code == 401


def token_expired(boeing):
    assert boeing.price("A").status_code == 401
    assert boeing.price("A").status_code == 401
    boeing.log_in()
    assert boeing.price("A").status_code == 200


def token_rejected(boeing):
    for _ in range(2):
        assert boeing.price("A").status_code == 401
        boeing.log_in()


def forbidden_for_one(boeing):
    assert boeing.price("A", "POISON").status_code == 403
    assert boeing.price("A", "B").status_code == 200
    assert boeing.price(" poison").status_code == 403


def poisoned(boeing):
    assert boeing.price("A", "POISON").status_code == 400
    assert boeing.price("A").status_code == 200


def retry_after_date(boeing):
    assert boeing.price("A").headers["retry-after"].endswith(" GMT")


def gone(boeing):
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        boeing.price(*ASKED)


def everything_gone(boeing):
    gone(boeing)
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        boeing.oauth()


def everything_503(boeing):
    assert boeing.price("A").status_code == 503
    assert boeing.oauth().status_code == 503
    assert boeing.part_token("x").status_code == 503


def never_answers(boeing):
    with pytest.raises(httpx2.ReadTimeout):
        boeing.price(*ASKED, timeout=0.2)


def never_answers_a_token(boeing):
    boeing.http.timeout = 0.2
    try:
        with pytest.raises(httpx2.ReadTimeout):
            boeing.oauth()
    finally:
        boeing.http.timeout = allow(5)


def slow(boeing):
    began = time.monotonic()
    assert body(boeing)["lineItems"] == GOOD
    assert time.monotonic() - began >= 0.2


def streamed(boeing):
    return boeing.http.stream(
        "POST",
        boeing.access["BOEING_PNA_PRICE_URL"],
        headers=boeing.tokens,
        json={"productCodes": list(ASKED)},
    )


def drip(boeing):
    with streamed(boeing) as answer:
        chunks = answer.iter_raw()
        first = [next(chunks) for _ in range(5)]
    assert all(len(chunk) < 20 for chunk in first)


def drip_to_the_end(boeing):
    assert body(boeing)["lineItems"] == GOOD


def endless(boeing):
    received = 0
    with streamed(boeing) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_raw():
            received += len(chunk)
            if received > 2_000_000:
                break
    assert received > 2_000_000


def cut(boeing):
    with streamed(boeing) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) > 500
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            answer.read()


def truncated(boeing):
    answer = boeing.price(*ASKED)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"delimiter|Expecting|Unterminated|property"):
        answer.json()


def empty_body(boeing):
    answer = boeing.price(*ASKED)
    assert (answer.status_code, answer.content) == (200, b"")


def html(boeing):
    answer = boeing.price(*ASKED)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def wrong_type(boeing):
    answer = boeing.price(*ASKED)
    assert answer.headers["content-type"] == "text/csv"
    assert answer.json()["lineItems"] == GOOD


def bomb(boeing):
    with streamed(boeing) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 20_000
    unpacked = zlib.decompress(packed, wbits=31)
    assert len(unpacked) > 5_000_000
    assert json.loads(unpacked) == {"currency": "USD", "lineItems": []}


def deep(boeing):
    answer = boeing.price(*ASKED)
    assert answer.text.count("[") == 100_000
    with pytest.raises(RecursionError):
        answer.json()


def bad_number(text, field="listPrice"):
    def check(boeing):
        answer = boeing.price(*ASKED)
        assert answer.text.count(f'"{field}":{text},') == len(ASKED)

    return check


def missing_one(boeing):
    assert numbers(boeing) == NUMBERS[1:]


def missing_this(boeing):
    assert numbers(boeing) == [NUMBERS[0], NUMBERS[2]]


def extra(boeing):
    found = numbers(boeing)
    assert found[:3] == NUMBERS
    assert len(set(found)) == 5


def duplicated(boeing):
    assert numbers(boeing) == [number for number in NUMBERS for _ in range(2)]


def duplicated_by_location(boeing):
    found = [item for item in body(boeing)["lineItems"] if item["aviallPartNumber"] == "P512777=K3"]
    assert [item["quantity"] for item in found] == [463, 10, 11, 6, 14, 53]
    assert all(len(item["locationAvailabilities"]) == 1 for item in found)


def spelled_like(*expected):
    def check(boeing):
        assert numbers(boeing) == list(expected)

    return check


def swapped(boeing):
    found = numbers(boeing)
    assert len(found) == 3
    assert not set(found) & set(NUMBERS)


def swapped_with_the_call_before(boeing):
    assert boeing.items("P1022=K3", "G030018=K3")[0]["aviallPartNumber"] == "P1022=K3"
    assert boeing.items(*ASKED) == GOOD
    # after_calls=2 let those two pass.
    assert [item["aviallPartNumber"] for item in boeing.items("P1022=K3")] == NUMBERS


def moving(boeing):
    parts = [f"PN{number}" for number in range(10)]
    assert len({boeing.price(*parts).content for _ in range(3)}) == 3


def prices_are(value, *names):
    def check(boeing):
        for item, good in zip(body(boeing)["lineItems"], GOOD, strict=True):
            for name in ("listPrice", "netPrice"):
                assert item[name] == (value if name in names else good[name])

    return check


def one_price(boeing):
    first, second, _ = body(boeing)["lineItems"]
    assert first["netPrice"] == 430.01
    assert second["netPrice"] == -5


def currency(value):
    def check(boeing):
        found = body(boeing)
        assert found.get("currency", "absent") == value
        assert found["lineItems"] == GOOD

    return check


def own_reply(code, header, value):
    def check(boeing):
        answer = boeing.price(*ASKED)
        assert (answer.status_code, answer.headers[header]) == (code, value)

    return check


def beside(boeing):
    assert body(boeing)["warnings"] == ["W"]


def cut_short(boeing):
    found = body(boeing)
    assert (found["hasMore"], len(found["lineItems"])) == (True, 1)


def line_items_are(expected):
    def check(boeing):
        assert body(boeing) == {"currency": "USD", **expected}

    return check


def renamed(old, new):
    def check(boeing):
        for item, good in zip(body(boeing)["lineItems"], GOOD, strict=True):
            assert old not in item
            assert item[new] == good[old]

    return check


BOTH = ("listPrice", "netPrice")
CASES = [
    ("oauth_refused", {}, oauth_refused),
    ("part_token_refused", {"status": 403}, part_token_refused),
    ("oauth_token_missing", {}, oauth_token_missing),
    ("part_token_missing", {}, part_token()),
    ("part_token_in_body", {}, part_token("x-part-access-token")),
    ("part_token_in_body", {"key": "access_token"}, part_token("access_token")),
    ("part_token_wrong", {}, part_token_wrong),
    ("token_expired", {"times": 1}, token_expired),
    ("token_expired", {"times": 1, "which": "part"}, token_expired),
    ("token_rejected", {}, token_rejected),
    ("forbidden", {"parts": ["poison"]}, forbidden_for_one),
    ("bad_request", {"parts": ["POISON"]}, poisoned),
    ("not_found", {}, status(404)),
    ("rate_limited", {}, status(429, retry_after=None)),
    ("rate_limited", {"retry_after": 7}, status(429, retry_after="7")),
    ("rate_limited", {"retry_after": "-1"}, status(429, retry_after="-1")),
    ("rate_limited", {"retry_after": "1e9"}, status(429, retry_after="1e9")),
    ("rate_limited", {"retry_after": "date"}, retry_after_date),
    *[("server_error", {"status": code, "retry_after": 2}, status(code, retry_after="2")) for code in (500, 502)],
    *[("server_error", {"status": code}, status(code)) for code in (503, 504)],
    ("rate_limited", {"headers": {"X-RateLimit-Reset": 60}}, own_reply(429, "x-ratelimit-reset", "60")),
    ("reply", {"status": 403, "body": {"message": "no"}}, own_reply(403, "content-type", "application/json")),
    (
        "reply",
        {"status": 200, "body": "<p>no", "content_type": "text/html"},
        own_reply(200, "content-type", "text/html"),
    ),
    ("beside", {"fields": {"warnings": ["W"]}}, beside),
    ("cut_short", {}, cut_short),
    ("down", {}, everything_gone),
    ("down", {"how": "503"}, everything_503),
    ("never_answers", {}, never_answers),
    ("never_answers", {"call": "oauth"}, never_answers_a_token),
    ("slow", {"seconds": 0.2}, slow),
    ("drip", {"bytes_per_second": 50}, drip),
    ("drip", {"bytes_per_second": 100_000, "times": 1}, drip_to_the_end),
    ("endless", {}, endless),
    ("closed", {}, gone),
    ("closed", {"reset": True}, gone),
    ("cut", {}, cut),
    ("cut", {"keep": 0.1, "reset": True}, cut),
    ("truncated", {}, truncated),
    ("truncated", {"keep": 0}, empty_body),
    ("html", {}, html),
    ("wrong_type", {"content_type": "text/csv"}, wrong_type),
    ("gzip_bomb", {"megabytes": 5}, bomb),
    ("deep_nesting", {}, deep),
    *[("bad_number", {"value": text}, bad_number(text)) for text in ("NaN", "Infinity", "-Infinity", "1e400")],
    ("bad_number", {"value": "-1e400", "field": "netPrice"}, bad_number("-1e400", "netPrice")),
    ("missing_items", {}, missing_one),
    ("missing_items", {"parts": [ASKED[1]]}, missing_this),
    ("extra_items", {"count": 2}, extra),
    ("duplicated_items", {}, duplicated),
    ("duplicated_items", {"how": "split"}, duplicated_by_location),
    ("other_spelling", {}, spelled_like("p512777=k3", "4232-0226-1=9b", "p510547=k3")),
    ("other_spelling", {"how": "space"}, spelled_like(*[f" {number}  " for number in NUMBERS])),
    ("other_spelling", {"how": "inner_space"}, spelled_like("P512777 = K3", "4232-0226-1 = 9B", "P510547 = K3")),
    ("other_spelling", {"how": "no_hyphen"}, spelled_like("P512777=K3", "423202261=9B", "P510547=K3")),
    ("other_spelling", {"how": "dash"}, spelled_like("P512777=K3", "4232\u20130226\u20131=9B", "P510547=K3")),
    ("swapped", {}, swapped),
    ("swapped", {"how": "previous", "after_calls": 2}, swapped_with_the_call_before),
    ("moving_figures", {}, moving),
    ("bad_price", {}, prices_are(None, *BOTH)),
    ("bad_price", {"value": 0}, prices_are(0, *BOTH)),
    ("bad_price", {"value": -3.5, "fields": ["netPrice"]}, prices_are(-3.5, "netPrice")),
    ("bad_price", {"value": "430.01"}, prices_are("430.01", *BOTH)),
    ("bad_price", {"value": -5, "parts": [ASKED[1]]}, one_price),
    ("other_currency", {}, currency("EUR")),
    ("other_currency", {"value": None}, currency("absent")),
    ("no_line_items", {}, line_items_are({"lineItems": None})),
    ("no_line_items", {"how": "absent"}, line_items_are({})),
    ("no_line_items", {"how": "empty"}, line_items_are({"lineItems": []})),
    ("renamed_field", {}, renamed("aviallPartNumber", "partNumber")),
    ("renamed_field", {"field": "netPrice", "to": "unitPrice"}, renamed("netPrice", "unitPrice")),
]


@pytest.mark.parametrize(("kind", "wanted", "check"), CASES, ids=[f"{kind}-{wanted}" for kind, wanted, _ in CASES])
def test_a_fault_does_what_its_name_says_and_is_gone_when_removed(boeing, control, wait, kind, wanted, check):
    number = control.fault(kind, **wanted)
    check(boeing)
    fault = control.faults()[number]
    assert fault["fired"] >= 1
    control.clear_faults(number)
    boeing.log_in()
    assert body(boeing)["lineItems"] == GOOD
    # A client that went away is noticed: nothing is left under way.
    wait.until(lambda: control.stats()["under_way"] == 0, seconds=5)


def test_every_kind_is_tried_above_and_has_a_meaning(control):
    assert {kind for kind, _, _ in CASES} == set(FAULTS) == set(KINDS)
    assert control.kinds() == FAULTS
    assert all(meaning.endswith(".") for meaning in FAULTS.values())


@pytest.mark.parametrize("call", ["oauth", "part_token"])
@pytest.mark.parametrize("kind", ["server_error", "html", "truncated", "closed", "slow", "rate_limited"])
def test_faults_of_the_connection_strike_the_token_calls_too(boeing, control, kind, call):
    options = {"seconds": 0.05} if kind == "slow" else {}
    number = control.fault(kind, call=call, times=1, **options)
    ask = boeing.oauth if call == "oauth" else lambda: boeing.part_token(boeing.tokens["Authorization"][7:])
    try:
        answer = ask()
    except httpx2.RemoteProtocolError:
        assert kind == "closed"
    else:
        expected = {"server_error": 500, "rate_limited": 429}
        assert answer.status_code == expected.get(kind, 200)
    assert control.faults()[number]["fired"] == 1
    assert ask().status_code == 200
    assert control.stats()[f"{call}_calls"] == 2


def test_a_fault_strikes_so_many_times_after_so_many_calls(boeing, control):
    number = control.fault("server_error", times=2, after_calls=1)
    assert [boeing.price("A").status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    assert control.faults()[number]["fired"] == 2


def test_dice_are_seeded_so_that_a_run_can_be_repeated(boeing, control):
    def run(seed):
        control.fault("server_error", probability=0.5, seed=seed)
        codes = [boeing.price("A").status_code for _ in range(30)]
        control.clear_faults()
        return codes

    first = run(1)
    assert run(1) == first != run(2)
    assert 5 < first.count(500) < 25


def test_calls_that_ask_none_of_its_parts_are_no_business_of_a_fault(boeing, control):
    number = control.fault("server_error", parts=["B", "C"], times=1)
    assert boeing.price("A").status_code == 200
    assert control.faults()[number]["seen"] == 0
    assert boeing.price("A", "c").status_code == 500


def test_several_faults_strike_together(boeing, control):
    control.fault("bad_price", value=0)
    control.fault("other_currency")
    control.fault("wrong_type")
    answer = boeing.price("P512777=K3")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.json()["currency"] == "EUR"
    assert answer.json()["lineItems"][0]["netPrice"] == 0
    assert control.ledger()[-1]["faults"] == ["bad_price", "other_currency", "wrong_type"]


def test_the_ledger_tells_what_was_sent_and_what_was_not(boeing, control, wait):
    control.fault("closed", times=1)
    gone(boeing)
    control.fault("cut", times=1)
    gone(boeing)
    control.fault("html", times=1)
    boeing.price("A")
    control.fault("never_answers", times=1)
    never_answers(boeing)
    wait.until(lambda: control.stats()["under_way"] == 0, seconds=5)
    calls = control.ledger()
    assert [(call["status"], call["answered"]) for call in calls] == [
        (None, False),
        (200, False),
        (200, True),
        (None, False),
    ]
    assert control.stats()["by_status"] == {"none": 2, "200": 2}


def test_the_limit_and_the_tokens_come_before_a_fault(boeing, control):
    number = control.fault("html")
    control.expire_tokens()
    assert boeing.price("A").status_code == 401
    assert control.faults()[number]["seen"] == 0


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "nonsense"},
        {"kind": None},
        {"kind": "html", "times": 0},
        {"kind": "html", "times": True},
        {"kind": "html", "probability": 2},
        {"kind": "html", "after_calls": -1},
        {"kind": "html", "seed": "x"},
        {"kind": "html", "parts": "A"},
        {"kind": "html", "parts": [1]},
        {"kind": "html", "call": "all"},
        {"kind": "oauth_refused", "call": "price"},
        {"kind": "html", "nonsense": 1},
        {"kind": "html", "options": []},
        {"kind": "html", "options": {"status": 500}},
        {"kind": "server_error", "options": {"status": 200}},
        {"kind": "closed", "options": {"reset": 1}},
        {"kind": "slow", "options": {"seconds": "long"}},
        {"kind": "bad_price", "options": {"fields": "netPrice"}},
        {"kind": "wrong_type", "options": {"content_type": "a\r\nb"}},
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_the_list_of_those_that_can(control, stand_in, wanted):
    answer = httpx2.post(f"{stand_in}/control/faults", json=wanted, trust_env=False)
    assert answer.status_code == 422
    assert answer.json()["kinds"] == sorted(FAULTS)
    assert control.faults() == {}


def test_the_client_raises_what_the_stand_in_refuses(control):
    with pytest.raises(BadInput) as refused:
        control.fault("nonsense")
    assert refused.value.code == "bad_fault"
    assert "gzip_bomb" in refused.value.details["kinds"]


def test_the_bomb_is_small_and_inflates_to_what_it_says():
    packed = gzip_bomb(200)
    assert len(packed) < 1_000_000
    inflater = zlib.decompressobj(wbits=31)
    size = sum(len(inflater.decompress(packed[place : place + 4096])) for place in range(0, len(packed), 4096))
    assert inflater.eof
    assert size == 200_000_000 + len('{"currency":"USD","lineItems":[]}')


def test_where_it_is_set_each_new_part_token_ends_the_earlier_ones(boeing, control):
    control.settings(one_part_token=True)
    first = dict(boeing.log_in())
    second = dict(boeing.log_in())
    boeing.tokens = first
    assert boeing.price(*ASKED).status_code == 401
    boeing.tokens = second
    assert boeing.price(*ASKED).status_code == 200
