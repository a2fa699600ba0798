"""What people and other apps do in the store while we are not looking: make, edit and delete products, and buy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify import handles, webhooks
from boeing_data_hub_sandbox.shopify.call import control_call
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.product_edits import remove
from boeing_data_hub_sandbox.shopify.product_fields import tidy_tags
from boeing_data_hub_sandbox.shopify.records import Item, Location, Media, Option, Product, Variant
from boeing_data_hub_sandbox.shopify.store import Store, stamp
from boeing_data_hub_sandbox.shopify.world import World

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
    control_call(world).record("control", "created", **product_facts(product))
    webhooks.announce(world, "PRODUCTS_CREATE", product)
    return product


def edit_product(world: World, product: Product, given: dict[str, Any]) -> None:
    """A person changes a product: any of title, vendor, status, description_html, handle, sku, price, barcode, tags,
    metafields (`namespace.key` to value, null deletes), quantities (location name to number), option (name and value
    of the only one), hs_code, weight (value and unit), category, media (an empty list removes all), captions (one for
    each image), add_image (`alt` and `source`).
    """
    _apply(world, product, given)
    product.updated_at = stamp()
    control_call(world).record("control", "updated", **product_facts(product))
    webhooks.announce(world, "PRODUCTS_UPDATE", product)


def _apply(world: World, product: Product, given: dict[str, Any]) -> None:  # noqa: C901, PLR0912 - one branch for each field
    store = world.store
    variant = product.variants[0]
    for name, value in given.items():
        if name in _PLAIN:
            setattr(product, name, str(value))
        elif name == "handle":
            store.rename(product, handles.generated(str(value), store.by_handle))
        elif name == "sku":
            store.index_sku(variant, value)
        elif name == "barcode":
            variant.barcode = value
        elif name == "price":
            variant.price = Decimal(str(value)).quantize(Decimal("0.01"))
        elif name == "tags":
            product.tags = tidy_tags(list(value))
        elif name == "metafields":
            _apply_metafields(store, product, value)
        elif name == "quantities":
            for place, quantity in value.items():
                _count(world, variant.inventory_item, _place(store, place), int(quantity))
        elif name == "option":
            _rename_option(store, product, str(value["name"]), str(value["value"]))
        elif name == "hs_code":
            variant.inventory_item.harmonized_system_code = value
        elif name == "weight":
            variant.inventory_item.weight, variant.inventory_item.weight_unit = float(value[0]), str(value[1])
        elif name == "category":
            product.category = value
        elif name == "captions":
            for media, caption in zip(product.media, value, strict=True):
                media.alt = caption
        elif name == "add_image":
            moment = stamp()
            media = Media(store.next_id("MediaImage"), str(value["alt"]), str(value["source"]), moment, moment, "READY")
            media.product = product
            store.media[media.id] = media
            product.media.append(media)
        elif name == "media" and value == []:
            product.media = []
        else:
            raise ValueError(f"a person cannot change {name!r} here")


def _count(world: World, item: Item, place: Location, quantity: int) -> None:
    """A person counts what is there."""
    level = world.store.level(item, place)
    if level.available != quantity:
        level.available, level.updated_at = quantity, stamp()
        webhooks.announce(world, "INVENTORY_LEVELS_UPDATE", level)


def _rename_option(store: Store, product: Product, name: str, value: str) -> None:
    choice = (store.next_id("ProductOptionValue"), value)
    product.options = [Option(product.options[0].id, name, 1, [choice])]
    product.variants[0].options = ((name, value),)


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
    remove(control_call(world), product)


def sell(world: World, sku: str, location: str, quantity: int) -> dict[str, Any]:
    """A customer buys: what is available goes down, and stays on hand until it is shipped."""
    variants = world.store.with_sku(sku)
    if not variants:
        raise ValueError(f"no variant has the SKU {sku!r}")
    level = world.store.level(variants[0].inventory_item, _place(world.store, location))
    level.available -= quantity
    level.committed += quantity
    level.updated_at = stamp()
    facts = {"sku": sku, "location": level.location.name, "quantity": level.available, "delta": -quantity}
    control_call(world).record("sale", "set", id=variants[0].product.id, **facts)
    webhooks.announce(world, "INVENTORY_LEVELS_UPDATE", level)
    return facts
