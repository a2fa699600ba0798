"""The store itself: everything in memory, found by id, handle, SKU and custom id. Nothing here judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from boeing_data_hub.clock import now
from boeing_data_hub_sandbox.shopify.draft_order import DraftOrder
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.records import (
    BulkOperation,
    Definition,
    Item,
    Level,
    Location,
    Media,
    Metafield,
    Product,
    ProductOperation,
    Publication,
    Variant,
    Webhook,
    gid,
)

Slot = tuple[str, str]
_FIRST_NUMBER = 8_000_000_000_000


def stamp(moment: datetime | None = None) -> str:
    """A DateTime as the API writes it: UTC, whole seconds."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


def sku_key(sku: str) -> str:
    """What a search compares of a SKU: blanks around it do not count, and neither does case."""
    return sku.strip().casefold()


class Store:
    """All records and the indexes over them."""

    def __init__(self, knobs: Knobs) -> None:
        self._numbers: Counter[str] = Counter()
        self.products: dict[str, Product] = {}
        self.variants: dict[str, Variant] = {}
        self.items: dict[str, Item] = {}
        self.media: dict[str, Media] = {}
        self.metafields: dict[str, Metafield] = {}
        self.definitions: dict[str, Definition] = {}
        self.definition_at: dict[tuple[str, str, str], Definition] = {}
        self.locations: dict[str, Location] = {}
        self.publications: dict[str, Publication] = {}
        self.bulk_operations: dict[str, BulkOperation] = {}
        self.product_operations: dict[str, ProductOperation] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.draft_orders: dict[str, DraftOrder] = {}
        self.by_handle: dict[str, Product] = {}
        self.by_sku: dict[str, dict[str, Variant]] = {}
        self.by_value: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.created_variants: Counter[str] = Counter()
        self.created_at = stamp()
        self._open(knobs)

    def _open(self, knobs: Knobs) -> None:
        for index, setting in enumerate(knobs.locations, start=1):
            identifier = gid("Location", 70_000_000_000 + index)
            self.locations[identifier] = Location(identifier, setting.name, setting.active, self.created_at)
        self.channels([("Online Store", "online_store"), ("Point of Sale", "pos")], auto_publish=knobs.auto_publish)

    def channels(self, named: Sequence[tuple[str, str]], *, auto_publish: bool) -> None:
        """The store's sales channels from now on, each with name and handle; the first may take products by itself."""
        self.publications.clear()
        for index, (name, handle) in enumerate(named, start=1):
            identifier = gid("Publication", 90_000_000_000 + index)
            self.publications[identifier] = Publication(identifier, name, auto_publish and index == 1, handle)

    def relocate(self, knobs: Knobs) -> None:
        """Bring the locations in line with the settings, keeping those that stay (and their stock) as they are."""
        known = {location.name: location for location in self.locations.values()}
        kept: dict[str, Location] = {}
        for setting in knobs.locations:
            location = known.get(setting.name)
            if location is None:
                number = 70_000_000_001 + self.next_number("_Location") - _FIRST_NUMBER + len(self.locations)
                location = Location(gid("Location", number), setting.name, setting.active, stamp())
            location.is_active = setting.active
            kept[location.id] = location
        self.locations = kept
        for publication in list(self.publications.values())[:1]:
            publication.auto_publish = knobs.auto_publish

    def next_number(self, kind: str) -> int:
        """Numbers rise within a kind of thing."""
        self._numbers[kind] += 1
        return _FIRST_NUMBER + self._numbers[kind]

    def next_id(self, kind: str) -> str:
        """A new global id."""
        return gid(kind, self.next_number(kind))

    # Products and what hangs on them.

    def add_product(self, product: Product) -> None:
        """Put a product in, under its handle."""
        self.products[product.id] = product
        self.by_handle[product.handle] = product

    def rename(self, product: Product, handle: str) -> None:
        """Give a product another handle."""
        self.by_handle.pop(product.handle, None)
        product.handle = handle
        self.by_handle[handle] = product

    def remove_product(self, product: Product) -> None:
        """Take a product out, with its variants and values; its images stay in the store's files."""
        self.products.pop(product.id, None)
        self.by_handle.pop(product.handle, None)
        for variant in list(product.variants):
            self.remove_variant(variant)
        for slot in list(product.metafields):
            self.remove_metafield(product, slot)
        for media in product.media:
            media.product = None

    def add_variant(self, variant: Variant) -> None:
        """Put a variant in, at the end of its product, and count it against the daily cap."""
        variant.product.variants.append(variant)
        self.variants[variant.id] = variant
        self.items[variant.inventory_item.id] = variant.inventory_item
        self.created_variants[now().date().isoformat()] += 1
        self.index_sku(variant, variant.sku)

    def remove_variant(self, variant: Variant) -> None:
        """Take a variant out, with its stock."""
        if variant in variant.product.variants:
            variant.product.variants.remove(variant)
        self.variants.pop(variant.id, None)
        self.items.pop(variant.inventory_item.id, None)
        self.index_sku(variant, None)
        for slot in list(variant.metafields):
            self.remove_metafield(variant, slot)

    def index_sku(self, variant: Variant, sku: str | None) -> None:
        """Give a variant its SKU (several variants may have the same one: Shopify does not mind)."""
        if variant.sku:
            same = self.by_sku.get(sku_key(variant.sku), {})
            same.pop(variant.id, None)
            if not same:
                self.by_sku.pop(sku_key(variant.sku), None)
        variant.sku = sku
        if sku and variant.id in self.variants:
            self.by_sku.setdefault(sku_key(sku), {})[variant.id] = variant

    def with_sku(self, sku: str) -> list[Variant]:
        """The variants of exactly this SKU, whatever its case; blanks count."""
        found = self.by_sku.get(sku_key(sku), {}).values()
        return [variant for variant in found if (variant.sku or "").casefold() == sku.casefold()]

    def level(self, item: Item, location: Location) -> Level:
        """The stock of an item at a location, stocked with 0 when it was not."""
        level = item.levels.get(location.id)
        if level is None:
            moment = stamp()
            level = item.levels[location.id] = Level(item, location, 0, moment, moment)
        return level

    # Metafields.

    def definition(self, owner_type: str, slot: Slot) -> Definition | None:
        """The definition for this owner and slot."""
        return self.definition_at.get((owner_type, *slot))

    def set_metafield(self, owner: Any, slot: Slot, kind: str, value: str) -> Metafield:
        """Write a value, and index it for look-ups by custom id."""
        moment = stamp()
        field = owner.metafields.get(slot)
        if field is None:
            field = Metafield(self.next_id("Metafield"), *slot, kind, value, owner, moment, moment)
            owner.metafields[slot] = field
            self.metafields[field.id] = field
        else:
            self._forget_value(field)
            if (field.type, field.value) != (kind, value):
                field.type, field.value, field.updated_at = kind, value, moment
        if kind == "id" or self._unique(owner, slot):
            self.by_value.setdefault((*slot, value), {})[owner.id] = owner
        return field

    def remove_metafield(self, owner: Any, slot: Slot) -> Metafield | None:
        """Delete a value."""
        field: Metafield | None = owner.metafields.pop(slot, None)
        if field is not None:
            self._forget_value(field)
            self.metafields.pop(field.id, None)
        return field

    def _unique(self, owner: Any, slot: Slot) -> bool:
        definition = self.definition("PRODUCT" if isinstance(owner, Product) else "PRODUCTVARIANT", slot)
        return definition is not None and definition.unique

    def _forget_value(self, field: Metafield) -> None:
        key = (field.namespace, field.key, field.value)
        owners = self.by_value.get(key)
        if owners is not None:
            owners.pop(field.owner.id, None)
            if not owners:
                del self.by_value[key]

    def owner_of(self, slot: Slot, value: str, kind: type[Any] = Product) -> Any:
        """Who holds this unique value, or None."""
        for owner in self.by_value.get((*slot, value), {}).values():
            if isinstance(owner, kind):
                return owner
        return None

    # What others ask.

    def find(self, identifier: str) -> Any:
        """Any record by its global id, or None."""
        for shelf in (
            self.products,
            self.variants,
            self.items,
            self.media,
            self.metafields,
            self.definitions,
            self.locations,
            self.publications,
            self.bulk_operations,
            self.product_operations,
            self.webhooks,
            self.draft_orders,
        ):
            if (found := shelf.get(identifier)) is not None:
                return found
        if "InventoryLevel" in identifier and "?inventory_item_id=" in identifier:
            return self.find_level(identifier)
        return None

    def find_level(self, identifier: str) -> Level | None:
        """An inventory level by its id of two numbers."""
        place, _, item = identifier.rpartition("/")[2].partition("?inventory_item_id=")
        found = self.items.get(gid("InventoryItem", item))
        return found.levels.get(gid("Location", place)) if found else None

    def left_today(self, knobs: Knobs) -> int | None:
        """How many variants may still be created today; None when nobody counts."""
        there = len(self.variants) + knobs.other_variants
        if knobs.plan not in knobs.daily_cap_plans or there < knobs.daily_variant_threshold:
            return None
        return max(0, knobs.daily_variant_cap - self.created_variants[now().date().isoformat()])
