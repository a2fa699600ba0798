"""What is read of the store: its facts, what it has under a SKU or a custom id, and the definitions it needs.

One per process; facts are remembered for some minutes, and asked for anew when a line was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, Reject, StopTheLine
from boeing_data_hub.model.listings import PRIMARY_LOCATION, ListingPolicy
from boeing_data_hub.model.publications import Sighting, StoreFacts
from boeing_data_hub.publishing.definitions import custom_id_definition, slot_of, wanted_definitions
from boeing_data_hub.publishing.outcomes import ids_of
from boeing_data_hub.publishing.patience import AsksStore, patiently
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.shapes import nodes, part, rows, text

log = structlog.get_logger(__name__)

SURVEYED_AT_ONCE: Final = 100  # SKUs in one search: the longer the page, the fewer points each of them costs
_FACTS_SECONDS: Final = 600.0
_PAGE: Final = 250


class Storefront:
    """Reads the store.

    Args:
        client: the one door to it.
        policy: custom id, locations and currency in force.
        publication: name of the sales channel products are offered on.
        address: of the store, which stands for its id where it tells none.
    """

    def __init__(self, client: AsksStore, policy: ListingPolicy, *, publication: str, address: str) -> None:
        self._client = client
        self._policy = policy
        self._publication = publication
        self.address = address
        self._lock = Lock()
        self._facts: tuple[StoreFacts, float] | None = None
        self._defined = False

    def facts(self) -> StoreFacts:
        """What must be known before anything is sent; a few small calls, and then from memory.

        Raises:
            StopTheLine: the store sells in another currency, or refuses us; see `ShopifyClient.run`.
            Retry: it did not answer.
        """
        with self._lock:
            if self._facts is not None and monotonic() < self._facts[1]:
                return self._facts[0]
            facts = self._read_facts()
            wanted = self._policy.currency.upper()
            if facts.currency and facts.currency.upper() != wanted:
                raise StopTheLine(
                    f"The store sells in {facts.currency}, and the hub prices in {wanted}. Nothing was sent. Set"
                    " HUB_CURRENCY to the store's currency, and search for the parts again.",
                    code="currency_mismatch",
                )
            self._facts = facts, monotonic() + _FACTS_SECONDS
            return facts

    def forget(self) -> None:
        """Ask for everything anew next time: somebody may have mended something."""
        with self._lock:
            self._facts = None
            self._defined = False

    def _read_facts(self) -> StoreFacts:
        publication, publishes_itself = self._channel()
        return replace(
            facts_of(patiently(self._client, "shop_facts", {}), address=self.address),
            location_ids=self._locations(),
            publication_id=publication,
            publishes_itself=publishes_itself,
        )

    def _locations(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in pages(self._client, "locations", {}, "locations"):
            if node.get("isActive", True):
                found.setdefault(PRIMARY_LOCATION, node["id"])
                found.setdefault(str(node.get("name")), node["id"])
                found[node["id"]] = node["id"]
        return found

    def _channel(self) -> tuple[str | None, bool]:
        """The channel by its name; where no name fits, the only one, or the one whose name comes closest."""
        try:
            found = nodes(patiently(self._client, "publications", {}), "publications")
        except Reject as refused:
            log.warning("the sales channels cannot be read", code=refused.code)
            return None, False
        wanted = self._publication.casefold()

        def title(node: Mapping[str, Any]) -> str:
            return text(part(node, "catalog"), "title").casefold()

        fitting = [node for node in found if title(node) == wanted] or [node for node in found if wanted in title(node)]
        for chosen in (*fitting, *found):
            return str(chosen["id"]), bool(chosen.get("autoPublish"))
        return None, False

    def ensure_identity(self) -> bool:
        """See to it that custom ids can be kept, before the first product: the definition is made if it is not there.

        Returns:
            Whether it was made just now.

        Raises:
            HubError: as `ShopifyClient.run`.
        """
        with self._lock:
            if self._defined:
                return False
            told = self._define([custom_id_definition(self._policy)])
            self._defined = True
            return bool(told["created"])

    def set_up(self) -> dict[str, list[str]]:
        """Make every definition that is not there; those that are there stay as they are. Safe to repeat.

        Returns:
            `created`, `existing` and `differing` (there with another type), each as `namespace.key`.
        """
        return self._define(wanted_definitions(self._policy))

    def _define(self, wanted: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
        told: dict[str, list[str]] = {"created": [], "existing": [], "differing": []}
        there = defined(self._client, wanted)
        for definition in wanted:
            name = ".".join(slot_of(definition))
            kind = there.get(slot_of(definition))
            if kind is not None:
                told["existing" if kind in {definition["type"], ""} else "differing"].append(name)
                continue
            try:
                self._client.run("metafield_definition_create", {"definition": definition})
            except UserErrors as refused:
                if not (refused.has("TAKEN") or any("in use" in each.message for each in refused.errors)):
                    raise
                told["existing"].append(name)  # somebody was faster
            else:
                told["created"].append(name)
        return told

    def survey(self, skus: Sequence[str]) -> dict[str, Sighting]:
        """What the store has under these SKUs, at most `SURVEYED_AT_ONCE`; every one of them is answered for."""
        policy = self._policy
        by_key: dict[str, list[str]] = {}
        for sku in skus:
            by_key.setdefault(sku.casefold(), []).append(sku)
        ours: dict[str, Mapping[str, Any]] = {}
        others: dict[str, list[Mapping[str, Any]]] = {sku: [] for sku in skus}
        variables = {
            "query": " OR ".join(f"sku:{_quoted(sku)}" for sku in skus),
            "namespace": policy.custom_id_namespace,
            "key": policy.custom_id_key,
            "first": min(_PAGE, len(skus) + 10),
        }
        for node in pages(self._client, "variants_by_sku", variables, "productVariants"):
            product = part(node, "product")
            custom = part(product, "customId").get("value")
            for sku in by_key.get(str(node.get("sku") or "").casefold(), ()):
                # A search is a suggestion: only the very SKU counts.
                if custom == sku:
                    ours[sku] = ids_of({**product, "variants": {"nodes": [node]}})
                elif custom is None or custom not in by_key.get(str(custom).casefold(), ()):
                    others[sku].append({"product_id": product.get("id"), "title": product.get("title")})
        return {sku: Sighting(ours.get(sku), tuple(others[sku][:5])) for sku in skus}

    def find(self, custom_id: str) -> dict[str, Any] | None:
        """The ids of the product with our custom id, asked of the store itself and not of its search; or None."""
        answer = patiently(self._client, "product_ids", {"identifier": self.identifier(custom_id)})
        found = part(answer, "productByIdentifier")
        return ids_of(found) if found else None

    def read(self, custom_id: str) -> Mapping[str, Any] | None:
        """Everything the store says of the product with our custom id, or None."""
        answer = patiently(self._client, "product_by_custom_id", {"identifier": self.identifier(custom_id)})
        return part(answer, "productByIdentifier") or None

    def variant_counts(self, product_ids: Sequence[str]) -> dict[str, int]:
        """How many variants each of these products has; those that the store has no more are left out."""
        found: dict[str, int] = {}
        for start in range(0, len(product_ids), SURVEYED_AT_ONCE):
            some = list(product_ids[start : start + SURVEYED_AT_ONCE])
            for node in rows(patiently(self._client, "variant_counts", {"ids": some}), "nodes"):
                count = part(node, "variantsCount").get("count")
                if node.get("id") and isinstance(count, int):
                    found[str(node["id"])] = count
        return found

    def identifier(self, custom_id: str) -> dict[str, Any]:
        """How the store is asked for a product of ours."""
        policy = self._policy
        custom = {"namespace": policy.custom_id_namespace, "key": policy.custom_id_key, "value": custom_id}
        return {"customId": custom}

    def levels(self, inventory_item_id: str) -> dict[str, int] | None:
        """Pieces available by location id, as the store has them now; None when it has no such item any more."""
        found: dict[str, int] = {}
        after: str | None = None
        while True:
            answer = patiently(self._client, "inventory_levels", {"id": inventory_item_id, "after": after})
            item = part(answer, "inventoryItem")
            if not item:
                return None
            for node in nodes(item, "inventoryLevels"):
                for quantity in rows(node, "quantities"):
                    if quantity.get("name") == "available":
                        found[text(part(node, "location"), "id")] = int(quantity["quantity"])
            page = part(part(item, "inventoryLevels"), "pageInfo")
            if not page.get("hasNextPage"):
                return found
            after = page.get("endCursor")


def defined(client: AsksStore, wanted: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Type by namespace and key, of the definitions in the wanted namespaces. Raises as `ShopifyClient.run`."""
    return {
        (node["namespace"], node["key"]): text(part(node, "type"), "name")
        for space in dict.fromkeys(each["namespace"] for each in wanted)
        for node in pages(
            client, "metafield_definitions", {"ownerType": "PRODUCT", "namespace": space}, "metafieldDefinitions"
        )
    }


def pages(client: AsksStore, document: str, variables: Mapping[str, Any], root: str) -> Iterator[Mapping[str, Any]]:
    """The nodes of all pages of a connection. Raises as `ShopifyClient.run`."""
    after: str | None = None
    while True:
        found = patiently(client, document, {**variables, "after": after})
        yield from nodes(found, root)
        page = part(part(found, root), "pageInfo")
        if not page.get("hasNextPage"):
            return
        after = page.get("endCursor")


def _quoted(sku: str) -> str:
    escaped = sku.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def facts_of(answer: Mapping[str, Any], *, address: str) -> StoreFacts:
    """What the store says of itself; its locations and sales channels are asked for apart."""
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
    """What is wrong with the locations in the settings; None when all of them are there."""
    names = [*policy.location_map.values(), *([policy.default_location] if policy.default_location else [])]
    missing = sorted({name for name in names if name not in facts.location_ids})
    if not missing:
        return None
    return StopTheLine(
        f"The store has no active location named {', '.join(repr(name) for name in missing[:5])}. Nothing was sent. "
        "Mend SHOPIFY_LOCATION_MAP, or add the location in the store.",
        code="location_unknown",
    )
