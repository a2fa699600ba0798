"""Makes `schema.graphql` from an introspection file of the official Admin API: the types we use, without their prose.

Run it again when the API version moves:
`python -m boeing_data_hub_sandbox.shopify.prune_schema INTROSPECTION.json[.gz] schema.graphql`
"""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

from graphql import build_client_schema, print_schema

Json = dict[str, Any]

_QUERIES = """
product productByHandle productByIdentifier products productVariant productVariants productVariantByIdentifier
productsCount productVariantsCount productOperation node nodes metafieldDefinition metafieldDefinitions inventoryItem
inventoryItems inventoryLevel location locations locationsCount publication publications publishedProductsCount files
bulkOperation bulkOperations currentBulkOperation shop webhookSubscriptions currentAppInstallation appInstallation
taxonomy publicApiVersions draftOrder draftOrders
"""
_MUTATIONS = """
productSet productUpdate productDelete productVariantsBulkUpdate metafieldsSet metafieldsDelete tagsAdd tagsRemove
metafieldDefinitionCreate metafieldDefinitionUpdate metafieldDefinitionDelete inventorySetQuantities inventoryActivate
inventoryItemUpdate publishablePublish publishableUnpublish publicationUpdate stagedUploadsCreate fileDelete
bulkOperationRunMutation bulkOperationRunQuery bulkOperationCancel webhookSubscriptionCreate webhookSubscriptionDelete
draftOrderCreate
"""
# The objects the sandbox can answer for, each with the fields it really has an answer to.
_OBJECTS = {
    "QueryRoot": _QUERIES,
    "Mutation": _MUTATIONS,
    "Node": "id",
    "HasMetafields": "metafield metafields",
    "Publishable": "publishedOnPublication resourcePublicationsV2",
    "DisplayableError": "field message",
    "Media": "alt id mediaContentType mediaErrors preview status",
    "File": "alt createdAt fileErrors fileStatus id preview updatedAt",
    "ProductOperation": "product status",
    "Catalog": "id status title publication",
    "LegacyInteroperability": "legacyResourceId",
    "Product": "category createdAt description descriptionHtml featuredMedia handle hasOnlyDefaultVariant id "
    "legacyResourceId media mediaCount metafield metafields onlineStoreUrl options priceRangeV2 productType "
    "publishedAt publishedOnPublication resourcePublicationsV2 seo status tags templateSuffix title totalInventory "
    "tracksInventory updatedAt variants variantsCount vendor bodyHtml totalVariants",
    "ProductVariant": "availableForSale barcode compareAtPrice createdAt displayName id inventoryItem inventoryPolicy "
    "inventoryQuantity legacyResourceId metafield metafields position price product publishedOnPublication "
    "resourcePublicationsV2 selectedOptions sku taxable title updatedAt",
    "ProductOption": "id name optionValues position values",
    "ProductOptionValue": "hasVariants id name",
    "SelectedOption": "name optionValue value",
    "ProductPriceRangeV2": "maxVariantPrice minVariantPrice",
    "InventoryItem": "countryCodeOfOrigin createdAt duplicateSkuCount harmonizedSystemCode id inventoryLevel "
    "inventoryLevels legacyResourceId locationsCount measurement provinceCodeOfOrigin requiresShipping sku tracked "
    "unitCost updatedAt variant variants",
    "InventoryItemMeasurement": "id weight",
    "InventoryLevel": "canDeactivate createdAt id isActive item location quantities updatedAt",
    "InventoryQuantity": "id name quantity updatedAt",
    "InventoryAdjustmentGroup": "changes createdAt id reason referenceDocumentUri",
    "InventoryChange": "delta item ledgerDocumentUri location name quantityAfterChange",
    "Location": "activatable address addressVerified createdAt deactivatable deletable fulfillsOnlineOrders "
    "hasActiveInventory id inventoryLevel isActive isFulfillmentService isPrimary legacyResourceId name shipsInventory "
    "updatedAt",
    "MediaImage": "alt createdAt fileErrors fileStatus id image mediaContentType mediaErrors mimeType originalSource "
    "preview status updatedAt",
    "Image": "altText height id url width",
    "MediaImageOriginalSource": "fileSize url",
    "MediaPreviewImage": "image status",
    "Metafield": "compareDigest createdAt definition id jsonValue key legacyResourceId namespace owner ownerType type "
    "updatedAt value",
    "MetafieldDefinition": "access capabilities description id key metafieldsCount name namespace ownerType "
    "pinnedPosition type useAsCollectionCondition validationStatus validations",
    "MetafieldAccess": "admin customerAccount storefront",
    "MetafieldCapabilities": "adminFilterable smartCollectionCondition uniqueValues",
    "Shop": "contactEmail createdAt currencyCode email enabledPresentmentCurrencies ianaTimezone id myshopifyDomain "
    "name plan primaryDomain resourceLimits shopOwnerName taxesIncluded timezoneAbbreviation unitSystem updatedAt url "
    "weightUnit",
    "ShopPlan": "displayName partnerDevelopment publicDisplayName shopifyPlus",
    "ShopResourceLimits": "locationLimit maxProductOptions maxProductVariants redirectLimitReached",
    "Domain": "host id sslEnabled url",
    "Publication": "autoPublish catalog channels id name supportsFuturePublishing",
    "Channel": "handle id name",
    "AppCatalog": "id status title publication",
    "ResourcePublicationV2": "isPublished publication publishDate publishable",
    "AppInstallation": "accessScopes app id launchUrl",
    "App": "apiKey developerName embedded handle id title",
    "TaxonomyCategory": "ancestorIds childrenIds fullName id isArchived isLeaf isRoot level name parentId",
    "BulkOperation": "completedAt createdAt errorCode fileSize id objectCount partialDataUrl query rootObjectCount "
    "status type url",
    "ProductSetOperation": "id product status userErrors",
    "ProductDeleteOperation": "deletedProductId id product status userErrors",
    "DraftOrder": "completedAt createdAt currencyCode customAttributes email id invoiceUrl legacyResourceId lineItems "
    "name note2 poNumber reserveInventoryUntil status tags totalPriceSet updatedAt",
    "DraftOrderLineItem": "custom id originalUnitPriceSet quantity sku title variant",
    "Attribute": "key value",
    "MoneyBag": "presentmentMoney shopMoney",
    "WebhookSubscription": "apiVersion callbackUrl createdAt filter format id includeFields legacyResourceId "
    "metafieldNamespaces name topic updatedAt uri",
}
# Small types, taken whole (less the fields that lead to types we left out).
_WHOLE = re.compile(
    r"(Connection|Edge|Payload|UserError|PageInfo)$|^(Count|MoneyV2|Weight|SEO|LocationAddress|SelectedOption|ApiVersion"
    r"|Taxonomy|AccessScope|FileError|MediaError|StagedMediaUploadTarget|StagedUploadParameter|MetafieldIdentifier"
    r"|MetafieldDefinitionIdentifier|MetafieldDefinitionValidation|MetafieldDefinitionType"
    r"|MetafieldDefinitionSupportedValidation|MetafieldCapability\w+)$"
)


