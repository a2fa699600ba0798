"""Subscriptions of the app to the store's webhooks: those with the hub's own address; others are left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.errors import PauseUpstream, Reject
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.shapes import Input, text
from boeing_data_hub.shopify.store_products import pages
from boeing_data_hub.shopify.webhooks import FIELDS, PATH, TOPICS

_TAKEN: Final = "already been taken"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The app's subscriptions after a setup.

    Attributes:
        created: topics that were subscribed to just now.
        existing: topics that the hub's address was subscribed to already.
        note: why the hub is not subscribed, for people; None if it is.
    """

    created: tuple[str, ...]
    existing: tuple[str, ...]
    note: str | None


def subscribe(client: AsksStore, settings: Settings) -> Subscriptions:
    """Subscribe the hub's address to every topic that it lacks. Safe to repeat.

    Raises:
        HubError: as `ShopifyClient.run`, unless the store rejects subscriptions: then `note` says why.
    """
    address = settings.public_url + PATH
    if why := _why_not(settings, address):
        return Subscriptions((), (), why)
    created: list[str] = []
    existing: list[str] = []
    try:
        variables = {"topics": list(TOPICS)}
        there = {
            text(node, "topic")
            for node in pages(client, "webhook_subscriptions", variables, "webhookSubscriptions")
            if text(node, "uri") == address
        }
        for topic in TOPICS:
            is_new = topic not in there and _create(client, topic, address)
            (created if is_new else existing).append(topic)
    except (Reject, PauseUpstream) as refused:  # the store was reached for its definitions just before: only this fails
        note = f"Shopify rejected the webhook subscriptions. {refused.message} Only checks find changes in the store."
        return Subscriptions(tuple(created), tuple(existing), note)
    return Subscriptions(tuple(created), tuple(existing), None)


def _create(client: AsksStore, topic: str, address: str) -> bool:
    """Subscribe to a topic. False if another process was faster."""
    wanted: Input = {"uri": address, "format": "JSON"}
    if fields := FIELDS.get(topic):
        wanted["includeFields"] = list(fields)
    try:
        client.run("webhook_subscription_create", {"topic": topic, "subscription": wanted})
    except UserErrors as refused:
        if not any(_TAKEN in each.message for each in refused.errors):
            raise
        return False
    return True


def _why_not(settings: Settings, address: str) -> str | None:
    if not settings.shopify_client_secret.get_secret_value().strip():
        return (
            "Not subscribed to webhooks: without SHOPIFY_CLIENT_SECRET their signatures cannot be verified. Only "
            "checks find changes in the store."
        )
    is_simulator = "://" in settings.shopify_store_domain
    if not (is_simulator or address.startswith("https://")):
        return (
            "Not subscribed to webhooks: set HUB_PUBLIC_URL to the https address at which Shopify reaches the hub, "
            "then run `bdh store setup` again. Only checks find changes in the store."
        )
    return None
