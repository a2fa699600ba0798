"""Builds clients of outside systems from the settings, for the hub, the doctor and estimates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final, Literal
from urllib.parse import urlsplit

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.db import probe
from boeing_data_hub.db.probe import PostgresRefused
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.grants import Grants
from boeing_data_hub.shopify.tokens import AppTokens, LastingToken, NoToken, StoreTokens
from boeing_data_hub.values.identity_provider import IdentityProvider
from boeing_data_hub.work import access_token_rows
from boeing_data_hub.work.access_token import TokenRules
from boeing_data_hub.work.shared_tokens import SharedTokens
from boeing_data_hub.work.token_memory import Memory, PostgresMemory, ProcessMemory, fingerprint

_log = logging.getLogger(__name__)

_NEVER_GOOD: Final = PauseUpstream(
    "Shopify issues access tokens but then rejects them (status 401). Nothing has failed; work continues when they "
    "are accepted. Check that the app is installed on the store in SHOPIFY_STORE_DOMAIN; `bdh doctor` helps.",
    code="shopify_credentials",
)
_NOT_CONNECTED: Final = PauseUpstream(
    "Shopify no longer accepts the access token of `bdh store connect` (status 401): the app was removed from the"
    " store, or its access was revoked. Nothing has failed; run `bdh store connect` again, and work continues.",
    code="shopify_credentials",
)

# While publishing is paused, one call in ten seconds probes, so that it resumes soon after the store recovers.
_RULES: Final = TokenRules(try_refused=True)

StoreWay = Literal["app", "lasting", "incomplete", "none"]


def network(settings: Settings) -> Network:
    """Proxies and trusted certificates, from the environment."""
    return Network.trusting(settings.hub_ca_file)


def boeing_access(settings: Settings) -> BoeingAccess:
    """Boeing's addresses and our credentials. Raises BadInput when an address cannot be used."""
    return BoeingAccess(
        oauth_url=settings.boeing_oauth_token_url,
        part_token_url=settings.boeing_pna_oauth_url,
        price_url=settings.boeing_pna_price_url,
        scope=settings.boeing_scope,
        client_id=settings.boeing_client_id,
        client_secret=settings.boeing_client_secret,
        username=settings.boeing_username,
        password=settings.boeing_password,
        call_deadline=settings.boeing_call_timeout,
        send_trace=settings.hub_trace_outside,
        network=network(settings),
    )


def boeing_tokens_memory(settings: Settings, database: Database | None) -> Memory:
    """Where Boeing's tokens are kept. Without a database, this process has its own."""
    access = boeing_access(settings)
    account = fingerprint(*(secret.decode() for secret in access.secrets), access.scope, access.part_token_url)
    host = urlsplit(access.oauth_url).netloc.lower()
    return _memory(database, f"boeing:{host}", lambda: account)


def store_access(settings: Settings) -> ShopifyAccess:
    """The store's address and our token. Raises BadInput when the address or the version cannot be used."""
    return ShopifyAccess(
        store=settings.shopify_store_domain,
        token=settings.shopify_admin_api_token,
        api_version=settings.shopify_api_version,
        call_deadline=settings.shopify_call_timeout,
        send_trace=settings.hub_trace_outside,
        network=network(settings),
    )


def store_way(settings: Settings) -> StoreWay:
    """How calls to the store are authorized: by an app's id and secret, or else by a permanent token.

    `incomplete`: id or secret is missing, and there is no permanent token either.
    """
    given = [bool(settings.shopify_client_id.strip()), bool(settings.shopify_client_secret.get_secret_value().strip())]
    if all(given):
        return "app"
    if settings.shopify_admin_api_token.get_secret_value().strip():
        return "lasting"
    return "incomplete" if any(given) else "none"


def store_tokens(settings: Settings, access: ShopifyAccess, database: Database | None) -> StoreTokens:
    """The source of access tokens.

    Args:
        settings: the environment.
        access: the store's address.
        database: shares them between processes; None: this process has its own.
    """
    way = store_way(settings)
    if way == "app":
        if settings.shopify_admin_api_token.get_secret_value().strip():
            _log.warning(
                "SHOPIFY_ADMIN_API_TOKEN is not used, because SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET are set. "
                "Remove it."
            )
        return app_tokens(settings, access, database)
    if way == "lasting":
        return LastingToken(settings.shopify_admin_api_token)
    if way == "none":
        return NoToken("SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET are not set, so there is no access to the store.")
    has, lacks = ("SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET")
    if not settings.shopify_client_id.strip():
        has, lacks = lacks, has
    return NoToken(f"{has} is set and {lacks} is not, so there is no access to the store.")


def app_tokens(settings: Settings, access: ShopifyAccess, database: Database | None) -> AppTokens:
    """Tokens of the app whose client id and secret are set; see `store_tokens`."""
    grants = store_grants(settings, access)
    return AppTokens(
        SharedTokens(
            _granted_memory(settings, access, database), grants.by_credentials, never_good=_NEVER_GOOD, rules=_RULES
        ),
        connected_tokens(settings, access, database),
    )


def connected_tokens(settings: Settings, access: ShopifyAccess, database: Database | None) -> SharedTokens:
    """The token obtained by `bdh store connect`. It belongs to the app, even if the app's secret has changed since."""
    memory = _memory(
        database, f"shopify-connected:{_host(access)}", lambda: fingerprint(settings.shopify_client_id.strip())
    )
    grants = store_grants(settings, access)
    return SharedTokens(memory, grants.by_refresh, never_good=_NOT_CONNECTED, rules=_RULES)


@contextmanager
def tokens_database(settings: Settings, *, seconds: float) -> Generator[Database | None]:
    """The shared token database, for a command; None if it does not answer in time."""
    url = settings.postgres_url if settings.database_url else ""
    there = False
    if url:
        with (
            suppress(PostgresRefused, probe.NotAnsweredError),
            probe.connected(url, seconds=seconds) as connection,
            probe.reading(connection) as work,
        ):
            there = access_token_rows.may_be_saved(work)
    database = Database(url, size=1, name="bdh") if there else None
    try:
        yield database
    finally:
        if database is not None:
            database.close()


def store_grants(settings: Settings, access: ShopifyAccess) -> Grants:
    """The store's token endpoint."""
    return Grants(access, settings.shopify_client_id, settings.shopify_client_secret)


def _granted_memory(settings: Settings, access: ShopifyAccess, database: Database | None) -> Memory:
    secret = settings.shopify_client_secret.get_secret_value().strip()
    return _memory(
        database, f"shopify:{_host(access)}", lambda: fingerprint(settings.shopify_client_id.strip(), secret)
    )


def _memory(database: Database | None, name: str, credentials: Callable[[], str]) -> Memory:
    return ProcessMemory() if database is None else PostgresMemory(database, name, credentials())


def _host(access: ShopifyAccess) -> str:
    return urlsplit(access.origin).netloc.lower()


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """The identity provider for sign-in; None: API keys only."""
    s = settings
    if not s.hub_oidc_issuer:
        return None
    return IdentityProvider(
        issuer=s.hub_oidc_issuer,
        client_id=s.hub_oidc_client_id,
        client_secret=s.hub_oidc_client_secret.get_secret_value(),
        client_auth=s.hub_oidc_client_auth,
        scope=s.hub_oidc_scope,
        role_claim=s.hub_oidc_role_claim,
        roles=s.hub_oidc_roles,
    )
