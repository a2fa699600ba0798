from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from boeing_data_hub.catalogue.staged_part import NormalizationRules, StagedPart, StockLocation


def test_the_rules_of_trade_default_to_those_of_the_guide():
    rules = NormalizationRules()
    assert (rules.prices.basis, rules.prices.markup) == ("list_then_net", Decimal("1.10"))
    assert (rules.vendor, rules.condition, rules.cert) == ("BDI", "NE", "FAA 8130-3")
    assert (rules.estimated_lead_time_days, rules.default_manufacturer, rules.currency) == (3, "Boeing", "USD")
    assert rules.mapped_locations is None


@pytest.mark.parametrize("value", [NormalizationRules(), StockLocation("Miami, FL", 10)])
def test_values_are_frozen(value):
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "other")


def test_a_staged_product_has_the_guides_columns():
    names = {field.name for field in dataclasses.fields(StagedPart)}
    assert {"sku", "title", "body_html", "vendor", "inventory_quantity", "status"} <= names
    assert {"list_price", "net_price", "locations", "status_reason", "status_detail"} <= names
