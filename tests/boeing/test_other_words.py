"""Errors, marks and quotas under the many names that gateways give them."""

from __future__ import annotations

import json

import pytest

from boeing_data_hub.boeing.failures import sort_failure
from boeing_data_hub.boeing.wire import parse_answer, read_reply
from boeing_data_hub.errors import Complaint, RateLimited

JSON = "application/json"
ITEM = {"aviallPartNumber": "A=K3", "listPrice": 1, "netPrice": 1, "quantity": 3}


@pytest.mark.parametrize(
    "beside",
    [
        {"detail": "Too many requests"},
        {"details": ["The backend did not answer"]},
        {"type": "about:blank", "title": "Internal problem"},
        {"description": "Service unavailable"},
        {"info": "Backend is down"},
        {"comment": "Timed out after 30 s"},
        {"alerts": ["One source is missing"]},
        {"diagnostics": {"text": "timeout"}},
        {"isSuccess": False},
        {"isSuccessful": "false"},
        {"wasSuccessful": False},
        {"timedOut": True},
        {"timeout": True},
        {"degraded": True},
        {"unprocessedParts": ["A=K3"]},
        {"pending": ["A=K3"]},
        {"meta": {"unavailable": ["source 3"]}},
    ],
)
def test_a_complaint_under_another_name_is_no_proof_that_a_part_is_unknown(beside):
    for items in ([], None):
        with pytest.raises(Complaint):
            parse_answer(json.dumps({"currency": "USD", "lineItems": items, **beside}).encode(), JSON)


@pytest.mark.parametrize(
    "beside",
    [
        {"requestId": "f00-17", "timestamp": "2026-11-29T10:00:00Z", "accountNumber": "12345"},
        {"status": "OK", "code": 200, "took": 12, "version": "2.1"},
        {"isSuccess": True, "timedOut": False, "degraded": False, "pending": [], "unprocessedParts": []},
        {"title": "", "detail": None, "description": "ok"},
        {"meta": {"title": "Prices", "description": "Prices of today"}},
    ],
)
def test_what_envelopes_carry_anyway_casts_no_doubt(beside):
    answer = parse_answer(json.dumps({"currency": "USD", "lineItems": [], **beside}).encode(), JSON)
    assert answer.doubt == ""


def test_free_text_next_to_line_items_casts_no_doubt():
    beside = {"title": "Price inquiry", "description": "Net prices of your account"}
    answer = parse_answer(json.dumps({"currency": "USD", "lineItems": [ITEM], **beside}).encode(), JSON)
    assert answer.doubt == ""


@pytest.mark.parametrize(
    ("sent", "headers", "unproven"),
    [
        (b'{"message":"no Route matched with those values"}', {"content-type": JSON}, True),
        (b"404 page not found", {"content-type": "text/plain"}, True),
        (b"<h1>Not Found</h1>", {"content-type": "text/html"}, True),
        (b"", {}, True),
        (b"{}", {"content-type": JSON}, True),
        (b'{"currency":"USD","lineItems":[]}', {"content-type": JSON}, False),
        (b'{"currency":"USD","lineItems":[],"error":"Down"}', {"content-type": JSON}, True),
    ],
)
def test_a_404_counts_as_not_found_only_if_it_looks_like_an_answer_of_boeing(sent, headers, unproven):
    answer = read_reply(404, headers, sent)
    assert (answer.line_items, answer.unproven) == ((), unproven)


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit": "limit=100, remaining=0, reset=50400"},
        {"RateLimit": '"default";r=0;t=50400'},
        {"RateLimit": '"burst";r=5;t=1, "daily";r=0;t=50400'},
        {"X-RateLimit-Reset-After": "50400"},
        {"RateLimit-Reset-After": "50400"},
        {"Retry-After": "Mon, 30 Nov 2026 12:00:00 GMT", "Date": "Sun, 29 Nov 2026 22:00:00 GMT"},
        {"Retry-After": "2026-11-30T12:00:00Z", "Date": "Sun, 29 Nov 2026 22:00:00 GMT"},
        {"Retry-After": "50400, 50400"},
    ],
)
@pytest.mark.parametrize("status", [429, 403])
def test_the_moment_a_quota_is_back_is_read_from_every_usual_header(headers, status):
    if status == 403:  # a quota's end alone, without a word that it is used up, is no refusal for the pace
        headers = {"X-RateLimit-Remaining": "0", **headers}
    error = sort_failure(status, headers, b"")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 50_400


@pytest.mark.parametrize("value", ['"default";r=7;t=50400', "limit=100, remaining=7, reset=50400", "junk", '";;==,,'])
def test_a_quota_that_is_not_used_up_makes_no_refusal_a_matter_of_pace(value):
    assert not isinstance(sort_failure(403, {"RateLimit": value}, b""), RateLimited)
