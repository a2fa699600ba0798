"""The sandbox gives out access tokens as the store does: they end, secrets rotate, refusals come as HTML or JSON."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = pytest.mark.services

ID, SECRET = "sandbox-client-id", "sandbox-client-secret"
GRANT = {"grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET}


@pytest.fixture(scope="module")
def sandbox():
    with running_shopify() as control:
        control.opening = control.settings()
        yield control


@pytest.fixture
def store(sandbox):
    sandbox.settings(**sandbox.opening)
    sandbox.settings(tokens=[])
    sandbox.clear()
    return sandbox


def ask(store, **form):
    return httpx2.post(f"{store.url}/admin/oauth/access_token", data={**GRANT, **form}, trust_env=False)


def is_good(store, token):
    url = f"{store.url}/admin/api/2026-10/graphql.json"
    reply = httpx2.post(
        url, json={"query": "{ shop { name } }"}, headers={"X-Shopify-Access-Token": token}, trust_env=False
    )
    return reply.status_code == 200


def test_a_token_tells_its_scopes_without_what_a_write_scope_includes(store):
    reply = ask(store).json()
    assert reply["expires_in"] == 86_399
    assert reply["scope"] == "write_products,write_inventory,read_locations,write_publications,write_files"
    assert is_good(store, reply["access_token"])


def test_a_token_ends_and_the_one_before_a_renewal_stays_good_until_then(store):
    store.settings(token_life=3.0)
    began = monotonic()
    first, second = ask(store).json()["access_token"], ask(store).json()["access_token"]
    assert first != second
    good = [is_good(store, first), is_good(store, second)]
    assert good == [True, True] or monotonic() - began > 3
    while is_good(store, first):
        assert monotonic() - began < 20
    assert monotonic() - began > 2.9


@pytest.mark.parametrize("revoke", [False, True])
def test_a_rotated_secret_refuses_new_tokens_and_leaves_or_ends_the_old(store, revoke):
    old = ask(store).json()["access_token"]
    store.settings(revoke_on_rotation=revoke)
    store.settings(client_secret="rotated")
    refused = ask(store)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    assert is_good(store, old) is not revoke
    assert is_good(store, ask(store, client_secret="rotated").json()["access_token"])


@pytest.mark.parametrize(
    ("knobs", "form", "word", "kind"),
    [
        ({"app_installed": False}, {}, "app_not_installed", "html"),
        ({"same_organisation": False}, {}, "shop_not_permitted", "json"),
        ({"same_organisation": False, "refuse_tokens_as": "html"}, {}, "shop_not_permitted", "html"),
        ({}, {"client_id": "nobody"}, "application_cannot_be_found", "html"),
        ({}, {"client_secret": "wrong"}, "invalid_client", "json"),
        ({}, {"grant_type": "password"}, "invalid_request", "html"),
        ({"refuse_tokens": "anything"}, {}, "anything", "html"),
    ],
)
def test_refusals_come_in_both_forms(store, knobs, form, word, kind):
    store.settings(**knobs)
    reply = ask(store, **form)
    assert reply.status_code == 400
    assert kind in reply.headers["content-type"]
    assert word in reply.text
    assert store.stats()["tokens"][f"refused.{word}"] == 1


def test_an_approval_comes_back_signed_and_its_code_works_once(store):
    back = "http://localhost:8421/callback"
    asked = {"client_id": ID, "scope": "write_products", "redirect_uri": back, "state": "s"}
    sent = httpx2.get(f"{store.url}/admin/oauth/authorize", params=asked, trust_env=False)
    answer = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert answer["state"] == "s"
    assert len(answer["hmac"]) == 64
    form = {"client_id": ID, "client_secret": SECRET, "code": answer["code"]}
    url = f"{store.url}/admin/oauth/access_token"
    assert "expires_in" not in httpx2.post(url, data=form, trust_env=False).json()
    assert httpx2.post(url, data=form, trust_env=False).json()["error"] == "invalid_grant"


def test_nobody_is_sent_back_to_an_address_that_the_app_does_not_list(store):
    asked = {"client_id": ID, "redirect_uri": "http://evil.example/callback", "state": "s"}
    assert httpx2.get(f"{store.url}/admin/oauth/authorize", params=asked, trust_env=False).status_code == 400
