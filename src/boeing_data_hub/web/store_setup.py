"""Setting up the store's metafields and webhooks, for the API and the console."""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.app import Hub
from boeing_data_hub.db import audit
from boeing_data_hub.errors import PauseUpstream, Reject, Retry, Unavailable
from boeing_data_hub.shopify import subscriptions
from boeing_data_hub.shopify.storefront import Definitions
from boeing_data_hub.shopify.subscriptions import Subscriptions
from boeing_data_hub.web.places import STORE_CALLS


@dataclass(frozen=True, slots=True)
class StoreSetUp:
    """The store's metafield definitions and the app's subscriptions after a setup."""

    definitions: Definitions
    webhooks: Subscriptions


def set_up(hub: Hub, *, actor: str) -> StoreSetUp:
    """Create the metafield definitions and webhook subscriptions that the store lacks, that of custom ids first.

    Safe to repeat.

    Raises:
        Unavailable: not all could be created, or too many requests call Shopify.
    """
    try:
        with STORE_CALLS.one():
            told = hub.shop.storefront.set_up()
            subscribed = subscriptions.subscribe(hub.shop.client, hub.settings)
    except (Retry, Reject, PauseUpstream) as error:
        raise Unavailable(
            f"Some metafield definitions or webhooks could not be created. {error.message} You can try again.",
            code=error.code,
        ) from None
    hub.database.run(
        lambda work: audit.record(
            work,
            actor=actor,
            action="store.setup",
            target="metafields",
            details={"created": list(told.created), "webhooks": list(subscribed.created)},
        )
    )
    return StoreSetUp(told, subscribed)
