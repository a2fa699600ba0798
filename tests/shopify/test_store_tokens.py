"""Client id and secret are exchanged for tokens that expire: nobody notices, unless the credentials are rejected."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.connections import store_tokens
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, PauseUpstream
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import ShopifyClient
from boeing_data_hub.shopify.exchange import NotSentError
from boeing_data_hub.shopify.tokens import LastingToken

pytestmark = pytest.mark.services

CLIENT = {"shopify_client_id": "sandbox-client-id", "shopify_client_secret": "sandbox-client-secret"}


@pytest.fixture
def shop(store):
    """A store that takes no lasting token."""
    store.settings(tokens=[])
    store.revoke_tokens()
    store.clear_faults()
    yield store
    store.clear_faults()


@pytest.fixture
def processes(shop, database_url, purse):
    """Clients, each with a pool and a memory of its own, as processes have them."""
    opened = []

    def make(**changes):
        settings = Settings(_env_file=None, shopify_store_domain=shop.url, **{**CLIENT, **changes})
        access = ShopifyAccess(store=shop.url, call_deadline=10.0, connect_timeout=2.0)
        database = Database(database_url)
        client = ShopifyClient(access, purse, store_tokens(settings, access, database))
        opened.extend([database, client])
        return client

    yield make
    for each in opened:
        each.close()


def ask(client):
    return client.run("shop_facts", {})["shop"]["name"]


def counts(shop):
    return shop.stats()["tokens"]


def fails(client, kind=PauseUpstream):
    with pytest.raises(kind) as error:
        ask(client)
    return error.value


def test_processes_that_start_together_fetch_one_token(shop, processes):
    shop.fault("token_slow", seconds=0.3)
    several = [processes() for _ in range(4)]
    start = threading.Barrier(12)

    def run(number):
        start.wait(allow(10))
        return ask(several[number % 4])

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(run, range(12))) == {"Sandbox Parts"}
    assert counts(shop) == {"asked.client_credentials": 1, "issued.client_credentials": 1}
    assert shop.stats()["answers"].get("http_401", 0) == 0


def test_short_lived_tokens_are_renewed_before_any_401(shop, processes):
    shop.settings(token_life=2.0)
    several = [processes() for _ in range(3)]
    ends_at = monotonic() + 7
    while monotonic() < ends_at:
        for client in several:
            assert ask(client) == "Sandbox Parts"
    assert 3 <= counts(shop)["asked.client_credentials"] <= 7
    assert shop.stats()["answers"].get("http_401", 0) == 0


def test_a_token_that_ends_early_is_renewed_by_one_for_all(shop, processes):
    several = [processes() for _ in range(4)]
    for client in several:
        ask(client)
    shop.revoke_tokens()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, several)) == {"Sandbox Parts"}
    assert counts(shop)["asked.client_credentials"] == 2


def test_a_change_that_was_refused_with_401_is_sent_again_and_done_once(shop, processes, part):
    client = processes()
    definition = {"name": "Part key", "namespace": "parts", "key": "part_key", "type": "id", "ownerType": "PRODUCT"}
    client.run("metafield_definition_create", {"definition": definition})
    shop.revoke_tokens()
    client.run("product_upsert_lean", part("AN3-43A"))
    assert [each["effect"] for each in shop.ledger(operation="productSet")] == ["created"]


def test_an_old_token_stays_good_after_a_rotation_and_then_the_line_stops(shop, processes):
    shop.settings(token_life=4.0)
    client = processes()
    ask(client)
    shop.settings(client_secret="rotated", token_life=4.0)
    started, right = monotonic(), 0
    error = None
    while error is None and monotonic() - started < 20:
        try:
            ask(client)
            right += 1
        except HubError as failure:
            error = failure
    assert isinstance(error, PauseUpstream)
    assert (error.code, right > 3) == ("shopify_credentials", True)
    assert "SHOPIFY_CLIENT_SECRET" in error.message
    assert "rotated" in error.message
    for _ in range(50):
        fails(client)
    assert counts(shop)["refused.invalid_client"] <= 3
    assert ask(processes(shopify_client_secret="rotated")) == "Sandbox Parts"


def test_a_secret_that_is_rotated_and_revoked_stops_every_process_after_one_fetch(shop, processes):
    several = [processes() for _ in range(3)]
    for client in several:
        ask(client)
    shop.settings(client_secret="rotated", revoke_on_rotation=True)
    shop.revoke_tokens()
    for client in several * 3:
        assert "SHOPIFY_CLIENT_SECRET" in fails(client).message
    assert counts(shop)["refused.invalid_client"] == 1
    shop.settings(client_secret="sandbox-client-secret", revoke_on_rotation=False)


@pytest.mark.parametrize("form", ["html", "json"])
@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"app_installed": False}, "Install"),
        ({"same_organisation": False}, "bdh store connect"),
        ({"client_id": "another"}, "SHOPIFY_CLIENT_ID"),
        ({"client_secret": "another"}, "SHOPIFY_CLIENT_SECRET"),
        ({"refuse_tokens": "brand_new_refusal"}, "brand_new_refusal"),
    ],
)
def test_refusals_stop_the_line_with_their_remedy(shop, processes, knobs, says, form):
    shop.settings(**knobs, refuse_tokens_as=form)
    error = fails(processes())
    assert error.code == "shopify_credentials"
    assert says in error.message
    assert str(fails(processes())) == str(error)
    assert counts(shop)["asked.client_credentials"] == 1


@pytest.mark.parametrize(
    ("fault", "details", "kind"),
    [
        ("token_error", {"status": 502}, NotSentError),
        ("token_drop", {}, NotSentError),
        ("token_nonsense", {}, NotSentError),
        ("token_429", {"seconds": 7}, NotSentError),
    ],
)
def test_an_outage_of_the_token_endpoint_is_no_refusal_and_nothing_was_sent(shop, processes, fault, details, kind):
    shop.fault(fault, **details)
    error = fails(processes(), kind)
    assert error.whole_line
    assert shop.stats()["requests"] == {}


def test_tokens_that_are_given_and_refused_stop_the_line_and_are_not_fetched_on_and_on(shop, processes):
    shop.fault("unauthorized")
    client = processes()
    for _ in range(5):
        assert "issues access tokens but then rejects them" in fails(client).message
    assert counts(shop)["asked.client_credentials"] <= 3


def test_a_passing_401_of_the_store_is_overcome(shop, processes):
    shop.fault("unauthorized", times=1)
    assert ask(processes()) == "Sandbox Parts"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"shopify_client_secret": ""}, "SHOPIFY_CLIENT_SECRET is not"),
        ({"shopify_client_id": " "}, "SHOPIFY_CLIENT_ID is not"),
        ({"shopify_client_id": "", "shopify_client_secret": ""}, "are not set"),
    ],
)
def test_incomplete_credentials_make_no_call_and_name_what_is_missing(shop, processes, settings, says):
    assert says in fails(processes(**settings)).message
    assert counts(shop) == {}


def test_a_permanent_token_is_used_only_without_client_id_and_secret(shop, processes):
    shop.settings(tokens=["shpat_lasting"])
    alone = processes(shopify_client_id="", shopify_client_secret="", shopify_admin_api_token="shpat_lasting")
    assert ask(alone) == "Sandbox Parts"
    assert counts(shop) == {}
    shop.settings(tokens=[])
    assert ask(processes(shopify_admin_api_token="shpat_lasting")) == "Sandbox Parts"
    assert counts(shop)["issued.client_credentials"] == 1


def test_a_lasting_token_that_is_refused_names_its_setting():
    with pytest.raises(PauseUpstream, match="SHOPIFY_ADMIN_API_TOKEN"):
        LastingToken(SecretStr("t")).refused(LastingToken(SecretStr("t")).current())
