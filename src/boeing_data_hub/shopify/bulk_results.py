"""Reads the result lines of a bulk operation, and matches them to our lines. Pure.

The store guarantees no order, so lines are matched by number. Nodes of a connection may be on lines of their own,
which name their parent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from boeing_data_hub.errors import HubError
from boeing_data_hub.shopify.answers import judge
from boeing_data_hub.shopify.confirmed_products import ids_of, product_of
from boeing_data_hub.shopify.publications import ProductIds
from boeing_data_hub.shopify.shapes import part, text_or_none


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of one line: the ids of its product, or an error, or neither if the store returns neither."""

    ids: ProductIds | None
    error: HubError | None


@dataclass(slots=True)
class Results:
    """The contents of a result file.

    Attributes:
        by_number: by the line's number, counted from 0.
        unreadable: lines that cannot be parsed, such as a truncated last one.
    """

    by_number: dict[int, LineResult] = field(default_factory=dict[int, LineResult])
    unreadable: int = 0

    def error_of(self, number: int) -> HubError | None:
        """The error of a line, if it has one."""
        found = self.by_number.get(number)
        return found.error if found is not None else None


def read(lines: Iterable[bytes]) -> Results:
    """Read all lines. An unreadable line leaves its part unknown, and does not affect the others."""
    results = Results()
    children: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        given = _parsed(line)
        number = given.get("__lineNumber")
        parent = given.get("__parentId")
        if isinstance(parent, str):  # first, because a child may have its parent's number, too
            if "inventoryItem" in given:  # of a product's children, a variant
                children.setdefault(parent, given)
        elif type(number) is int and number >= 0:
            found = _one(given)
            # If a line is answered twice, the answer with a product counts.
            if found.ids is not None or number not in results.by_number:
                results.by_number[number] = found
        else:
            results.unreadable += 1
    for number, result in results.by_number.items():
        if result.ids is not None and result.ids.variant_id is None:
            child = children.get(result.ids.product_id)
            if child is not None:
                item = text_or_none(part(child, "inventoryItem"), "id")
                ids = replace(result.ids, variant_id=text_or_none(child, "id"), inventory_item_id=item)
                results.by_number[number] = LineResult(ids, None)
    return results


def _parsed(line: bytes) -> Mapping[str, Any]:
    """The object on a line; empty if there is none."""
    try:
        parsed: Any = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}


def _one(given: Mapping[str, Any]) -> LineResult:
    answer = judge({name: value for name, value in given.items() if name != "__lineNumber"}, changes=True)
    if answer.error is not None:
        return LineResult(None, answer.error)
    product = product_of(answer.data)
    known = product is not None and isinstance(product.get("id"), str)
    return LineResult(ids_of(product) if known and product is not None else None, None)
