"""What a request is about, read from its variables, so that faults can be aimed at one part."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

from boeing_data_hub_sandbox.shopify.documents import Document


def facts_of(document: Document, variables: dict[str, Any]) -> dict[str, str | None]:
    """The first field's name, and the SKU and custom id of a product that is being set."""
    facts: dict[str, str | None] = {"operation": document.first_field, "sku": None, "custom_id": None}
    for value in variables.values():
        if not isinstance(value, dict):
            continue
        given: dict[str, Any] = value
        custom = given.get("customId")
        if isinstance(custom, dict):
            facts["custom_id"] = str(custom.get("value"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        variants = given.get("variants")
        if isinstance(variants, list) and variants and isinstance(variants[0], dict):
            sku = variants[0].get("sku")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            facts["sku"] = None if sku is None else str(sku)  # pyright: ignore[reportUnknownArgumentType]
    return facts
