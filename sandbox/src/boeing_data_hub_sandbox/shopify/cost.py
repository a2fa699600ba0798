"""What a request costs: requested before it runs, actual after. Rules and figures: Shopify's rate-limit pages."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

MUTATION = 10.0
_LINEAR = 10


@dataclass(slots=True)
class Price:
    """The cost of one selected field; `first` is a number, the name of a variable, or None when it is no connection."""

    name: str
    answer_key: str
    own: float = 0.0
    first: int | str | None = None
    paged: bool = False
    listed: bool = False
    inner: list[Price] = field(default_factory=list["Price"])
    productset_input: str | None = None


def _weight(items: int) -> float:
    """What that many items count: fewer than their number when there are many (captured: 100 as 9, 250 as 11)."""
    return float(items) if items <= 1 else max(1.0, 1.95 * math.log(items))


def priced(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema
) -> Price:
    """The cost tree of a valid operation."""
    mutation = operation.operation.value == "mutation"
    root = schema.mutation_type if mutation else schema.query_type
    tree = Price("", "")
    if root is not None:
        _descend(operation.selection_set, root, tree, fragments, schema, depth=0 if mutation else 2)
    if mutation:
        for each in tree.inner:
            each.own = MUTATION
    return tree


def _descend(
    selections: SelectionSetNode,
    kind: GraphQLObjectType | GraphQLInterfaceType,
    into: Price,
    fragments: Mapping[str, FragmentDefinitionNode],
    schema: GraphQLSchema,
    *,
    depth: int,
) -> None:
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            _descend(fragments[node.name.value].selection_set, kind, into, fragments, schema, depth=depth)
        elif isinstance(node, InlineFragmentNode):
            named = schema.type_map.get(node.type_condition.name.value) if node.type_condition else None
            inner_kind = named if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else kind
            _descend(node.selection_set, inner_kind, into, fragments, schema, depth=depth)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            definition = kind.fields.get(node.name.value)
            if definition is None:  # reached through a fragment on another type: objects cost the same there
                inner_kind, paged, listed = kind, node.name.value in {"edges", "nodes"}, False
            else:
                inner = get_named_type(definition.type)
                inner_kind = inner if isinstance(inner, (GraphQLObjectType, GraphQLInterfaceType)) else kind
                paged = inner_kind.name.endswith("Connection")
                plain = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
                listed = isinstance(plain, GraphQLList)
            free = inner_kind.name == "PageInfo" or inner_kind.name.endswith(("Edge", "UserError")) or depth < 2  # noqa: PLR2004
            alias = node.alias.value if node.alias else node.name.value
            price = Price(node.name.value, alias, own=0.0 if free or paged else 1.0, paged=paged, listed=listed)
            if into.paged and node.name.value in {"nodes", "edges"}:
                price.own = 0.0 if node.name.value == "edges" else 1.0
                price.listed = False
            _note_arguments(node, price)
            into.inner.append(price)
            _descend(node.selection_set, inner_kind, price, fragments, schema, depth=depth + 1)


def _note_arguments(node: FieldNode, price: Price) -> None:
    for argument in node.arguments or ():
        name, value = argument.name.value, argument.value
        if name in {"first", "last"}:
            if isinstance(value, IntValueNode):
                price.first = int(value.value)
            elif isinstance(value, VariableNode):
                price.first = value.name.value
        elif name == "input" and node.name.value == "productSet" and isinstance(value, VariableNode):
            price.productset_input = value.name.value


def requested(tree: Price, variables: Mapping[str, Any]) -> int:
    """Points that must be in the bucket before the request runs, rounded up."""
    return math.ceil(round(sum(_requested(each, variables) for each in tree.inner), 6))


def _requested(price: Price, variables: Mapping[str, Any]) -> float:
    inner = sum(_requested(each, variables) for each in price.inner)
    if price.paged:
        first = variables.get(price.first) if isinstance(price.first, str) else price.first
        return 2.0 + _weight(first if isinstance(first, int) else _LINEAR) * inner
    return price.own + inner + (_set_cost(variables.get(price.productset_input)) if price.productset_input else 0.0)


def _set_cost(given: Any) -> float:
    """The part of a productSet's cost that its own input decides."""
    if not isinstance(given, dict):
        return 0.0
    fields: dict[str, Any] = given
    variants = [each for each in fields.get("variants") or [] if isinstance(each, dict)]
    inside = sum(
        0.4 * len(each.get("metafields") or []) + (0.6 if each.get("file") else 0.0)  # pyright: ignore[reportUnknownArgumentType]
        for each in variants
    )
    files, metafields = fields.get("files") or [], fields.get("metafields") or []
    return 0.2 * len(variants) + 1.9 * len(files) + 0.4 * len(metafields) + inside


def actual(tree: Price, variables: Mapping[str, Any], data: Mapping[str, Any] | None) -> int:
    """Points the answer was really worth; the difference to what was requested is given back."""
    total = 0.0
    for each in tree.inner:
        value = (data or {}).get(each.answer_key)
        if each.own >= MUTATION:
            refused = value is None or bool(value.get("userErrors"))
            total += each.own if refused else _requested(each, variables)
        else:
            total += _actual(each, value)
    return math.ceil(round(total, 6))


def _actual(price: Price, value: Any) -> float:
    if value is None:
        return 0.0
    if price.paged:
        length = max((len(rows) for key in ("nodes", "edges") if (rows := value.get(key))), default=0)
        inner = 0.0
        for each in price.inner:
            rows = value.get(each.answer_key) or []
            inner += sum(_of(each, row) for row in rows) / length if length and isinstance(rows, list) else 0.0
        return 2.0 + _weight(length) * inner
    if isinstance(value, list):
        return sum((_of(price, row) for row in value), 0.0)
    return _of(price, value)


def _of(price: Price, row: Any) -> float:
    if row is None:
        return 0.0
    return price.own + sum(_actual(each, row.get(each.answer_key)) for each in price.inner)
