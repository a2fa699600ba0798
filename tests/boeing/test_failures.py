"""What a status means for the call, and how long a Retry-After is believed."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from boeing_data_hub.boeing.failures import TokenRefused, parse_retry_after, sort_failure, sort_token_failure
from boeing_data_hub.clock import now
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry


@pytest.mark.parametrize(
    ("status", "kind", "code", "whole_line"),
    [
        (401, TokenRefused, "boeing_token_refused", True),
        (403, Reject, "boeing_forbidden", None),
        *((status, Reject, "boeing_rejected", None) for status in (400, 402, 405, 409, 413, 414, 422, 451, 499)),
        (408, Retry, "boeing_408", False),
        (425, Retry, "boeing_425", False),
        (429, RateLimited, "rate_limited", True),
        (500, Retry, "boeing_500", False),
        (502, Retry, "boeing_502", False),
        (503, Retry, "boeing_503", True),
        (504, Retry, "boeing_504", False),
        (599, Retry, "boeing_599", False),
        (999, Retry, "boeing_999", False),
        (204, Retry, "boeing_malformed", False),
        (302, Retry, "boeing_malformed", False),
    ],
)
def test_each_status_has_its_class(status, kind, code, whole_line):
    error = sort_failure(status, {}, b"upstream words")
    assert type(error) is kind
    assert error.code == code
    assert getattr(error, "whole_line", None) == whole_line
    assert error.raw == "upstream words"
    assert "upstream" not in str(error)


def test_the_body_of_a_failure_is_kept_up_to_two_thousand_characters():
    assert len(sort_failure(500, {}, "é".encode() * 50_000).raw) == 2000


@pytest.mark.parametrize("status", [429, 503, 500])
def test_failures_carry_the_wait_that_was_asked_for(status):
    assert sort_failure(status, {"Retry-After": "7"}, b"").retry_after == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("3600", 3600),
        ("1000000000", None),
        ("1e9", None),
        ("9" * 5000, None),
        ("-1", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("5, 10", None),
        ("１０", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Fri, 31 Foo 2099 23:59:59 GMT", None),
    ],
)
def test_retry_after(value, seconds):
    assert parse_retry_after({"retry-after": value}) == seconds


def test_without_the_header_nothing_was_asked_for():
    assert parse_retry_after({"x": "1"}) is None


def test_a_date_is_read_against_our_clock():
    until = format_datetime(now() + timedelta(seconds=90), usegmt=True)
    assert 85 < parse_retry_after({"retry-after": until}) <= 90


def test_a_date_is_compared_with_the_sender_s_clock_if_known():
    headers = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}
    assert parse_retry_after(headers) == 30


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        *((status, PauseUpstream, "boeing_credentials") for status in (400, 401, 403)),
        (429, RateLimited, "rate_limited"),
        (404, Retry, "boeing_404"),
        (302, Retry, "boeing_302"),
        (500, Retry, "boeing_500"),
        (503, Retry, "boeing_503"),
    ],
)
def test_a_token_call_that_fails_concerns_the_whole_line(status, kind, code):
    error = sort_token_failure(status, {"retry-after": "3"}, settings="THESE_SETTINGS")
    assert type(error) is kind
    assert error.code == code
    if isinstance(error, Retry):
        assert (error.whole_line, error.retry_after, error.raw) == (True, 3, None)
    else:
        assert "THESE_SETTINGS" in error.message
