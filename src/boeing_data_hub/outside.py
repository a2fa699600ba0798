"""From settings to the ways to outside systems, for whoever goes there: the hub, its doctor, and estimates."""

from __future__ import annotations

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess


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
    )


def store_access(settings: Settings) -> ShopifyAccess:
    """The store's address and our token. Raises BadInput when the address or the version cannot be used."""
    return ShopifyAccess(
        store=settings.shopify_store_domain,
        token=settings.shopify_admin_api_token,
        api_version=settings.shopify_api_version,
        call_deadline=settings.shopify_call_timeout,
        send_trace=settings.hub_trace_outside,
    )
