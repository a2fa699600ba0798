"""The query of a snapshot, and its lines as values."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from graphql import parse, specified_rules, validate
from graphql.validation import NoDeprecatedCustomRule

from boeing_data_hub.shopify.store_snapshot import Asked, LevelLine, ProductLine, VariantLine, portions
from boeing_data_hub_sandbox.shopify.schema import bare_schema

ASKED = Asked(("hub", "part_key"), (("custom", "trace"), ("custom", 'a"b')))


def line(**given):
    return json.dumps(given).encode()


def test_the_query_fits_the_official_schema_and_uses_nothing_deprecated():
    syntax = parse(ASKED.query("HubSnapshotX"))
    assert syntax.definitions[0].name.value == "HubSnapshotX"
    assert validate(bare_schema(), syntax, [*specified_rules, NoDeprecatedCustomRule]) == []


def test_a_product_is_read_with_its_custom_id_and_our_metafields():
    found = ASKED.read(
        line(
            id="gid://shopify/Product/1",
            handle="h",
            title="T",
            status="UNLISTED",
            vendor="V",
            tags=["a", "b"],
            updatedAt="2026-11-30T10:00:00Z",
            customId={"value": "X=K3"},
            m0={"value": "C of C"},
            m1=None,
        )
    )
    assert isinstance(found, ProductLine)
    product = found.product
    assert (product.custom_id, product.status, product.tags) == ("X=K3", "UNLISTED", ("a", "b"))
    assert product.metafields == {"custom.trace": "C of C"}
    assert product.updated_at.isoformat() == "2026-11-30T10:00:00+00:00"


def test_a_variant_names_its_product_and_a_level_its_item():
    item = {"id": "gid://shopify/InventoryItem/3", "tracked": True}
    variant = ASKED.read(
        line(id="gid://shopify/ProductVariant/2", sku="X", barcode="", price="1.50", inventoryItem=item, __parentId="P")
    )
    assert isinstance(variant, VariantLine)
    assert (variant.product_id, variant.variant.price, variant.variant.barcode) == ("P", Decimal("1.50"), None)
    quantities = [{"name": "on_hand", "quantity": 9}, {"name": "available", "quantity": -2}]
    level = ASKED.read(
        line(id="gid://shopify/InventoryLevel/4", item={"id": "I"}, location={"id": "L"}, quantities=quantities)
    )
    assert level == LevelLine("I", "L", -2)


@pytest.mark.parametrize(
    "bad",
    [b'{"id": "gid://shopify/Prod', b"[]", b"{}", line(id="gid://shopify/ProductVariant/2", sku="X"), b"\xff\xfe"],
)
def test_a_line_that_cannot_be_read_is_an_error_and_not_a_missing_product(bad):
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec has its own kinds
        list(portions(ASKED, [bad], 10))


def test_an_object_of_another_kind_is_passed_over():
    assert list(portions(ASKED, [line(id="gid://shopify/Collection/1")], 10)) == []


def test_lines_come_in_portions_so_that_memory_is_bounded():
    lines = (line(id=f"gid://shopify/Product/{n}") for n in range(25))
    assert [len(some) for some in portions(ASKED, lines, 10)] == [10, 10, 5]
