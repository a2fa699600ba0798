"""The lines of a bulk operation's result: which of ours each answers, and what it says. Pure.

The order is not promised, so lines are joined by their number; what a line selects of a connection may stand in lines
of its own, which name their parent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from boeing_data_hub.errors import HubError
from boeing_data_hub.publishing.outcomes import ids_of, product_of
from boeing_data_hub.shopify.answers import judge
from boeing_data_hub.shopify.shapes import part


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line: the ids of its product, or an error."""

    ids: Mapping[str, Any] | None
    error: HubError | None


@dataclass(slots=True)
class Results:
    """What a result file says.

    Attributes:
        by_number: by the line's number, counted from 0.
        count: lines that answer one of ours.
        unreadable: lines that make no sense, such as a last one that was cut off.
    """

    by_number: dict[int, LineResult] = field(default_factory=dict[int, LineResult])
    count: int = 0
    unreadable: int = 0


def read(lines: Iterable[bytes]) -> Results:
    """Read all lines; a line that cannot be read leaves its part unknown, and is no reason to drop the others."""
    results = Results()
    children: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            parsed: Any = json.loads(line)
        except ValueError:
            results.unreadable += 1
            continue
        if not isinstance(parsed, dict):
            results.unreadable += 1
            continue
        given = cast("dict[str, Any]", parsed)
        number = given.get("__lineNumber")
        if isinstance(number, int):
            results.by_number[number] = _one(given)
            results.count += 1
        elif isinstance(given.get("__parentId"), str):
            children.setdefault(given["__parentId"], given)
        else:
            results.unreadable += 1
    for number, result in results.by_number.items():
        if result.ids is not None and result.ids.get("variant_id") is None:
            child = children.get(str(result.ids["product_id"]))
            if child is not None:
                ids = {**result.ids, "variant_id": child.get("id")}
                ids["inventory_item_id"] = part(child, "inventoryItem").get("id")
                results.by_number[number] = LineResult(ids, None)
    return results


def _one(given: Mapping[str, Any]) -> LineResult:
    answer = judge({name: value for name, value in given.items() if name != "__lineNumber"}, changes=True)
    if answer.error is not None:
        return LineResult(None, answer.error)
    product = product_of(answer.data)
    return LineResult(ids_of(product) if product is not None else None, None)
