"""Stock by compare-and-set: inventorySetQuantities and inventoryActivate, both only with an idempotency key."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo, get_directive_values

from boeing_data_hub_sandbox.shopify import webhooks
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.outcomes import TopLevel, too_many, user_error
from boeing_data_hub_sandbox.shopify.records import Item, Level, Location
from boeing_data_hub_sandbox.shopify.store import stamp

_FURTHEST = 1_000_000_000
_REASON_NAMES = (
    "correction cycle_count_available damaged movement_created movement_updated movement_received movement_canceled "
    "other promotion quality_control received reservation_created reservation_updated reservation_deleted restock "
    "safety_stock shrinkage"
)
_REASONS = _REASON_NAMES.split()


def idempotency_key(info: GraphQLResolveInfo[Any]) -> str:
    """The key of the field's directive.

    Raises:
        TopLevel: BAD_REQUEST without the directive, which the schema shows as optional and the API demands.
    """
    directive = info.schema.get_directive("idempotent")
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values) if directive else None
    if values is None:
        said = "The @idempotent directive is required for this mutation but was not provided."
        raise TopLevel(said, "BAD_REQUEST")
    return str(values["key"])


def set_quantities(call: Call, key: str, given: dict[str, Any]) -> dict[str, Any]:
    """inventorySetQuantities: one wrong row refuses the whole call; setting what stands answers without a group."""
    rows = given["quantities"]
    if len(rows) > 250:  # noqa: PLR2004 - the limit of every list
        raise too_many(len(rows))
    if any("changeFromQuantity" not in row for row in rows):
        said = "InventoryQuantityInput must include the following argument: changeFromQuantity."
        raise TopLevel(said, "INVALID_FIELD_ARGUMENTS")
    empty: dict[str, Any] = {"inventoryAdjustmentGroup": None}
    return call.world.keys.once(key, ["set", given], empty, lambda: _set(call, key, given))


def _set(call: Call, key: str, given: dict[str, Any]) -> dict[str, Any]:
    store, name = call.world.store, given["name"]
    errors = _set_errors(call, given)
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    changes: list[dict[str, Any]] = []
    for row in given["quantities"]:
        item, location = store.items[row["inventoryItemId"]], store.locations[row["locationId"]]
        level = store.level(item, location)
        wanted = row["quantity"] - (level.committed if name == "on_hand" else 0)
        delta = wanted - level.available
        before = level.available
        level.available, level.is_active, level.updated_at = wanted, True, stamp()
        facts = _level_facts(level) | {
            "before": before,
            "delta": delta,
            "changeFromQuantity": row["changeFromQuantity"],
        }
        call.record("inventorySetQuantities", "set" if delta else "same", idempotencyKey=key, **facts)
        if delta:
            webhooks.announce(call.world, "INVENTORY_LEVELS_UPDATE", level)
            changes += [_change(each, delta, item, location) for each in ("available", "on_hand")]
    if not changes:
        return {"inventoryAdjustmentGroup": None, "userErrors": []}
    group = {
        "id": store.next_id("InventoryAdjustmentGroup"),
        "createdAt": stamp(),
        "reason": given["reason"],
        "referenceDocumentUri": given.get("referenceDocumentUri"),
        "changes": changes,
    }
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


def _change(name: str, delta: int, item: Item, location: Location) -> dict[str, Any]:
    return {
        "name": name,
        "delta": delta,
        "item": item,
        "location": location,
        "quantityAfterChange": None,
        "ledgerDocumentUri": None,
    }


def _level_facts(level: Level) -> dict[str, Any]:
    return {
        "inventoryItemId": level.item.id,
        "sku": level.item.sku,
        "id": level.item.variant.product.id,
        "location": level.location.name,
        "quantity": level.available,
    }


def _set_errors(call: Call, given: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: C901 - a list of separate checks
    store, name = call.world.store, given["name"]
    errors: list[dict[str, Any]] = []
    if name not in {"available", "on_hand"}:
        said = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(user_error(["input", "name"], said, "INVALID_NAME"))
    if given["reason"] not in _REASONS:
        said = f"The specified reason is invalid. Valid values are: {', '.join(_REASONS)}."
        errors.append(user_error(["input", "reason"], said, "INVALID_REASON"))
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(given["quantities"]):
        path = ["input", "quantities", str(index)]
        item, location = store.items.get(row["inventoryItemId"]), store.locations.get(row["locationId"])
        pair = (row["inventoryItemId"], row["locationId"])
        if pair in seen:
            said = "The combination of inventoryItemId and locationId must be unique."
            errors.append(user_error(path, said, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"))
        seen.add(pair)
        if item is None:
            said = "The specified inventory item could not be found."
            errors.append(user_error([*path, "inventoryItemId"], said, "INVALID_INVENTORY_ITEM"))
        if location is None or not location.is_active:
            said = "The specified location could not be found."
            errors.append(user_error([*path, "locationId"], said, "INVALID_LOCATION"))
        quantity = row["quantity"]
        if quantity < 0 and name == "on_hand":
            errors.append(
                user_error([*path, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
            )
        if abs(quantity) > _FURTHEST:
            word, code = ("higher", "TOO_HIGH") if quantity > 0 else ("lower", "TOO_LOW")
            said = f"The total quantity can't be {word} than {'-' if quantity < 0 else ''}1,000,000,000."
            errors.append(user_error([*path, "quantity"], said, f"INVALID_QUANTITY_{code}"))
        if item is not None and location is not None and row["changeFromQuantity"] is not None:
            level = item.levels.get(location.id)
            standing = (level.available + (level.committed if name == "on_hand" else 0)) if level else 0
            if standing != row["changeFromQuantity"]:
                said = "The changeFromQuantity argument no longer matches the persisted quantity."
                errors.append(user_error([*path, "changeFromQuantity"], said, "CHANGE_FROM_QUANTITY_STALE"))
    return errors


def activate(call: Call, key: str, given: dict[str, Any]) -> dict[str, Any]:
    """inventoryActivate: stocks an item at a location; stock that stands there already is left alone."""
    empty: dict[str, Any] = {"inventoryLevel": None}
    return call.world.keys.once(key, ["activate", given], empty, lambda: _activate(call, key, given))


def _activate(call: Call, key: str, given: dict[str, Any]) -> dict[str, Any]:
    store = call.world.store
    item, location = store.items.get(given["inventoryItemId"]), store.locations.get(given["locationId"])
    if item is None:
        said = "The inventory item could not be found."
        return {"inventoryLevel": None, "userErrors": [user_error(["inventoryItemId"], said)]}
    if location is None or not location.is_active:
        said = "The location could not be found."
        return {"inventoryLevel": None, "userErrors": [user_error(["locationId"], said)]}
    wanted = given.get("available")
    stocked = item.levels.get(location.id)
    if stocked is not None and stocked.is_active and (wanted is not None or given.get("onHand") is not None):
        name = "available" if wanted is not None else "onHand"
        said = "Not allowed to set available quantity when the item is already active at the location."
        return {"inventoryLevel": None, "userErrors": [user_error([name], said)]}
    level = store.level(item, location)
    level.is_active = True
    if stocked is None:
        level.available = wanted if wanted is not None else given.get("onHand") or 0
        call.record("inventoryActivate", "set", idempotencyKey=key, before=None, **_level_facts(level))
    return {"inventoryLevel": level, "userErrors": []}
