from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked, Listing, Weight
from boeing_data_hub.catalogue.sale import Sale, sale_of
from boeing_data_hub.catalogue.staged_part import StagedPart, StockLocation
from boeing_data_hub.shopify.listing import build_listing
from boeing_data_hub.shopify.payload import upsert_variables
from boeing_data_hub.shopify.snapshot import listing_hash


def values(listing):
    return {each.key: each.value for each in listing.metafields}


def left_out(listing):
    return [each.field for each in listing.left_out]


def at(**pieces):
    return tuple(StockLocation(name.replace("_", " "), count) for name, count in pieces.items())


# --- parts seen in production ---------------------------------------------------------------------------------------


def test_p512777_is_listed_in_full(rows):
    listing = rows.listing()
    assert (listing.custom_id, listing.sku, listing.title) == ("P512777=K3", "P512777=K3", "P512777")
    assert (listing.price, listing.cost) == (Decimal("473.01"), Decimal("430.01"))
    assert (listing.vendor, listing.product_type) == ("BDI", "Aircraft Parts & Accessories")
    assert (listing.category, listing.status) == ("gid://shopify/TaxonomyCategory/vp-1-1", "ACTIVE")
    assert listing.tags == ("boeing", "aerospace", "Aircraft Parts & Accessories", "origin-united-states")
    assert listing.weight == Weight(Decimal("0.6"), "POUNDS")
    assert (listing.country_of_origin, listing.hs_code) == ("US", "8481809025")
    assert listing.stock == {
        "Dallas": 463, "Miami": 10, "Phoenix": 11, "New York": 6, "Los Angeles": 14, "Chicago": 0
    }  # fmt: skip
    assert listing.description_html == (
        "<p>Part No. P512777</p><p>Description: GASKET, O-RING</p><p>Manufacturer: Monogram Systems</p>"
        "<p>Cert: FAA 8130-3</p><p>Condition: NE</p><p>Unit of Measure: EA</p>"
    )
    assert values(listing) == {
        "part_number": "P512777", "part_name": "GASKET, O-RING", "manufacturer": "Monogram Systems",
        "unit_of_measure": "EA", "condition": "NE", "trace": "FAA 8130-3", "inventory_location": "1D1",
    }  # fmt: skip
    assert listing.image_source == "https://www.aviall.com/content-images/P512777_280.JPG"
    assert listing.left_out == ()


def test_4232_0226_1_without_a_list_price_is_sold_for_its_marked_up_net_price(rows):
    listing = rows.listing(sku="4232-0226-1=9B", title="4232-0226-1", list_price=None, net_price=Decimal("442.61"))
    assert (listing.price, listing.title, listing.sku) == (Decimal("486.87"), "4232-0226-1", "4232-0226-1=9B")


def test_p1022_is_blocked_because_none_is_in_stock(rows):
    blocked = build_listing(rows.staged(sku="P1022=K3", inventory_quantity=0, locations=()), rows.policy)
    assert isinstance(blocked, Blocked)
    assert blocked.code == "no_stock"


def test_p510547_in_germany_only_is_blocked_and_the_sentence_names_the_place(rows):
    row = rows.staged(sku="P510547=K3", inventory_quantity=17, locations=at(Germany_CSC=17))
    blocked = build_listing(row, rows.policy)
    assert isinstance(blocked, Blocked)
    assert blocked.code == "only_unmapped_locations"
    assert "Germany CSC" in blocked.sentence


