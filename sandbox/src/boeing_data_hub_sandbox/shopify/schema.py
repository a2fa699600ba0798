"""The official types in the project's own file, with scalars that refuse what Shopify refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, build_schema

PATH = Path(__file__).with_name("schema.graphql")
_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://\S+$", re.IGNORECASE)


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise GraphQLError(f"invalid decimal '{value}'")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise GraphQLError(f"invalid decimal '{value}'") from None
    if not number.is_finite():
        raise GraphQLError(f"invalid decimal '{value}'")
    return number


def _whole_number(value: object) -> int:
    text = str(value)
    if isinstance(value, (bool, float)) or not text.isdigit() or int(text) >= 1 << 64:
        raise GraphQLError(f"invalid unsigned 64-bit integer '{value}'")
    return int(text)


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or not pattern.match(value):
            raise GraphQLError(f"invalid {what} '{value}'")
        return value

    return parse


_PARSERS: dict[str, Callable[[object], Any]] = {
    "Money": _number,
    "Decimal": _number,
    "UnsignedInt64": _whole_number,
    "DateTime": _matching(_DATE_TIME, "DateTime"),
    "URL": _matching(_ADDRESS, "url"),
}


def money(amount: Decimal) -> str:
    """An amount as the API writes it: always two places."""
    return f"{amount:.2f}"


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "Money": money,
    "Decimal": lambda value: format(value, "f"),
    "UnsignedInt64": str,  # a JSON string on the wire, because JavaScript cannot hold it
}


@cache
def bare_schema() -> GraphQLSchema:
    """The types alone, without resolvers: enough to check a document against."""
    return load_schema()


def load_schema() -> GraphQLSchema:
    """A fresh schema, to which the sandbox may fasten its resolvers."""
    text = PATH.read_text(encoding="utf-8")
    schema = build_schema(text, assume_valid=True, assume_valid_sdl=True, no_location=True)
    for name, parse in _PARSERS.items():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)  # noqa: S101 - a schema file that says otherwise is broken
        scalar.coerce_input_value = parse  # pyright: ignore[reportAttributeAccessIssue]
        if name in _WRITERS:
            scalar.coerce_output_value = _WRITERS[name]  # pyright: ignore[reportAttributeAccessIssue]
    return schema
