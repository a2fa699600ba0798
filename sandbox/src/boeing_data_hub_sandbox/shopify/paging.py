"""Connections: pages of records with opaque cursors, or everything at once inside a bulk query."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.outcomes import TopLevel
from boeing_data_hub_sandbox.shopify.search import Readers, parsed

_MOST = 250


class Page:
    """One page of a connection."""

    __slots__ = ("_more_after", "_more_before", "nodes")

    def __init__(self, nodes: list[Any], *, more_before: bool = False, more_after: bool = False) -> None:
        self.nodes = nodes
        self._more_before, self._more_after = more_before, more_after

    @property
    def edges(self) -> list[dict[str, Any]]:
        """The nodes with their cursors."""
        return [{"node": node, "cursor": cursor(node)} for node in self.nodes]

    @property
    def page_info(self) -> dict[str, Any]:
        """Where this page stands."""
        return {
            "hasNextPage": self._more_after,
            "hasPreviousPage": self._more_before,
            "startCursor": cursor(self.nodes[0]) if self.nodes else None,
            "endCursor": cursor(self.nodes[-1]) if self.nodes else None,
        }


def _identity(node: Any) -> str:
    return str(node["id"] if isinstance(node, dict) else node.id)


def cursor(node: Any) -> str:
    """The opaque place of a node."""
    return base64.urlsafe_b64encode(_identity(node).encode()).decode()


def page(info: GraphQLResolveInfo[Any], rows: Sequence[Any], arguments: dict[str, Any]) -> Page:
    """The part of `rows` that `first`, `last`, `after`, `before` and `reverse` ask for.

    Raises:
        TopLevel: without `first` and `last`, or with more than 250.
    """
    call: Call = info.context
    listed = list(reversed(rows)) if arguments.get("reverse") else list(rows)
    if call.window is not None:
        if info.path.prev is not None:
            return Page(listed)
        start, size = call.window
        return Page(listed[start : start + size])
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        said = f"you must provide one of first or last for the {info.field_name} connection"
        raise TopLevel(said, "BAD_REQUEST")
    for amount in (first, last):
        if amount is not None and not 0 <= amount <= _MOST:
            raise TopLevel(f"cannot request more than {_MOST} or fewer than 0 items", "BAD_REQUEST")
    start, stop = 0, len(listed)
    if arguments.get("after"):
        start = _place(listed, arguments["after"]) + 1
    if arguments.get("before"):
        stop = _place(listed, arguments["before"])
    if first is not None:
        begin, end = start, min(stop, start + first)
    else:
        begin, end = max(start, stop - (last or 0)), stop
    return Page(listed[begin:end], more_before=begin > 0, more_after=end < len(listed))


def _place(rows: list[Any], mark: str) -> int:
    try:
        wanted = base64.urlsafe_b64decode(mark.encode()).decode()
    except ValueError:
        wanted = ""
    for index, row in enumerate(rows):
        if _identity(row) == wanted:
            return index
    raise GraphQLError("Invalid cursor for current pagination sort.", extensions={"code": "BAD_REQUEST"})


def found(
    info: GraphQLResolveInfo[Any],
    rows: Sequence[Any],
    query: str | None,
    readers: Readers,
    free: Sequence[str],
    quickly: Callable[[list[tuple[str, str]]], Sequence[Any] | None] | None = None,
) -> Sequence[Any]:
    """The rows a search query finds. `quickly` may offer a shorter list to look through."""
    if not (query or "").strip():
        return rows
    search = parsed(query or "", readers, free)
    if search.warnings:
        call: Call = info.context
        call.search_notes.append({"path": [info.field_name], "query": query, "warnings": search.warnings})
    if search.exact is not None and quickly is not None and (short := quickly(search.exact)) is not None:
        rows = short
    return [row for row in rows if search.test(row)]