def named(reference: Json) -> str:
    """The type's own name, without its lists and exclamation marks."""
    while reference.get("ofType"):
        reference = reference["ofType"]
    return str(reference["name"])


def prune(introspection: Json) -> Json:
    """The same introspection, holding only what `_OBJECTS` names and all inputs, enums and scalars this reaches."""
    schema = introspection.get("data", introspection)["__schema"]
    types: dict[str, Json] = {each["name"]: each for each in schema["types"]}
    chosen = {name: set(fields.split()) for name, fields in _OBJECTS.items()}
    for name, fields in chosen.items():
        unknown = fields - {field["name"] for field in types[name]["fields"]}
        if unknown:
            raise SystemExit(f"{name} has no field {', '.join(sorted(unknown))} in this version")
    kept: dict[str, Json] = {}
    waiting = ["QueryRoot", "Mutation"]
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        kept[name] = pruned = _pruned(types[name], chosen, types)
        for field in (pruned.get("fields") or []) + (pruned.get("inputFields") or []):
            waiting.append(named(field["type"]))
            waiting.extend(named(argument["type"]) for argument in field.get("args") or [])
        waiting.extend(member["name"] for member in pruned.get("interfaces") or [])
        waiting.extend(member["name"] for member in pruned.get("possibleTypes") or [])
    directives = [directive for directive in schema["directives"] if directive["name"] == "idempotent"]
    return {
        "__schema": {
            "queryType": {"name": "QueryRoot"},
            "mutationType": {"name": "Mutation"},
            "subscriptionType": None,
            "types": [kept[name] for name in sorted(kept)],
            "directives": [_without_prose(directive) for directive in directives],
        }
    }


def _pruned(original: Json, chosen: dict[str, set[str]], types: dict[str, Json]) -> Json:
    name = original["name"]
    result = _without_prose(original)
    if original["kind"] in {"OBJECT", "INTERFACE"}:
        wanted = chosen.get(name)
        result["fields"] = [
            field
            for field in result["fields"]
            if (wanted is None or field["name"] in wanted) and _answerable(named(field["type"]), chosen, types)
        ]
        result["interfaces"] = [each for each in result.get("interfaces") or [] if each["name"] in chosen]
    if original["kind"] in {"INTERFACE", "UNION"}:
        result["possibleTypes"] = [each for each in result["possibleTypes"] if each["name"] in chosen]
    return result


def _answerable(name: str, chosen: dict[str, set[str]], types: dict[str, Json]) -> bool:
    return types[name]["kind"] in {"SCALAR", "ENUM"} or name in chosen or _WHOLE.search(name) is not None


def _without_prose(value: Any) -> Any:
    """Descriptions and reasons are the vendor's text; that something is deprecated is a fact, and stays."""
    if isinstance(value, list):
        return [_without_prose(each) for each in value]
    if isinstance(value, dict):
        plain: Json = {key: _without_prose(each) for key, each in value.items() if key != "description"}
        if plain.get("isDeprecated"):
            plain["deprecationReason"] = "deprecated"
        return plain
    return value


def main(arguments: list[str]) -> None:
    """Read the introspection file named first, write the schema language to the file named second."""
    if len(arguments) != 2:  # noqa: PLR2004 - an input and an output
        raise SystemExit(__doc__)
    source, target = map(Path, arguments)
    content = source.read_bytes()
    text = gzip.decompress(content) if source.suffix == ".gz" else content
    # The official file marks six fields deprecated in a type but not in its interface; a strict build refuses that.
    schema = build_client_schema(prune(json.loads(text)), assume_valid=True)  # pyright: ignore[reportArgumentType]
    target.write_text(print_schema(schema) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
