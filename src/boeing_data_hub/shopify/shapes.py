"""Reading the store's answers: whatever is missing or of another shape is empty, and never an exception. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

Json = Mapping[str, Any]


def part(value: object, name: str) -> Json:
    """The object under this name; empty when there is none."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    return cast("Json", found) if isinstance(found, Mapping) else {}


def rows(value: object, name: str) -> Sequence[Json]:
    """The objects in the list under this name."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, list | tuple):
        return ()
    return [cast("Json", each) for each in cast("Sequence[object]", found) if isinstance(each, Mapping)]


def nodes(value: object, name: str) -> Sequence[Json]:
    """The nodes of the connection under this name."""
    return rows(part(value, name), "nodes")


def text(value: object, name: str) -> str:
    """The text under this name; empty when there is none."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    return "" if found is None else str(found)
