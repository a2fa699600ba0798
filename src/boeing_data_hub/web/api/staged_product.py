"""Products as the API shows them: staged ones, and those in the store. `tests/web/test_description.py` holds the fields
against the records they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from boeing_data_hub.catalogue.staged_part import StockLocation
from boeing_data_hub.shopify.publish_changes import PublishChange


class StagedProduct(BaseModel):
    """A variant of a part as Boeing reports it, with our price by the rules in force. Amounts are text.

    Null means that Boeing sent nothing usable. Overrides are not applied.
    """

    sku: str = Field(description="The full part number with its suffix.")
    title: str = Field(description="The part number without its suffix.")
    body_html: str | None
    vendor: str | None
    list_price: Decimal | None
    net_price: Decimal | None
    currency: str | None
    inventory_quantity: int | None
    inventory_status: str | None
    location_summary: str | None
    weight: Decimal | None
    weight_unit: str | None
    country_of_origin: str | None
    dim_length: Decimal | None
    dim_width: Decimal | None
    dim_height: Decimal | None
    dim_uom: str | None
    base_uom: str | None
    hazmat_code: str | None
    faa_approval_code: str | None
    eccn: str | None
    schedule_b_code: str | None
    supplier_name: str | None
    boeing_name: str | None
    boeing_description: str | None
    boeing_image_url: str | None
    boeing_thumbnail_url: str | None
    condition: str | None
    cert: str | None
    pma: bool | None
    estimated_lead_time_days: int | None
    status: str = Field(description="`fetched`, `blocked`, `needs_review` or `published`.")
    status_reason: str | None = Field(description="A code; null if `fetched`.")
    status_detail: str | None
    locations: list[StockLocation]
    raw_id: int
    fetched_at: datetime
    created_at: datetime
    updated_at: datetime
    absent_days: int | None = Field(description="Days since Boeing last knew the part; null while it does.")
    price_days: int | None = Field(description="Days since Boeing's prices last changed.")
    stock_days: int | None = Field(description="Days since Boeing's stock last changed.")
    price: Decimal | None = Field(description="Ours, from `cost_per_item`.")
    cost_per_item: Decimal | None = Field(description="One of Boeing's prices.")
    price_rule: int | None = Field(description="The place of the rule in the price list; null: the last rule.")


class OverrideResponse(BaseModel):
    """The overrides of a part; a field that is null is not set."""

    sku: str
    trace: str | None = None
    expiration_date: date | None = None
    notes: str | None = None
    condition: str | None = None
    cert: str | None = None
    price_override: Decimal | None = None
    excluded: bool = False
    updated_by: str | None = None
    updated_at: datetime | None = None


class StagedProductDetail(StagedProduct):
    """A staged product with its overrides."""

    hand_data: OverrideResponse | None


class StagedProducts(BaseModel):
    """One page of staged products."""

    products: list[StagedProduct]
    total: int
    limit: int
    offset: int
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class KnownAnswer(BaseModel):
    """Boeing's last answer for a part, with its age."""

    fetched_at: datetime
    age_seconds: int
    products: list[StagedProduct]


class PublishedProductResponse(BaseModel):
    """A product in the store as the hub last published it."""

    shop: str
    sku: str
    handle: str | None
    title: str | None
    price: Decimal | None
    state: str = Field(description="`live`, `archived`, `missing` (deleted in the store) or `intended` (being sent).")
    product_id: str | None
    variant_id: str | None
    inventory_item_id: str | None
    form: Mapping[str, Any] | None = Field(description="The listing as last published.")
    stock: Mapping[str, int] = Field(description="Pieces by store location as last set, without later sales.")
    left_out: Sequence[Mapping[str, str]] = Field(description="Values that the store rejected.")
    on_channel: bool
    image_url: str | None
    image_code: str | None = Field(description="Why the picture is the placeholder.")
    media_state: str | None
    media_error: str | None
    differences: Sequence[Mapping[str, Any]] | None = Field(description="How the store differed at `looked_at`.")
    looked_at: datetime | None
    batch_id: UUID | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PublishedProductDetail(PublishedProductResponse):
    """A published product with the history of its changes in the store."""

    history: list[PublishChange]


class PublishedProducts(BaseModel):
    """One page of published products."""

    products: list[PublishedProductResponse]
    total: int
    limit: int
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")
