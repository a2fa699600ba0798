"""Which scope each root field needs, and what happens without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify.outcomes import TopLevel

Answer = Callable[..., Any]

SCOPES = {
    "productSet": "write_products",
    "productUpdate": "write_products",
    "productDelete": "write_products",
    "productVariantsBulkUpdate": "write_products",
    "metafieldsSet": "write_products",
    "metafieldsDelete": "write_products",
    "metafieldDefinitionCreate": "write_products",
    "metafieldDefinitionUpdate": "write_products",
    "metafieldDefinitionDelete": "write_products",
    "tagsAdd": "write_products",
    "tagsRemove": "write_products",
    "fileDelete": "write_files",
    "inventorySetQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
    "inventoryItemUpdate": "write_inventory",
    "publishablePublish": "write_publications",
    "publishableUnpublish": "write_publications",
    "publicationUpdate": "write_publications",
    "draftOrderCreate": "write_draft_orders",
    "product": "read_products",
    "productByHandle": "read_products",
    "productByIdentifier": "read_products",
    "products": "read_products",
    "productsCount": "read_products",
    "productVariant": "read_products",
    "productVariants": "read_products",
    "productVariantByIdentifier": "read_products",
    "productVariantsCount": "read_products",
    "productOperation": "read_products",
    "inventoryItem": "read_inventory",
    "inventoryItems": "read_inventory",
    "inventoryLevel": "read_inventory",
    "location": "read_locations",
    "locations": "read_locations",
    "locationsCount": "read_locations",
    "publication": "read_publications",
    "publications": "read_publications",
    "publishedProductsCount": "read_publications",
    "files": "read_files",
    "draftOrder": "read_draft_orders",
    "draftOrders": "read_draft_orders",
}


def guarded(name: str, answer: Answer) -> Answer:
    """The field, refused without its scope. A right to write includes the right to read."""
    scope = SCOPES.get(name)
    if scope is None:
        return answer

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        granted = info.context.world.knobs.scopes
        if scope not in granted and scope.replace("read_", "write_") not in granted:
            raise TopLevel(
                f"Access denied for {name} field. Required access: `{scope}` access scope.",
                "ACCESS_DENIED",
                documentation="https://shopify.dev/api/usage/access-scopes",
                requiredAccess=f"`{scope}` access scope.",
            )
        return answer(source, info, **arguments)

    return resolve
