"""The store's webhooks: the topics that matter here, their signature, and which product each names. Pure.

Shopify signs the body alone. The topic and the delivery's id are headers, so neither proves anything: a webhook is a
reason to read a product, never a source of data about it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

PATH: Final = "/api/shopify/webhooks"
SIGNATURE_HEADER: Final = "X-Shopify-Hmac-Sha256"
UNINSTALLED: Final = "app/uninstalled"
SCOPES_UPDATE: Final = "app/scopes_update"

TOPICS: Final[dict[str, str]] = {
    "PRODUCTS_UPDATE": "products/update",
    "PRODUCTS_DELETE": "products/delete",
    "INVENTORY_LEVELS_UPDATE": "inventory_levels/update",
    "APP_UNINSTALLED": UNINSTALLED,
    "APP_SCOPES_UPDATE": SCOPES_UPDATE,
    "LOCATIONS_CREATE": "locations/create",
    "LOCATIONS_UPDATE": "locations/update",
    "LOCATIONS_ACTIVATE": "locations/activate",
    "LOCATIONS_DEACTIVATE": "locations/deactivate",
    "LOCATIONS_DELETE": "locations/delete",
}
"""Each topic as a subscription names it, with the form that a delivery's header has."""

ABOUT_STORE: Final = frozenset(TOPICS.values()) - {"products/update", "products/delete", "inventory_levels/update"}
"""Topics that name no product: what is cached of the store may be wrong now."""

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "PRODUCTS_UPDATE": ("id", "updated_at"),
    "PRODUCTS_DELETE": ("id",),
    "INVENTORY_LEVELS_UPDATE": ("inventory_item_id", "location_id", "available", "updated_at"),
}
"""The fields to include in deliveries of a topic, so that a product with many variants is not sent as a whole."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A verified delivery.

    Attributes:
        webhook_id: the same for every delivery of one webhook.
        topic: as the header has it.
        product_id: the product it names, by the store's id.
        inventory_item_id: the inventory item it names, by the store's id.
        location_id, available: of an inventory level, the place and the pieces that it has there now.
        changed_at: when the product changed, by the store's clock; None if the delivery does not say.
    """

    webhook_id: str
    topic: str
    product_id: str | None = None
    inventory_item_id: str | None = None
    location_id: str | None = None
    available: int | None = None
    changed_at: datetime | None = None


class _Named(msgspec.Struct):
    id: int | None = None
    inventory_item_id: int | None = None
    location_id: int | None = None
    available: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] | None = None
    updated_at: datetime | None = None


def is_signed(body: bytes, sent: Sequence[str], secret: str) -> bool:
    """True if the store signed this body, compared in constant time.

    Args:
        body: as it arrived.
        sent: the values of the signature's header; a delivery has exactly one.
        secret: the app's client secret.
    """
    if len(sent) != 1:
        return False
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
    return hmac.compare_digest(sent[0].encode("utf-8", "surrogateescape"), signature)


def read(webhook_id: str, topic: str, body: bytes) -> Webhook | None:
    """What a verified delivery names; None for a topic that does not matter here.

    Raises:
        ValueError: the body does not name what its topic is about.
    """
    if topic in ABOUT_STORE:
        return Webhook(webhook_id, topic)
    if topic not in TOPICS.values():
        return None
    named = msgspec.json.decode(body, type=_Named)
    number = named.inventory_item_id if topic == "inventory_levels/update" else named.id
    if number is None:
        raise ValueError(topic)
    if topic == "inventory_levels/update":
        place = None if named.location_id is None else f"gid://shopify/Location/{named.location_id}"
        item = f"gid://shopify/InventoryItem/{number}"
        return Webhook(webhook_id, topic, inventory_item_id=item, location_id=place, available=named.available)
    product = f"gid://shopify/Product/{number}"
    return Webhook(webhook_id, topic, product_id=product, changed_at=named.updated_at)
