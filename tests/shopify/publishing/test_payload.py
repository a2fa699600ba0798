from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from graphql import parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.catalogue.listings import Metafield, Published
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.shopify.diff import compare
from boeing_data_hub.shopify.payload import (
    ImageFile,
    quantities,
    update_variables,
    upsert_variables,
    without_refused,
)
from boeing_data_hub.shopify.replaced_lists import CurrentLists, ProductOption
from boeing_data_hub.shopify.snapshot import form_of, listing_hash, listing_of, stock_hash
from boeing_data_hub_sandbox.shopify.schema import bare_schema
from boeing_data_hub_sandbox.shopify.variables import refused

UPSERT = parse("""mutation PartUpsert($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id handle } userErrors { code field message } } }""")
IMAGE = ImageFile("https://images.example/ab12.jpg", "p512777-ab12.jpg")
HASH = "b755937336ad78c893d4795af87b3113f2ebc9b87c7a3eb0a6340ba53a2c00f7"
FIELDS = [
    "handle", "title", "sku", "description_html", "vendor", "product_type", "category", "status", "tags", "price",
    "cost", "weight", "country_of_origin", "hs_code", "metafields.notes", "image_source",
]  # fmt: skip


def problems(variables):
    return refused(bare_schema(), UPSERT.definitions[0], json.loads(json.dumps(variables)))


@pytest.fixture(scope="module")
def location_ids(rows):
    names = dict.fromkeys(rows.policy.location_map.values())
    return {name: f"gid://shopify/Location/{number}" for number, name in enumerate(names, 1)}


def published(listing, **changes):
    return Published(
        form=form_of(listing), listing_hash=listing_hash(listing), stock_hash=stock_hash(listing),
        product_id="gid://shopify/Product/1", variant_id="gid://shopify/ProductVariant/2", **changes,
    )  # fmt: skip


def test_the_document_these_variables_are_for_is_valid():
    assert validate(bare_schema(), UPSERT) == []


def test_the_whole_listing_is_sent_as_the_schema_wants_it(rows, location_ids):
    variables = upsert_variables(rows.listing(), location_ids=location_ids, image=IMAGE)
    assert problems(variables) == []
    sent = variables["input"]
    assert variables["identifier"]["customId"]["value"] == "P512777=K3"
    assert sent["metafields"][0] == {
        "namespace": "boeing_data_hub", "key": "part_key", "type": "id", "value": "P512777=K3"
    }  # fmt: skip
    variant = sent["variants"][0]
    assert (variant["sku"], variant["price"]) == ("P512777=K3", "473.01")
    assert variant["inventoryItem"] == {
        "cost": "430.01", "countryCodeOfOrigin": "US", "harmonizedSystemCode": "8481809025",
        "measurement": {"weight": {"value": 0.6, "unit": "POUNDS"}}, "tracked": True, "requiresShipping": True,
    }  # fmt: skip
    assert {each["locationId"]: each["quantity"] for each in variant["inventoryQuantities"]} == {
        location_ids["Dallas"]: 463, location_ids["Miami"]: 10, location_ids["Phoenix"]: 11,
        location_ids["New York"]: 6, location_ids["Los Angeles"]: 14, location_ids["Chicago"]: 0,
    }  # fmt: skip
    assert sent["files"][0]["originalSource"] == IMAGE.url


def test_a_later_publish_never_carries_stock_nor_images(rows):
    sent = upsert_variables(rows.listing())["input"]
    assert "inventoryQuantities" not in sent["variants"][0]
    assert "files" not in sent


def test_absent_facts_are_not_sent_with_a_whole_listing(rows):
    listing = rows.listing(
        list_price=None, price_override=Decimal("473.01"), weight=None, country_of_origin=None, schedule_b_code=None
    )
    sent = upsert_variables(listing)["input"]["variants"][0]["inventoryItem"]
    assert sent == {"tracked": True, "requiresShipping": True}


def test_an_unknown_location_stops_the_line(rows, location_ids):
    with pytest.raises(PauseUpstream, match="Dallas"):
        upsert_variables(rows.listing(), location_ids={**location_ids, "Dallas": None})


def test_two_names_of_one_location_are_added_up():
    assert quantities({"": 3, "Dallas": 4}, {"": "gid://1", "Dallas": "gid://1"}) == {"gid://1": 7}


def test_an_update_carries_exactly_the_changed_fields_and_can_never_create(rows):
    listing = rows.listing(price_override=Decimal("480.00"))
    variables = update_variables(listing, published(rows.listing()), ["price"])
    assert problems(variables) == []
    assert variables["identifier"] == {"id": "gid://shopify/Product/1"}
    assert set(variables["input"]) == {"productOptions", "variants"}
    assert variables["input"]["variants"] == [
        {
            "optionValues": [{"optionName": "Title", "name": "Default Title"}],
            "id": "gid://shopify/ProductVariant/2",
            "price": "480.00",
        }
    ]


