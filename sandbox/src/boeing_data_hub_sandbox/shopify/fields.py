"""Fields that are not simply stored: connections, sums, views of the settings."""

# A resolver is handed whatever record its parent returned: the schema, not Python, says what that is.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify.media_view import MEDIA_FIELDS
from boeing_data_hub_sandbox.shopify.metafields import APP_NAMESPACE
from boeing_data_hub_sandbox.shopify.paging import page
from boeing_data_hub_sandbox.shopify.product_fields import category, plain_text
from boeing_data_hub_sandbox.shopify.records import Item, Level, Metafield, Product, Variant, gid, number_of
from boeing_data_hub_sandbox.shopify.roots import categories
from boeing_data_hub_sandbox.shopify.settings_view import SETTINGS_FIELDS

Info = GraphQLResolveInfo[Any]
Answer = Callable[..., Any]


def _many(rows: Callable[[Any], Any]) -> Answer:
    return lambda source, info, **given: page(info, rows(source), given)


def _of(read: Callable[[Any], Any]) -> Answer:
    return lambda source, _info, **_given: read(source)


def _money(amount: Any, info: Info) -> dict[str, Any]:
    return {"amount": amount, "currencyCode": info.context.world.knobs.currency}


def _bag(amount: Any, info: Info) -> dict[str, Any]:
    return {"shopMoney": _money(amount, info), "presentmentMoney": _money(amount, info)}


def _counted(total: int) -> dict[str, Any]:
    return {"count": total, "precision": "EXACT"}


def _metafield(source: Any, _info: Info, key: str, namespace: str | None = None) -> Metafield | None:
    if namespace is None and "." in key:
        namespace, _, key = key.partition(".")
    return source.metafields.get((namespace or APP_NAMESPACE, key))


def _metafields(source: Any, info: Info, **given: Any) -> Any:
    rows = list(source.metafields.values())
    if given.get("namespace"):
        rows = [row for row in rows if row.namespace == given["namespace"]]
    if given.get("keys"):
        rows = [row for row in rows if f"{row.namespace}.{row.key}" in given["keys"]]
    return page(info, rows, given)


def _on_publication(source: Any, _info: Info, publicationId: str) -> bool:  # noqa: N803 - the schema's word
    return publicationId in _product(source).publications


def _product(source: Any) -> Product:
    return source.product if isinstance(source, Variant) else source


def _resource_publications(source: Any, info: Info, **given: Any) -> Any:
    publications = info.context.world.store.publications
    rows = [
        {
            "id": f"{source.id}/{identifier}",
            "isPublished": True,
            "publication": publications[identifier],
            "publishDate": date,
            "publishable": source,
        }
        for identifier, date in _product(source).publications.items()
        if identifier in publications
    ]
    return page(info, rows, given)


def _total(source: Product, info: Info) -> int:
    if source.total_before is not None and source.total_before[0] is info.context:
        return source.total_before[1]
    return source.total


def _price_range(source: Product, info: Info) -> dict[str, Any]:
    prices = [variant.price for variant in source.variants] or [0]
    return {"minVariantPrice": _money(min(prices), info), "maxVariantPrice": _money(max(prices), info)}


def _online(source: Product, info: Info) -> str | None:
    first = next(iter(info.context.world.store.publications))
    if source.status != "ACTIVE" or first not in source.publications:
        return None
    return f"https://{info.context.world.knobs.shop_domain}/products/{source.handle}"


def _option_values(source: Any, _info: Info) -> list[dict[str, Any]]:
    return [
        {"id": identifier, "name": name, "hasVariants": True, "__typename": "ProductOptionValue"}
        for identifier, name in source.choices
    ]


def _selected(source: Variant, _info: Info) -> list[dict[str, Any]]:
    ids = {(option.name, name): identifier for option in source.product.options for identifier, name in option.choices}
    return [
        {
            "name": name,
            "value": value,
            "optionValue": {
                "id": ids.get((name, value), gid("ProductOptionValue", 0)),
                "name": value,
                "hasVariants": True,
            },
        }
        for name, value in source.options
    ]


def _levels(source: Item, info: Info, **given: Any) -> Any:
    rows = [level for level in source.levels.values() if level.is_active or given.get("includeInactive")]
    return page(info, rows, given)


def _level_of_item(source: Item, _info: Info, locationId: str, **_: Any) -> Level | None:  # noqa: N803
    return source.levels.get(locationId)


def _level_at_location(source: Any, info: Info, inventoryItemId: str, **_: Any) -> Level | None:  # noqa: N803
    item = info.context.world.store.items.get(inventoryItemId)
    return item.levels.get(source.id) if item else None


def _quantities(source: Level, _info: Info, names: list[str]) -> list[dict[str, Any]]:
    known = {
        "available": source.available,
        "on_hand": source.available + source.committed,
        "committed": source.committed,
        "incoming": 0,
        "reserved": 0,
    }
    tail = source.id.rsplit("/", 1)[-1]
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{tail}&name={name}",
            "name": name,
            "quantity": known.get(name, 0),
            "updatedAt": source.updated_at,
            "__typename": "InventoryQuantity",
        }
        for name in names
    ]


def _measurement(source: Item) -> dict[str, Any]:
    weight = {"value": source.weight, "unit": source.weight_unit}
    return {"id": gid("InventoryItemMeasurement", number_of(source.id)), "weight": weight}


def _changes(source: dict[str, Any], _info: Info, **given: Any) -> list[dict[str, Any]]:
    names = given.get("quantityNames")
    return [each for each in source["changes"] if not names or each["name"] in names]