# --- price and currency ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"list_price": None}, "no_price"),
        ({"list_price": Decimal(0)}, "no_price"),
        ({"list_price": Decimal("0.004")}, "no_price"),
        ({"list_price": Decimal(-5)}, "price_unreadable"),
        ({"net_price": Decimal(10) ** 12}, "price_unreadable"),
        ({"list_price": Decimal("NaN")}, "price_unreadable"),
        ({"price_override": Decimal(0)}, "price_override_unusable"),
        ({"price_override": Decimal("NaN")}, "price_override_unusable"),
        ({"currency": "EUR"}, "currency_differs"),
        ({"currency": None}, "currency_missing"),
        ({"status": "needs_review", "status_reason": "price_negative"}, "needs_review"),
        ({"status": "blocked", "status_reason": "held_by_hand"}, "held_by_hand"),
        ({"status": "unheard_of"}, "needs_review"),
        ({"sku": ""}, "part_number_unreadable"),
        ({"sku": "A\x00B"}, "part_number_unreadable"),
        ({"locations": at(Dallas_Central=-1)}, "quantity_unreadable"),
        ({"locations": at(Dallas_Central=10**10)}, "quantity_unreadable"),
        ({"locations": (), "inventory_quantity": -5}, "quantity_unreadable"),
        ({"locations": at(Dallas_Central=0)}, "no_stock"),
    ],
)
def test_what_cannot_be_sold_is_blocked_with_its_reason(rows, changes, code):
    blocked = build_listing(rows.staged(**changes), rows.policy)
    assert isinstance(blocked, Blocked)
    assert blocked.code == code
    assert blocked.sentence.endswith(".")


def test_a_review_is_described_in_the_terms_of_its_request(rows):
    row = rows.staged(status="needs_review", status_detail="A price from Boeing is below zero. Look at it.")
    assert build_listing(row, rows.policy) == Blocked("needs_review", "A price from Boeing is below zero. Look at it.")


def test_a_price_set_by_hand_lifts_the_block_for_want_of_a_price(rows):
    listing = rows.listing(list_price=None, price_override=Decimal("12.5"), status="blocked", status_reason="no_price")
    assert listing.price == Decimal("12.50")


def test_a_location_mapped_since_lifts_the_block(rows):
    row = rows.staged(status="blocked", status_reason="only_unmapped_locations", locations=at(Germany_CSC=17))
    policy = replace(rows.policy, location_map={"Germany CSC": "Frankfurt"})
    built = build_listing(row, policy)
    assert isinstance(built, Listing)
    assert built.stock == {"Frankfurt": 17}


def test_a_published_part_is_listed_again(rows):
    assert rows.listing(status="published") == rows.listing()


@pytest.mark.parametrize("title", ["P512777=K3", "P512777 =K3=9B", "", " ", "=K3"])
def test_a_title_is_cut_at_its_first_equals_sign(rows, title):
    listing = rows.listing(title=title)
    assert (listing.title, values(listing)["part_number"], listing.sku) == ("P512777", "P512777", "P512777=K3")


def test_a_part_number_that_is_all_suffix_is_its_own_title(rows):
    assert rows.listing(sku="=K3", title="").title == "=K3"


# --- stock ----------------------------------------------------------------------------------------------------------


def test_several_boeing_locations_on_one_store_location_are_added_up(rows):
    policy = ListingPolicy(location_map={"Dallas Central": "South", "Miami, FL": "South", "Chicago, IL": "North"})
    assert rows.listing(policy).stock == {"South": 473, "North": 0}


def test_stock_without_a_location_is_the_default_locations(rows):
    policy = replace(rows.policy, default_location="Atlanta")
    assert rows.listing(policy, locations=(), inventory_quantity=7).stock["Atlanta"] == 7
    assert rows.listing(policy).stock["Atlanta"] == 0


@pytest.mark.parametrize("mapped", [{}, {"Anchorage, AK": "Seattle"}])
def test_stock_at_locations_that_are_not_mapped_is_sold_only_where_the_policy_says_so(rows, mapped):
    policy = ListingPolicy(default_location="Atlanta", location_map=mapped)
    blocked = build_listing(rows.staged(), policy)
    assert isinstance(blocked, Blocked)
    assert blocked.code == "only_unmapped_locations"
    assert "SHOPIFY_UNMAPPED_LOCATIONS" in blocked.sentence
    sold = rows.listing(replace(policy, sells_unmapped=True)).stock
    assert sold == {"Atlanta": 557, **dict.fromkeys(mapped.values(), 0)}


