"""The store's address, as people write it."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from boeing_data_hub.errors import BadInput
from boeing_data_hub.shopify.access import ShopifyAccess


def access(store: str, **more) -> ShopifyAccess:
    return ShopifyAccess(store=store, token=SecretStr("canary"), **more)


@pytest.mark.parametrize(
    ("store", "origin"),
    [
        ("parts.myshopify.com", "https://parts.myshopify.com"),
        (" parts.myshopify.com/ ", "https://parts.myshopify.com"),
        ("https://parts.myshopify.com/", "https://parts.myshopify.com"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://simulator:9000", "http://simulator:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("localhost:9000", "http://localhost:9000"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("10.0.0.1", "https://10.0.0.1"),
    ],
)
def test_a_store_is_reached_by_https_unless_it_is_this_machine_or_says_otherwise(store, origin):
    assert access(store).origin == origin
    assert access(store).graphql_url == f"{origin}/admin/api/2026-10/graphql.json"


@pytest.mark.parametrize(
    "store",
    ["", "ftp://parts.myshopify.com", "https://", "https://user:word@parts.myshopify.com", "a b", "x.com/admin",
     "https://x.com/admin", "https://x.com?y", "x.com:99999", "http://[::1", "https://-"],
)  # fmt: skip
def test_an_invalid_address_is_rejected(store):
    with pytest.raises(BadInput):
        access(store)


@pytest.mark.parametrize("version", ["", "latest", "2026-11", "2026-10/../.."])
def test_an_invalid_version_is_rejected(version):
    with pytest.raises(BadInput):
        access("parts.myshopify.com", api_version=version)


def test_the_token_does_not_show():
    assert "canary" not in repr(access("parts.myshopify.com"))