def test_a_removed_value_is_sent_as_null(rows):
    listing = rows.listing(
        list_price=None, price_override=Decimal("473.01"), country_of_origin=None, schedule_b_code=None
    )
    known = published(rows.listing())
    variables = update_variables(listing, known, ["cost", "country_of_origin", "hs_code"])
    assert problems(variables) == []
    assert variables["input"]["variants"][0]["inventoryItem"] == {
        "cost": None, "countryCodeOfOrigin": None, "harmonizedSystemCode": None
    }  # fmt: skip


def text_field(key, value):
    return Metafield("custom", key, "single_line_text_field", value)


def sent_lists(variables):
    sent = variables["input"]
    return {each["key"]: each["value"] for each in sent.get("metafields", ())}, sent.get("tags")


def test_in_a_replaced_list_only_the_changed_entries_get_our_values(rows):
    before, after = rows.listing(notes="old"), rows.listing(notes="new", country_of_origin="Germany")
    here = [text_field("notes_internal", "theirs"), text_field("condition", "OH"), text_field("notes", "by hand")]
    current = CurrentLists(here, ["sale", "ORIGIN-United-States"])
    fields = [each.field for each in compare(after, published(before)).changes]
    assert {"tags", "metafields.notes"} <= set(fields)
    metafields, tags = sent_lists(update_variables(after, published(before), fields, current=current))
    assert metafields == {
        "part_key": "P512777=K3", "notes": "new", "condition": "OH", "notes_internal": "theirs"
    }, "entries that a person changed or removed stay as they are"  # fmt: skip
    assert set(tags) == {"sale", "origin-germany"}, "a tag of ours that a person removed stays away"


def test_an_entry_that_is_no_longer_wanted_is_removed_and_one_of_another_namespace_is_not(rows):
    before, after = rows.listing(notes="old"), rows.listing()
    theirs = Metafield("theirs", "notes", "single_line_text_field", "x")
    current = CurrentLists([*before.metafields, theirs], list(before.tags))
    sent = update_variables(after, published(before), ["metafields.notes"], current=current)["input"]["metafields"]
    assert [each["namespace"] for each in sent if each["key"] == "notes"] == ["theirs"]
    assert len(sent) == len(after.metafields) + 2


def test_tags_that_an_update_without_an_answer_may_have_written_are_corrected(rows):
    listing, lost = rows.listing(), rows.listing(country_of_origin="Germany")
    current = CurrentLists([], ["sale", *lost.tags])
    known = published(listing)
    _, tags = sent_lists(update_variables(listing, known, ["tags"], current=current, in_doubt=form_of(lost)))
    assert sorted(tags) == sorted(["sale", *listing.tags])


def test_lists_that_were_not_read_are_sent_with_all_of_ours(rows):
    listing = rows.listing()
    metafields, tags = sent_lists(update_variables(listing, published(listing), ["tags", "metafields.notes"]))
    assert len(metafields) == 1 + len(listing.metafields)
    assert tags == list(listing.tags)


def test_a_renamed_option_keeps_its_name(rows):
    listing = rows.listing()
    current = CurrentLists(options=[ProductOption("Pack", ("Single", "Pair"), "Single")])
    variables = update_variables(listing, published(listing), ["price"], current=current)
    assert problems(variables) == []
    sent = variables["input"]
    assert sent["productOptions"] == [
        {"name": "Pack", "position": 1, "values": [{"name": "Single"}, {"name": "Pair"}]}
    ]  # fmt: skip
    assert sent["variants"][0]["optionValues"] == [{"optionName": "Pack", "name": "Single"}]


@settings(max_examples=60, deadline=None)
@given(changed=st.sets(st.sampled_from(FIELDS)))
def test_any_set_of_changed_fields_fits_the_schema(rows, changed):
    listing = rows.listing(weight=None, list_price=None, price_override=Decimal("473.01"), notes="a\nb")
    assert problems(update_variables(listing, published(listing), changed, image=IMAGE)) == []


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(max_size=40),
    price=st.decimals(min_value=Decimal("0.01"), max_value=10**8, places=4),
    weight=st.decimals(min_value=Decimal("0.000001"), max_value=10**6, places=6),
)
def test_any_listing_fits_the_schema_and_comes_back_from_its_line(rows, location_ids, text, price, weight):
    listing = rows.listing(boeing_name=text, supplier_name=text, notes=text, price_override=price, weight=weight)
    variables = upsert_variables(listing, location_ids=location_ids, image=IMAGE)
    assert problems(variables) == []
    line = msgspec.json.encode(variables)
    assert b"\n" not in line
    assert json.loads(line) == variables


