"""The root fields, and who answers each."""

# A resolver is handed whatever record its parent returned: the schema, not Python, says what that is.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify import channels, definitions, draft_orders, inventory, product_edits, webhooks
from boeing_data_hub_sandbox.shopify import readers as read
from boeing_data_hub_sandbox.shopify.bulk import BulkRunner
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.draft_order import DraftOrder
from boeing_data_hub_sandbox.shopify.metafields import slot_of
from boeing_data_hub_sandbox.shopify.paging import found, page
from boeing_data_hub_sandbox.shopify.product_fields import PREFIX, TAXONOMY, category
from boeing_data_hub_sandbox.shopify.product_set import product_set
from boeing_data_hub_sandbox.shopify.records import (
    BulkOperation,
    Item,
    Level,
    Product,
    ProductOperation,
    Publication,
    Variant,
)

Answer = Callable[..., Any]
Info = GraphQLResolveInfo[Any]


def _mutation(act: Callable[..., Any], *names: str, **fixed: Any) -> Answer:
    """A mutation answered by `act(call, ...)` with these arguments in this order; absent ones are None."""

    def resolve(_source: Any, info: Info, **arguments: Any) -> Any:
        return act(info.context, *(arguments.get(name) for name in names), **fixed)

    return resolve


def _record(kind: type[Any]) -> Answer:
    """A record by its id, null when there is none of this kind."""

    def resolve(_source: Any, info: Info, id: str) -> Any:  # noqa: A002 - the schema's word
        record = info.context.world.store.find(id)
        return record if isinstance(record, kind) else None

    return resolve


def _count(total: int, limit: int | None) -> dict[str, Any]:
    """The schema counts to 10,000 unless told otherwise; null, said expressly, counts all."""
    if limit is None or total <= limit:
        return {"count": total, "precision": "EXACT"}
    return {"count": limit, "precision": "AT_LEAST"}


