"""Reads the store: its facts, products by SKU or custom id, and the metafield definitions it needs.

There is one for each process; it caches the facts for some minutes, and reads them again after a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

import structlog

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import PRIMARY_LOCATION
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, PauseUpstream, Reject
from boeing_data_hub.shopify import channels
from boeing_data_hub.shopify.definitions import custom_id_definition, slot_of, wanted_definitions
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.publications import Channel, StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.shapes import Input, nodes, part, rows, text
from boeing_data_hub.shopify.store_products import StoreProducts, pages

log = structlog.get_logger(__name__)

_FACTS_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Definitions:
    """The store's definitions after a setup, each as `namespace.key`; `differing`: existing, with another type."""

    created: tuple[str, ...]
    existing: tuple[str, ...]
    differing: tuple[str, ...]


class Storefront(StoreProducts):
    """Reads the store.

    Args:
        client: calls the store.
        policy: custom id, locations and currency.
        publication: name, handle or id of the sales channel; empty for none.
        address: of the store; used as its id if the store gives none.
        note: called with the store's id whenever it was read, to make that store the current one.
    """

    def __init__(
        self,
        client: AsksStore,
        policy: ListingPolicy,
        *,
        publication: str,
        address: str,
        note: Callable[[str], object] = lambda _shop: None,
    ) -> None:
        super().__init__(client, policy)
        self._publication = publication
        self.address = address
        self._note = note
        self._lock = Lock()
        self._facts: tuple[StoreFacts, float] | None = None
        self._defined = False

    def facts(self) -> StoreFacts:
        """What must be known before anything is sent; a few small calls, and then from the cache.

        Raises:
            PauseUpstream: the store sells in another currency, or rejects the hub; see `ShopifyClient.run`.
            Retry: the store did not answer.
        """
        with self._lock:
            if self._facts is not None and monotonic() < self._facts[1]:
                return self._facts[0]
            facts = self._read_facts()
            wanted = self.policy.currency.upper()
            if facts.currency and facts.currency.upper() != wanted:
                raise PauseUpstream(
                    f"The store sells in {facts.currency}, and the hub prices in {wanted}. Nothing was sent. Set"
                    " HUB_CURRENCY to the store's currency, and search for the parts again.",
                    code="currency_mismatch",
                )
            self._facts = facts, monotonic() + _FACTS_SECONDS
        self._note(facts.shop)
        return facts

    def forget(self) -> None:
        """Drop the cached facts: they may be outdated, or a person may have corrected something."""
        with self._lock:
            self._facts = None
            self._defined = False

    def _read_facts(self) -> StoreFacts:
        channel, note = self._channel()
        return replace(
            facts_of(patiently(self._client, "shop_facts", {}), address=self.address),
            location_ids=self._locations(),
            publication_id=channel.id if channel else None,
            publishes_itself=channel is not None and channel.publishes_itself,
            channel_note=note,
        )

    def _locations(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in pages(self._client, "locations", {}, "locations"):
            if node.get("isActive", True):
                found.setdefault(PRIMARY_LOCATION, node["id"])
                found.setdefault(str(node.get("name")), node["id"])
                found[node["id"]] = node["id"]
        return found

    def _channel(self) -> tuple[Channel | None, str | None]:
        """The channel that the settings name, and a sentence for people if there is none."""
        if channels.is_none_meant(self._publication):
            return None, None
        try:
            found = read_channels(self._client)
        except Reject as refused:
            log.warning("the sales channels cannot be read", code=refused.code)
            return None, channels.unreadable(self._publication)
        return channels.chosen(self._publication, found), channels.note(self._publication, found)

    def ensure_identity(self) -> bool:
        """Create the metafield definition of custom ids, if it is not there, before the first product.

        Returns:
            Whether it was created just now.

        Raises:
            PauseUpstream: it is there with another type, so that no product could be found by its custom id.
            HubError: as `ShopifyClient.run`.
        """
        with self._lock:
            if self._defined:
                return False
            told = self._define([custom_id_definition(self.policy)])
            if told.differing:
                raise PauseUpstream(
                    f"The store defines the metafield {told.differing[0]} with a type other than `id`, so it cannot"
                    " hold the hub's custom ids. Nothing was sent. Delete that definition in the store, then run"
                    " `bdh store setup`.",
                    code="custom_id_type",
                )
            self._defined = True
            return bool(told.created)

    def set_up(self) -> Definitions:
        """Create every missing definition; existing ones are left unchanged. Safe to repeat."""
        return self._define(wanted_definitions(self.policy))

    def _define(self, wanted: Sequence[Input]) -> Definitions:
        created, existing, differing = list[str](), list[str](), list[str]()
        there = defined(self._client, wanted)
        for definition in wanted:
            name = ".".join(slot_of(definition))
            kind = there.get(slot_of(definition))
            if kind is not None:
                (existing if kind in {definition["type"], ""} else differing).append(name)
                continue
            try:
                self._client.run("metafield_definition_create", {"definition": definition})
            except UserErrors as refused:
                if not (refused.has("TAKEN") or any("in use" in each.message for each in refused.errors)):
                    raise
                existing.append(name)  # another process was faster
            else:
                created.append(name)
        return Definitions(tuple(created), tuple(existing), tuple(differing))


def defined(client: AsksStore, wanted: Sequence[Input]) -> dict[tuple[str, str], str]:
    """Type by namespace and key, of the definitions in the wanted namespaces. Raises as `ShopifyClient.run`."""
    return {
        (node["namespace"], node["key"]): text(part(node, "type"), "name")
        for space in dict.fromkeys(each["namespace"] for each in wanted)
        for node in pages(
            client, "metafield_definitions", {"ownerType": "PRODUCT", "namespace": space}, "metafieldDefinitions"
        )
    }


def read_channels(client: AsksStore) -> list[Channel]:
    """The sales channels that the app may see. Raises as `ShopifyClient.run`."""
    found: list[Channel] = []
    for node in pages(client, "publications", {}, "publications"):
        own = nodes(node, "channels")
        handle, name = (text(own[0], "handle"), text(own[0], "name")) if own else ("", "")
        title = text(part(node, "catalog"), "title") or name
        found.append(Channel(str(node["id"]), title, handle, bool(node.get("autoPublish"))))
    return found


def facts_of(answer: Mapping[str, Any], *, address: str) -> StoreFacts:
    """The store's general facts; locations and sales channels are read separately."""
    shop = part(answer, "shop")
    plan = part(shop, "plan")
    installation = part(answer, "currentAppInstallation")
    return StoreFacts(
        shop=str(shop.get("id") or address),
        name=str(shop.get("name") or ""),
        currency=str(shop.get("currencyCode") or ""),
        plan=str(plan.get("publicDisplayName") or ""),
        is_plus=bool(plan.get("shopifyPlus")),
        variants=part(answer, "productVariantsCount").get("count"),
        scopes=frozenset(text(each, "handle") for each in rows(installation, "accessScopes")),
    )


def problem_of(facts: StoreFacts, policy: ListingPolicy) -> HubError | None:
    """The pause for locations of the settings that the store lacks; None if it has all of them."""
    names = [*policy.location_map.values(), *([policy.default_location] if policy.default_location else [])]
    missing = sorted({name for name in names if name not in facts.location_ids})
    if not missing:
        return None
    return PauseUpstream(
        f"The store has no active location named {', '.join(repr(name) for name in missing[:5])}. Nothing was sent. "
        "Correct SHOPIFY_LOCATION_MAP, or add the location in the store.",
        code="location_unknown",
    )
