"""Reads the store's answers. A value that is missing or has another shape is empty, never an exception. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

Json = Mapping[str, Any]
"""A JSON object in an answer of the store."""

Input = dict[str, Any]
"""A JSON object that a call sends to the store."""


def part(value: object, name: str) -> Json:
    """The object with this name; empty if there is none."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    return cast("Json", found) if isinstance(found, Mapping) else {}


def rows(value: object, name: str) -> Sequence[Json]:
    """The objects in the list with this name."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, list | tuple):
        return ()
    return [cast("Json", each) for each in cast("Sequence[object]", found) if isinstance(each, Mapping)]


def nodes(value: object, name: str) -> Sequence[Json]:
    """The nodes of the connection with this name."""
    return rows(part(value, name), "nodes")


def text(value: object, name: str) -> str:
    """The text with this name; empty if there is none."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    return "" if found is None else str(found)


def text_or_none(value: object, name: str) -> str | None:
    """The text with this name; None if there is none, or if it is no text."""
    found = cast("Json", value).get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None
