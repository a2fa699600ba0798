from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from boeing_data_hub.catalogue.listings import Change, Decision, Published
from boeing_data_hub.catalogue.staged_part import StockLocation
from boeing_data_hub.shopify.diff import compare, stock_to_set
from boeing_data_hub.shopify.snapshot import form_of, listing_hash, stock_hash

POUNDS = {"value": "0.6", "unit": "POUNDS"}
IMAGE = "https://www.aviall.com/content-images/P512777_280.JPG"


def known(listing, **changes):
    form = json.loads(json.dumps(form_of(listing)))  # as it comes back from its row
    given = {"product_id": "gid://shopify/Product/1", **changes}
    return Published(form=form, listing_hash=listing_hash(listing), stock_hash=stock_hash(listing), **given)


def at(**pieces):
    names = {"dallas": "Dallas Central", "miami": "Miami, FL"}
    return tuple(StockLocation(names[name], count) for name, count in pieces.items())


def test_an_unpublished_part_is_created(rows):
    assert compare(rows.listing(), None) == Decision("create")


def test_a_part_whose_first_publish_was_never_answered_is_created(rows):
    assert compare(rows.listing(), known(rows.listing(), product_id=None)) == Decision("create")


def test_the_same_part_again_is_unchanged(rows):
    assert compare(rows.listing(), known(rows.listing())) == Decision("unchanged")


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({"price_override": Decimal("480.0")}, Change("price", "473.01", "480.00")),
        ({"list_price": Decimal(400), "price_override": Decimal("473.01")}, Change("cost", "430.01", "400.00")),
        ({"list_price": None, "price_override": Decimal("473.01")}, Change("cost", "430.01", None)),
        ({"title": "P512777A"}, Change("title", "P512777", "P512777A")),
        ({"weight_unit": "OZ"}, Change("weight", POUNDS, {"value": "0.6", "unit": "OUNCES"})),
        ({"weight": None}, Change("weight", POUNDS, None)),
        ({"schedule_b_code": None}, Change("hs_code", "8481809025", None)),
        ({"notes": "dented"}, Change("metafields.notes", None, "dented")),
        ({"boeing_image_url": None}, Change("image_source", IMAGE, None)),
    ],
)
def test_a_change_names_its_old_and_new_value(rows, changes, change):
    told = compare(rows.listing(**changes), known(rows.listing()))
    assert told.action == "update"
    found = [each for each in told.changes if each.field not in {"description_html", "metafields.part_number"}]
    assert found == [change]
    assert told.stock == ()


def test_another_unit_of_measure_changes_the_metafield_and_the_description_only(rows):
    told = compare(rows.listing(base_uom="PK"), known(rows.listing()))
    assert [each.field for each in told.changes] == ["description_html", "metafields.unit_of_measure"]


def test_other_stock_alone_is_a_restock_of_the_locations_that_differ(rows):
    told = compare(rows.listing(locations=at(dallas=463, miami=3)), known(rows.listing(locations=at(dallas=463))))
    assert told == Decision("restock", (), (Change("stock.Miami", 0, 3),))


def test_price_and_stock_change_together(rows):
    told = compare(
        rows.listing(price_override=Decimal(9), locations=at(dallas=1)), known(rows.listing(locations=at(dallas=2)))
    )
    assert (told.action, [each.field for each in told.changes]) == ("update", ["price"])
    assert told.stock == (Change("stock.Dallas", 2, 1),)


def test_a_location_no_longer_mapped_is_emptied(rows):
    fewer = replace(rows.policy, location_map={"Dallas Central": "Dallas"})
    wanted, before = rows.listing(fewer), known(rows.listing())
    assert stock_to_set(wanted, before) == {
        "Dallas": 463, "Miami": 0, "Phoenix": 0, "New York": 0, "Los Angeles": 0, "Chicago": 0
    }  # fmt: skip
    assert Change("stock.Miami", 10, 0) in compare(wanted, before).stock


def test_numbers_written_differently_are_equal(rows):
    before = known(rows.listing())
    form = {**before.form, "price": "473.0100", "weight": {"value": "0.600", "unit": "POUNDS"}}
    before = replace(before, form=form, listing_hash="another way of writing")
    assert compare(rows.listing(), before) == Decision("unchanged")


def test_a_form_of_an_older_release_is_brought_up_to_date(rows):
    before = known(rows.listing())
    form = {name: value for name, value in before.form.items() if name not in {"hs_code", "weight"}}
    told = compare(rows.listing(), replace(before, form=form, listing_hash="old"))
    assert [each.field for each in told.changes] == ["hs_code", "weight"]


def test_a_metafield_moved_to_another_namespace_is_a_change(rows):
    told = compare(rows.listing(replace(rows.policy, namespace="parts")), known(rows.listing()))
    assert Change("metafields.condition", None, "NE") in told.changes
    assert Change("metafields.condition", "NE", None) in told.changes
