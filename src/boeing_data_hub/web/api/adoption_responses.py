"""Plans to adopt a store as the API shows them. They take the attributes of the records in `shopify/adoption.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.shopify.adoption import Choice


class AdoptionResponse(BaseModel):
    """A plan, and how far it is carried out."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    job_id: UUID
    complete_skus: bool
    products: int
    parts: int
    seen_at: datetime | None = Field(description="When the store was read.")
    note: str | None
    actor: str
    created_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    state: str


class AdoptionProduct(BaseModel):
    """A product of the store in a plan."""

    model_config = ConfigDict(from_attributes=True)

    product_id: str
    title: str
    vendor: str
    status: str
    variants: Sequence[Mapping[str, str | None]]
    pieces: int
    part: str | None
    candidates: Sequence[str]
    rule: str | None
    confidence: str
    doubt: str | None
    keep: bool
    choice: Choice | None
    state: str
    note: str | None
    sku: str | None
    reason: str


class AdoptionGroupResponse(BaseModel):
    """The products of a plan with the same rule and the same doubt."""

    confidence: str
    rule: str | None
    doubt: str | None
    products: int
    offered: int
    copies: int
    adopt: int
    archive: int
    reason: str
    examples: list[AdoptionProduct]


class AdoptionDetail(AdoptionResponse):
    """A plan with its products by rule and doubt."""

    chosen: int
    states: Mapping[str, int]
    groups: list[AdoptionGroupResponse]


class AdoptionsResponse(BaseModel):
    """Plans, newest first."""

    adoptions: list[AdoptionResponse]


class AdoptionProducts(BaseModel):
    """One page of a plan's products."""

    products: list[AdoptionProduct]
    next_after: int | None = Field(description="Send it as `after` for the next page; null at the end.")


class Chosen(BaseModel):
    """How many products the choice was made for; the product, if it was for one."""

    products: int
    product: AdoptionProduct | None
