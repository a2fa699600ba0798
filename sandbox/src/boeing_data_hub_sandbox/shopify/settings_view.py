"""Fields that show the settings: the shop, the app's installation, and the metafield definitions."""

# A resolver is handed whatever record its parent returned: the schema, not Python, says what that is.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from boeing_data_hub_sandbox.shopify.knobs import PLAN_NAMES
from boeing_data_hub_sandbox.shopify.metafields import supported
from boeing_data_hub_sandbox.shopify.records import gid

Info = GraphQLResolveInfo[Any]
Answer = Callable[..., Any]


def _metafields_count(source: Any, info: Info, **_: Any) -> int:
    store = info.context.world.store
    owners = store.products if source.owner_type == "PRODUCT" else store.variants
    return sum(source.slot in owner.metafields for owner in owners.values())


def _capabilities(source: Any) -> dict[str, Any]:
    off = {"enabled": False, "eligible": True, "status": "NOT_FILTERABLE"}
    return {
        "uniqueValues": {"enabled": source.unique, "eligible": True},
        "adminFilterable": off,
        "smartCollectionCondition": {"enabled": False, "eligible": True},
    }


def _type_of_definition(source: Any) -> dict[str, Any]:
    return {
        "name": source.type,
        "category": "TEXT" if "text" in source.type else source.type.upper(),
        "supportedValidations": [
            {"name": name, "type": "single_line_text_field"} for name in sorted(supported(source.type))
        ],
        "supportsDefinitionMigrations": False,
        "valueType": "STRING",
    }


def _validations(source: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "type": "single_line_text_field", "value": value} for name, value in source.validations.items()
    ]


def _shop(_source: Any, info: Info) -> dict[str, Any]:
    knobs, store = info.context.world.knobs, info.context.world.store
    return {
        "id": gid("Shop", knobs.shop_number),
        "__typename": "Shop",
        "name": knobs.shop_name,
        "myshopifyDomain": knobs.shop_domain,
        "url": f"https://{knobs.shop_domain}",
        "email": "owner@example.com",
        "contactEmail": "owner@example.com",
        "shopOwnerName": "Sandbox Owner",
        "createdAt": store.created_at,
        "updatedAt": store.created_at,
        "currencyCode": knobs.currency,
        "enabledPresentmentCurrencies": [knobs.currency],
        "ianaTimezone": "America/New_York",
        "timezoneAbbreviation": "EST",
        "taxesIncluded": False,
        "unitSystem": "IMPERIAL_SYSTEM",
        "weightUnit": "POUNDS",
        "primaryDomain": {
            "id": gid("Domain", 1),
            "host": knobs.shop_domain,
            "sslEnabled": True,
            "url": f"https://{knobs.shop_domain}",
        },
        "plan": {
            "displayName": PLAN_NAMES[knobs.plan],
            "publicDisplayName": PLAN_NAMES[knobs.plan],
            "partnerDevelopment": False,
            "shopifyPlus": knobs.plan not in knobs.daily_cap_plans,
        },
        "resourceLimits": {
            "locationLimit": 200,
            "maxProductOptions": 3,
            "maxProductVariants": 2_048,
            "redirectLimitReached": False,
        },
    }


def _shop_field(name: str) -> Answer:
    return lambda source, info: _shop(source, info)[name]


def _installation(name: str) -> Answer:
    def resolve(_source: Any, info: Info) -> Any:
        granted = set(info.context.world.knobs.scopes)
        implied = {scope.replace("write_", "read_") for scope in granted if scope.startswith("write_")}
        scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(granted | implied)]
        app = {"id": gid("App", 1), "title": "Parts hub", "handle": "parts-hub", "apiKey": "sandbox", "embedded": False}
        address = f"https://{info.context.world.knobs.shop_domain}/admin/apps/parts-hub"
        return {"id": gid("AppInstallation", 1), "accessScopes": scopes, "app": app, "launchUrl": address}[name]

    return resolve


def _of(read: Callable[[Any], Any]) -> Answer:
    return lambda source, _info, **_given: read(source)


_SHOP_FIELDS = (
    "id name myshopifyDomain url email contactEmail shopOwnerName createdAt updatedAt currencyCode "
    "enabledPresentmentCurrencies ianaTimezone timezoneAbbreviation taxesIncluded unitSystem weightUnit primaryDomain "
    "plan resourceLimits"
)

SETTINGS_FIELDS: dict[str, dict[str, Answer]] = {
    "MetafieldDefinition": {
        "access": _of(lambda _: {"admin": "PUBLIC_READ_WRITE", "customerAccount": "NONE", "storefront": "NONE"}),
        "capabilities": _of(_capabilities),
        "metafieldsCount": _metafields_count,
        "type": _of(_type_of_definition),
        "useAsCollectionCondition": _of(lambda _: False),
        "validationStatus": _of(lambda _: "ALL_VALID"),
        "validations": _of(_validations),
    },
    "Shop": {name: _shop_field(name) for name in _SHOP_FIELDS.split()},
    "AppInstallation": {name: _installation(name) for name in ("id", "accessScopes", "app", "launchUrl")},
}
