"""What a call may cost at most, in points, before it is made. Figures: the API's own cost rules.

Too low a figure does no lasting harm, because every answer names the true one and the account is put right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

MUTATION: Final = 10
"""Points of any mutation that returns nothing paged."""

_UPSERTS: Final = {"product_upsert": 17.0, "product_upsert_lean": 14.0}  # the rest depends on the input
_FIXED: Final = {
    "bulk_cancel": MUTATION,
    "bulk_run": MUTATION,
    "bulk_running": 10,
    "bulk_status": 1,
    "inventory_levels": 28,
    "inventory_set": 13,
    "locations": 11,
    "metafield_definition_create": 14,
    "metafield_definitions": 48,
    "product_by_custom_id": 37,
    "product_delete": MUTATION,
    "product_ids": 7,
    "product_publish": MUTATION,
    "product_update": MUTATION,
    "publications": 18,
    "shop_facts": 8,
    "staged_upload": 11,
}


def points(name: str, variables: Mapping[str, Any]) -> int:
    """The most that this document may be charged with these variables.

    Raises:
        KeyError: there is no such document.
    """
    if name in _UPSERTS:
        return math.ceil(_UPSERTS[name] + _set_cost(variables.get("input")))
    if name == "publication_add":
        # A fifth of a point for each product, beside the mutation and what it returns.
        return MUTATION + 1 + math.ceil(0.2 * len(_list(_fields(variables.get("input")), "publishablesToAdd")))
    if name == "variant_counts":
        return max(1, 2 * len(_list(variables, "ids")))
    if name == "variants_by_sku":
        return 2 + 4 * _paged(variables.get("first"))
    return _FIXED[name]


def _set_cost(given: Any) -> float:
    fields = _fields(given)
    variants = [cast("Mapping[str, Any]", each) for each in _list(fields, "variants") if isinstance(each, Mapping)]
    inside = sum(0.4 * len(_list(each, "metafields")) + (0.6 if each.get("file") else 0.0) for each in variants)
    own = 0.2 * len(variants) + 1.9 * len(_list(fields, "files")) + 0.4 * len(_list(fields, "metafields"))
    return round(own + inside, 6)


def _fields(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _list(fields: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = fields.get(name)
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def _paged(first: Any) -> int:
    # A long page counts for less than its length.
    length = first if isinstance(first, int) else 10
    return length if length <= 1 else max(1, math.ceil(1.95 * math.log(length)))
