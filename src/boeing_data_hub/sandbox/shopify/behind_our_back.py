"""What people and other apps do in the store while we are not looking: make, edit and delete products, and buy."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub.sandbox.shopify import handles
from boeing_data_hub.sandbox.shopify.effects import product_facts
from boeing_data_hub.sandbox.shopify.product_edits import remove
from boeing_data_hub.sandbox.shopify.product_fields import tidy_tags
from boeing_data_hub.sandbox.shopify.records import Item, Location, Option, Product, Variant
from boeing_data_hub.sandbox.shopify.store import Store, stamp

if TYPE_CHECKING:
    from boeing_data_hub.sandbox.shopify.world import World

_PLAIN = {"title", "vendor", "status", "description_html", "product_type"}


def _place(store: Store, name: str) -> Location:
    for location in store.locations.values():
        if name in {location.name, location.id}:
            return location
    raise ValueError(f"there is no location {name!r}")


def seed_product(world: World, given: dict[str, Any]) -> Product:
    """A product made by hand: sku or title; price, handle, quantities by location name, metafields, tags."""
    store, moment = world.store, stamp()
    title = str(given.get("title") or given["sku"])
    handle = handles.generated(str(given.get("handle") or title), store.by_handle)
    product = Product(store.next_id("Product"), title, handle, moment, moment, monotonic())
    store.add_product(product)
    choice = (store.next_id("ProductOptionValue"), "Default Title")
    product.options = [Option(store.next_id("ProductOption"), "Title", 1, [choice])]
    item = Item(store.next_id("InventoryItem"), moment, moment, tracked=True)
    variant = Variant(store.next_id("ProductVariant"), product, item, (("Title", "Default Title"),), moment, moment)
    item.variant = variant
    store.add_variant(variant)
    store.index_sku(variant, given.get("sku"))
    _apply(world, product, {key: value for key, value in given.items() if key not in {"sku", "title", "handle"}})
    world.control_call().record("control", "created", **product_facts(product))
    world.announce("PRODUCTS_CREATE", product)
    return product


def edit_product(world: World, product: Product, given: dict[str, Any]) -> None:
    """A person changes a product: any of title, vendor, status, description_html, handle, sku, price, tags, metafields
    (`namespace.key` to value, null deletes), quantities (location name to number), media (an empty list removes all).
    """
    _apply(world, product, given)
    product.updated_at = stamp()
    world.control_call().record("control", "updated", **product_facts(product))
    world.announce("PRODUCTS_UPDATE", product)


def _apply(world: World, product: Product, given: dict[str, Any]) -> None:  # noqa: C901 - one branch for each field
    store = world.store
    variant = product.variants[0]
    for name, value in given.items():
        if name in _PLAIN:
            setattr(product, name, str(value))
        elif name == "handle":
            store.rename(product, handles.generated(str(value), store.by_handle))
        elif name == "sku":
            store.index_sku(variant, value)
        elif name == "price":
            variant.price = Decimal(str(value)).quantize(Decimal("0.01"))
        elif name == "tags":
            product.tags = tidy_tags(list(value))
        elif name == "metafields":
            _apply_metafields(store, product, value)
        elif name == "quantities":
            for place, quantity in value.items():
                store.level(variant.inventory_item, _place(store, place)).available = int(quantity)
        elif name == "media" and value == []:
            product.media = []
        else:
            raise ValueError(f"a person cannot change {name!r} here")


def _apply_metafields(store: Store, product: Product, values: dict[str, str | None]) -> None:
    for slot, value in values.items():
        namespace, _, key = slot.partition(".")
        if value is None:
            store.remove_metafield(product, (namespace, key))
        else:
            definition = store.definition("PRODUCT", (namespace, key))
            kind = definition.type if definition else "single_line_text_field"
            store.set_metafield(product, (namespace, key), kind, value)


def delete_product(world: World, product: Product) -> None:
    """A person deletes a product."""
    remove(world.control_call(), product)


def sell(world: World, sku: str, location: str, quantity: int) -> dict[str, Any]:
    """A customer buys: what is available goes down, and stays on hand until it is shipped."""
    variants = list(world.store.by_sku.get(sku.casefold(), {}).values())
    if not variants:
        raise ValueError(f"no variant has the SKU {sku!r}")
    level = world.store.level(variants[0].inventory_item, _place(world.store, location))
    level.available -= quantity
    level.committed += quantity
    level.updated_at = stamp()
    facts = {"sku": sku, "location": level.location.name, "quantity": level.available, "delta": -quantity}
    world.control_call().record("sale", "set", id=variants[0].product.id, **facts)
    world.announce("INVENTORY_LEVELS_UPDATE", level)
    return facts
