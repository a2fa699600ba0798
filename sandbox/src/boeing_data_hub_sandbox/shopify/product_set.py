"""productSet: find the product by its identifier, check everything, then write everything, or nothing."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify import handles, images, metafields, webhooks
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.metafields import slot_of
from boeing_data_hub_sandbox.shopify.outcomes import TopLevel, too_many, user_error
from boeing_data_hub_sandbox.shopify.product_fields import apply_fields, checked_category, field_errors
from boeing_data_hub_sandbox.shopify.records import Option, Product, ProductOperation
from boeing_data_hub_sandbox.shopify.store import Slot, stamp
from boeing_data_hub_sandbox.shopify.variant_set import VariantPlan, plan_variants, write_variants

Errors = list[dict[str, Any]]
_MAX_VARIANTS = 2_048


@dataclass(slots=True)
class _Plan:
    """Everything a productSet is going to do, once nothing speaks against it."""

    given: dict[str, Any]
    target: Product | None
    custom: tuple[Slot, str] | None = None
    handle: str | None = None
    writes: list[tuple[Slot, str, str]] = field(default_factory=list[tuple[Slot, str, str]])
    variants: list[VariantPlan] = field(default_factory=list[VariantPlan])


def product_set(
    call: Call, given: dict[str, Any], identifier: dict[str, Any] | None = None, *, synchronous: bool = True
) -> dict[str, Any]:
    """The mutation. Asynchronous ones answer with an operation, and are carried out a little later."""
    if synchronous or call.via == "bulk":
        product, errors = _carry_out(call, given, identifier)
        return {"product": product, "productSetOperation": None, "userErrors": errors}
    store = call.world.store
    operation = ProductOperation(store.next_id("ProductSetOperation"), "ProductSetOperation")
    store.product_operations[operation.id] = operation

    def later() -> None:
        operation.status = "ACTIVE"
        try:
            operation.product, operation.user_errors = _carry_out(call, given, identifier)
        except TopLevel as error:
            operation.user_errors = [user_error(None, error.message, "JOB_ERROR")]
        operation.status = "COMPLETE"

    asyncio.get_running_loop().call_later(call.world.knobs.async_delay, later)
    return {"product": None, "productSetOperation": operation, "userErrors": []}


def _carry_out(call: Call, given: dict[str, Any], identifier: dict[str, Any] | None) -> tuple[Product | None, Errors]:
    for name in ("tags", "metafields", "files", "collections"):
        if len(given.get(name) or []) > 250:  # noqa: PLR2004 - the limit of every list
            raise too_many(len(given[name]))
    if len(given.get("variants") or []) > _MAX_VARIANTS:
        raise too_many(len(given["variants"]), _MAX_VARIANTS)
    checked_category(given)
    plan, errors = _identified(call, given, identifier)
    errors += field_errors(given, creating=plan.target is None and not errors)
    if not errors or plan.target is not None:
        errors += _planned(call, plan)
    if errors:
        return plan.target, errors
    return _write(call, plan), []


def _identified(  # noqa: PLR0911 - each kind of identifier ends by itself
    call: Call, given: dict[str, Any], identifier: dict[str, Any] | None
) -> tuple[_Plan, Errors]:
    """Whom this is about: an existing product, or nobody yet."""
    store = call.world.store
    if identifier and given.get("id") is not None:
        said = "The id field is not allowed if identifier is provided."
        return _Plan(given, None), [user_error(["input"], said, "ID_NOT_ALLOWED")]
    wanted = (identifier or {}).get("id") or given.get("id")
    if wanted is not None:
        target = store.products.get(wanted)
        gone = [user_error(["input", "id"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")]
        return _Plan(given, target), [] if target else gone
    if identifier and (handle := identifier.get("handle")) is not None:
        own = given.get("handle")
        if own is None:
            said = "The input field corresponding to the identifier is required."
            return _Plan(given, None), [user_error(["input"], said, "MISSING_FIELD_REQUIRED")]
        if handles.slug(own) != handles.slug(handle):
            said = "The identifier value does not match the value of the corresponding field in the input."
            return _Plan(given, None), [user_error(["input"], said, "INPUT_MISMATCH")]
        return _Plan(given, store.by_handle.get(handles.slug(handle))), []
    if not identifier or (custom := identifier.get("customId")) is None:
        return _Plan(given, None), []
    slot, value = slot_of(custom), custom["value"]
    definition = store.definition("PRODUCT", slot)
    if definition is None or definition.type != "id":
        raise TopLevel("Metafield definition of type 'id' is required when using custom ids.", "NOT_FOUND")
    plan = _Plan(given, store.owner_of(slot, value), custom=(slot, value))
    if problem := metafields.value_problem("id", value, definition):
        return plan, [user_error(["identifier", "customId", "value"], f"Value {problem}", "INVALID_METAFIELD")]
    listed = given.get("metafields")
    if listed is not None and not any(slot_of(each) == slot and each.get("value") == value for each in listed):
        said = "The input argument `metafields` (if present) must contain the `customId` value."
        return plan, [user_error(["input"], said, "METAFIELD_MISMATCH")]
    return plan, []


def _planned(call: Call, plan: _Plan) -> Errors:
    store, given, target = call.world.store, plan.given, plan.target
    errors: Errors = []
    raw = given.get("handle")
    wanted = handles.slug(raw) if raw is not None else ""
    if raw is not None and raw.strip():
        plan.handle = wanted or handles.generated("", store.by_handle)
        holder = store.by_handle.get(plan.handle)
        if holder is not None and holder is not target:
            said = f"Handle '{raw}' already in use. Please provide a new handle."
            errors.append(user_error(["input", "handle"], said, "HANDLE_NOT_UNIQUE"))
    elif target is None:
        plan.handle = handles.generated(given.get("title") or "", store.by_handle)
    if given.get("metafields") is not None:
        plan.writes, wrong = metafields.checked(store, Product, target, given["metafields"], ["input", "metafields"])
        errors += wrong
    elif plan.custom is not None and target is None:
        plan.writes = [(plan.custom[0], "id", plan.custom[1])]
    errors += images.file_errors(call.world, given.get("files"))
    plan.variants, wrong = plan_variants(call.world, target, given)
    errors += wrong
    if not errors:
        _mind_the_cap(call, sum(each.existing is None for each in plan.variants))
    return errors


def _mind_the_cap(call: Call, new: int) -> None:
    left = call.world.store.left_today(call.world.knobs)
    if left is not None and new > left:
        raise TopLevel(
            "Daily variant creation limit reached. Please try again later. See "
            "https://help.shopify.com/api/getting-started/api-call-limit for more information about rate limits and "
            "how to avoid them.",
            "VARIANT_THROTTLE_EXCEEDED",
        )


def _write(call: Call, plan: _Plan) -> Product:
    store, given, moment = call.world.store, plan.given, stamp()
    product, creating = plan.target, plan.target is None
    if product is None:
        title = given.get("title") or ""
        product = Product(store.next_id("Product"), title, plan.handle or "", moment, moment, monotonic())
        store.add_product(product)
        for publication in store.publications.values():
            if publication.auto_publish:
                product.publications[publication.id] = moment
    elif plan.handle is not None and plan.handle != product.handle:
        store.rename(product, plan.handle)
    before = product.total
    apply_fields(product, given)
    if given.get("metafields") is not None:
        kept = {slot for slot, _, _ in plan.writes}
        for slot in [slot for slot in product.metafields if slot not in kept]:
            store.remove_metafield(product, slot)
    for write in plan.writes:
        store.set_metafield(product, *write)
    if given.get("productOptions") is not None or creating:
        product.options = _options(call, given.get("productOptions") or _DEFAULT_OPTIONS, product)
    write_variants(call.world, product, plan.variants, replace=given.get("variants") is not None)
    images.attach(call.world, product, given.get("files"))
    product.updated_at = moment
    product.total_before = (call, before)
    effect = "created" if creating else "updated"
    call.record("productSet", effect, **product_facts(product), **sent_facts(plan.custom, given))
    webhooks.announce(call.world, "PRODUCTS_CREATE" if creating else "PRODUCTS_UPDATE", product)
    return product


_DEFAULT_OPTIONS: list[dict[str, Any]] = [{"name": "Title", "values": [{"name": "Default Title"}]}]


def _options(call: Call, given: list[dict[str, Any]], product: Product) -> list[Option]:
    """The options as given; one that keeps its name keeps its id, and so do its values."""
    store = call.world.store
    known = {option.name: option for option in product.options}
    options: list[Option] = []
    for position, each in enumerate(given, start=1):
        name = each.get("name") or ""
        old = known.get(name)
        ids = {value: identifier for identifier, value in old.choices} if old else {}
        names = [value.get("name") or "" for value in each.get("values") or []]
        choices = [(ids.get(value) or store.next_id("ProductOptionValue"), value) for value in names]
        options.append(Option(old.id if old else store.next_id("ProductOption"), name, position, choices))
    return options


def sent_facts(custom: tuple[Slot, str] | None, given: dict[str, Any]) -> dict[str, Any]:
    """What the caller wrote, where the store rounds or forgets it: the judge wants to see the float's tail."""
    first = (given.get("variants") or [{}])[0]
    price = first.get("price")
    cost = (first.get("inventoryItem") or {}).get("cost")
    return {
        "customId": custom[1] if custom else None,
        "priceSent": None if price is None else str(price),
        "costSent": None if cost is None else str(cost),
        "fields": sorted(given),
    }
