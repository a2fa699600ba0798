"""The doctor's checks of the store. Each reads one thing, so that missing access to one does not hide the others.

They change nothing and cache nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.shopify.definitions import slot_of, wanted_definitions
from boeing_data_hub.shopify.publications import Channel, StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.shapes import text
from boeing_data_hub.shopify.store_products import pages
from boeing_data_hub.shopify.storefront import defined, facts_of, read_channels


@dataclass(frozen=True, slots=True)
class Definitions:
    """Problems with the metafield definitions, each as `namespace.key`.

    Attributes:
        lacking: missing in the store.
        differing: existing with another type, as (name, type in the store, type wanted).
    """

    lacking: tuple[str, ...]
    differing: tuple[tuple[str, str, str], ...]


class Viewing:
    """Reads the store. Every method raises as `ShopifyClient.run`.

    Args:
        client: calls the store.
        policy: the wanted definitions and locations.
        address: of the store; used as its id if the store gives none.
    """

    def __init__(self, client: AsksStore, policy: ListingPolicy, *, address: str) -> None:
        self._client = client
        self._policy = policy
        self.address = address

    def facts(self) -> StoreFacts:
        """Name, currency, plan and our scopes, without locations and sales channel."""
        return facts_of(patiently(self._client, "shop_facts", {}), address=self.address)

    def locations(self) -> dict[str, bool]:
        """By location name, True if it is active."""
        found: dict[str, bool] = {}
        for node in pages(self._client, "locations", {"includeInactive": True}, "locations"):
            name = text(node, "name")
            found[name] = found.get(name, False) or bool(node.get("isActive", True))
        return found

    def channels(self) -> list[Channel]:
        """The sales channels that the app may see."""
        return read_channels(self._client)

    def definitions(self) -> Definitions:
        """Problems with the metafield definitions; the one for our custom ids is first."""
        wanted = wanted_definitions(self._policy)
        there = defined(self._client, wanted)
        lacking: list[str] = []
        differing: list[tuple[str, str, str]] = []
        for each in wanted:
            kind = there.get(slot_of(each))
            if kind is None:
                lacking.append(".".join(slot_of(each)))
            elif kind not in {each["type"], ""}:
                differing.append((".".join(slot_of(each)), kind, each["type"]))
        return Definitions(tuple(lacking), tuple(differing))
