from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.model.listings import Blocked, Listing, ListingPolicy, Weight
from boeing_data_hub.publishing.forms import listing_hash
from boeing_data_hub.publishing.listing import build_listing
from boeing_data_hub.publishing.payload import upsert_variables


def values(listing):
    return {each.key: each.value for each in listing.metafields}


def left_out(listing):
    return [each.field for each in listing.left_out]


def at(**pieces):
    return [{"location": name.replace("_", " "), "quantity": count} for name, count in pieces.items()]


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
    listing = rows.listing(
        sku="4232-0226-1=9B", title="4232-0226-1", price=Decimal("486.87"), cost_per_item=Decimal("442.61")
    )
    assert (listing.price, listing.title, listing.sku) == (Decimal("486.87"), "4232-0226-1", "4232-0226-1=9B")


def test_p1022_is_blocked_because_none_is_in_stock(rows):
    blocked = build_listing(rows.staged(sku="P1022=K3", inventory_quantity=0, locations=[]), rows.policy)
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
        ({"price": None}, "no_price"),
        ({"price": Decimal(0)}, "no_price"),
        ({"price": Decimal("0.004")}, "no_price"),
        ({"price": Decimal(-5)}, "price_unreadable"),
        ({"price": 556.1430000000001}, "price_unreadable"),
        ({"price": Decimal("NaN")}, "price_unreadable"),
        ({"price_override": Decimal(0)}, "price_override_unusable"),
        ({"price_override": "call us"}, "price_override_unusable"),
        ({"currency": "EUR"}, "currency_differs"),
        ({"currency": None}, "currency_missing"),
        ({"status": "needs_review", "status_reason": "price_negative"}, "needs_review"),
        ({"status": "blocked", "status_reason": "held_by_hand"}, "held_by_hand"),
        ({"status": None}, "needs_review"),
        ({"sku": ""}, "part_number_unreadable"),
        ({"sku": None}, "part_number_unreadable"),
        ({"locations": [{"location": "Dallas Central", "quantity": -1}]}, "quantity_unreadable"),
        ({"locations": [{"location": "Dallas Central", "quantity": 10**10}]}, "quantity_unreadable"),
        ({"locations": "Dallas: 5"}, "quantity_unreadable"),
        ({"locations": at(Dallas_Central=0)}, "no_stock"),
    ],
)
def test_what_cannot_be_sold_is_blocked_with_its_reason(rows, changes, code):
    blocked = build_listing(rows.staged(**changes), rows.policy)
    assert isinstance(blocked, Blocked)
    assert blocked.code == code
    assert blocked.sentence.endswith(".")


def test_a_review_is_told_in_the_words_it_was_asked_for_with(rows):
    row = rows.staged(status="needs_review", status_detail="A price from Boeing is below zero. Look at it.")
    assert build_listing(row, rows.policy) == Blocked("needs_review", "A price from Boeing is below zero. Look at it.")


def test_a_price_set_by_hand_lifts_the_block_for_want_of_a_price(rows):
    listing = rows.listing(price=None, price_override=Decimal("12.5"), status="blocked", status_reason="no_price")
    assert listing.price == Decimal("12.50")


def test_a_location_mapped_since_lifts_the_block(rows):
    row = rows.staged(status="blocked", status_reason="only_unmapped_locations", locations=at(Germany_CSC=17))
    policy = replace(rows.policy, location_map={"Germany CSC": "Frankfurt"})
    built = build_listing(row, policy)
    assert isinstance(built, Listing)
    assert built.stock == {"Frankfurt": 17}


def test_a_published_part_is_listed_again(rows):
    assert rows.listing(status="published") == rows.listing()


@pytest.mark.parametrize("title", ["P512777=K3", "P512777 =K3=9B", "", None, "=K3"])
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
    assert rows.listing(policy, locations=[], inventory_quantity=7).stock["Atlanta"] == 7
    assert rows.listing(policy).stock["Atlanta"] == 0


def test_without_a_map_all_stock_is_the_default_locations(rows):
    assert rows.listing(ListingPolicy(default_location="Atlanta")).stock == {"Atlanta": 557}


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
        ({"expiration_date": datetime(2027, 1, 31, 5)}, "expiration_date", "2027-01-31"),  # noqa: DTZ001 - a column's
        ({"expiration_date": "2027-01-31"}, "expiration_date", "2027-01-31"),
        ({"expiration_date": "01/31/2027"}, "expiration_date", None),
        ({"expiration_date": "20270131"}, "expiration_date", None),
        ({"notes": " first \r\n second "}, "notes", "first\nsecond"),
        ({"notes": "x" * 17_000}, "notes", None),
    ],
)
def test_a_value_the_store_would_refuse_is_left_out_and_told(rows, changes, key, value):
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
    places = [{"location": "Dallas Central", "quantity": 0}, {"location": "Miami, FL", "quantity": 4}]
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

_FIELDS = [
    "sku",
    "title",
    "price",
    "cost_per_item",
    "currency",
    "inventory_quantity",
    "weight",
    "weight_unit",
    "country_of_origin",
    "base_uom",
    "schedule_b_code",
    "supplier_name",
    "boeing_name",
    "boeing_description",
    "boeing_image_url",
    "boeing_thumbnail_url",
    "condition",
    "cert",
    "estimated_lead_time_days",
    "status",
    "status_reason",
    "status_detail",
    "locations",
    "trace",
    "expiration_date",
    "notes",
    "price_override",
]
_ODD = ["United States", "https://[", "\ud800", "a\x00b", "9" * 400]
_ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=30),
        st.binary(max_size=5), st.dates(), st.datetimes(), st.sampled_from(_ODD),
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["location", "quantity", "x"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=6))
def test_any_row_gives_a_listing_or_a_reason(rows, changes):
    built = build_listing(rows.staged(**changes), rows.policy)
    if isinstance(built, Blocked):
        assert built.code
        assert built.sentence
    else:
        assert built.price > 0
        assert any(built.stock.values())
        assert len(listing_hash(built)) == 64


@settings(max_examples=100, deadline=None)
@given(row=st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING))
def test_a_row_of_nonsense_raises_nothing(row):
    assert build_listing(row, ListingPolicy())


@settings(max_examples=200, deadline=None)
@given(price=st.decimals(min_value=Decimal("0.01"), max_value=10**8, places=2))
def test_the_price_is_sent_as_the_very_cents_that_were_staged(rows, price):
    sent = upsert_variables(rows.listing(price=price))["input"]["variants"][0]["price"]
    assert sent == str(price)
