"""The maximum cost of a call in points, before it is made. The figures are from the API's cost rules.

Too low a figure does no lasting harm, because every answer contains the true one, which corrects the account.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

MUTATION: Final = 10
"""Points of a mutation that returns no connection."""

UPSERT: Final = 14.0
"""Points of an upsert and the ids it returns; add `VARIANT`, `METAFIELD` and `PICTURE` for each one it sends."""

VARIANT: Final = 0.2
METAFIELD: Final = 0.4
PICTURE: Final = 1.9
_PICTURE_OF_VARIANT: Final = 0.6
_PICTURES_READ: Final = 3.0  # extra points of an upsert that returns its pictures

# One part's share of calls for many parts, as charged in the end.
OFFERED: Final = 0.4
"""Of offering products on a sales channel."""

OFFERED_IN_BULK: Final = 0.2
"""The same after a bulk operation, which offers twice as many at once."""

RESTOCKED: Final = 0.2
"""Of setting stock."""

LOOKED_AT: Final = 1.2
"""Of reading a hundred existing products, which is repeated when a plan runs."""

LOOKED_UP: Final = 0.42
"""Of the search for a hundred SKUs; its results for a plan are cached, so the plan's run does not pay again."""

LISTS_READ: Final = 26.0
"""Of reading a product's tags and metafields before it is changed."""

BULK_RUN: Final = 30.0
"""Of a bulk operation with its upload and its polls."""

STARTED: Final = 400.0
"""Of facts, locations, channels and definitions, which each worker reads now and then."""

_TO_ADOPT: Final = 6.2  # a product with its first variants, as matching sees it
_ALIKE: Final = 7.2  # a product with its first variants
_SEEN: Final = 13.3  # a product with its variant and pictures
_UPSERTS: Final = {"product_upsert": UPSERT + _PICTURES_READ, "product_upsert_lean": UPSERT}
_BY_ID: Final = {
    "media_errors": 2.0,
    "product_variants": 4.0,
    "products_seen_by_id": _SEEN,
    "products_to_adopt_by_id": _TO_ADOPT,
}
_PAGED: Final = {
    "products_alike": _ALIKE,
    "products_seen": _SEEN,
    "products_to_adopt": _TO_ADOPT,
    "variants_by_sku": 4.0,
}
_FIXED: Final = {
    "bulk_cancel": MUTATION,
    "bulk_run": MUTATION,
    "bulk_query_run": MUTATION,
    "bulk_running": 10,
    "bulk_status": 1,
    "draft_order_create": MUTATION,
    "draft_orders_seen": 26,
    "inventory_levels": 28,
    "inventory_set": 13,
    "locations": 11,
    "metafield_definition_create": 14,
    "metafield_definitions": 48,
    "metafields_delete": MUTATION,
    "metafields_set": MUTATION,
    "product_by_custom_id": 37,
    "product_delete": MUTATION,
    "product_ids": 7,
    "product_publish": MUTATION,
    "product_update": MUTATION,
    "publications": 35,
    "shop_facts": 8,
    "staged_upload": 11,
    "webhook_subscription_create": 11,
    "webhook_subscriptions": 11,
}


def points(name: str, variables: Mapping[str, Any]) -> int:
    """The maximum cost of this document with these variables.

    Raises:
        KeyError: there is no such document.
    """
    if name in _UPSERTS:
        return math.ceil(_UPSERTS[name] + _set_cost(variables.get("input")))
    if name == "publication_add":
        # A fifth of a point for each product, besides the mutation and what it returns.
        return MUTATION + 1 + math.ceil(0.2 * len(_list(_fields(variables.get("input")), "publishablesToAdd")))
    if name in _BY_ID:
        return max(1, math.ceil(_BY_ID[name] * len(_list(variables, "ids"))))
    if name in _PAGED:
        return 2 + math.ceil(_PAGED[name] * _paged(variables.get("first")))
    return _FIXED[name]


def sent_cost(*, variants: int, pictures: int, metafields: int) -> float:
    """Points of what an upsert sends, in addition to `UPSERT`."""
    return round(VARIANT * variants + PICTURE * pictures + METAFIELD * metafields, 6)


def _set_cost(given: Any) -> float:
    fields = _fields(given)
    variants = [cast("Mapping[str, Any]", each) for each in _list(fields, "variants") if isinstance(each, Mapping)]
    metafields = len(_list(fields, "metafields")) + sum(len(_list(each, "metafields")) for each in variants)
    inside = sum(_PICTURE_OF_VARIANT for each in variants if each.get("file"))
    own = sent_cost(variants=len(variants), pictures=len(_list(fields, "files")), metafields=metafields)
    return round(own + inside, 6)


def _fields(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _list(fields: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = fields.get(name)
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def _paged(first: Any) -> int:
    # A long page costs less than its length.
    length = first if isinstance(first, int) else 10
    return length if length <= 1 else max(1, math.ceil(1.95 * math.log(length)))
