"""Fastens an answer to every field of the schema: root fields, computed fields, and plain ones read from the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)

from boeing_data_hub_sandbox.shopify.access import guarded
from boeing_data_hub_sandbox.shopify.draft_order import DraftOrder, DraftOrderLineItem
from boeing_data_hub_sandbox.shopify.fields import FIELDS
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.records import (
    BulkOperation,
    Definition,
    Item,
    Level,
    Location,
    Media,
    Metafield,
    Option,
    Product,
    ProductOperation,
    Publication,
    Variant,
    Webhook,
)
from boeing_data_hub_sandbox.shopify.roots import MUTATIONS, QUERIES
from boeing_data_hub_sandbox.shopify.schema import load_schema
from boeing_data_hub_sandbox.shopify.world import World

_NAMES: dict[type[Any], str] = {
    BulkOperation: "BulkOperation",
    Definition: "MetafieldDefinition",
    DraftOrder: "DraftOrder",
    DraftOrderLineItem: "DraftOrderLineItem",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Location: "Location",
    Media: "MediaImage",
    Metafield: "Metafield",
    Option: "ProductOption",
    Product: "Product",
    Publication: "Publication",
    Variant: "ProductVariant",
    Webhook: "WebhookSubscription",
}


def new_world(knobs: Knobs) -> World:
    """An empty store with its schema."""
    return World(knobs, wired_schema())


def wired_schema() -> GraphQLSchema:
    """The schema with all its answers."""
    schema = load_schema()
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = _type_name  # pyright: ignore[reportAttributeAccessIssue]
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        roots = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}.get(name)
        computed = FIELDS.get(name, {})
        for field_name, field in kind.fields.items():
            if roots is not None:
                field.resolve = guarded(field_name, roots[field_name])
            else:
                field.resolve = computed.get(field_name) or _plain(field_name)
    return schema


def _plain(name: str) -> Callable[..., Any]:
    """Read the field from the record's attribute of that name, or from a mapping's key."""
    attribute = re.sub(r"([A-Z]+)", r"_\1", name).lower()

    def resolve(source: Any, _info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
        if type(source) is dict:
            return source.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return getattr(source, attribute)

    return resolve


def _type_name(value: Any, _info: GraphQLResolveInfo[Any], _kind: Any) -> str:
    if isinstance(value, ProductOperation):
        return value.kind
    if isinstance(value, dict):
        return str(value.get("__typename"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return _NAMES[type(value)]