@settings(max_examples=150, deadline=None)
@given(
    listed=st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=4),
    markup=st.decimals(min_value=Decimal("0.5"), max_value=3, places=4),
)
def test_from_boeings_answer_to_the_wire_a_price_is_exact_to_the_cent(rows, listed, markup):
    item = {
        "aviallPartNumber": "WF338109=K3", "listPrice": listed, "netPrice": 0, "quantity": 1, "inStock": True,
        "locationAvailabilities": [{"location": "Dallas Central", "availQuantity": 1}],
    }  # fmt: skip
    product = normalize(item, "USD", NormalizationRules())
    policy = replace(rows.policy, prices=PriceRules(markup=markup))
    sent = upsert_variables(rows.listing(policy, list_price=product.list_price))["input"]["variants"][0]["price"]
    assert sent == f"{Decimal(sent):.2f}"
    assert abs(Decimal(sent) - listed * markup) <= Decimal("0.005")


def test_the_guides_float_tail_never_leaves_the_house(rows):
    product = normalize({"aviallPartNumber": "A=K3", "listPrice": Decimal("505.5845455")}, "USD", NormalizationRules())
    assert upsert_variables(rows.listing(list_price=product.list_price))["input"]["variants"][0]["price"] == "556.14"


# --- forms and hashes -----------------------------------------------------------------------------------------------


def test_a_form_survives_json_and_gives_the_listing_back(rows):
    listing = rows.listing(notes="a\nb", base_uom="FT")
    form = json.loads(json.dumps(form_of(listing)))
    assert form == form_of(listing)
    assert listing_of(form) == replace(listing, left_out=())
    assert listing_hash(listing_of(form)) == listing_hash(listing)


def test_the_hash_of_a_listing_is_stable_over_releases(rows):
    assert listing_hash(rows.listing()) == HASH


def test_stock_and_listing_have_hashes_of_their_own(rows):
    listing, restocked = rows.listing(), replace(rows.listing(), stock={"Dallas": 1})
    assert listing_hash(listing) == listing_hash(restocked)
    assert stock_hash(listing) != stock_hash(restocked)
    assert stock_hash(listing) == stock_hash(rows.listing(price_override=Decimal(1)))
    assert listing_hash(listing) != listing_hash(rows.listing(price_override=Decimal(1)))


def test_equal_numbers_have_equal_hashes_however_they_are_written(rows):
    again = rows.listing(list_price=Decimal("430.01"), weight=Decimal(".6"))
    assert listing_hash(again) == listing_hash(rows.listing())


# --- a metafield the store refuses ----------------------------------------------------------------------------------


def refusal(*path, message="Value does not exist in provided choices."):
    return {"field": list(path), "message": message, "code": "INVALID_METAFIELD"}


def test_a_rejected_metafield_is_taken_out_by_its_place_in_what_was_sent(rows):
    listing = rows.listing()
    sent = upsert_variables(listing)["input"]["metafields"]
    place = next(n for n, each in enumerate(sent) if each["key"] == "trace")
    mended = without_refused(listing, sent, [refusal("input", "metafields", str(place), "value")])
    assert [each.key for each in mended.metafields] == [each.key for each in listing.metafields if each.key != "trace"]
    assert mended.left_out[-1].field == "metafields.trace"
    assert mended.left_out[-1].reason == "Value does not exist in provided choices."


@pytest.mark.parametrize(
    "errors",
    [
        [],
        [refusal("input", "metafields", "0", "value")],
        [refusal("input", "metafields", "99", "value")],
        [refusal("input", "title"), refusal("input", "metafields", "1", "value")],
        [refusal("input", "metafields")],
        [{"field": None, "message": "no"}],
    ],
)
def test_any_other_refusal_leaves_nothing_to_correct(rows, errors):
    listing = rows.listing()
    assert without_refused(listing, upsert_variables(listing)["input"]["metafields"], errors) is None


def test_a_metafield_refused_in_a_partial_update_is_found_in_what_was_sent(rows):
    listing = rows.listing(notes="x")
    current = CurrentLists([text_field("theirs", "y")], [])
    sent = update_variables(listing, published(listing), ["metafields.notes"], current=current)["input"]["metafields"]
    assert [each["key"] for each in sent] == ["part_key", "notes", "theirs"]
    left = without_refused(listing, sent, [refusal("input", "metafields", "1", "value")])
    assert [each.field for each in left.left_out] == ["metafields.notes"]
    assert without_refused(listing, sent, [refusal("input", "metafields", "2", "value")]) is None