def _json_value(source: Metafield) -> Any:
    if source.type in {"number_integer", "boolean", "json"} or source.type.startswith("list."):
        return json.loads(source.value)
    return source.value


def _definition_of(source: Metafield, info: Info) -> Any:
    owner = "PRODUCT" if isinstance(source.owner, Product) else "PRODUCTVARIANT"
    return info.context.world.store.definition(owner, (source.namespace, source.key))


def _catalog(source: Any) -> dict[str, Any]:
    identifier = gid("AppCatalog", number_of(source.id))
    return {
        "id": identifier,
        "title": source.name,
        "status": "ACTIVE",
        "publication": source,
        "__typename": "AppCatalog",
    }


def _channels(source: Any) -> list[dict[str, Any]]:
    identifier = gid("Channel", number_of(source.id))
    return [{"id": identifier, "handle": source.handle, "name": source.name, "__typename": "Channel"}]


_NUMBER = {"legacyResourceId": _of(lambda source: number_of(source.id))}
_TRUE = _of(lambda _: True)
_FALSE = _of(lambda _: False)
_PUBLISHABLE = {"publishedOnPublication": _on_publication, "resourcePublicationsV2": _resource_publications}
_HAS_METAFIELDS = {"metafield": _metafield, "metafields": _metafields}
FIELDS: dict[str, dict[str, Answer]] = {
    **SETTINGS_FIELDS,
    **MEDIA_FIELDS,
    "Product": {
        **_NUMBER,
        **_PUBLISHABLE,
        **_HAS_METAFIELDS,
        "category": _of(lambda it: category(it.category) if it.category else None),
        "description": lambda it, _info, truncateAt=None: plain_text(it.description_html)[:truncateAt],  # noqa: N803
        "bodyHtml": _of(lambda it: it.description_html),
        "featuredMedia": _of(lambda it: it.media[0] if it.media else None),
        "hasOnlyDefaultVariant": _of(lambda it: [each.title for each in it.variants] == ["Default Title"]),
        "media": _many(lambda it: it.media),
        "mediaCount": _of(lambda it: _counted(len(it.media))),
        "onlineStoreUrl": _online,
        "options": lambda it, _info, first=None: it.options[:first],
        "priceRangeV2": _price_range,
        "publishedAt": _of(lambda it: next(iter(it.publications.values()), None)),
        "totalInventory": _total,
        "totalVariants": _of(lambda it: len(it.variants)),
        "tracksInventory": _of(lambda it: any(each.inventory_item.tracked for each in it.variants)),
        "variants": _many(lambda it: it.variants),
        "variantsCount": _of(lambda it: _counted(len(it.variants))),
    },
    "ProductVariant": {
        **_NUMBER,
        **_PUBLISHABLE,
        **_HAS_METAFIELDS,
        "availableForSale": _of(
            lambda it: not it.inventory_item.tracked or it.quantity > 0 or it.inventory_policy == "CONTINUE"
        ),
        "displayName": _of(lambda it: f"{it.product.title} - {it.title}"),
        "inventoryQuantity": _of(lambda it: it.quantity),
        "selectedOptions": _selected,
    },
    "ProductOption": {"optionValues": _option_values, "values": _of(lambda it: [name for _, name in it.choices])},
    "InventoryItem": {
        **_NUMBER,
        "duplicateSkuCount": lambda it, info: len(info.context.world.store.with_sku(it.sku or "")),
        "inventoryLevel": _level_of_item,
        "inventoryLevels": _levels,
        "locationsCount": _of(lambda it: _counted(len(it.levels))),
        "measurement": _of(_measurement),
        "unitCost": lambda it, info: None if it.cost is None else _money(it.cost, info),
        "variants": _many(lambda it: [it.variant]),
    },
    "InventoryLevel": {"canDeactivate": _TRUE, "quantities": _quantities},
    "InventoryAdjustmentGroup": {"changes": _changes},
    "Location": {
        **_NUMBER,
        "activatable": _FALSE,
        "address": _of(lambda _: {"formatted": []}),
        "addressVerified": _FALSE,
        "deactivatable": _TRUE,
        "deletable": _FALSE,
        "hasActiveInventory": _TRUE,
        "inventoryLevel": _level_at_location,
        "isFulfillmentService": _FALSE,
        "isPrimary": lambda it, info: it is next(iter(info.context.world.store.locations.values())),
        "shipsInventory": _TRUE,
        "updatedAt": _of(lambda it: it.created_at),
    },
    "Metafield": {
        **_NUMBER,
        "compareDigest": _of(lambda it: it.digest),
        "definition": _definition_of,
        "jsonValue": _of(_json_value),
        "ownerType": _of(lambda it: "PRODUCT" if isinstance(it.owner, Product) else "PRODUCTVARIANT"),
    },
    "Taxonomy": {"categories": categories},
    "Publication": {
        "catalog": _of(_catalog),
        "channels": _many(_channels),
        "supportsFuturePublishing": _TRUE,
    },
    "DraftOrder": {
        **_NUMBER,
        "invoiceUrl": lambda it, info: f"{info.context.world.url}/invoices/{number_of(it.id)}",
        "lineItems": _many(lambda it: it.lines),
        "totalPriceSet": lambda it, info: _bag(it.total, info),
    },
    "DraftOrderLineItem": {"originalUnitPriceSet": lambda it, info: _bag(it.price, info)},
    "WebhookSubscription": {
        **_NUMBER,
        "apiVersion": lambda _, info: {
            "handle": info.context.world.knobs.api_versions[-1],
            "displayName": info.context.world.knobs.api_versions[-1],
            "supported": True,
        },
        "callbackUrl": _of(lambda it: it.uri),
    },
}