def _products(_: Any, info: Info, **given: Any) -> Any:
    call: Call = info.context
    rows = found(
        info,
        read.visible_products(call),
        given.get("query"),
        read.PRODUCTS,
        ("title", "sku", "vendor", "product_type", "tag", "barcode"),
        lambda wanted: read.quick_products(call, wanted),
    )
    keys = {"TITLE": "title", "UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "VENDOR": "vendor"}
    return page(info, _sorted(rows, given, keys), given)


def _sorted(rows: Any, given: dict[str, Any], keys: dict[str, str]) -> Any:
    attribute = keys.get(given.get("sortKey") or "")
    return rows if attribute is None else sorted(rows, key=lambda row: str(getattr(row, attribute) or ""))


def _variants(_: Any, info: Info, **given: Any) -> Any:
    call: Call = info.context
    rows = found(
        info,
        [variant for product in read.visible_products(call) for variant in product.variants],
        given.get("query"),
        read.VARIANTS,
        ("sku", "title", "product_title", "barcode", "vendor"),
        lambda wanted: read.quick_variants(call, wanted),
    )
    return page(info, rows, given)


def _shelf(shelf: str, readers: Any, free: tuple[str, ...] = (), *, keys: dict[str, str] | None = None) -> Answer:
    """A connection over all records of one shelf of the store."""

    def resolve(_source: Any, info: Info, **given: Any) -> Any:
        rows = list(getattr(info.context.world.store, shelf).values())
        rows = found(info, rows, given.get("query"), readers, free)
        return page(info, _sorted(rows, given, keys or {}), given)

    return resolve


def _products_count(_: Any, info: Info, limit: int | None = None, query: str | None = None, **_others: Any) -> Any:
    rows = found(info, read.visible_products(info.context), query, read.PRODUCTS, ("title",))
    return _count(len(rows), limit)


def _variants_count(_: Any, info: Info, limit: int | None = None, query: str | None = None) -> Any:
    world = info.context.world
    rows = list(world.store.variants.values())
    more = 0 if query else world.knobs.other_variants
    return _count(len(found(info, rows, query, read.VARIANTS, ("title",))) + more, limit)


def _locations(_: Any, info: Info, **given: Any) -> Any:
    rows = [
        each for each in info.context.world.store.locations.values() if each.is_active or given.get("includeInactive")
    ]
    return page(info, found(info, rows, given.get("query"), read.LOCATIONS, ("name",)), given)


def _location(_: Any, info: Info, id: str | None = None) -> Any:  # noqa: A002 - the schema's word
    locations = info.context.world.store.locations
    return next(iter(locations.values()), None) if id is None else locations.get(id)


def _definition(_: Any, info: Info, **given: Any) -> Any:
    store, which = info.context.world.store, given.get("identifier")
    if which is not None:
        return store.definition(which["ownerType"], slot_of(which))
    return store.definitions.get(given.get("id") or "")


def _definitions(_: Any, info: Info, **given: Any) -> Any:
    rows = [
        each
        for each in info.context.world.store.definitions.values()
        if each.owner_type == given["ownerType"]
        and given.get("namespace") in {None, each.namespace}
        and given.get("key") in {None, each.key}
    ]
    return page(info, found(info, rows, given.get("query"), read.DEFINITIONS, ("key", "namespace")), given)


def _current_bulk(_: Any, info: Info, type: str = "QUERY") -> Any:  # noqa: A002 - the schema's word
    return next(
        (each for each in reversed(info.context.world.store.bulk_operations.values()) if each.type == type), None
    )


def _webhooks(_: Any, info: Info, **given: Any) -> Any:
    rows = [
        each
        for each in info.context.world.store.webhooks.values()
        if not given.get("topics") or each.topic in given["topics"]
        if given.get("uri") in {None, each.uri}
    ]
    return page(info, found(info, rows, given.get("query"), read.WEBHOOKS, ("topic",)), given)


def categories(_: Any, info: Info, **given: Any) -> Any:
    """taxonomy.categories."""
    rows = [category(PREFIX + key) for key in TAXONOMY]
    if word := (given.get("search") or "").casefold():
        rows = [row for row in rows if row and word in row["fullName"].casefold()]
    if parent := given.get("childrenOf"):
        rows = [row for row in rows if row and row["parentId"] == parent]
    return page(info, rows, given)


def _node(_: Any, info: Info, id: str) -> Any:  # noqa: A002 - the schema's word
    return category(id) if id.startswith(PREFIX) else info.context.world.store.find(id)


def _nodes(_: Any, info: Info, ids: list[str]) -> Any:
    return [_node(None, info, each) for each in ids]


def _set(_: Any, info: Info, input: dict[str, Any], **others: Any) -> Any:  # noqa: A002 - the schema's word
    synchronous = others.get("synchronous") is not False
    return product_set(info.context, input, others.get("identifier"), synchronous=synchronous)


def _update(_: Any, info: Info, **given: Any) -> Any:
    return product_edits.update(info.context, **given)


def _update_variants(_: Any, info: Info, productId: str, variants: Any, **others: Any) -> Any:  # noqa: N803
    return product_edits.update_variants(info.context, productId, variants, **others)


def _delete(_: Any, info: Info, input: dict[str, Any], **others: Any) -> Any:  # noqa: A002 - the schema's word
    return product_edits.delete(info.context, input["id"], synchronous=others.get("synchronous") is not False)


def _delete_definition(_: Any, info: Info, **given: Any) -> Any:
    return definitions.delete(info.context, **given)


def _set_quantities(_: Any, info: Info, input: dict[str, Any]) -> Any:  # noqa: A002 - the schema's word
    return inventory.set_quantities(info.context, inventory.idempotency_key(info), input)


def _activate(_: Any, info: Info, **given: Any) -> Any:
    return inventory.activate(info.context, inventory.idempotency_key(info), given)


def _stage_uploads(call: Call, given: list[dict[str, Any]]) -> dict[str, Any]:
    world = call.world
    return world.uploads.stage(given, shop=world.knobs.shop_domain, url=world.url)


QUERIES: dict[str, Answer] = {
    "product": _record(Product),
    "productByHandle": _mutation(lambda call, handle: product_edits.located(call, {"handle": handle}), "handle"),
    "productByIdentifier": _mutation(product_edits.located, "identifier"),
    "products": _products,
    "productsCount": _products_count,
    "productVariant": _record(Variant),
    "productVariantByIdentifier": _mutation(
        lambda call, which: (
            call.world.store.variants.get(which["id"])
            if which.get("id")
            else call.world.store.owner_of(slot_of(which["customId"]), which["customId"]["value"], Variant)
        ),
        "identifier",
    ),
    "productVariants": _variants,
    "productVariantsCount": _variants_count,
    "productOperation": _record(ProductOperation),
    "node": _node,
    "nodes": _nodes,
    "metafieldDefinition": _definition,
    "metafieldDefinitions": _definitions,
    "inventoryItem": _record(Item),
    "inventoryItems": _shelf("items", read.ITEMS, ("sku",)),
    "inventoryLevel": _record(Level),
    "location": _location,
    "locations": _locations,
    "locationsCount": lambda _, info, limit=None, **_others: _count(len(info.context.world.store.locations), limit),
    "publication": _record(Publication),
    "publications": _shelf("publications", {}),
    "publishedProductsCount": lambda _, info, publicationId, limit=None: _count(  # noqa: N803 - the schema's word
        sum(publicationId in each.publications for each in info.context.world.store.products.values()), limit
    ),
    "files": _shelf("media", read.FILES, ("filename",)),
    "bulkOperation": _record(BulkOperation),
    "bulkOperations": _shelf(
        "bulk_operations", read.BULK, keys={"CREATED_AT": "created_at", "COMPLETED_AT": "completed_at"}
    ),
    "currentBulkOperation": _current_bulk,
    "webhookSubscriptions": _webhooks,
    "draftOrder": _record(DraftOrder),
    "draftOrders": _shelf(
        "draft_orders", read.DRAFT_ORDERS, ("name", "email"), keys={"ID": "id", "UPDATED_AT": "updated_at"}
    ),
    "shop": lambda *_, **__: {},
    "currentAppInstallation": lambda *_, **__: {},
    "appInstallation": lambda *_, **__: {},
    "taxonomy": lambda *_: {},
    "publicApiVersions": lambda _, info: [
        {"handle": each, "displayName": each, "supported": True} for each in info.context.world.knobs.api_versions
    ],
}
MUTATIONS: dict[str, Answer] = {
    "productSet": _set,
    "productUpdate": _update,
    "productDelete": _delete,
    "productVariantsBulkUpdate": _update_variants,
    "metafieldsSet": _mutation(definitions.set_values, "metafields"),
    "metafieldsDelete": _mutation(definitions.delete_values, "metafields"),
    "tagsAdd": _mutation(product_edits.tags, "id", "tags", add=True),
    "tagsRemove": _mutation(product_edits.tags, "id", "tags", add=False),
    "metafieldDefinitionCreate": _mutation(definitions.create, "definition"),
    "metafieldDefinitionUpdate": _mutation(definitions.update, "definition"),
    "metafieldDefinitionDelete": _delete_definition,
    "inventorySetQuantities": _set_quantities,
    "inventoryActivate": _activate,
    "inventoryItemUpdate": _mutation(product_edits.update_item, "id", "input"),
    "publishablePublish": _mutation(channels.publish, "id", "input"),
    "publishableUnpublish": _mutation(channels.publish, "id", "input", withdraw=True),
    "publicationUpdate": _mutation(channels.update, "id", "input"),
    "stagedUploadsCreate": _mutation(_stage_uploads, "input"),
    "fileDelete": _mutation(product_edits.delete_files, "fileIds"),
    "bulkOperationRunMutation": _mutation(
        lambda call, *given: BulkRunner(call.world).run_mutation(call, *given),
        "mutation",
        "stagedUploadPath",
        "clientIdentifier",
    ),
    "bulkOperationRunQuery": _mutation(lambda call, query: BulkRunner(call.world).run_query(call, query), "query"),
    "bulkOperationCancel": _mutation(lambda call, which: BulkRunner(call.world).cancel(which), "id"),
    "webhookSubscriptionCreate": _mutation(webhooks.subscribe, "topic", "webhookSubscription"),
    "webhookSubscriptionDelete": _mutation(webhooks.unsubscribe, "id"),
    "draftOrderCreate": _mutation(draft_orders.create, "input"),
}
