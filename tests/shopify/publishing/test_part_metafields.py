"""Metafields that a store chooses: typed, valid by the store's definitions, and compared by their meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.publishing import POLICY, Part, Rows

from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.definitions import wanted_definitions
from boeing_data_hub.shopify.metafields import metafields_of
from boeing_data_hub.shopify.part_metafields import NAMES, part_fields, same_value
from boeing_data_hub_sandbox.shopify.metafields import TYPES, value_problem

ALL = tuple(NAMES)
CHOSEN = replace(POLICY, part_metafields=ALL)
FULL = {
    "eccn": "9A991.d",
    "hazmat_code": "ZND",
    "faa_approval_code": "PMA",
    "pma": True,
    "dim_length": Decimal("2.5000"),
    "dim_width": Decimal(4),
    "dim_height": Decimal("0.02"),
    "dim_uom": "IN",
    "boeing_thumbnail_url": "https://www.aviall.com/small/P1.JPG",
    "location_summary": "Dallas Central: 463; Miami, FL: 10",
}


def sent(policy=CHOSEN, **values):
    fields, left_out = metafields_of(Rows.staged(**values), policy, "P1")
    return {each.key: (each.type, each.value) for each in fields if each.key in NAMES}, [one.field for one in left_out]


def test_each_value_is_sent_as_its_type():
    assert sent(**FULL) == (
        {
            "eccn": ("single_line_text_field", "9A991.d"),
            "hazard_code": ("single_line_text_field", "ZND"),
            "faa_approval": ("single_line_text_field", "PMA"),
            "pma": ("boolean", "true"),
            "length": ("dimension", '{"value":2.5,"unit":"in"}'),
            "width": ("dimension", '{"value":4,"unit":"in"}'),
            "height": ("dimension", '{"value":0.02,"unit":"in"}'),
            "thumbnail": ("url", "https://www.aviall.com/small/P1.JPG"),
            "stock_by_location": ("single_line_text_field", "Dallas Central: 463; Miami, FL: 10"),
        },
        [],
    )


def test_only_what_was_chosen_is_sent_and_defined():
    assert sent(POLICY, **FULL)[0] == {}
    assert set(sent(replace(POLICY, part_metafields=("eccn", "pma")), **FULL)[0]) == {"eccn", "pma"}
    keys = {one["key"] for one in wanted_definitions(replace(POLICY, part_metafields=("eccn",)))}
    assert "eccn" in keys
    assert "pma" not in keys
    assert {one["type"] for one in wanted_definitions(CHOSEN)} <= TYPES
    chosen = Settings(_env_file=None, hub_part_metafields="eccn, pma").hub_part_metafields
    assert chosen == ("eccn", "pma")
    with pytest.raises(ValueError, match="hub_part_metafields"):
        Settings(_env_file=None, hub_part_metafields="colour")


def test_what_the_store_would_reject_is_left_out_and_reported():
    values = {**FULL, "dim_uom": "FURLONG", "boeing_thumbnail_url": "ftp://x/1.jpg", "dim_height": Decimal(-1)}
    fields, left_out = sent(**values)
    assert not {"length", "width", "height", "thumbnail"} & set(fields)
    assert left_out == ["metafields.length", "metafields.width", "metafields.height", "metafields.thumbnail"]
    assert sent(eccn=None, hazmat_code=" ", pma=None, dim_length=None)[0] == {}


@given(
    text=st.none() | st.text(max_size=30),
    size=st.none() | st.decimals(allow_nan=True, allow_infinity=True),
    unit=st.none() | st.sampled_from(["IN", "cm", "MM.", "x", ""]),
)
def test_every_value_that_is_sent_is_valid_for_the_store(text, size, unit):
    part = Rows.staged(
        eccn=text, hazmat_code=text, faa_approval_code=text, boeing_thumbnail_url=text, location_summary=text,
        dim_length=size, dim_width=size, dim_height=size, dim_uom=unit,
    )  # fmt: skip
    for field in part_fields(part, ALL):
        assert field.problem or value_problem(field.kind, field.value, None) is None, field


@pytest.mark.parametrize(
    ("there", "same"),
    [
        ('{"value": 2.5, "unit": "in"}', True),
        ('{"unit":"INCHES","value":2.50}', True),
        ('{"value":2.5,"unit":"cm"}', False),
        ('{"value":2.6,"unit":"in"}', False),
        ("nonsense", False),
        ("[]", False),
        (None, False),
    ],
)
def test_a_dimension_is_compared_by_its_meaning(there, same):
    assert same_value("dimension", '{"value":2.5,"unit":"in"}', there) is same
    assert not same_value("single_line_text_field", "a", "A")


@pytest.mark.services
def test_they_arrive_in_the_store_and_a_second_publish_changes_nothing(make_desk):
    desk = make_desk(hub_part_metafields=json.dumps(ALL))
    columns = {name: str(value) if isinstance(value, Decimal) else value for name, value in FULL.items()}
    desk.stage(Part("META=K3", columns=columns))
    desk.run(["META=K3"])
    assert "9A991.d" in json.dumps(desk.product("META=K3"))
    assert desk.item(desk.run(["META=K3"]), "META=K3").outcome == "unchanged"
