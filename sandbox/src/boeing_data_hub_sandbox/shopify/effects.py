"""How a product is written into the ledger and into a webhook."""

from __future__ import annotations

from typing import Any

from boeing_data_hub_sandbox.shopify.records import Product, number_of
from boeing_data_hub_sandbox.shopify.schema import money


def custom_ids(product: Product) -> dict[str, str]:
    """Its metafields of type `id`, by namespace and key."""
    return {
        f"{field.namespace}.{field.key}": field.value for field in product.metafields.values() if field.type == "id"
    }


def product_facts(product: Product) -> dict[str, Any]:
    """The product as it stands after the effect, its first variant being the part."""
    facts: dict[str, Any] = {
        "id": product.id,
        "handle": product.handle,
        "title": product.title,
        "status": product.status,
        "customIds": custom_ids(product),
        "images": [media.source for media in product.media],
    }
    if product.variants:
        variant = product.variants[0]
        item = variant.inventory_item
        facts |= {
            "sku": variant.sku,
            "variants": len(product.variants),
            "price": money(variant.price),
            "cost": None if item.cost is None else format(item.cost, "f"),
            "quantities": {level.location.name: level.available for level in item.levels.values()},
        }
    return facts


def product_body(product: Product) -> dict[str, Any]:
    """The product as a webhook carries it: the older API's words."""
    return {
        "admin_graphql_api_id": product.id,
        "id": number_of(product.id),
        "title": product.title,
        "body_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "handle": product.handle,
        "status": product.status.lower(),
        "tags": ", ".join(product.tags),
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "variants": [
            {
                "admin_graphql_api_id": variant.id,
                "id": number_of(variant.id),
                "sku": variant.sku,
                "price": money(variant.price),
                "inventory_quantity": variant.quantity,
            }
            for variant in product.variants
        ],
    }
