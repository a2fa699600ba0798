"""An approval is the store's only when state, signature and store are right, all of them."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.errors import BadInput, HubError, Unauthorized
from boeing_data_hub.shopify.connecting import Approval, checked_shop, code_of

SECRET = "shpss_secret"
APPROVAL = Approval(
    origin="https://parts.myshopify.com",
    client_id="client",
    redirect="http://localhost:8421/callback",
    scopes=("write_products", "read_locations"),
    state="the-state",
)
GOOD = {"code": "abc123", "host": "YWRtaW4", "shop": "parts.myshopify.com", "state": "the-state", "timestamp": "1764"}


def signed(values, secret=SECRET):
    message = "&".join(f"{name}={value}" for name, value in sorted(values.items()))
    return urlencode({**values, "hmac": hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()})


def test_the_address_asks_the_store_for_the_scopes():
    split = urlsplit(APPROVAL.address)
    assert (split.netloc, split.path) == ("parts.myshopify.com", "/admin/oauth/authorize")
    assert dict(parse_qsl(split.query)) == {
        "client_id": "client",
        "scope": "write_products,read_locations",
        "redirect_uri": "http://localhost:8421/callback",
        "state": "the-state",
    }


def test_two_requests_have_two_states():
    made = [Approval(origin="https://a.myshopify.com", client_id="c", redirect="r", scopes=()) for _ in range(2)]
    assert made[0].state != made[1].state
    assert made[0].state not in repr(made[0])


def test_a_right_answer_gives_its_code():
    assert code_of(signed(GOOD), APPROVAL, SECRET) == "abc123"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"}, {"state": ""}, {"shop": "evil.myshopify.com"}, {"shop": "parts.myshopify.com.evil.com"},
        {"shop": "parts.myshopify.com@evil.com"}, {"shop": ""}, {"code": ""}, {"code": "a b"}, {"code": "x" * 501},
    ],
)  # fmt: skip
def test_signed_answers_to_something_else_are_not_used(changes):
    with pytest.raises(Unauthorized, match="was not used"):
        code_of(signed({**GOOD, **changes}), APPROVAL, SECRET)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_value_changed_after_signing_is_noticed(name):
    values = dict(parse_qsl(signed(GOOD)))
    values[name] += "x"
    with pytest.raises(Unauthorized, match="was not used"):
        code_of(urlencode(values), APPROVAL, SECRET)


@pytest.mark.parametrize(
    "query",
    [
        "", urlencode(GOOD), urlencode({**GOOD, "hmac": ""}), urlencode({**GOOD, "hmac": "0" * 64}),
        signed(GOOD, "another secret"), signed(GOOD) + "&extra=1", signed(GOOD) + "&code=abc123",
    ],
)  # fmt: skip
def test_unsigned_and_padded_answers_are_not_used(query):
    with pytest.raises(Unauthorized, match="was not used"):
        code_of(query, APPROVAL, SECRET)


def test_a_person_who_declines_is_understood():
    with pytest.raises(Unauthorized, match="not approved") as declined:
        code_of(urlencode({"error": "access_denied", "state": "the-state"}), APPROVAL, SECRET)
    assert declined.value.code == "not_approved"


@given(st.text(max_size=200))
def test_no_answer_of_anybody_elses_is_used(query):
    with pytest.raises(HubError):
        code_of(query, APPROVAL, SECRET)


@pytest.mark.parametrize(
    "origin",
    [
        "https://parts.example.com", "https://myshopify.com", "https://parts.myshopify.com.evil.com",
        "https://evil.com/parts.myshopify.com", "http://parts.myshopify.com", "https://169.254.169.254",
        "https://a.b.myshopify.com", "https://parts.myshopify.com:8443",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_what_is_no_store(origin):
    with pytest.raises(BadInput, match="own domain"):
        checked_shop(origin, is_simulator=False)


def test_a_store_and_a_simulator_may_be_connected():
    checked_shop("https://parts-4.myshopify.com", is_simulator=False)
    checked_shop("http://127.0.0.1:9000", is_simulator=True)
