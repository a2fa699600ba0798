"""Settings: the store, and how its products look."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from boeing_data_hub.settings.parsing import WordMap, Words
from boeing_data_hub.settings.transport import url_with_tls


class Store(BaseSettings):
    """The Shopify store."""

    shopify_store_domain: str = Field(
        default="", description="The store: a domain such as parts.myshopify.com, or a whole URL for a simulator."
    )
    shopify_client_id: str = Field(
        default="", description="Client id of the store's app (Dev Dashboard > the app > Settings)."
    )
    shopify_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Client secret of the same app; access tokens are fetched with both."
    )
    shopify_admin_api_token: SecretStr = Field(
        default=SecretStr(""),
        description="Permanent access token of an app created before 2026. Unused if client ID and secret are set.",
    )
    shopify_api_version: str = Field(
        default="2026-10", description="Version of the Admin API; the default is the one that the hub was tested with."
    )
    shopify_api_rate_limit: str = Field(
        default="30/m",
        description="Accepted for compatibility with the guide and unused: Shopify reports what it allows.",
    )
    shopify_call_timeout: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds one call to the store may take. After that, the hub checks what the call did.",
    )
    shopify_inventory_location_codes: WordMap = Field(
        default_factory=dict,
        description='Boeing or store location to a shelf code of three characters, as JSON: {"Dallas": "1D1"}.',
    )
    shopify_default_location_name: str = Field(
        default="", description="Store location of stock that Boeing names no location for. Empty: the store's first."
    )
    shopify_publication: str = Field(
        default="",
        description="Sales channel on which products are offered: its name, handle or id, as `bdh doctor` lists them. "
        "Empty: on none, and every publish run says so. `none`: on none, intentionally.",
    )
    hub_look_alikes: bool = Field(
        default=True,
        description="Before a part is published for the first time, look for products that the hub did not create "
        "and that "
        "look like it (suffix cut, hyphen or space, title, barcode), and let a person decide.",
    )
    hub_bulk_publish_from: int = Field(
        default=200,
        ge=1,
        description="Number of parts from which a publish run uses Shopify's bulk operations. Below that, single "
        "calls are "
        "faster.",
    )
    hub_bulk_lines: int = Field(
        default=2000,
        ge=1,
        le=20_000,
        description="Maximum number of parts in one bulk operation, small enough to finish within minutes "
        "and show progress.",
    )
    hub_bulk_lanes: int = Field(
        default=4,
        ge=1,
        le=5,
        description="Bulk operations at a time; Shopify allows five, and one is left for other apps.",
    )
    hub_bulk_stuck_seconds: float = Field(
        default=900,
        gt=0,
        le=86_400,
        description="Seconds after which a bulk operation that does not begin is given up. Its parts are then sent in "
        "another way.",
    )
    hub_publish_calls: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Calls to the store at a time, for each publishing thread. Eight use up the smallest plan's rate.",
    )
    hub_publish_retry_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds before a failed publish is retried; doubles, up to a minute."
    )
    hub_product_type: str = Field(
        default="Aircraft Parts & Accessories", max_length=255, description="Product type of every product."
    )
    hub_category: str = Field(
        default="gid://shopify/TaxonomyCategory/vp-1-1", description="Category of every product, by the store's id."
    )
    hub_tags: Words = Field(
        default=("boeing", "aerospace", "Aircraft Parts & Accessories"),
        description="Tags of every product, as a JSON list or separated by commas.",
    )
    hub_origin_tag: bool = Field(default=True, description="Tag products with their country, e.g. origin-germany.")
    hub_product_status: Literal["ACTIVE", "DRAFT"] = Field(default="ACTIVE", description="Status of new products.")
    hub_metafield_namespace: str = Field(
        default="custom", min_length=3, max_length=255, description="Namespace of the metafields that shoppers see."
    )
    hub_custom_id_namespace: str = Field(
        default="boeing_data_hub",
        min_length=3,
        max_length=255,
        description="With HUB_CUSTOM_ID_KEY: the metafield that identifies the hub's products. Never change it.",
    )
    hub_custom_id_key: str = Field(default="part_key", min_length=2, max_length=64, description="See above.")
    hub_metafield_refusal: Literal["fail", "leave_out"] = Field(
        default="fail",
        description="What happens when Shopify rejects a metafield: the part fails with Shopify's "
        "message, or is published without it.",
    )
    hub_trace_choices: Words = Field(
        default=(
            "EASA Form 1",
            "FAA 8130-3",
            "Brazil Form SEGV00 003",
            "OEM Cert",
            "121/129/145 Trace",
            "Transport Canada Form 1",
            "C of C",
            "CAA UK",
        ),
        description="Certificates that the store's metafield `trace` allows, as a JSON list.",
    )
    hub_unit_choices: Words = Field(
        default=("EA", "Inches", "Pound", "Pack (1PK = 25EA)"),
        description="Units that the store's metafield `unit_of_measure` allows, as a JSON list.",
    )
    hub_send_lead_time: bool = Field(default=False, description="Send the lead time as a metafield.")

    @field_validator("shopify_store_domain")
    @classmethod
    def _access_token_is_encrypted(cls, value: str, info: ValidationInfo) -> str:
        return url_with_tls(value, info.data.get("hub_plain_hosts", ()), sent="the store's access token")
