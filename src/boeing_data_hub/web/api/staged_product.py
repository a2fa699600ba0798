"""Products as the API shows them: staged ones, and those in the store. `tests/web/test_description.py` holds the fields
against the records they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from boeing_data_hub.catalogue.pricing import PriceRules, prices_of
from boeing_data_hub.catalogue.staged_part import CataloguePart, Override, StagedRow, StockLocation
from boeing_data_hub.catalogue.stock import StockFigure, stock_steps
from boeing_data_hub.shopify.publish_changes import PublishChange


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedProduct(StagedRow):
    """A variant of a part as Boeing reports it, with our price by the rules in force. Amounts are text.

    Null means that Boeing sent nothing usable. Overrides are not applied. `sku` has the suffix of the part number,
    `title` does not. `status` is `fetched`, `blocked`, `needs_review` or `published`; `status_reason` is a code, null
    if `fetched`. `absent_days` counts from when Boeing last knew the part, null while it does; `price_days` and
    `stock_days` from when Boeing's prices and stock last changed.
    """

    price: Annotated[Decimal | None, Field(description="Ours, from `cost_per_item`.")]
    cost_per_item: Annotated[Decimal | None, Field(description="One of Boeing's prices.")]
    price_rule: Annotated[
        int | None, Field(description="The place of the rule in the price list; null: the default rule.")
    ]


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


class OfferedStock(BaseModel):
    """The pieces that the store and quotes offer of a part, by the stock rules in force."""

    pieces: int = Field(description="The total that is offered.")
    by_location: Mapping[str, int] = Field(description="By store location; an empty name is the store's first one.")
    at_boeing: int = Field(description="Pieces at all of Boeing's locations.")
    elsewhere: list[StockLocation] = Field(description="Boeing locations with stock that you don't sell from.")
    reserved: int = Field(description="Pieces kept in reserve.")
    hidden: int = Field(description="Pieces above `HUB_STOCK_SHOW_MOST`.")
    lead_days: int | None = Field(description="Lead time of the quickest location with pieces to sell, in days.")
    steps: list[str] = Field(description="What made the figure, for people.")

    @classmethod
    def of(cls, figure: StockFigure | None) -> OfferedStock | None:
        """The stock as an answer; None if a figure of Boeing's is unreadable."""
        if figure is None:
            return None
        return cls(
            pieces=figure.pieces,
            by_location=figure.by_location,
            at_boeing=figure.at_boeing,
            elsewhere=list(figure.elsewhere),
            reserved=figure.reserved,
            hidden=figure.hidden,
            lead_days=figure.lead_days,
            steps=list(stock_steps(figure)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedProductDetail(StagedProduct):
    """A staged product with its overrides, what made its price, and what is offered of its stock."""

    hand_data: OverrideResponse | None
    price_by: Annotated[str, Field(description="The name of the rule that sets the price.")]
    price_steps: Annotated[list[str], Field(description="The steps of the price calculation, for people.")]
    hold: Annotated[
        str | None, Field(description="What a rule of `HUB_HOLD_RULES` does to the part; null: no rule fits.")
    ]
    offered: Annotated[OfferedStock | None, Field(description="Null if one of Boeing's stock figures is unreadable.")]


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

    model_config = ConfigDict(from_attributes=True)

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


def staged_of(part: CataloguePart, rules: PriceRules) -> StagedProduct:
    """A staged part with our price by the rules in force."""
    prices = prices_of(part, rules)
    stored = {each.name: getattr(part, each.name) for each in fields(StagedRow)}
    return StagedProduct(**stored, price=prices.price, cost_per_item=prices.base, price_rule=prices.rule)


def override_of(sku: str, override: Override) -> OverrideResponse:
    """The overrides of a part."""
    return OverrideResponse(sku=sku, **asdict(override))
