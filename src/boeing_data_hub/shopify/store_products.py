"""Reads products from the store by SKU, custom id or known ids, and their stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import structlog

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.errors import Reject
from boeing_data_hub.shopify.adoption_matching import SeenProduct, SeenVariant
from boeing_data_hub.shopify.confirmed_products import ids_of
from boeing_data_hub.shopify.look_alikes import Alike, alikes_in, search_terms
from boeing_data_hub.shopify.observed import Observed
from boeing_data_hub.shopify.observing import observed_of
from boeing_data_hub.shopify.publications import ProductIds
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.replaced_lists import ProductOption
from boeing_data_hub.shopify.shapes import Input, nodes, part, rows, text
from boeing_data_hub.shopify.store_contents import OtherProduct, StoreContents

log = structlog.get_logger(__name__)

SURVEYED_AT_ONCE: Final = 100  # SKUs in one search: a longer page costs fewer points for each
_PAGE: Final = 250
_ALIKES_PAGE: Final = 50
_ALIKES_KEPT: Final = 5
_LONGEST_QUERY: Final = 4000  # characters
_BY_ID: Final = 25  # products read by id in one call: each costs some points


class StoreProducts:
    """Reads products. Every method raises as `ShopifyClient.run`.

    Args:
        client: calls the store.
        policy: has the metafield of custom ids.
    """

    def __init__(self, client: AsksStore, policy: ListingPolicy) -> None:
        self._client = client
        self.policy = policy

    def survey(self, skus: Sequence[str]) -> dict[str, StoreContents]:
        """What the store has under these SKUs, at most `SURVEYED_AT_ONCE`. The result contains every SKU."""
        policy = self.policy
        by_key: dict[str, list[str]] = {}
        for sku in skus:
            by_key.setdefault(sku.casefold(), []).append(sku)
        ours: dict[str, ProductIds] = {}
        others: dict[str, list[OtherProduct]] = {sku: [] for sku in skus}
        variables = {
            "query": " OR ".join(f"sku:{quoted(sku)}" for sku in skus),
            "namespace": policy.custom_id_namespace,
            "key": policy.custom_id_key,
            "first": min(_PAGE, len(skus) + 10),
        }
        for node in pages(self._client, "variants_by_sku", variables, "productVariants"):
            product = part(node, "product")
            custom = part(product, "customId").get("value")
            for sku in by_key.get(str(node.get("sku") or "").casefold(), ()):
                # A search is fuzzy: only an exact SKU counts.
                if custom == sku:
                    ours[sku] = ids_of({**product, "variants": {"nodes": [node]}})
                elif custom is None or custom not in by_key.get(str(custom).casefold(), ()):
                    others[sku].append(
                        OtherProduct(text(product, "id"), text(product, "title"), text(product, "vendor"))
                    )
        return {sku: StoreContents(ours.get(sku), tuple(others[sku][:5])) for sku in skus}

    def resembling(self, skus: Sequence[str]) -> dict[str, tuple[Alike, ...]]:
        """Products of others that look like these parts but have other SKUs; see `look_alikes`.

        One search contains as many parts as its text has room for: its cost depends on the results, not on the terms.
        """
        found: dict[str, tuple[Alike, ...]] = {}
        for some, query in _in_queries(skus):
            variables = {
                "query": query,
                "namespace": self.policy.custom_id_namespace,
                "key": self.policy.custom_id_key,
                "first": _ALIKES_PAGE,
            }
            shown = list(pages(self._client, "products_alike", variables, "products")) if query else []
            found |= {sku: alikes_in(sku, shown)[:_ALIKES_KEPT] for sku in some}
        return found

    def find(self, custom_id: str) -> ProductIds | None:
        """The ids of the product with our custom id, or None. Reads the product itself, not the search index."""
        answer = patiently(self._client, "product_ids", {"identifier": self.identifier(custom_id)})
        found = part(answer, "productByIdentifier")
        return ids_of(found) if found else None

    def read(self, custom_id: str) -> Mapping[str, Any] | None:
        """All the store's data of the product with our custom id, or None."""
        answer = patiently(self._client, "product_by_custom_id", {"identifier": self.identifier(custom_id)})
        return part(answer, "productByIdentifier") or None

    def seen(self, product_ids: Sequence[str], *, by_id: bool = False) -> dict[str, Observed | None]:
        """These products in the store, at most `SURVEYED_AT_ONCE`; None for one that no longer exists.

        One search reads all of them for about a point each. Products that it does not find, because its index lags
        behind, are read by id; with `by_id`, all of them are.
        """
        found = self._searched("products_seen", "products_seen_by_id", product_ids, by_id=by_id)
        return {each: observed_of(found[each]) if each in found else None for each in product_ids}

    def _searched(
        self, search: str, read: str, product_ids: Sequence[str], *, by_id: bool = False
    ) -> dict[str, Mapping[str, Any]]:
        """The nodes of these products, by a search and, for those that it does not find, by id."""
        custom = {"namespace": self.policy.custom_id_namespace, "key": self.policy.custom_id_key}
        numbers = [tail for each in product_ids if (tail := each.rpartition("/")[2]).isdigit()]
        terms = "" if by_id else " OR ".join(f"id:{number}" for number in numbers)
        variables = {"query": terms, **custom, "first": len(numbers)}
        try:
            answer = patiently(self._client, search, variables) if terms else {}
        except Reject as refused:
            log.warning("the search for products was rejected; they are read by id", code=refused.code)
            answer = {}
        found = {str(node["id"]): node for node in nodes(answer, "products") if node.get("id")}
        missing = [each for each in product_ids if each not in found]
        for start in range(0, len(missing), _BY_ID):
            ids = missing[start : start + _BY_ID]
            answer = patiently(self._client, read, {"ids": ids, **custom})
            found |= {str(node["id"]): node for node in rows(answer, "nodes") if node.get("id")}
        return {each: found[each] for each in product_ids if each in found}

    def to_adopt(self, product_ids: Sequence[str]) -> dict[str, SeenProduct]:
        """These products as matching sees them, at most `SURVEYED_AT_ONCE`; one that no longer exists is left out."""
        found = self._searched("products_to_adopt", "products_to_adopt_by_id", product_ids)
        return {each: _to_match(node) for each, node in found.items()}

    def media_errors(self, media_ids: Sequence[str]) -> dict[str, str]:
        """The store's messages about pictures that it could not process, by id; at most 100."""
        told: dict[str, str] = {}
        for node in rows(patiently(self._client, "media_errors", {"ids": list(media_ids)}), "nodes"):
            said = [": ".join(filter(None, (text(one, "code"), text(one, "message"), text(one, "details"))))
                    for one in rows(node, "mediaErrors")]  # fmt: skip
            told[text(node, "id")] = "; ".join(dict.fromkeys(said))[:300]
        return told

    def variants(self, product_ids: Sequence[str]) -> dict[str, tuple[int, tuple[ProductOption, ...]]]:
        """The number of variants and the options of each of these products; deleted products are left out."""
        found: dict[str, tuple[int, tuple[ProductOption, ...]]] = {}
        for start in range(0, len(product_ids), SURVEYED_AT_ONCE):
            some = list(product_ids[start : start + SURVEYED_AT_ONCE])
            for node in rows(patiently(self._client, "product_variants", {"ids": some}), "nodes"):
                count = part(node, "variantsCount").get("count")
                if node.get("id") and isinstance(count, int):
                    found[str(node["id"])] = count, tuple(_option(each) for each in rows(node, "options"))
        return found

    def identifier(self, custom_id: str) -> Input:
        """The identifier of one of our products, for a query."""
        policy = self.policy
        custom = {"namespace": policy.custom_id_namespace, "key": policy.custom_id_key, "value": custom_id}
        return {"customId": custom}

    def levels(self, inventory_item_id: str) -> dict[str, int] | None:
        """Pieces available in the store now, by location id; None if the item no longer exists."""
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


