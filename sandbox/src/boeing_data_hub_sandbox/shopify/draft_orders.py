"""Draft orders: created with or without products of the store. There is no idempotency key: a call that is repeated
creates another one.
"""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.draft_order import DraftOrder, DraftOrderLineItem
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.schema import money
from boeing_data_hub_sandbox.shopify.store import stamp

_MOST_LINES = 499
_LONGEST_TAG = 40
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def create(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """DraftOrderCreate."""
    store, errors = call.world.store, list(_wrong(given))
    lines: list[DraftOrderLineItem] = []
    for place, line in enumerate(given.get("lineItems") or []):
        made = _line(call, line)
        if isinstance(made, str):
            errors.append(user_error(["input", "lineItems", str(place)], made))
        else:
            lines.append(made)
    if errors:
        return {"draftOrder": None, "userErrors": errors}
    moment, number = stamp(), len(store.draft_orders) + 1
    draft = DraftOrder(
        id=store.next_id("DraftOrder"),
        name=f"#D{number}",
        created_at=moment,
        updated_at=moment,
        currency_code=given.get("presentmentCurrencyCode") or call.world.knobs.currency,
        email=given.get("email"),
        note2=given.get("note"),
        po_number=given.get("poNumber"),
        reserve_inventory_until=given.get("reserveInventoryUntil"),
        tags=sorted(given.get("tags") or []),
        custom_attributes=[dict(each) for each in given.get("customAttributes") or []],
        lines=lines,
    )
    store.draft_orders[draft.id] = draft
    call.record(
        "draftOrderCreate",
        "created",
        id=draft.id,
        name=draft.name,
        email=draft.email,
        poNumber=draft.po_number,
        tags=draft.tags,
        customAttributes={each["key"]: each["value"] for each in draft.custom_attributes},
        total=money(draft.total),
        lines=[
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "price": money(line.price),
                "custom": line.custom,
            }
            for line in lines
        ],
    )
    return {"draftOrder": draft, "userErrors": []}


def _wrong(given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if not given.get("lineItems"):
        found.append(user_error(None, "Add at least 1 product"))
    elif len(given["lineItems"]) > _MOST_LINES:
        found.append(user_error(["input", "lineItems"], f"Line items cannot exceed {_MOST_LINES}"))
    if given.get("email") and not _EMAIL.fullmatch(given["email"]):
        found.append(user_error(["input", "email"], "Email is invalid"))
    if any(len(tag) > _LONGEST_TAG for tag in given.get("tags") or []):
        found.append(user_error(["input", "tags"], f"Tags is too long (maximum is {_LONGEST_TAG} characters)"))
    return found


def _line(call: Call, given: dict[str, Any]) -> DraftOrderLineItem | str:
    """A line, or Shopify's reason against it."""
    store = call.world.store
    if given["quantity"] < 1:
        return "Quantity must be greater than or equal to 1"
    identifier = store.next_id("DraftOrderLineItem")
    if variant_id := given.get("variantId"):
        variant = store.variants.get(variant_id)
        if variant is None:
            return "Product with ID " + variant_id.rpartition("/")[2] + " is no longer available."
        override = given.get("priceOverride")
        price = Decimal(override["amount"]) if override else variant.price
        return DraftOrderLineItem(
            identifier, variant.product.title, given["quantity"], price, sku=variant.sku, variant=variant
        )
    if not given.get("title"):
        return "Title can't be blank"
    price = Decimal((given.get("originalUnitPriceWithCurrency") or {}).get("amount") or 0)
    return DraftOrderLineItem(identifier, given["title"], given["quantity"], price, sku=given.get("sku"))
