"""What price rules know of a part: Boeing's prices, and what conditions compare. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

PriceBasis = Literal["list_then_net", "net_then_list", "list", "net"]


class Place(Protocol):
    """Pieces at one Boeing location."""

    @property
    def location(self) -> str:
        """As Boeing names it."""
        ...

    @property
    def quantity(self) -> int:
        """Pieces."""
        ...


class Priceable(Protocol):
    """What price rules know of a part; a `StagedPart` is one."""

    @property
    def sku(self) -> str:
        """The full part number with its suffix."""
        ...

    @property
    def list_price(self) -> Decimal | None:
        """Boeing's."""
        ...

    @property
    def net_price(self) -> Decimal | None:
        """What Boeing charges us."""
        ...

    @property
    def status_reason(self) -> str | None:
        """Why screening holds the part back."""
        ...

    @property
    def supplier_name(self) -> str | None:
        """Supplier or manufacturer."""
        ...

    @property
    def inventory_quantity(self) -> int | None:
        """Pieces in total."""
        ...

    @property
    def base_uom(self) -> str | None:
        """Unit of measure."""
        ...

    @property
    def weight(self) -> Decimal | None:
        """In `weight_unit`."""
        ...

    @property
    def weight_unit(self) -> str | None:
        """As Boeing writes it."""
        ...

    @property
    def hazmat_code(self) -> str | None:
        """Hazard code."""
        ...

    @property
    def locations(self) -> Sequence[Place]:
        """Stock by location."""
        ...


class Stocked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Pieces at one Boeing location."""

    location: str
    quantity: int


class PriceFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What price rules know of a part, without the rest of it. Prices are Boeing's.

    Python's garbage collector ignores these records: with a million of them it took more time than the rules.
    """

    sku: str
    list_price: Decimal | None
    net_price: Decimal | None
    status_reason: str | None = None
    supplier_name: str | None = None
    inventory_quantity: int | None = None
    base_uom: str | None = None
    weight: Decimal | None = None
    weight_unit: str | None = None
    hazmat_code: str | None = None
    locations: tuple[Stocked, ...] = ()

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> PriceFacts:
        """From a row with columns of these names; `locations` names those that have pieces."""
        return cls(
            row["sku"],
            row["list_price"],
            row["net_price"],
            row["status_reason"],
            row["supplier_name"],
            row["inventory_quantity"],
            row["base_uom"],
            row["weight"],
            row["weight_unit"],
            row["hazmat_code"],
            tuple(Stocked(name, 1) for name in row["locations"] or ()),
        )


def cost_of(part: Priceable) -> Decimal | None:
    """What a part costs us, for conditions and margins: Boeing's net price, or the list price where there is none."""
    return part.net_price or part.list_price or None


def base_price(list_price: Decimal | None, net_price: Decimal | None, basis: PriceBasis) -> Decimal | None:
    """The Boeing price that ours is computed from; None if there is none above 0.

    The customer's mapping names the net price as the cost, but the guide's code prefers the list price. They differ if
    Boeing grants a discount, so a setting decides, and both prices are kept.
    """
    match basis:
        case "list_then_net":
            return list_price or net_price or None
        case "net_then_list":
            return net_price or list_price or None
        case "list":
            return list_price or None
        case "net":
            return net_price or None