def _to_match(node: Mapping[str, Any]) -> SeenProduct:
    return SeenProduct(
        product_id=str(node["id"]),
        title=text(node, "title"),
        handle=text(node, "handle"),
        vendor=text(node, "vendor"),
        status=text(node, "status"),
        custom_id=part(node, "customId").get("value"),
        variants=tuple(SeenVariant(one.get("sku"), one.get("barcode")) for one in nodes(node, "variants")),
    )


def _option(node: Mapping[str, Any]) -> ProductOption:
    values = rows(node, "optionValues")
    chosen = next((each for each in values if each.get("hasVariants")), values[0] if values else {})
    return ProductOption(text(node, "name"), tuple(text(each, "name") for each in values), text(chosen, "name"))


def _in_queries(skus: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Groups of parts with the search for each, no longer than the store accepts."""
    some: list[str] = []
    terms: list[str] = []
    length = 0
    for sku in skus:
        own = [f"{field}:{quoted(value)}" for field, value in search_terms(sku)]
        size = sum(len(term) + 4 for term in own)
        if some and length + size > _LONGEST_QUERY:
            yield some, " OR ".join(terms)
            some, terms, length = [], [], 0
        some.append(sku)
        terms += own
        length += size
    if some:
        yield some, " OR ".join(terms)


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


def quoted(value: str) -> str:
    """A value quoted for a search, so that it is taken literally."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
