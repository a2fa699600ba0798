"""Staged products as the API returns them. Amounts are text, because most clients parse a JSON number as a float."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from boeing_data_hub.catalogue.pricing import PriceRules, prices_of
from boeing_data_hub.catalogue.staged_part import CataloguePart, Override

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def staged_document(part: CataloguePart, rules: PriceRules) -> dict[str, Any]:
    """One staged part with its stock by location, and with our price by the rules in force.

    `price` is computed from `cost_per_item`, which is one of Boeing's prices, by rule `price_rule` of the price list in
    force; None: by the last rule.
    Overrides are not applied.
    """
    prices = prices_of(part, rules)
    said = msgspec.to_builtins(part, builtin_types=(datetime,))
    del said["override"]
    return {**said, "price": _text(prices.price), "cost_per_item": _text(prices.base), "price_rule": prices.rule}


def override_document(sku: str, override: Override) -> dict[str, Any]:
    """The override of a part."""
    return {"sku": sku, **msgspec.to_builtins(override, builtin_types=(datetime, date))}


def record_document(record: DataclassInstance) -> dict[str, Any]:
    """A record as a dictionary by field name, with amounts as text."""
    return {each.name: _text(getattr(record, each.name)) for each in fields(record)}


def _text(value: Any) -> Any:
    """An amount as text; anything else as it is."""
    return str(value) if isinstance(value, Decimal) else value
