"""Where Boeing is, and what must not show."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.errors import BadInput


def access(**changes):
    values = {
        "oauth_url": "https://b.example/oauth",
        "part_token_url": "https://b.example/token",
        "price_url": "https://b.example/price",
        **{name: SecretStr("canary") for name in ("client_id", "client_secret", "username", "password")},
    }
    return BoeingAccess(**{**values, **changes})


def test_no_secret_shows():
    assert "canary" not in repr(access()) + str(access())


@pytest.mark.parametrize(
    "address",
    ["", "b.example/x", "ftp://b.example", "https://", "https://me:pw@b.example", "http://b:99999/", "http://["],
)
def test_an_address_that_cannot_be_called_is_refused_without_being_repeated(address):
    with pytest.raises(BadInput) as caught:
        access(price_url=address)
    assert "price_url" in caught.value.message
    assert "me:pw" not in caught.value.message


def test_one_part_may_take_half_as_long_as_a_call_of_many():
    assert [access().deadline_for(count) for count in (1, 2, 10)] == [30, 60, 60]


def test_one_part_never_may_take_longer_than_many():
    assert access(call_deadline=5).deadline_for(1) == 5
