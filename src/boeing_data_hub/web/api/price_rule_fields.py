"""The fields of a rule of a price list in the API: what `catalogue.price_files` accepts, as JSON Schema says it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from boeing_data_hub.catalogue.price_files import LARGEST, LONGEST_NAME, NAME
from boeing_data_hub.catalogue.price_rules import Rounding
from boeing_data_hub.catalogue.priceable import PriceBasis
from boeing_data_hub.web.bodies import WHOLE, Body, Flag, Number

_LARGEST_TEXT = r"0*1000000000(\.0+)?"


def _number(text: str, least: float, most: float, step: float) -> WithJsonSchema:
    """The schema of a number that may be sent as a number or as text; the pattern says the bounds of the text."""
    number: dict[str, Any] = {"type": "number", "minimum": least, "maximum": most, "multipleOf": step}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "maxLength": 100, "pattern": f"^({text})$"}]})


_Amount = Annotated[Number, _number(rf"0*[0-9]{{1,9}}(\.[0-9]{{1,2}}0*)?|{_LARGEST_TEXT}", 0, 1e9, 0.01)]
_Signed = Annotated[Number, _number(rf"-?(0*[0-9]{{1,9}}(\.[0-9]{{1,2}}0*)?|{_LARGEST_TEXT})", -1e9, 1e9, 0.01)]
_Weight = Annotated[Number, _number(rf"0*[0-9]{{1,9}}(\.[0-9]{{1,6}}0*)?|{_LARGEST_TEXT}", 0, 1e9, 0.000001)]
_Share = Annotated[Number, _number(r"0*[0-9]{1,2}(\.[0-9]{1,2}0*)?", 0, 99.99, 0.01)]
_Factor = Annotated[Number, _number(r"(?=.*[1-9])0*[0-9]{1,2}(\.[0-9]{1,4}0*)?|0*100(\.0+)?", 0.0001, 100, 0.0001)]
_Pieces = Annotated[int, Field(strict=True, ge=0, le=int(LARGEST)), WHOLE]
_Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=NAME.pattern)]
_Names = Annotated[list[_Name], Field(fail_fast=True)]


class RuleFields(Body):
    """One rule; see docs/prices.md. A field that is not sent is no condition, or does nothing."""

    name: _Name | None = Field(default=None, description="For people. Default: its place.")
    cost_from: _Amount | None = Field(default=None, description="Boeing's net price, else list price, at least.")
    cost_below: _Amount | None = None
    suppliers: _Names = Field(default=[], description="Supplier or manufacturer, as Boeing names it.")
    prefixes: _Names = Field(default=[], description="The SKU begins with one of these.")
    parts: _Names = Field(default=[], description="SKUs, or part numbers without suffix.")
    stock_from: _Pieces | None = Field(default=None, description="Pieces at Boeing, at least.")
    stock_below: _Pieces | None = None
    locations: _Names = Field(default=[], description="Boeing locations, one of which has pieces.")
    units: _Names = Field(default=[], description="Units of measure.")
    weight_from: _Weight | None = Field(default=None, description="Kilograms, at least.")
    weight_below: _Weight | None = None
    hazardous: Flag | None = Field(default=None, description="Whether Boeing gives a hazard code.")
    hazards: _Names = Field(default=[], description="Hazard codes.")
    basis: PriceBasis = Field(default="list_then_net", description="The Boeing price to start from.")
    markup: _Factor | None = Field(default=None, description="Our price is the base times this.")
    margin: _Share | None = Field(default=None, description="Or: the margin over the base, in percent of our price.")
    add: _Signed = Field(default=Decimal(0), description="A fixed amount.")
    floor: _Amount | None = Field(default=None, description="The lowest price.")
    ceiling: _Amount | None = Field(default=None, description="The highest price.")
    minimum_margin: _Share | None = Field(
        default=None, description="The lowest margin over the cost, in percent of our price."
    )
    rounding: Rounding = "none"
