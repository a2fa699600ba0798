"""The two ways Shopify says no: a userError beside the data, and an error at the top with the field's data null."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError


class TopLevel(GraphQLError):
    """An error in the top-level list.

    Args:
        message: Shopify's sentence.
        code: `extensions.code`.
        more: further keys of `extensions`.
    """

    def __init__(self, message: str, code: str, **more: Any) -> None:
        super().__init__(message, extensions={"code": code, **more})


def user_error(path: list[str] | None, message: str, code: str | None = None) -> dict[str, Any]:
    """One entry of `userErrors`. Indexes within `path` are text, as on the wire."""
    return {"field": path, "message": message, "code": code}


def too_many(what: int, limit: int = 250) -> TopLevel:
    """The refusal of a list that is too long."""
    return TopLevel(
        f"The input array size of {what} is greater than the maximum allowed of {limit}.", "MAX_INPUT_SIZE_EXCEEDED"
    )
