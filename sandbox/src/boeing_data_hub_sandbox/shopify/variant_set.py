"""The variants of a productSet: matched to those that exist by id or by option values, checked, written."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from boeing_data_hub_sandbox.shopify import metafields
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import Item, Product, Variant
from boeing_data_hub_sandbox.shopify.store import Slot, stamp
from boeing_data_hub_sandbox.shopify.world import World

Errors = list[dict[str, Any]]
Signature = tuple[tuple[str, str], ...]
DEFAULT: Signature = (("Title", "Default Title"),)
_CENT = Decimal("0.01")
_MAX_QUANTITIES = 50_000
_PER_VARIANT = 250
_HIGHEST_PRICE = Decimal(10**18)


@dataclass(slots=True)
class VariantPlan:
    """One variant to be: written over an existing one, or made."""

    given: dict[str, Any]
    signature: Signature
    existing: Variant | None
    writes: list[tuple[Slot, str, str]]


def plan_variants(world: World, target: Product | None, given: dict[str, Any]) -> tuple[list[VariantPlan], Errors]:
    """The plans and what speaks against them."""
    listed, options = given.get("variants"), given.get("productOptions")
    if listed is None:
        if options is not None:
            said = "Variants input is required when updating product options"
            return [], [user_error(["input", "variants"], said, "VARIANTS_INPUT_MISSING")]
        return ([VariantPlan({}, DEFAULT, None, [])] if target is None else []), []
    if options is None and target is None and listed:
        said = "Product options input is required when updating variants"
        return [], [user_error(["input", "productOptions"], said, "PRODUCT_OPTIONS_INPUT_MISSING")]
    offered = _offered(options, target)
    plans: list[VariantPlan] = []
    errors: Errors = _option_errors(options)
    seen: set[Signature] = set()
    by_signature = {variant.options: variant for variant in target.variants} if target else {}
    for index, each in enumerate(listed):
        path = ["input", "variants", str(index)]
        signature, wrong = _signature(each, offered, path)
        existing = by_signature.get(signature)
        if each.get("id") is not None:
            existing = world.store.variants.get(each["id"])
            if existing is None or existing.product is not target:
                errors.append(
                    user_error([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
                )
                continue
        if signature in seen and not wrong:
            title = " / ".join(value for _, value in signature)
            said = f"The variant '{title}' already exists. Please change at least one option value."
            wrong = [user_error(path, said, "INVALID_VARIANT")]
        seen.add(signature)
        errors += wrong + variant_errors(world, each, path, existing)
        writes: list[tuple[Slot, str, str]] = []
        if each.get("metafields") is not None:
            writes, refused = metafields.checked(
                world.store, Variant, existing, each["metafields"], [*path, "metafields"]
            )
            errors += refused
        plans.append(VariantPlan(each, signature, existing, writes))
    if sum(len(each.get("inventoryQuantities") or []) for each in listed) > _MAX_QUANTITIES:
        said = f"Inventory quantity input exceeds the limit of {_MAX_QUANTITIES}. Consider using separate "
        errors.append(
            user_error(
                ["input", "variants"],
                said + "`inventorySetQuantities` mutations.",
                "INVENTORY_QUANTITIES_LIMIT_EXCEEDED",
            )
        )
    return plans, errors


def _offered(options: list[dict[str, Any]] | None, target: Product | None) -> dict[str, set[str]]:
    if options is not None:
        return {
            each.get("name") or "": {value.get("name") or "" for value in each.get("values") or []} for each in options
        }
    return {option.name: {name for _, name in option.choices} for option in target.options} if target else {}


def _option_errors(options: list[dict[str, Any]] | None) -> Errors:
    errors: Errors = []
    names: set[str] = set()
    for index, each in enumerate(options or []):
        name = (each.get("name") or "").casefold()
        if name in names:
            said = f"Option name '{each.get('name')}' already exists."
            errors.append(user_error(["input", "productOptions", str(index)], said, "DUPLICATED_OPTION_NAME"))
        names.add(name)
        if not each.get("values"):
            said = "Each option must have at least one option value specified."
            errors.append(user_error(["input", "productOptions", str(index)], said, "OPTION_VALUES_MISSING"))
    if options is not None and len(options) > 3:  # noqa: PLR2004 - the documented number of options
        errors.append(user_error(["input", "productOptions"], "Options over limit.", "OPTIONS_OVER_LIMIT"))
    return errors


def _signature(each: dict[str, Any], offered: dict[str, set[str]], path: list[str]) -> tuple[Signature, Errors]:
    errors: Errors = []
    chosen: dict[str, str] = {}
    for index, value in enumerate(each["optionValues"]):
        here = [*path, "optionValues", str(index)]
        name = value.get("optionName") or ""
        if name not in offered:
            errors.append(user_error(here, "Option does not exist", "OPTION_DOES_NOT_EXIST"))
        elif (value.get("name") or "") not in offered[name]:
            errors.append(user_error([*here, "name"], "Option value does not exist", "OPTION_VALUE_DOES_NOT_EXIST"))
        chosen[name] = value.get("name") or ""
    missing = [name for name in offered if name not in chosen]
    if missing and not errors:
        said = f"You need to add option values for {', '.join(missing)}"
        errors.append(user_error([*path, "optionValues"], said, "INVALID_VARIANT"))
    return tuple((name, chosen.get(name, "")) for name in offered), errors


def variant_errors(  # noqa: C901 - a list of separate checks
    world: World, each: dict[str, Any], path: list[str], existing: Variant | None, code: str = "INVALID_VARIANT"
) -> Errors:
    """What is wrong with the plain fields, the item and the quantities of one variant."""
    errors: Errors = []
    for name, label in (("price", "Price"), ("compareAtPrice", "Compare at price")):
        amount = each.get(name)
        if amount is not None and amount < 0:
            errors.append(user_error([*path, name], f"{label} must be greater than or equal to 0", code))
        elif amount is not None and amount >= _HIGHEST_PRICE:
            errors.append(user_error([*path, name], f"{label} must be less than {_HIGHEST_PRICE}", code))
    for name, label in (("sku", "SKU"), ("barcode", "Barcode")):
        if len(each.get(name) or "") > 255:  # noqa: PLR2004 - the limit of every short text
            errors.append(user_error([*path, name], f"{label} is too long (maximum is 255 characters)", code))
    errors += item_errors(each.get("inventoryItem") or {}, [*path, "inventoryItem"], code)
    quantities = each.get("inventoryQuantities") or []
    if len(quantities) > _PER_VARIANT:
        said = f"Inventory quantity input exceeds the limit of {_PER_VARIANT}."
        errors.append(user_error([*path, "inventoryQuantities"], said, "INVENTORY_QUANTITIES_LIMIT_EXCEEDED"))
    refuses_new = world.knobs.stock_at_new_location == "refuse"
    for index, quantity in enumerate(quantities):
        here = [*path, "inventoryQuantities", str(index)]
        location = world.store.locations.get(quantity["locationId"])
        if location is None or not location.is_active:
            said = "Location does not exist" if location is None else "Location is deactivated"
            errors.append(user_error([*here, "locationId"], said, code))
        elif quantity.get("name", "available") not in {"available", "on_hand"}:
            said = "The quantity name must be either 'available' or 'on_hand'."
            errors.append(user_error([*here, "name"], said, code))
        elif abs(quantity.get("quantity", quantity.get("availableQuantity", 0))) > 1_000_000_000:  # noqa: PLR2004
            errors.append(user_error([*here, "quantity"], "Quantity is out of range.", code))
        elif existing and refuses_new and location.id not in existing.inventory_item.levels:
            said = "The inventory item is not stocked at the location."
            errors.append(user_error([*here, "locationId"], said, code))
    return errors


def item_errors(item: dict[str, Any], path: list[str], code: str | None) -> Errors:
    """What is wrong with an inventory item."""
    errors: Errors = []
    if (cost := item.get("cost")) is not None and cost < 0:
        errors.append(user_error([*path, "cost"], "Cost per item must be greater than or equal to 0", code))
    weight = (item.get("measurement") or {}).get("weight")
    if weight and weight["value"] < 0:
        errors.append(user_error([*path, "measurement", "weight"], "Weight must be greater than or equal to 0", code))
    system = item.get("harmonizedSystemCode")
    if system and not re.fullmatch(r"\d{6,13}", re.sub(r"[^\w]", "", system)):
        said = "Harmonized system code must be a number between 6 and 13 digits"
        errors.append(user_error([*path, "harmonizedSystemCode"], said, code))
    return errors


def write_variants(world: World, product: Product, plans: list[VariantPlan], *, replace: bool) -> None:
    """Carry the plans out; with `replace`, variants that no plan names are deleted."""
    store, moment = world.store, stamp()
    kept = {plan.existing.id for plan in plans if plan.existing is not None}
    if replace:
        for variant in [each for each in product.variants if each.id not in kept]:
            store.remove_variant(variant)
    for position, plan in enumerate(plans, start=1):
        variant = plan.existing
        if variant is None:
            item = Item(store.next_id("InventoryItem"), moment, moment)
            variant = Variant(store.next_id("ProductVariant"), product, item, plan.signature, moment, moment)
            item.variant = variant
            store.add_variant(variant)
        variant.options, variant.position = plan.signature, plan.given.get("position") or position
        apply_variant(world, variant, plan.given)
        if plan.given.get("metafields") is not None:
            named = {slot for slot, _, _ in plan.writes}
            for slot in [slot for slot in variant.metafields if slot not in named]:
                store.remove_metafield(variant, slot)
            for write in plan.writes:
                store.set_metafield(variant, *write)
        for quantity in plan.given.get("inventoryQuantities") or []:
            level = store.level(variant.inventory_item, store.locations[quantity["locationId"]])
            level.available = quantity["quantity"] - (level.committed if quantity["name"] == "on_hand" else 0)
            level.updated_at = moment
    product.variants.sort(key=lambda variant: variant.position)


def apply_variant(world: World, variant: Variant, given: dict[str, Any]) -> None:
    """Write those fields of a variant and its item that are present."""
    item_given = given.get("inventoryItem") or {}
    for source in (given, item_given):
        if "sku" in source:
            world.store.index_sku(variant, source["sku"])
    if given.get("price") is not None:
        variant.price = given["price"].quantize(_CENT, ROUND_HALF_UP)
    if "compareAtPrice" in given:
        amount = given["compareAtPrice"]
        variant.compare_at_price = None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)
    if "barcode" in given:
        variant.barcode = given["barcode"]
    if given.get("inventoryPolicy") is not None:
        variant.inventory_policy = given["inventoryPolicy"]
    if given.get("taxable") is not None:
        variant.taxable = given["taxable"]
    variant.updated_at = stamp()
    apply_item(variant.inventory_item, item_given)


def apply_item(item: Item, given: dict[str, Any]) -> None:
    """Write those fields of an inventory item that are present."""
    if given.get("tracked") is not None:
        item.tracked = given["tracked"]
    if given.get("requiresShipping") is not None:
        item.requires_shipping = given["requiresShipping"]
    if "cost" in given:
        item.cost = None if given["cost"] is None else given["cost"].quantize(_CENT, ROUND_HALF_UP)
    if "countryCodeOfOrigin" in given:
        item.country_code_of_origin = given["countryCodeOfOrigin"]
    if "provinceCodeOfOrigin" in given:
        item.province_code_of_origin = given["provinceCodeOfOrigin"]
    if "harmonizedSystemCode" in given:
        item.harmonized_system_code = re.sub(r"[^\w]", "", given["harmonizedSystemCode"] or "") or None
    if weight := (given.get("measurement") or {}).get("weight"):
        item.weight, item.weight_unit = float(weight["value"]), weight["unit"]
    item.updated_at = stamp()
