"""Turns a line item into a staged product: reads every field, and screens it. Defined for any JSON value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, Final, TypeVar, cast

from boeing_data_hub.boeing import fields
from boeing_data_hub.boeing.fields import PROSE, Item, Problem
from boeing_data_hub.catalogue.pricing import prices_of
from boeing_data_hub.catalogue.screening import Facts, screen
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StagedPart, StockLocation
from boeing_data_hub.values.part_numbers import base_number

_T = TypeVar("_T")

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_NOTHING: Final[Item] = {}


class _Reader:
    """Reads values, and collects problems."""

    __slots__ = ("problems",)

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def take(self, value: _T | Problem) -> _T | None:
        if isinstance(value, Problem):
            self.problems.append(value)
            return None
        return value


def normalize(line_item: Mapping[str, Any], currency: str | None, rules: NormalizationRules) -> StagedPart:
    """The product a line item describes, screened. Never raises, whatever the JSON is; the status says what is wrong.

    Args:
        line_item: one of `lineItems`, parsed with `parse_float=Decimal`.
        currency: from the answer's envelope.
        rules: prices, policies and mapped locations in force.
    """
    item = _as_item(line_item)
    reader = _Reader()
    take = reader.take
    sku = take(fields.sku(item)) or ""
    title = base_number(sku) or sku
    name = take(fields.text(item, "name", PROSE)) or sku
    description = take(fields.text(item, "description", PROSE))
    list_price, net_price = take(fields.money(item, "listPrice")), take(fields.money(item, "netPrice"))
    money_of = _currency(currency)
    places = take(fields.locations(item)) or ()
    stated = take(fields.stated_quantity(item))
    # One figure everywhere: the sum of the locations, if Boeing lists any. If its total differs, a person must look.
    pieces = sum(place.quantity for place in places) if places else stated or 0
    in_stock = take(fields.in_stock(item))
    length, width, height = take(fields.dimensions(item)) or (None, None, None)
    approval = take(fields.text(item, "faaApprovalCode"))
    weight = take(fields.weight(item))
    weight_unit = take(fields.text(item, "weightUOM"))
    country = take(fields.text(item, "countryOfOrigin"))
    dim_uom = take(fields.text(item, "dimUOM"))
    base_uom = take(fields.text(item, "baseUOM"))
    hazmat = take(fields.text(item, "hazmatCode"))
    eccn = take(fields.text(item, "eccn"))
    schedule_b = take(fields.text(item, "scheduleBCode"))
    supplier = take(fields.text(item, "supplierName")) or rules.default_manufacturer
    image = take(fields.link(item, "productImage"))
    thumbnail = take(fields.link(item, "thumbnailImage"))
    part = StagedPart(
        sku=sku,
        title=title,
        body_html=_paragraph(description or name),
        vendor=rules.vendor,
        list_price=list_price,
        net_price=net_price,
        currency=money_of,
        inventory_quantity=pieces,
        inventory_status=_stock_status(in_stock, pieces),
        location_summary=_summary(places),
        weight=weight,
        weight_unit=weight_unit,
        country_of_origin=country,
        dim_length=length,
        dim_width=width,
        dim_height=height,
        dim_uom=dim_uom,
        base_uom=base_uom,
        hazmat_code=hazmat,
        faa_approval_code=approval,
        eccn=eccn,
        schedule_b_code=schedule_b,
        supplier_name=supplier,
        boeing_name=name,
        boeing_description=description,
        boeing_image_url=image,
        boeing_thumbnail_url=thumbnail,
        condition=rules.condition,
        cert=rules.cert,
        pma=approval is not None and approval.upper() == "PMA",
        estimated_lead_time_days=rules.estimated_lead_time_days,
        status="fetched",  # until it is screened
        status_reason=None,
        status_detail=None,
        locations=places,
    )
    facts = Facts(
        price=prices_of(part, rules.prices).price,
        currency=money_of,
        quantity=pieces,
        stated=stated,
        quantity_known=stated is not None or bool(places),
        in_stock=in_stock,
        locations=places,
    )
    screened = screen(facts, reader.problems, rules)
    return replace(
        part,
        # Plain words: the database driver treats lists of an enum and of text as different things.
        status=screened.status.value,
        status_reason=screened.reason.value if screened.reason else None,
        status_detail=screened.detail,
    )


def _as_item(value: object) -> Item:
    return cast("Item", value) if isinstance(value, Mapping) else _NOTHING


def _currency(value: object) -> str | None:
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if _CURRENCY.fullmatch(code) else None


def _paragraph(text: str) -> str | None:
    return f"<p>{escape(text, quote=False)}</p>" if text else None


def _stock_status(in_stock: bool | None, pieces: int) -> str | None:  # noqa: FBT001 - it is Boeing's field
    if in_stock or pieces:
        return "in_stock"
    return "out_of_stock" if in_stock is False else None


def _summary(places: Sequence[StockLocation]) -> str | None:
    return "; ".join(f"{place.location}: {place.quantity}" for place in places) or None