def test_a_live_product_whose_locations_are_not_mapped_any_more_is_set_to_nothing(rows):
    for default in ("Atlanta", ""):
        sale = sale_of(rows.staged(), ListingPolicy(default_location=default), live=True)
        assert isinstance(sale, Sale)
        assert sale.stock == {default: 0}


def test_without_a_map_stock_that_boeing_names_no_location_for_is_the_default_locations(rows):
    assert rows.listing(ListingPolicy(), locations=(), inventory_quantity=7).stock == {"": 7}


# --- facts beside the product ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "choice"),
    [("each", "EA"), ("PCS", "EA"), ("IN", "Inches"), ("lbs", "Pound"), ("PK", "Pack (1PK = 25EA)"), ("FT", None)],
)
def test_a_unit_of_measure_is_one_of_the_stores_choices_or_left_out(rows, unit, choice):
    listing = rows.listing(base_uom=unit)
    assert values(listing).get("unit_of_measure") == choice
    assert left_out(listing) == ([] if choice else ["metafields.unit_of_measure"])
    assert f"Unit of Measure: {unit}" in listing.description_html


@pytest.mark.parametrize(
    ("cert", "choice"),
    [
        ("8130-3 tag", "FAA 8130-3"),
        ("EASA FORM 1", "EASA Form 1"),
        ("C of C", "C of C"),
        ("Cofc", "C of C"),
        ("OEM Cert", "OEM Cert"),
        ("part 145 trace", "121/129/145 Trace"),
        ("CAA form", "CAA UK"),
        ("Transport Canada", "Transport Canada Form 1"),
        ("", "FAA 8130-3"),
        ("none whatever", None),
    ],
)
def test_a_certificate_is_one_of_the_stores_choices_or_left_out(rows, cert, choice):
    listing = rows.listing(cert=cert)
    assert values(listing).get("trace") == choice
    assert ("metafields.trace" in left_out(listing)) == (choice is None)


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"condition": "NEW"}, "condition", "NEW"),
        ({"condition": "NEWISH"}, "condition", None),
        ({"trace": "https://cdn.shopify.com/s/files/1.pdf"}, "tracedoc", "https://cdn.shopify.com/s/files/1.pdf"),
        ({"trace": "https://evil.example/1.pdf"}, "tracedoc", None),
        ({"trace": "https://cdn.shopify.com.evil.example/1.pdf"}, "tracedoc", None),
        ({"trace": "https://cdn.shopify.com/a b"}, "tracedoc", None),
        ({"trace": "https://cdn.shopify.com/"}, "tracedoc", None),
        ({"expiration_date": date(2027, 1, 31)}, "expiration_date", "2027-01-31"),
        ({"notes": " first \r\n second "}, "notes", "first\nsecond"),
        ({"notes": "x" * 17_000}, "notes", None),
    ],
)
def test_a_value_the_store_would_reject_is_left_out_and_reported(rows, changes, key, value):
    listing = rows.listing(**changes)
    assert values(listing).get(key) == value
    assert left_out(listing) == ([] if value else [f"metafields.{key}"])


def test_a_shelf_code_has_exactly_three_characters(rows):
    wrong = rows.listing(replace(rows.policy, inventory_location_codes={"Dallas Central": "DALLAS"}))
    assert left_out(wrong) == ["metafields.inventory_location"]
    second = rows.listing(replace(rows.policy, inventory_location_codes={"Miami, FL": "2M1"}))
    assert values(second)["inventory_location"] == "2M1"


def test_the_shelf_code_is_that_of_a_location_with_stock(rows):
    policy = replace(rows.policy, inventory_location_codes={"Dallas": "1D1", "Miami": "2M1"})
    places = (StockLocation("Dallas Central", 0), StockLocation("Miami, FL", 4))
    assert values(rows.listing(policy, locations=places))["inventory_location"] == "2M1"


