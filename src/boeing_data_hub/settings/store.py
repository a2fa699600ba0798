"""Settings: the store, and how its products look."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from boeing_data_hub.settings.forms import WordMap, Words


class Store(BaseSettings):
    """The Shopify store."""

    shopify_store_domain: str = Field(
        default="", description="The store: a domain such as parts.myshopify.com, or a whole URL for a simulator."
    )
    shopify_admin_api_token: SecretStr = Field(default=SecretStr(""), description="Admin API access token of the app.")
    shopify_api_version: str = Field(
        default="2026-10", description="Version of the Admin API; the one that our calls were checked against."
    )
    shopify_api_rate_limit: str = Field(
        default="30/m", description="Accepted for the guide's sake and unused: the store itself says what it allows."
    )
    shopify_call_timeout: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds one call to the store may take in all, before it is found out what became of it.",
    )
    shopify_inventory_location_codes: WordMap = Field(
        default_factory=dict,
        description='Boeing or store location to a shelf code of three characters, as JSON: {"Dallas": "1D1"}.',
    )
    shopify_default_location_name: str = Field(
        default="", description="Store location of stock that Boeing names no location for. Empty: the store's first."
    )
    shopify_publication: str = Field(
        default="Online Store", description="Sales channel on which new products are offered."
    )
    hub_bulk_publish_from: int = Field(
        default=200,
        ge=1,
        description="Parts from which a publish batch goes by the store's bulk operations. Below that, single "
        "calls end sooner.",
    )
    hub_bulk_lines: int = Field(
        default=2000,
        ge=1,
        le=20_000,
        description="Most parts in one bulk operation. As many as end within minutes, so that progress is seen.",
    )
    hub_bulk_lanes: int = Field(
        default=4,
        ge=1,
        le=5,
        description="Bulk operations at a time; the store runs five, and one is left to other apps.",
    )
    hub_bulk_stuck_seconds: float = Field(
        default=900,
        gt=0,
        le=86_400,
        description="Seconds after which a bulk operation that does not begin is given up. Then its parts go "
        "another way.",
    )
    hub_publish_calls: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Calls to the store at a time, for each publishing thread. Eight use up the smallest plan's rate.",
    )
    hub_publish_retry_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds before a failed publishing is tried again; doubles, to a minute."
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
        description="With HUB_CUSTOM_ID_KEY: the metafield by which our products are found. Never change it.",
    )
    hub_custom_id_key: str = Field(default="part_key", min_length=2, max_length=64, description="See above.")
    hub_metafield_refusal: Literal["fail", "leave_out"] = Field(
        default="fail",
        description="A part whose metafield the store refuses: fails with the store's words, or goes without it.",
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
