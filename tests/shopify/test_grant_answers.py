"""Whatever the token endpoint says becomes a token, something that may pass, or a refusal with its remedy."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Retry
from boeing_data_hub.shopify import grant_answers
from boeing_data_hub.shopify.grant_answers import GrantRefused

SECRET = "shpss_canary"


def read(status, body, headers=None):
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return grant_answers.read(status, headers or {}, content, hidden=(SECRET,))


def refused(status, body, headers=None):
    with pytest.raises(HubError) as error:
        read(status, body, headers)
    return error.value


def said(status, body):
    try:
        read(status, body)
    except HubError as error:
        return error.message
    return ""


def html(word):
    return f"<!DOCTYPE html><html><head><title>400 - Oauth error {word}</title></head><body>no</body></html>"


def test_a_token_its_life_and_its_scopes_are_read():
    fresh = read(200, {"access_token": "t0ken", "scope": "write_products,read_locations", "expires_in": 86399})
    assert fresh.secret == {"access_token": "t0ken"}
    assert fresh.lives == 86_399
    assert fresh.facts == {"scope": "write_products,read_locations"}


def test_a_token_without_an_end_and_one_with_a_refresh_token_are_read():
    assert read(200, {"access_token": "t", "scope": ""}).lives == math.inf
    fresh = read(200, {"access_token": "t", "expires_in": 3600, "refresh_token": "r", "refresh_token_expires_in": 9})
    assert fresh.secret == {"access_token": "t", "refresh_token": "r"}


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{}", "42", '"text"', "<html>log in</html>", b"\xff\xfe", {"access_token": ""},
        {"access_token": None}, {"access_token": 7}, {"access_token": "two\r\nlines"}, {"access_token": "with space"},
        {"access_token": "t", "expires_in": "soon"}, {"access_token": "t", "expires_in": -5},
        {"access_token": "t", "expires_in": 0}, {"access_token": "t", "expires_in": 1e300},
        {"access_token": "x" * 5000},
    ],
)  # fmt: skip
def test_an_answer_that_holds_no_token_may_pass(body):
    error = refused(200, body)
    assert type(error) is Retry
    assert error.whole_line


@pytest.mark.parametrize("word", sorted(grant_answers.REMEDIES))
@pytest.mark.parametrize("form", ["html", "json", "html with another title", "capitals"])
def test_each_known_refusal_says_what_it_means_and_what_to_do(word, form):
    body = {
        "html": html(word),
        "json": {"error": word, "error_description": "Something of Shopify's."},
        "html with another title": f"<html><head><title>Error</title></head><body><p>Oauth error {word}: no</p></body>",
        "capitals": html(word).upper(),
    }[form]
    error = refused(400, body)
    assert isinstance(error, GrantRefused)
    assert (error.refusal, error.code) == (word, "shopify_credentials")
    meaning, remedy = grant_answers.REMEDIES[word]
    assert remedy in error.message
    assert meaning.removesuffix(".") in error.message
    assert "Nothing has failed" in error.message


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_an_unknown_refusal_is_reported_in_the_stores_word(status):
    error = refused(status, {"error": "shop_is_sleeping", "error_description": "Zzz <b>now</b>."})
    assert isinstance(error, PauseUpstream)
    assert "shop_is_sleeping" in error.message
    assert "Zzz now" in error.message
    assert "Dev Dashboard" in error.message


def test_a_refusal_never_says_our_secret_back():
    error = refused(400, {"error": "odd_thing", "error_description": f"secret {SECRET} is bad"})
    assert SECRET not in error.message
    error = refused(400, f"<title>bad {SECRET}</title>")
    assert SECRET not in error.message


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 430])
def test_an_outage_is_no_word_about_credentials(status):
    error = refused(status, html("invalid_client"))
    assert type(error) is Retry
    assert error.whole_line


@pytest.mark.parametrize(("header", "waits"), [("17", 17.0), ("", 2.0), ("soon", 2.0), ("99999", 120.0)])
def test_too_many_requests_are_waited_for(header, waits):
    error = refused(429, "", {"Retry-After": header} if header else {})
    assert isinstance(error, RateLimited)
    assert error.retry_after == waits


@pytest.mark.parametrize("status", [301, 302, 307, 404, 410])
def test_no_store_at_that_address_names_the_setting(status):
    error = refused(status, "")
    assert isinstance(error, PauseUpstream)
    assert "SHOPIFY_STORE_DOMAIN" in error.message


@pytest.mark.parametrize("status", [402, 423])
def test_a_closed_store_is_no_wrong_secret(status):
    assert refused(status, "").code == "shopify_store_closed"


@given(status=st.integers(200, 599), body=st.binary(max_size=300))
def test_nothing_breaks_the_reading(status, body):
    assert said(status, body).isprintable()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=30),
                    lambda each: st.lists(each, max_size=3) | st.dictionaries(
                        st.sampled_from(["error", "errors", "error_description", "access_token", "expires_in"]),
                        each, max_size=4)))  # fmt: skip
def test_no_json_breaks_the_reading(value):
    for status in (200, 400):
        assert said(status, value).isprintable()