def test_the_lead_time_is_sent_only_where_the_setting_says_so(rows):
    assert "estimated_lead_time" not in values(rows.listing())
    assert values(rows.listing(replace(rows.policy, send_lead_time=True)))["estimated_lead_time"] == "3"


@pytest.mark.parametrize(
    ("unit", "word"), [("LB", "POUNDS"), ("OZ", "OUNCES"), ("kg", "KILOGRAMS"), ("G", "GRAMS"), ("STONE", None)]
)
def test_a_weight_keeps_its_real_unit(rows, unit, word):
    listing = rows.listing(weight_unit=unit)
    assert (listing.weight.unit if listing.weight else None) == word
    assert left_out(listing) == ([] if word else ["weight"])


@pytest.mark.parametrize(
    ("code", "sent"),
    [("8481.80.9025", "8481809025"), ("848180", "848180"), ("84818", None), ("84818090251234", None), ("n/a", None)],
)
def test_a_customs_number_has_6_to_13_digits_or_is_left_out(rows, code, sent):
    listing = rows.listing(schedule_b_code=code)
    assert listing.hs_code == sent
    assert left_out(listing) == ([] if sent else ["hs_code"])


def test_a_country_the_store_does_not_know_is_left_out(rows):
    assert rows.listing(country_of_origin="Germany").country_of_origin == "DE"
    for name in ("Puerto Rico", "Atlantis"):
        listing = rows.listing(country_of_origin=name)
        assert (listing.country_of_origin, left_out(listing)) == (None, ["country_of_origin"])


def test_text_is_escaped_in_the_description_and_nowhere_else(rows):
    listing = rows.listing(boeing_name="<b>BOLT</b> & NUT")
    assert "<p>Description: &lt;b&gt;BOLT&lt;/b&gt; &amp; NUT</p>" in listing.description_html
    assert values(listing)["part_name"] == "<b>BOLT</b> & NUT"


def test_only_http_addresses_are_images(rows):
    assert rows.listing(boeing_image_url="file:///etc/passwd").image_source is None
    assert rows.listing(boeing_image_url=None, boeing_thumbnail_url="http://x.example/t.jpg").image_source == (
        "http://x.example/t.jpg"
    )


# --- any row --------------------------------------------------------------------------------------------------------

_ODD = ["United States", "https://[", "\ud800", "a\x00b", "9" * 400]
_TEXT = st.none() | st.text(max_size=30) | st.sampled_from(_ODD)
_NUMBER = st.none() | st.decimals()
_WHOLE = st.none() | st.integers()
_BY_TYPE = {"str": st.text(max_size=30) | st.sampled_from(_ODD), "str | None": _TEXT, "Decimal | None": _NUMBER}
_BY_TYPE |= {"int | None": _WHOLE, "bool | None": st.none() | st.booleans()}
_PLACES = st.lists(st.builds(StockLocation, st.text(max_size=9), st.integers()), max_size=3).map(tuple)
_OWN = {"trace": _TEXT, "notes": _TEXT, "expiration_date": st.none() | st.dates(), "price_override": _NUMBER}
_ANYTHING = {
    **{each.name: _BY_TYPE[str(each.type)] for each in fields(StagedPart) if each.name != "locations"},
    **_OWN,
    "locations": _PLACES,
}


@settings(max_examples=400, deadline=None)
@given(changes=st.fixed_dictionaries({}, optional=_ANYTHING))
def test_any_part_gives_a_listing_or_a_reason(rows, changes):
    built = build_listing(rows.staged(**changes), rows.policy)
    if isinstance(built, Blocked):
        assert built.code
        assert built.sentence
    else:
        assert built.price > 0
        assert any(built.stock.values())
        assert len(listing_hash(built)) == 64


@settings(max_examples=200, deadline=None)
@given(price=st.decimals(min_value=Decimal("0.01"), max_value=10**8, places=2))
def test_a_price_set_by_hand_is_sent_as_the_very_cents_that_were_set(rows, price):
    sent = upsert_variables(rows.listing(price_override=price))["input"]["variants"][0]["price"]
    assert sent == str(price)
