"""What normalization makes and the catalogue keeps: a product, its stock by location, and the rules it was made by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

PriceBasis = Literal["list_then_net", "net_then_list", "list", "net"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizationRules:
    """The rules of trade in force, handed in by the composition root (settings of the same names).

    Attributes:
        price_basis: which Boeing price ours is made from; `a_then_b` takes b where there is no a.
        price_markup: our price is the base times this.
        condition: stated of every part, as is `cert`: the owner's word, not Boeing's.
        default_manufacturer: stated where Boeing names no supplier.
        currency: the store's, as three letters.
        mapped_locations: Boeing locations the store knows, spelt exactly; None when no map is set, and none checked.
    """

    price_basis: PriceBasis = "list_then_net"
    price_markup: Decimal = Decimal("1.10")
    vendor: str = "BDI"
    condition: str = "NE"
    cert: str = "FAA 8130-3"
    estimated_lead_time_days: int = 3
    default_manufacturer: str = "Boeing"
    currency: str = "USD"
    mapped_locations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class StockLocation:
    """Pieces at one Boeing location, named exactly as Boeing does (`Miami, FL`, `Goodyear AZ`)."""

    location: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedProduct:
    """One variant of a part, ready for review: the columns of `product_staging` that come from Boeing and our rules.

    None always means that Boeing said nothing usable; a price is never 0.

    Attributes:
        sku: full part number with its variant suffix, upper case; empty only where Boeing's could not be read.
        title: part number without the suffix.
        body_html: description, else name, as one escaped paragraph.
        price: what we ask, in whole cents.
        cost_per_item: the Boeing price that `price` was made from.
        inventory_quantity: pieces in all; `locations` need not add up to it.
        inventory_status: `in_stock`, `out_of_stock`, or None when Boeing does not say.
        location_summary: `Name: pieces; Name: pieces`, for people; never read back.
        weight: in `weight_unit`; the three `dim_` values are in `dim_uom`.
        boeing_name: Boeing's name of the part, else its full number.
        pma: made under the FAA's Parts Manufacturer Approval.
        status: `fetched`, `blocked` or `needs_review`.
        status_reason: the word for machines, None when `fetched`.
        status_detail: what a person should know or do.
    """

    sku: str
    title: str
    body_html: str | None
    vendor: str
    price: Decimal | None
    cost_per_item: Decimal | None
    list_price: Decimal | None
    net_price: Decimal | None
    currency: str | None
    inventory_quantity: int
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
    supplier_name: str
    boeing_name: str
    boeing_description: str | None
    boeing_image_url: str | None
    boeing_thumbnail_url: str | None
    condition: str
    cert: str
    pma: bool
    estimated_lead_time_days: int
    status: str
    status_reason: str | None
    status_detail: str | None
    locations: tuple[StockLocation, ...]
