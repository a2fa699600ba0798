"""Product variables against the sandbox store, with the store's own validation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.catalogue.listings import Metafield, Published
from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.payload import update_variables, upsert_variables, without_refused
from boeing_data_hub.shopify.replaced_lists import CurrentLists
from boeing_data_hub.shopify.snapshot import form_of, listing_hash, stock_hash
from boeing_data_hub_sandbox.shopify.running import running_shopify

UPSERT = """mutation PartUpsert($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id handle title tags totalInventory metafields(first: 20) { nodes { namespace key value } }
      variants(first: 3) { nodes { id sku price inventoryQuantity inventoryItem { id countryCodeOfOrigin
        harmonizedSystemCode unitCost { amount } measurement { weight { unit value } } } } } }
    userErrors { code field message } } }"""
DEFINE = """mutation Def($definition: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $definition) {
  userErrors { message } } }"""


class Shop:
    def __init__(self, control, client):
        self.control, self.client = control, client

    def ask(self, query, **variables):
        reply = self.client.post(
            "/admin/api/2026-10/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": "sandbox-token"},
        )
        body = reply.json()
        assert "errors" not in body, body
        return next(iter(body["data"].values()))

    def define(self, namespace, key, kind, **validations):
        rules = [{"name": name, "value": value} for name, value in validations.items()]
        given = {"name": key, "namespace": namespace, "key": key, "type": kind, "ownerType": "PRODUCT"}
        assert self.ask(DEFINE, definition={**given, "validations": rules})["userErrors"] == []

    def set(self, variables):
        answer = self.ask(UPSERT, **variables)
        return answer["product"], answer["userErrors"]


@pytest.fixture(scope="module")
def shop():
    with (
        running_shopify() as control,
        httpx2.Client(base_url=control.url, timeout=allow(20.0), trust_env=False) as client,
    ):
        shop = Shop(control, client)
        shop.define("boeing_data_hub", "part_key", "id")
        shop.define("custom", "condition", "single_line_text_field", max="3")
        shop.define("custom", "inventory_location", "single_line_text_field", min="3", max="3")
        shop.define("custom", "unit_of_measure", "single_line_text_field", choices=json.dumps(["EA", "Inches"]))
        shop.define("custom", "expiration_date", "date")
        yield shop


@pytest.fixture
def location_ids(shop, rows):
    gids = [each["id"] for each in shop.control.store()["locations"]]
    names = dict.fromkeys(rows.policy.location_map.values())
    return {name: gids[number % len(gids)] for number, name in enumerate(names)}


def published(listing, product):
    variant = product["variants"]["nodes"][0]
    return Published(
        form=form_of(listing),
        listing_hash=listing_hash(listing),
        stock_hash=stock_hash(listing),
        product_id=product["id"],
        variant_id=variant["id"],
        inventory_item_id=variant["inventoryItem"]["id"],
    )


def test_a_part_is_created_once_and_then_only_its_price_is_changed(shop, rows, location_ids):
    first = rows.listing(notes="two\nlines", expiration_date=date(2027, 1, 31))
    made, errors = shop.set(upsert_variables(first, location_ids=location_ids))
    assert errors == []
    again, errors = shop.set(upsert_variables(first, location_ids=location_ids))
    assert (again["id"], errors) == (made["id"], [])
    variant = made["variants"]["nodes"][0]
    assert (made["handle"], made["title"], variant["sku"]) == (first.handle, "P512777", "P512777=K3")
    assert (variant["price"], variant["inventoryQuantity"]) == ("473.01", 504)
    item = variant["inventoryItem"]
    assert (item["countryCodeOfOrigin"], item["harmonizedSystemCode"]) == ("US", "8481809025")
    assert item["measurement"]["weight"] == {"unit": "POUNDS", "value": 0.6}

    dearer = rows.listing(notes="two\nlines", expiration_date=date(2027, 1, 31), price_override=Decimal("500.00"))
    decision = compare(dearer, published(first, made))
    changed, errors = shop.set(
        update_variables(dearer, published(first, made), [each.field for each in decision.changes])
    )
    assert errors == []
    after = changed["variants"]["nodes"][0]
    assert after == {**variant, "price": "500.00"}
    assert changed["metafields"] == made["metafields"]
    assert changed["tags"] == made["tags"]


def test_a_persons_metafield_and_tag_survive_our_change(shop, rows):
    row = {"sku": "WF338109=K3", "title": "WF338109"}
    theirs = Metafield("custom", "notes_internal", "multi_line_text_field", "keep me")
    first = rows.listing(**row)
    made, errors = shop.set(upsert_variables(first, current=CurrentLists([theirs], ["sale"])))
    assert errors == []
    noted = rows.listing(**row, notes="dented", country_of_origin="Germany")
    fields = [each.field for each in compare(noted, published(first, made)).changes]
    assert fields == ["country_of_origin", "tags", "metafields.notes"]
    there = CurrentLists([theirs, *first.metafields], ["sale", *first.tags])
    changed, errors = shop.set(update_variables(noted, published(first, made), fields, current=there))
    assert errors == []
    assert {each["key"]: each["value"] for each in changed["metafields"]["nodes"]}.items() >= {
        ("notes", "dented"), ("notes_internal", "keep me"), ("part_key", "WF338109=K3")
    }  # fmt: skip
    assert set(changed["tags"]) >= {"sale", "origin-germany", "boeing"}


def test_what_the_store_itself_refuses_can_be_left_out(shop, rows):
    listing = rows.listing(sku="P1=K3", title="P1", base_uom="PK")  # this store has no packs
    wanted = upsert_variables(listing)
    _, errors = shop.set(wanted)
    assert errors
    mended = without_refused(listing, wanted["input"]["metafields"], errors)
    assert mended is not None
    made, errors = shop.set(upsert_variables(mended))
    assert errors == []
    assert "unit_of_measure" not in {each["key"] for each in made["metafields"]["nodes"]}
    assert "choices" in mended.left_out[-1].reason


def test_a_partial_update_of_a_deleted_product_creates_nothing(shop, rows):
    listing = rows.listing(sku="P2=K3", title="P2")
    known = Published(form=form_of(listing), listing_hash="", stock_hash="", product_id="gid://shopify/Product/999999")
    product, errors = shop.set(update_variables(replace(listing, title="P2A"), known, ["title"]))
    assert product is None
    assert errors[0]["code"] == "PRODUCT_DOES_NOT_EXIST"
