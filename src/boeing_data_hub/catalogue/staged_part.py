"""A staged part as normalization writes it and the catalogue returns it, and the rules of normalization. The fields of
`StagedPart` are the columns of `product_staging`; there is no other list of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules
from boeing_data_hub.catalogue.stock_rules import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizationRules:
    """The current rules of normalization (settings of the same names).

    Attributes:
        prices: the price rules. A part without a price by them is blocked.
        condition: stated for every part, as is `cert`. Both come from the owner, not from Boeing.
        default_manufacturer: stated if Boeing names no supplier.
        currency: the store's, as three letters.
        mapped_locations: Boeing locations that the store sells from, case-sensitive; None: no check.
        locations_not_sold: Boeing locations that never sell, as `stock_rules.folded` writes them.
    """

    prices: PriceRules = GUIDE_RULES
    vendor: str = "BDI"
    condition: str = "NE"
    cert: str = "FAA 8130-3"
    estimated_lead_time_days: int = 3
    default_manufacturer: str = "Boeing"
    currency: str = "USD"
    mapped_locations: frozenset[str] | None = None
    locations_not_sold: frozenset[str] = frozenset()

    def sells_from(self, location: str) -> bool:
        """True if stock at this Boeing location may be sold."""
        is_mapped = self.mapped_locations is None or location in self.mapped_locations
        return is_mapped and folded(location) not in self.locations_not_sold


@dataclass(frozen=True, slots=True)
class StockLocation:
    """Pieces at one Boeing location, named exactly as Boeing does (`Miami, FL`, `Goodyear AZ`)."""

    location: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedPart:
    """One variant of a part, ready for review: Boeing's data, and what our rules state for every part.

    None always means that Boeing sent nothing usable; a price is never 0.

    Attributes:
        sku: full part number with its variant suffix, upper case; empty only if Boeing's could not be read.
        title: part number without the suffix.
        body_html: description, else name, as one escaped paragraph.
        list_price: Boeing's; our price is computed from it when it is needed (`catalogue/pricing.py`).
        net_price: what Boeing charges us.
        inventory_quantity: pieces in total: the sum of `locations`, or Boeing's total if it lists none.
        inventory_status: `in_stock`, `out_of_stock`, or None if Boeing does not say.
        location_summary: `Name: pieces; Name: pieces`, for people; never read back.
        weight: in `weight_unit`; the three `dim_` values are in `dim_uom`.
        boeing_name: Boeing's name of the part, else its full number.
        pma: made under the FAA's Parts Manufacturer Approval.
        status: `fetched`, `blocked` or `needs_review`.
        status_reason: a code; None if `fetched`.
        status_detail: what a person should know or do.
    """

    sku: str
    title: str
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
    status: str
    status_reason: str | None
    status_detail: str | None
    locations: tuple[StockLocation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Values that a person has set for a part; they override Boeing's data and are kept by every search. None: not set.

    Attributes:
        trace: address of the trace document.
        price_override: a price in the store's currency, markup included.
        excluded: True if the part is not published.
    """

    trace: str | None = None
    expiration_date: date | None = None
    notes: str | None = None
    condition: str | None = None
    cert: str | None = None
    price_override: Decimal | None = None
    excluded: bool = False
    updated_by: str | None = None
    updated_at: datetime | None = None


NO_OVERRIDE: Final = Override()


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRow(StagedPart):
    """A row of `product_staging`. Its status may also be `published`.

    Attributes:
        raw_id: the answer of Boeing that it was read from, which arrived at `fetched_at`.
        updated_at: when the row was last written.
        absent_days: whole days since Boeing last knew the part; None while it does.
        price_days, stock_days: whole days since Boeing's prices and its stock last changed; None if that is unknown.
    """

    raw_id: int
    fetched_at: datetime
    created_at: datetime
    updated_at: datetime
    absent_days: int | None
    price_days: int | None
    stock_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePart(StagedRow):
    """A staged part as the catalogue returns it, with its override."""

    override: Override = NO_OVERRIDE


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """Boeing's last answer for a number, and its time. No SKU: Boeing does not know the part."""

    skus: tuple[str, ...]
    fetched_at: datetime
