"""What a doctor reads of the store: each thing alone, so that what may be read is told although something else may not.

Nothing is changed, and nothing remembered.
"""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.publications import StoreFacts
from boeing_data_hub.publishing.definitions import slot_of, wanted_definitions
from boeing_data_hub.publishing.patience import AsksStore, patiently
from boeing_data_hub.publishing.storefront import defined, facts_of, pages
from boeing_data_hub.shopify.shapes import nodes, part, text


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is amiss with the metafield definitions, each as `namespace.key`.

    Attributes:
        lacking: not there.
        differing: there with another type, as (name, type there, type wanted).
    """

    lacking: tuple[str, ...]
    differing: tuple[tuple[str, str, str], ...]


class Viewing:
    """Reads the store. Every method raises as `ShopifyClient.run`.

    Args:
        client: the one door to it.
        policy: the definitions and locations wanted.
        address: of the store, which stands for its id where it tells none.
    """

    def __init__(self, client: AsksStore, policy: ListingPolicy, *, address: str) -> None:
        self._client = client
        self._policy = policy
        self.address = address

    def facts(self) -> StoreFacts:
        """Name, currency, plan and our scopes; no locations, no sales channel."""
        return facts_of(patiently(self._client, "shop_facts", {}), address=self.address)

    def locations(self) -> dict[str, bool]:
        """Whether each location is active, by name."""
        found: dict[str, bool] = {}
        for node in pages(self._client, "locations", {"includeInactive": True}, "locations"):
            name = text(node, "name")
            found[name] = found.get(name, False) or bool(node.get("isActive", True))
        return found

    def channels(self) -> list[str]:
        """The titles of the sales channels we may see."""
        found = nodes(patiently(self._client, "publications", {}), "publications")
        return [text(part(node, "catalog"), "title") for node in found]

    def definitions(self) -> Definitions:
        """What is amiss with the metafield definitions; that of our custom ids is the first of them."""
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
