"""Draft orders and their lines, as records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from boeing_data_hub_sandbox.shopify.records import Variant


@dataclass(slots=True, eq=False)
class DraftOrderLineItem:
    """A line of a draft order; without a variant it is a custom one."""

    id: str
    title: str
    quantity: int
    price: Decimal
    sku: str | None = None
    variant: Variant | None = None

    @property
    def custom(self) -> bool:
        """True for a line that is no product of the store."""
        return self.variant is None


@dataclass(slots=True, eq=False, kw_only=True)
class DraftOrder:
    """An order that somebody in the store is still writing."""

    id: str
    name: str
    created_at: str
    updated_at: str
    currency_code: str
    email: str | None
    note2: str | None
    po_number: str | None
    reserve_inventory_until: str | None
    tags: list[str]
    custom_attributes: list[dict[str, str]]
    lines: list[DraftOrderLineItem]
    status: str = "OPEN"
    completed_at: str | None = None

    @property
    def total(self) -> Decimal:
        """What its lines come to."""
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))
