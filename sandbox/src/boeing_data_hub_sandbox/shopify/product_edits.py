"""The smaller product mutations: productUpdate, productVariantsBulkUpdate, productDelete, tags, fileDelete."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from typing import Any

from boeing_data_hub_sandbox.shopify import handles, images, metafields, webhooks
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.metafields import slot_of
from boeing_data_hub_sandbox.shopify.outcomes import too_many, user_error
from boeing_data_hub_sandbox.shopify.product_fields import apply_fields, checked_category, field_errors, tidy_tags
from boeing_data_hub_sandbox.shopify.records import Product, ProductOperation, Variant, number_of
from boeing_data_hub_sandbox.shopify.store import stamp
from boeing_data_hub_sandbox.shopify.variant_set import apply_item, apply_variant, item_errors, variant_errors


def located(call: Call, identifier: dict[str, Any]) -> Product | None:
    """The product of a ProductIdentifierInput, or None."""
    store = call.world.store
    if identifier.get("id") is not None:
        return store.products.get(identifier["id"])
    if identifier.get("handle") is not None:
        return store.by_handle.get(handles.slug(identifier["handle"]))
    custom = identifier.get("customId") or {}
    return store.owner_of(slot_of(custom), custom.get("value") or "")


def update(
    call: Call,
    product: dict[str, Any] | None = None,
    identifier: dict[str, Any] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """productUpdate: fields that are absent stay, and metafields not listed stay too."""
    given = product if product is not None else others.get("input") or {}
    found = located(call, identifier) if identifier else call.world.store.products.get(given.get("id") or "")
    if found is None:
        return {"product": None, "userErrors": [user_error(["id"], "Product does not exist")]}
    if len(given.get("tags") or []) > 250:  # noqa: PLR2004 - the limit of every list
        raise too_many(len(given["tags"]))
    checked_category(given)
    store = call.world.store
    errors = [{**error, "field": error["field"][1:]} for error in field_errors(given, creating=False)]
    handle = handles.slug(given["handle"]) if (given.get("handle") or "").strip() else None
    holder = store.by_handle.get(handle) if handle else None
    if holder is not None and holder is not found:
        said = f"Handle '{given['handle']}' already in use. Please provide a new handle."
        errors.append(user_error(["handle"], said))
    writes, wrong = metafields.checked(store, Product, found, given.get("metafields") or [], ["metafields"])
    if errors or wrong:
        return {"product": found, "userErrors": errors + wrong}
    if handle and handle != found.handle:
        store.rename(found, handle)
    apply_fields(found, given)
    for write in writes:
        store.set_metafield(found, *write)
    for each in others.get("media") or []:
        media = images.new_media(call.world, each["originalSource"], each.get("alt"))
        media.product = found
        found.media.append(media)
    changed(call, found, "productUpdate", fields=sorted(given))
    return {"product": found, "userErrors": []}


def changed(call: Call, product: Product, operation: str, **facts: Any) -> None:
    """Stamp, record and announce a change."""
    product.updated_at = stamp()
    call.record(operation, "updated", **product_facts(product), **facts)
    webhooks.announce(call.world, "PRODUCTS_UPDATE", product)


def update_variants(  # noqa: C901 - a list of separate checks
    call: Call, product_id: str, variants: list[dict[str, Any]], **others: Any
) -> dict[str, Any]:
    """productVariantsBulkUpdate: all or none, unless partial updates are allowed."""
    world = call.world
    product = world.store.products.get(product_id)
    if product is None:
        error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    plans: list[tuple[Variant, dict[str, Any], Any]] = []
    errors: list[dict[str, Any]] = []
    for index, each in enumerate(variants):
        path = ["variants", str(index)]
        variant = world.store.variants.get(each.get("id") or "")
        if each.get("id") is None:
            errors.append(
                user_error([*path, "id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")
            )
            continue
        if variant is None or variant.product is not product:
            said = "Product variant does not exist"
            errors.append(user_error([*path, "id"], said, "PRODUCT_VARIANT_DOES_NOT_EXIST"))
            continue
        wrong = variant_errors(world, {**each, "inventoryQuantities": None}, path, variant, "INVALID_INPUT")
        if each.get("inventoryQuantities"):
            said = (
                "Inventory quantities can only be provided during create. To update inventory for existing variants, "
            )
            said += "use inventoryAdjustQuantities."
            code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
            wrong.append(user_error([*path, "inventoryQuantities"], said, code))
        writes, refused = metafields.checked(
            world.store, Variant, variant, each.get("metafields") or [], [*path, "metafields"]
        )
        wrong += [{**error, "code": "INVALID_INPUT"} for error in refused]
        errors += wrong
        if not wrong:
            plans.append((variant, each, writes))
    if errors and not others.get("allowPartialUpdates"):
        return {"product": product, "productVariants": None, "userErrors": errors}
    for variant, each, writes in plans:
        apply_variant(world, variant, each)
        for write in writes:
            world.store.set_metafield(variant, *write)
    if plans:
        sent = plans[0][1].get("price")
        changed(call, product, "productVariantsBulkUpdate", priceSent=None if sent is None else str(sent))
    return {"product": product, "productVariants": [variant for variant, _, _ in plans], "userErrors": errors}


def update_item(call: Call, identifier: str, given: dict[str, Any]) -> dict[str, Any]:
    """InventoryItemUpdate."""
    item = call.world.store.items.get(identifier)
    if item is None:
        return {"inventoryItem": None, "userErrors": [user_error(["id"], "Inventory item does not exist")]}
    errors = item_errors(given, ["input"], None)
    if errors:
        return {"inventoryItem": item, "userErrors": errors}
    if "sku" in given:
        call.world.store.index_sku(item.variant, given["sku"])
    apply_item(item, given)
    changed(call, item.variant.product, "inventoryItemUpdate", fields=sorted(given))
    return {"inventoryItem": item, "userErrors": []}


def delete(call: Call, identifier: str, *, synchronous: bool = True) -> dict[str, Any]:
    """productDelete; an asynchronous one answers with its operation, and a second one meanwhile is refused."""
    store = call.world.store
    product = store.products.get(identifier)
    if product is None:
        return _deletion(None, None, [user_error(["id"], "Product does not exist")])
    busy = any(
        each.product is product and each.status != "COMPLETE" and each.kind == "ProductDeleteOperation"
        for each in store.product_operations.values()
    )
    if busy:
        said = "Another operation already in progress. Please wait until current one is finished."
        return _deletion(None, None, [user_error(None, said)])
    if synchronous or call.via == "bulk":
        remove(call, product)
        return _deletion(identifier, None, [])
    operation = ProductOperation(store.next_id("ProductDeleteOperation"), "ProductDeleteOperation", product=product)
    store.product_operations[operation.id] = operation

    def later() -> None:
        if product.id in store.products:
            remove(call, product)
        operation.product, operation.deleted_product_id, operation.status = None, identifier, "COMPLETE"

    asyncio.get_running_loop().call_later(call.world.knobs.async_delay, later)
    return _deletion(None, operation, [])


def remove(call: Call, product: Product) -> None:
    """Delete, record and announce."""
    facts = product_facts(product)
    call.world.store.remove_product(product)
    call.record("productDelete", "deleted", **facts)
    webhooks.announce(call.world, "PRODUCTS_DELETE", {"id": number_of(product.id), "admin_graphql_api_id": product.id})


def _deletion(gone: str | None, operation: ProductOperation | None, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"deletedProductId": gone, "productDeleteOperation": operation, "shop": {}, "userErrors": errors}


def tags(call: Call, identifier: str, given: list[str], *, add: bool) -> dict[str, Any]:
    """TagsAdd and tagsRemove."""
    product = call.world.store.products.get(identifier)
    if product is None:
        return {"node": None, "userErrors": [user_error(["id"], "Product does not exist")]}
    words = {tag.casefold() for tag in tidy_tags(given)}
    kept = [tag for tag in product.tags if tag.casefold() not in words]
    product.tags = tidy_tags(kept + given) if add else kept
    changed(call, product, "tagsAdd" if add else "tagsRemove", tags=given)
    return {"node": product, "userErrors": []}


def delete_files(call: Call, identifiers: list[str]) -> dict[str, Any]:
    """fileDelete: all or none."""
    store = call.world.store
    missing = [each for each in identifiers if each not in store.media]
    if missing:
        said = f"File ids {', '.join(missing)} do not exist."
        return {"deletedFileIds": None, "userErrors": [user_error(["fileIds"], said, "FILE_DOES_NOT_EXIST")]}
    for identifier in identifiers:
        media = store.media.pop(identifier)
        if media.product is not None:
            media.product.media.remove(media)
    call.record("fileDelete", "deleted", ids=identifiers)
    return {"deletedFileIds": identifiers, "userErrors": []}
